# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outbound NAT, metadata, forwarding and isolation of the networks that a host is the gateway of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, astuple, dataclass, field, fields, replace
from typing import Any

from ..change import Change
from ..errors import HostError, RolledBack
from .firewall_bridge import render_bridge_table, table_name
from .firewall_forwarding import (
    HEEDING,
    IPV4,
    IPV6,
    Forwarding,
    Switch,
    plan_forwarding,
    plan_heeding,
    read_forwarding,
    read_heeding,
    remembered,
    set_heeding,
    turn,
)
from .firewall_group_changes import group_changes, port_changes
from .firewall_groups import plain_group, plain_port
from .firewall_input import FirewallNetwork, Settings, Want, from_owned, merge, parse_want, to_owned
from .firewall_ipv6 import render_ip6_table
from .firewall_kernel import require_bridge_tracking
from .firewall_phases import ALL, MAKE, REMOVE, close, let_go
from .firewall_rules import render_ip_table
from .journal import Journal
from .nft import Table, read_table, write_tables
from .nft_diff import Command, Difference, commands, differences
from .reconcile import Plan
from .runner import Runner

FAMILIES = ("ip", "ip6", "bridge")


@dataclass(frozen=True)
class Have:
    """A host's firewall as it is.

    :param settings: what was applied last, as the journal remembers it.
    :param tables: our tables of families ip, ip6 and bridge in this order, None for one that is not there.
    :param forwarding: the switch for IPv4.
    :param forwarding_v6: the switch for IPv6.
    """

    settings: Settings
    tables: tuple[Table | None, ...]
    forwarding: Forwarding
    forwarding_v6: Forwarding


@dataclass(frozen=True)
class Steps:
    """What to do.

    :param first: switches with their new value before the rules change (forwarding is turned off first).
    :param transaction: commands for nft.
    :param heeding: by interface, whether it heeds router advertisements: before forwarding is turned on.
    :param last: switches with their new value after the rules have changed (forwarding is turned on last).
    """

    first: tuple[tuple[Switch, str], ...] = ()
    transaction: tuple[Command, ...] = ()
    heeding: Mapping[str, str] = field(default_factory=dict)
    last: tuple[tuple[Switch, str], ...] = ()


