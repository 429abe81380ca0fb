# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outbound NAT, metadata, forwarding and isolation of the networks that a host is the gateway of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple, dataclass, fields
from typing import Any

from ..change import Change
from ..errors import HostError, RolledBack
from .firewall_bridge import render_bridge_table, table_name
from .firewall_forwarding import (
    BEFORE,
    IP_FORWARD,
    Forwarding,
    plan_forwarding,
    read_forwarding,
    remembered,
    switch_forwarding,
)
from .firewall_input import FirewallNetwork, Settings, Want, from_owned, merge, parse_want, to_owned
from .firewall_phases import ALL, MAKE, REMOVE, close, let_go
from .firewall_rules import render_ip_table
from .journal import Journal
from .nft import Table, read_table, write_tables
from .nft_diff import Command, Difference, commands, differences
from .reconcile import Plan
from .runner import Runner


@dataclass(frozen=True)
class Have:
    """A host's firewall as it is.

    :param settings: what was applied last, as the journal remembers it.
    :param ip: our table of family ip, None when there is none.
    :param bridge: our table of family bridge, None when there is none.
    """

    settings: Settings
    ip: Table | None
    bridge: Table | None
    forwarding: Forwarding


@dataclass(frozen=True)
class Steps:
    """What to do.

    :param ip_forward_first: new value of the forwarding switch before the rules change (it is turned off first).
    :param transaction: commands for nft.
    :param ip_forward_last: new value of the forwarding switch after the rules have changed (it is turned on last).
    """

    ip_forward_first: str | None
    transaction: list[Command]
    ip_forward_last: str | None


class Firewall:
    """The subsystem behind the module ``nova_firewall``.

    :param owner: whose tables these are.
    :param state_path: where the journals are, those of other owners as well.
    :param phase: ``make`` closes what goes, ``remove`` forgets it and leaves out all else.
    :param purge: with ``make``: what is not listed goes. Until it is gone it is remembered, so the slice has no purge.
    """

    name = "firewall"

    def __init__(self, owner: str, state_path: str, phase: str = ALL, purge: bool = False) -> None:
        self.owner = owner
        self.state_path = state_path
        self.phase = phase
        self.purge = purge

    def parse(self, applied: Mapping[str, Any]) -> Want:
        """See :class:`~.reconcile.Subsystem`."""
        return parse_want(applied)

    def read(self, runner: Runner, want: Want, journal: Journal) -> Have:
        """See :class:`~.reconcile.Subsystem`."""
        name = table_name(self.owner)
        return Have(
            from_owned(journal.owned),
            read_table(runner, "ip", name),
            read_table(runner, "bridge", name),
            read_forwarding(runner, self.state_path, self.owner, self.name),
        )

    def diff(self, want: Want, have: Have, journal: Journal) -> Plan[Have]:
        """See :class:`~.reconcile.Subsystem`."""
        settings = self._settings(want, have.settings)
        if self.phase == REMOVE and settings == have.settings:
            # Nothing goes. What else differs has been made right by now, or would have been: this may be a preview.
            return Plan((), have, _steps([], have.forwarding.value, have.forwarding.value), dict(journal.owned))
        ip, bridge = render_ip_table(self.owner, settings), render_bridge_table(self.owner, settings)
        present = have.forwarding.value
        ip_forward, before = plan_forwarding(settings.forwarding, have.forwarding, remembered(journal.owned))
        transaction = [*commands(ip, have.ip), *commands(bridge, have.bridge)]
        changes = list(self._changes(settings, have, ip, bridge)) if transaction else []
        if ip_forward != present:
            changes.append(Change("update", "sysctl", IP_FORWARD, f"{present} -> {ip_forward}"))
        owned = to_owned(settings)
        if before is not None:
            owned[BEFORE] = before
        after = Have(settings, ip, bridge, Forwarding(ip_forward))
        return Plan(tuple(changes), after, _steps(transaction, present, ip_forward), owned)

    def _settings(self, want: Want, known: Settings) -> Settings:
        """Return the settings as this phase leaves them."""
        if self.phase == MAKE:
            return close(want, known, self.purge)
        final = merge(want, known)
        return let_go(final, known) if self.phase == REMOVE else final

    def apply(self, runner: Runner, plan: Plan[Have]) -> None:
        """See :class:`~.reconcile.Subsystem`."""
        steps: Steps = plan.steps
        switch_forwarding(runner, steps.ip_forward_first)
        try:
            if steps.transaction:
                write_tables(runner, steps.transaction)
        except HostError as error:
            if steps.ip_forward_first is not None:
                switch_forwarding(runner, "1")
            raise RolledBack(error.subject, error.reason, error.hint) from error
        switch_forwarding(runner, steps.ip_forward_last)

    def view(self, have: Have) -> dict[str, Any]:
        """See :class:`~.reconcile.Subsystem`."""
        settings = have.settings
        return {
            "networks": list(to_owned(settings)["networks"].values()),
            "metadata": asdict(settings.metadata) if settings.metadata else None,
            "hairpin_ports": list(settings.hairpin_ports),
            "isolated": [asdict(one) for one in settings.isolated],
            "closed": list(settings.closed),
            "forwarding": have.forwarding.value == "1",
            "drift": [each.sentence() for each in self._drift(settings, have)],
        }

    def _drift(self, settings: Settings, have: Have) -> tuple[Difference, ...]:
        """Return where the kernel is not what the settings say."""
        return (
            *differences(render_ip_table(self.owner, settings), have.ip),
            *differences(render_bridge_table(self.owner, settings), have.bridge),
        )

    def _changes(self, settings: Settings, have: Have, ip: Table | None, bridge: Table | None) -> Iterator[Change]:
        """Say what the transaction does: what was asked for by its name, and drift as exactly as it can be named."""
        needed = (*differences(ip, have.ip), *differences(bridge, have.bridge))
        if have.settings == Settings(forwarding=False) and (have.ip or have.bridge):
            # The journal is gone but the tables are there: only the differences themselves are known.
            yield from (difference.change() for difference in needed)
            return
        named = tuple(_setting_changes(have.settings, settings))
        yield from named
        if self.phase == REMOVE:
            return
        drift = set(self._drift(have.settings, have)).intersection(needed)
        yield from (each.change() for each in needed if each in drift or not named)


