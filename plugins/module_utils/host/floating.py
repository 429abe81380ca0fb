# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floating addresses of a host: their translation, the addresses themselves, and who is told about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..change import Change
from ..errors import HostError, RolledBack
from .announce import Announcer
from .floating_addresses import (
    Assigned,
    Batch,
    Interfaces,
    missing_addresses,
    plan_batches,
    read_interfaces,
    refuse_foreign,
    require_interfaces,
    run_batch,
    undo,
)
from .floating_connections import Pair, cut_connections
from .floating_input import FloatingAddress, Want, in_order, merge, parse_want
from .floating_rules import INTERFACES, TO_FIXED, render_table, table_name
from .journal import Journal
from .nft import Table, read_table, write_tables
from .nft_diff import Command, Difference, commands, differences
from .reconcile import Plan
from .runner import Runner


@dataclass(frozen=True)
class Have:
    """A host's floating addresses as they are.

    :param addresses: what was applied last, as the journal remembers it.
    :param table: our table, None when there is none.
    """

    addresses: Mapping[str, FloatingAddress]
    table: Table | None
    interfaces: Interfaces


@dataclass(frozen=True)
class Steps:
    """What to do, in this order.

    :param off: addresses to take off, so that nothing more arrives for them.
    :param transaction: commands for nft.
    :param restore: commands for nft that undo these.
    :param on: addresses to put on, which are translated by now.
    :param cut: pairs whose connections end.
    :param announce: interface to the addresses that are new on it, or answer from somewhere else now.
    """

    off: Batch
    transaction: list[Command]
    restore: list[Command]
    on: Batch
    cut: tuple[Pair, ...]
    announce: Mapping[str, list[str]]
    announce_count: int


class Floating:
    """The subsystem behind the module ``nova_floating_ip``.

    :param owner: whose table this is.
    :param announcer: who sends gratuitous ARP.
    :param foreseen: interfaces that are made before, and that a preview has to do without.
    """

    name = "floating"

    def __init__(self, owner: str, announcer: Announcer, foreseen: Iterable[str] = ()) -> None:
        self.owner = owner
        self.announcer = announcer
        self.foreseen = frozenset(foreseen)

    def parse(self, applied: Mapping[str, Any]) -> Want:
        """See :class:`~.reconcile.Subsystem`."""
        return parse_want(applied)

    def read(self, runner: Runner, want: Want, journal: Journal) -> Have:
        """See :class:`~.reconcile.Subsystem`."""
        if runner.which("conntrack") is None:
            raise HostError(
                "program conntrack",
                "is not installed on this host",
                "Without it old connections would outlive a change.",
            )
        remembered = journal.owned.get("addresses", {})
        known = in_order({address: FloatingAddress(address, **each) for address, each in remembered.items()})
        interfaces = read_interfaces(runner)
        interfaces = replace(interfaces, names=interfaces.names | self.foreseen)
        return Have(known, read_table(runner, "ip", table_name(self.owner)), interfaces)

    def diff(self, want: Want, have: Have, journal: Journal) -> Plan[Have]:
        """See :class:`~.reconcile.Subsystem`."""
        ours = _put_by_us(have, journal)
        addresses = merge(want, have.addresses)
        require_interfaces(addresses, want.positions, have.interfaces)
        refuse_foreign(addresses, want.positions, have.interfaces, ours)
        table = render_table(self.owner, addresses.values())
        off, on, assigned = plan_batches(addresses, have.interfaces, ours)
        transaction = commands(table, have.table)
        changes = tuple(self._changes(addresses, have, table, off, on)) if transaction or off.lines or on.lines else ()
        return Plan(
            changes,
            Have(addresses, table, _expected_interfaces(addresses, have.interfaces)),
            Steps(
                off,
                transaction,
                commands(have.table, table),
                on,
                _cut(have, addresses),
                _announce(addresses, have),
                want.send_arp_count,
            ),
            _owned(addresses, assigned),
        )

    def apply(self, runner: Runner, plan: Plan[Have]) -> None:
        """See :class:`~.reconcile.Subsystem`."""
        steps: Steps = plan.steps
        undoing: list[Callable[[], None]] = []
        try:
            run_batch(runner, steps.off)
            undoing.append(lambda: undo(runner, steps.off.inverse))
            if steps.transaction:
                write_tables(runner, steps.transaction)
                undoing.append(lambda: write_tables(runner, steps.restore))
            run_batch(runner, steps.on)
        except HostError as error:
            for step in reversed(undoing):
                step()
            raise RolledBack(error.subject, error.reason, error.hint) from error
        if steps.cut:
            cut_connections(runner, steps.cut)
        if steps.announce and steps.announce_count:
            self.announcer.announce(steps.announce, steps.announce_count)

    def view(self, have: Have) -> dict[str, Any]:
        """See :class:`~.reconcile.Subsystem`."""
        drift = [each.sentence() for each in self._drift(have)]
        missing = missing_addresses(have.addresses, have.interfaces)
        drift += [f"missing address {address}/32 on {have.addresses[address].interface}" for address in missing]
        return {"addresses": [asdict(each) for each in have.addresses.values()], "drift": drift}

    def _drift(self, have: Have) -> tuple[Difference, ...]:
        """Return where the kernel's table is not what was applied."""
        return differences(render_table(self.owner, have.addresses.values()), have.table)

    def _changes(
        self, addresses: Mapping[str, FloatingAddress], have: Have, table: Table | None, off: Batch, on: Batch
    ) -> Iterator[Change]:
        """Say what is done: what was asked for by its name, and drift as exactly as it can be named."""
        needed = differences(table, have.table)
        lost_journal = not have.addresses and have.table is not None
        if not lost_journal:
            yield from _address_changes(have.addresses, addresses)
        drift = set(needed) if lost_journal else set(self._drift(have)).intersection(needed)
        yield from (each.change() for each in needed if each in drift)
        same = {address for address, each in addresses.items() if lost_journal or have.addresses.get(address) == each}
        for line in (*off.lines, *on.lines):
            _word, action, address, _dev, interface = line.split()
            if lost_journal or address.partition("/")[0] in same:
                yield Change("create" if action == "add" else "delete", "address", address, f"on {interface}")