class Firewall:
    """The subsystem behind the module ``nova_firewall``.

    :param owner: whose tables these are.
    :param state_path: where the journals are, those of other owners as well.
    :param phase: ``make`` closes what goes, ``remove`` forgets it and leaves out all else.
    """

    name = "firewall"

    def __init__(self, owner: str, state_path: str, phase: str = ALL) -> None:
        self.owner = owner
        self.state_path = state_path
        self.phase = phase

    def parse(self, applied: Mapping[str, Any]) -> Want:
        """See :class:`~.reconcile.Subsystem`."""
        return parse_want(applied)

    def read(self, runner: Runner, want: Want, journal: Journal) -> Have:
        """See :class:`~.reconcile.Subsystem`."""
        name = table_name(self.owner)
        known = from_owned(journal.owned)
        place = (runner, self.state_path, self.owner, self.name)
        if want.guest_ports or (want.guest_ports is None and known.guest_ports and not want.purge):
            require_bridge_tracking(runner)
        v6 = bool(want.prefixes or known.prefixes)
        heeding = read_heeding(runner, tuple(journal.owned.get(HEEDING, ()))) if v6 else {}
        return Have(
            known,
            tuple(read_table(runner, family, name) for family in FAMILIES),
            read_forwarding(*place, IPV4, bool(want.networks)),
            replace(read_forwarding(*place, IPV6, bool(want.prefixes)), heeding=heeding),
        )

    def diff(self, want: Want, have: Have, journal: Journal) -> Plan[Have]:
        """See :class:`~.reconcile.Subsystem`."""
        settings = self._settings(want, have.settings)
        if self.phase == REMOVE and settings == have.settings:
            # Nothing goes. What else differs has been made right by now, or would have been: this may be a preview.
            return Plan((), have, Steps(), dict(journal.owned))
        tables = self._render(settings)
        transaction = [command for new, old in zip(tables, have.tables) for command in commands(new, old)]
        changes = list(self._changes(settings, have, tables)) if transaction else []
        value, before = plan_forwarding(settings.forwards_ipv4, have.forwarding, remembered(journal.owned, IPV4))
        value_v6, before_v6 = plan_forwarding(
            settings.forwards_ipv6, have.forwarding_v6, remembered(journal.owned, IPV6)
        )
        known = tuple(journal.owned.get(HEEDING, ()))
        heeding, ours = plan_heeding(settings.forwards_ipv6, have.forwarding_v6, known)
        turns = [(IPV4, have.forwarding.value, value), (IPV6, have.forwarding_v6.value, value_v6)]
        switches = [*turns, *_heeding_turns(have.forwarding_v6, heeding)]
        changes += [_switch_change(switch, old, new) for switch, old, new in switches if old != new]
        owned = {**to_owned(settings), IPV4.before: before, IPV6.before: before_v6, HEEDING: list(ours)}
        after = Have(settings, tables, have.forwarding.settled(value), have.forwarding_v6.settled(value_v6, heeding))
        kept = {key: each for key, each in owned.items() if each is not None and (key != HEEDING or each)}
        pending = let_go(merge(want, settings), settings) != settings if self.phase == MAKE else None
        return Plan(tuple(changes), after, _steps(transaction, turns, heeding), kept, pending=pending)

    def _render(self, settings: Settings) -> tuple[Table | None, ...]:
        """Return the tables in the order of ``FAMILIES``."""
        return (
            render_ip_table(self.owner, settings),
            render_ip6_table(table_name(self.owner), settings.prefixes, settings.closed),
            render_bridge_table(self.owner, settings),
        )

    def _settings(self, want: Want, known: Settings) -> Settings:
        """Return the settings as this phase leaves them."""
        if self.phase == MAKE:
            return close(want, known)
        final = merge(want, known)
        return let_go(final, known) if self.phase == REMOVE else final

    def apply(self, runner: Runner, plan: Plan[Have]) -> None:
        """See :class:`~.reconcile.Subsystem`."""
        steps: Steps = plan.steps
        for switch, value in steps.first:
            turn(runner, switch, value)
        try:
            if steps.transaction:
                write_tables(runner, steps.transaction)
        except HostError as error:
            for switch, _value in steps.first:
                turn(runner, switch, "1")
            raise RolledBack(error.subject, error.reason, error.hint) from error
        set_heeding(runner, steps.heeding)
        for switch, value in steps.last:
            turn(runner, switch, value)

    def view(self, have: Have) -> dict[str, Any]:
        """See :class:`~.reconcile.Subsystem`."""
        settings = have.settings
        return {
            "networks": list(to_owned(settings)["networks"].values()),
            "metadata": asdict(settings.metadata) if settings.metadata else None,
            "hairpin_ports": list(settings.hairpin_ports),
            "isolated": [asdict(one) for one in settings.isolated],
            "closed": list(settings.closed),
            "prefixes": [asdict(one) for one in settings.prefixes],
            "groups": [plain_group(one) for one in settings.groups],
            "guest_ports": [plain_port(one) for one in settings.guest_ports],
            "forwarding": have.forwarding.value == "1",
            "forwarding_v6": have.forwarding_v6.value == "1",
            "drift": [each.sentence() for each in self._drift(settings, have)],
        }

    def _drift(self, settings: Settings, have: Have) -> tuple[Difference, ...]:
        """Return where the kernel is not what the settings say."""
        return _differences(self._render(settings), have.tables)

    def _changes(self, settings: Settings, have: Have, tables: tuple[Table | None, ...]) -> Iterator[Change]:
        """Say what the transaction does: what was asked for by its name, and drift as exactly as it can be named."""
        needed = _differences(tables, have.tables)
        if have.settings == Settings(forwarding=False) and any(have.tables):
            # The journal is gone but the tables are there: only the differences themselves are known.
            yield from (difference.change() for difference in needed)
            return
        named = tuple(_setting_changes(have.settings, settings))
        yield from named
        if self.phase == REMOVE:
            return
        drift = set(self._drift(have.settings, have)).intersection(needed)
        yield from (each.change() for each in needed if each in drift or not named)


def _differences(wanted: Iterable[Table | None], have: Iterable[Table | None]) -> tuple[Difference, ...]:
    return tuple(each for new, old in zip(wanted, have) for each in differences(new, old))


def _steps(transaction: list[Command], turns: Iterable[tuple[Switch, str, str]], heeding: Mapping[str, str]) -> Steps:
    # Forwarding is on only while there are rules: off before they go, on after they came.
    differing = [(switch, new) for switch, old, new in turns if old != new]
    first = tuple((switch, value) for switch, value in differing if value != "1")
    return Steps(first, tuple(transaction), heeding, tuple(each for each in differing if each not in first))


def _heeding_turns(have: Forwarding, heeding: Mapping[str, str]) -> Iterator[tuple[Switch, str, str]]:
    for name, value in heeding.items():
        yield Switch(f"net.ipv6.conf.{name}.accept_ra", "", ""), (have.heeding or {}).get(name, ""), value


def _switch_change(switch: Switch, old: str, new: str) -> Change:
    return Change("update", "sysctl", switch.name, f"{old} -> {new}")


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
    for prefix in sorted(set(before.prefixes).symmetric_difference(after.prefixes), key=astuple):
        action = "create" if prefix in after.prefixes else "delete"
        yield Change(action, "firewall of prefix", prefix.label, f"{prefix.cidr} on {prefix.bridge}")
    for one in sorted(set(before.isolated).symmetric_difference(after.isolated), key=astuple):
        action = "create" if one in after.isolated else "delete"
        yield Change(action, "isolation of address", one.address, f"on {one.bridge} from {one.uplink}")
    yield from group_changes(before.groups, after.groups)
    yield from port_changes((before.groups, before.guest_ports), (after.groups, after.guest_ports))
    # That a bridge is no longer closed goes without saying where its network goes.
    gone = before.bridges - after.bridges
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