def _steps(transaction: list[Command], present: str, wanted: str) -> Steps:
    # Forwarding is on only while there are rules: off before they go, on after they came.
    if present == wanted:
        return Steps(None, transaction, None)
    return Steps(None, transaction, wanted) if wanted == "1" else Steps(wanted, transaction, None)


def _setting_changes(before: Settings, after: Settings) -> Iterator[Change]:
    old = {network.label: network for network in before.networks}
    new = {network.label: network for network in after.networks}
    for label in sorted({*old, *new}):
        yield from _network_change(label, old.get(label), new.get(label))
    if before.metadata != after.metadata:
        texts = [f"{each.address}:{each.port}" if each else "" for each in (before.metadata, after.metadata)]
        yield _change("metadata forwarding", "169.254.169.254:80", texts[0], texts[1])
    for port in sorted(set(before.hairpin_ports).symmetric_difference(after.hairpin_ports)):
        yield Change("create" if port in after.hairpin_ports else "delete", "hairpin guard", port)
    for one in sorted(set(before.isolated).symmetric_difference(after.isolated), key=astuple):
        action = "create" if one in after.isolated else "delete"
        yield Change(action, "isolation of address", one.address, f"on {one.bridge} from {one.uplink}")
    # That a bridge is no longer closed goes without saying where its network goes.
    gone = {network.bridge for label, network in old.items() if label not in new}
    for bridge in sorted(set(before.closed).symmetric_difference(after.closed) - gone):
        yield Change("create" if bridge in after.closed else "delete", "closure of bridge", bridge)


def _network_change(label: str, old: FirewallNetwork | None, new: FirewallNetwork | None) -> Iterator[Change]:
    if old == new:
        return
    if old and new:
        texts = [
            f"{each.name} {_text(getattr(old, each.name))} -> {_text(getattr(new, each.name))}"
            for each in fields(FirewallNetwork)
            if getattr(old, each.name) != getattr(new, each.name)
        ]
        yield Change("update", "firewall of network", label, ", ".join(texts))
        return
    for action, network in (("delete", old), ("create", new)):
        if network:
            yield Change(action, "firewall of network", label, _describe_network(network))


def _describe_network(network: FirewallNetwork) -> str:
    text = f"{network.cidr} on {network.bridge}"
    if network.source_address:
        text += f", SNAT to {network.source_address} by {network.public_interface}"
    return text


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value) or "none"
    return str(value) if value else "none"


def _change(kind: str, name: str, old: str, new: str) -> Change:
    if old and new:
        return Change("update", kind, name, f"{old} -> {new}")
    return Change("create", kind, name, new) if new else Change("delete", kind, name, old)