def _put_by_us(have: Have, journal: Journal) -> Assigned:
    """Return the addresses that we put on interfaces.

    Without a journal our table says it: what it translates, on an interface that it names, is no address of the host.
    """
    if journal.owned or have.table is None:
        return {address: tuple(places) for address, places in journal.owned.get("assigned", {}).items()}
    sets = have.table.sets
    translated = {key[0] for key in sets[TO_FIXED].elements} if TO_FIXED in sets else set()
    named = {key[0] for key in sets[INTERFACES].elements} if INTERFACES in sets else set()
    return {
        address: tuple(interface for interface, length in places if length == 32 and interface in named)
        for address, places in have.interfaces.addresses.items()
        if address in translated
    }


def _address_changes(old: Mapping[str, FloatingAddress], new: Mapping[str, FloatingAddress]) -> Iterator[Change]:
    for address, each in old.items():
        if address not in new:
            yield Change("delete", "floating IP", address, f"-> {each.fixed_address} on {each.interface}")
    for address, each in new.items():
        before = old.get(address)
        if before is None:
            yield Change("create", "floating IP", address, f"-> {each.fixed_address} on {each.interface}")
        elif before != each:
            moves = [
                f"{was} -> {is_now}"
                for was, is_now in ((before.fixed_address, each.fixed_address), (before.interface, each.interface))
                if was != is_now
            ]
            yield Change("update", "floating IP", address, ", ".join(moves))


def _cut(have: Have, addresses: Mapping[str, FloatingAddress]) -> tuple[Pair, ...]:
    """Return the pairs that are translated now, and will not be any more."""
    elements = have.table.sets[TO_FIXED].elements if have.table and TO_FIXED in have.table.sets else {}
    now = {(key[0], fixed) for key, fixed in elements.items()}
    # What the journal knows counts as well: somebody may have taken the rule away and left the connections.
    now |= {(each.address, each.fixed_address) for each in have.addresses.values()}
    return tuple(sorted(now - {(each.address, each.fixed_address) for each in addresses.values()}))


def _announce(addresses: Mapping[str, FloatingAddress], have: Have) -> dict[str, list[str]]:
    missing = set(missing_addresses(addresses, have.interfaces))
    told: dict[str, list[str]] = {}
    for address, each in addresses.items():
        if address in missing or have.addresses.get(address) != each:
            told.setdefault(each.interface, []).append(address)
    return told


def _expected_interfaces(addresses: Mapping[str, FloatingAddress], interfaces: Interfaces) -> Interfaces:
    """Return the part of the interfaces that matters afterwards: each address is where it shall be."""
    return Interfaces(interfaces.names, {address: ((each.interface, 32),) for address, each in addresses.items()})


def _owned(addresses: Mapping[str, FloatingAddress], assigned: Assigned) -> dict[str, Any]:
    return {
        "addresses": {
            address: {"fixed_address": each.fixed_address, "interface": each.interface}
            for address, each in addresses.items()
        },
        "assigned": {address: list(places) for address, places in assigned.items()},
    }
