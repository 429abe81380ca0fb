# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VLAN devices of an owner on a host."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...errors import HostError, RolledBack
from ..journal import Journal
from ..reconcile import Plan
from ..runner import Runner
from . import vlan_kernel
from .access import Access
from .batch import run_steps
from .draft import Step
from .model import Link
from .ownership import is_adopted, marked_owner
from .reading import read_host
from .vlan_diff import establish_vlans, idle_parents, lower_parents, remove_vlans
from .vlan_operations import CreateVlan, removal_group
from .vlan_ownership import VlanDraft, VlanHave, vlans_from, vlans_to
from .vlan_want import VlansWant, parse_vlans

PHASES = ("all", "make", "remove")


@dataclass(frozen=True)
class VlanSteps:
    """What is to be done.

    :param load: the kernel's module is needed for it.
    :param boot_text: what the file of modules to load at boot shall say; None when it says so.
    """

    lines: tuple[Step, ...]
    load: bool = False
    boot_text: str | None = None


class Vlans:
    """The subsystem behind ``nova_vlan``.

    :param owner: whose VLAN devices.
    :param phase: ``make`` leaves out what removes, ``remove`` all else.
    :param access: how the link of the controller's connection is treated.
    :param replace_own: consent to make devices of this owner anew that have another parent or id.
    """

    name = "vlans"

    def __init__(
        self,
        owner: str,
        phase: str = "all",
        access: Access | None = None,
        replace_own: bool = False,
    ) -> None:
        self.owner = owner
        self.phase = phase
        self.access = access or Access()
        self.replace_own = replace_own

    def parse(self, applied: Mapping[str, Any]) -> VlansWant:
        return parse_vlans(applied)

    def read(self, runner: Runner, want: VlansWant, journal: Journal) -> VlanHave:
        records, raised = vlans_from(journal.owned)
        reach = self.access.read(runner)
        boot_text = runner.read(vlan_kernel.LOADED_AT_BOOT)
        return VlanHave(
            owner=self.owner,
            want=want,
            host=read_host(runner),
            records=records,
            raised=raised,
            supported=not want.vlans or vlan_kernel.is_supported(runner),
            boot_owners=vlan_kernel.boot_owners(boot_text),
            boot_text=boot_text,
            reach=reach,
            guarded=reach.sight.own,
        )

    def diff(self, want: VlansWant, have: VlanHave, journal: Journal) -> Plan[VlanHave]:
        have.reach.sight.refuse_others()
        self._refuse_strangers(have)
        draft = VlanDraft(
            self.owner,
            have.host.copy(),
            dict(have.records),
            raised=set(have.raised),
            replace_own=self.replace_own,
        )
        self._decide(draft, want, have)
        load = any(isinstance(operation, CreateVlan) for operation in draft.operations)
        if load and not have.supported:
            raise vlan_kernel.unsupported()
        owners = self._boot_owners(draft, have)
        text = None if owners == have.boot_owners else vlan_kernel.boot_text(owners)
        if text is not None:
            action = "update" if have.boot_owners and owners else "create" if owners else "delete"
            draft.note(action, "file", vlan_kernel.LOADED_AT_BOOT, f"module {vlan_kernel.MODULE} at boot")
        raised = frozenset(draft.raised)
        guard = self.access.guard(draft, have.host, have.reach, want, {vlan_kernel.LOADED_AT_BOOT: have.boot_text})
        after = replace(
            have,
            host=draft.host,
            records=draft.records,
            raised=raised,
            boot_owners=owners,
            guarded=guard is not None,
        )
        steps, owned, sight = (
            VlanSteps(tuple(draft.steps), load, text),
            vlans_to(draft.records, raised),
            have.reach.sight,
        )
        pending = self._is_pending(after) if self.phase == "make" else None
        return Plan(tuple(draft.changes), after, steps, owned, guard, sight.notes, sight.spent, pending)

    def _decide(self, draft: VlanDraft, want: VlansWant, have: VlanHave) -> None:
        """Put into the draft what this call does."""
        if self.phase != "make":
            remove_vlans(draft, want.absent, have.purgeable)
        if self.phase != "remove":
            establish_vlans(draft, want.vlans)
        if self.phase != "make":
            lower_parents(draft)

    def _is_pending(self, have: VlanHave) -> bool:
        """Tell whether the call that removes has anything to do, or to forget."""
        links = have.host.links
        absent = {item.name for item in have.want.absent}.intersection({*links, *have.records})
        unneeded = self.owner in have.boot_owners and not self._has_devices(have.records, links.values())
        return bool(absent or have.purgeable or idle_parents(have.host, have.raised) or unneeded)

    def _refuse_strangers(self, have: VlanHave) -> None:
        """Refuse to remove devices by their group when somebody else put one there."""
        group = removal_group(self.owner)
        for link in have.host.links.values():
            if link.group == group and not (link.kind == "vlan" and marked_owner(link.alias) == self.owner):
                subject = f"interface {link.name}"
                raise HostError(subject, f"is in group {group}, which we need", "Put it into another group.")

    def _boot_owners(self, draft: VlanDraft, have: VlanHave) -> frozenset[str]:
        if self._has_devices(draft.records, draft.host.links.values()):
            return have.boot_owners | {self.owner} if self.phase != "remove" else have.boot_owners
        return have.boot_owners - {self.owner} if self.phase != "make" else have.boot_owners

    def _has_devices(self, records: Container[str], links: Iterable[Link]) -> bool:
        return any(link.name in records or marked_owner(link.alias) == self.owner for link in links if link.vlan)

    def apply(self, runner: Runner, plan: Plan[VlanHave]) -> None:
        if plan.steps.load:
            vlan_kernel.load(runner)
        try:
            run_steps(runner, plan.steps.lines)
        except RolledBack as error:
            raise vlan_kernel.explained(error) from error
        if plan.steps.boot_text is not None:
            vlan_kernel.write_boot_file(runner, plan.steps.boot_text)

    def view(self, have: VlanHave) -> dict[str, Any]:
        items = {item.name: item for item in (*have.want.vlans, *have.want.absent)}
        leftovers = have.purgeable if self.phase != "make" else ()
        names = sorted({*items, *leftovers} & {*have.host.links})
        mtus = {name: item.mtu for name, item in items.items()}
        return {
            "vlans": [_view(have, name, mtus.get(name)) for name in names],
            "loaded_at_boot": self.owner in have.boot_owners,
            "guarded": have.guarded,
        }


def _view(have: VlanHave, name: str, mtu: int | None) -> dict[str, Any]:
    link = have.host.links[name]
    return {
        "name": name,
        "owner": marked_owner(link.alias) or None,
        "adopted": is_adopted(link.alias),
        "id": link.vlan,
        "parent": link.lower or None,
        "mac": link.mac,
        "mtu": link.mtu if mtu else None,
        "up": link.up,
    }
