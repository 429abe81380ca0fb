# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances: which networks they are plugged into, with which MACs and addresses, and on which host they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .floating import DEFAULT_POOL
from .floating_places import place_floating_addresses
from .floating_rows import FixedIp
from .host_addresses import place_host_addresses
from .instances_drafts import Draft, Drafter
from .instances_floating import InstanceFloating
from .instances_inputs import WantedInstance, read_instances
from .instances_rows import StoredFixedIp, StoredInstance, StoredPort, load_instances, names_of_origin, view_instances
from .instances_write import delete_instances, write_instances
from .store import Transaction

DEFAULT_MANAGER = "vlan"


def apply_instances(
    work: Transaction, items: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any], purge: bool = False
) -> list[dict[str, Any]]:
    """Make instances be as they were asked for, all or none, and return those that are present.

    :param defaults: ``manager``, ``auto_assign_floating_ip`` and ``default_floating_pool``.
    :param purge: remove the instances of this origin that are not listed.
    :raises NovaError: a value is wrong, something does not exist, is taken, or has run out.
    """
    wanted = read_instances(items)
    present = [item for item in wanted if item.present]
    stored, floating = _remove(work, wanted, defaults, purge)
    floating.prepare(present, set(stored))
    drafter = Drafter(work, str(defaults.get("manager") or DEFAULT_MANAGER))
    drafts = [drafter.draft(item, stored.get(item.name)) for item in present]
    write_instances(work, drafts)
    _settle_floating(work, floating, drafts, purge)
    place_host_addresses(work)
    place_floating_addresses(work)
    views = view_instances(work, [item.name for item in present])
    return [views[item.name] for item in present]


def remove_instances(
    work: Transaction, items: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any], purge: bool = False
) -> None:
    """Do only the part of :func:`apply_instances` that removes, with the same arguments; the rest follows later.

    A floating address that a listed instance gets from one that goes is left to that later call, so that it moves.
    """
    _remove(work, read_instances(items), defaults, purge)


def _remove(
    work: Transaction, wanted: Sequence[WantedInstance], defaults: Mapping[str, Any], purge: bool
) -> tuple[dict[str, StoredInstance], InstanceFloating]:
    """Remove what shall go. Return the instances that there were, by name, and who looks after floating addresses."""
    names = [item.name for item in wanted]
    unlisted = sorted(set(names_of_origin(work, work.origin)) - set(names)) if purge else []
    stored = load_instances(work, [*names, *unlisted])
    pool = str(defaults.get("default_floating_pool") or DEFAULT_POOL)
    floating = InstanceFloating(work, pool, bool(defaults.get("auto_assign_floating_ip")), wanted, unlisted)
    leaving = [item.name for item in wanted if not item.present] + unlisted
    gone = [stored[name] for name in leaving if name in stored]
    for instance in gone:
        floating.detach_instance(instance)
    delete_instances(work, gone)
    return stored, floating


def _settle_floating(work: Transaction, floating: InstanceFloating, drafts: Sequence[Draft], purge: bool) -> None:
    later = load_instances(work, [draft.item.name for draft in drafts])
    for draft in drafts:
        instance = later[draft.item.name]
        fixed = [_fixed_ip(instance.name, port, port.fixed) for port in instance.ports if port.fixed is not None]
        if draft.stored is not None:
            floating.follow(instance.name, _moved(draft.stored, instance), fixed[0] if fixed else None)
        floating.ensure(draft.item, instance.project, fixed, draft.stored is None, purge)
    floating.finish()


def _moved(before: StoredInstance, after: StoredInstance) -> dict[int, FixedIp | None]:
    """Return the fixed IPs that an instance has no more, and what the same port has instead."""
    ports = {port.id: port for port in after.ports}
    moved: dict[int, FixedIp | None] = {}
    for port in before.ports:
        later = ports.get(port.id)
        if port.fixed is not None and (later is None or later.fixed != port.fixed):
            moved[port.fixed.id] = (
                _fixed_ip(after.name, later, later.fixed) if later is not None and later.fixed else None
            )
    return moved


def _fixed_ip(instance: str, port: StoredPort, fixed: StoredFixedIp) -> FixedIp:
    return FixedIp(fixed.id, fixed.address, port.network, instance)


__all__ = ["apply_instances", "remove_instances", "view_instances"]
