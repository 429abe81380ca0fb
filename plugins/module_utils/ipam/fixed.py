# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixed addresses: allocated to a port, released into quarantine, and free again once nobody can still use them.

In multi_host networks hosts have some as well, and devices that are no instances may have some.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..change import Change
from ..errors import Conflict, InUse, InvalidInput, NovaError
from . import schema
from .extents import Supply, give_back, take
from .inputs import dotted, read_address
from .network_views import chunks
from .owners import audited, owner
from .reservations import reservation_at, unreserved_parts
from .sql import and_, delete, insert, or_, select, update
from .store import Transaction
from .withdrawals import reinstate, withdraw

# Withdrawals that keep a fixed address from the next one: who has it, and who lets it in as that of a group's member.
HOLDING = ("fixed", "member")


@dataclass(frozen=True)
class Wish:
    """A fixed address that a port of an instance is to get.

    :param network: row of the network.
    :param address: the one that was asked for; None for the one that has been free for the longest time.
    :param subject: where the address was written, for errors.
    """

    network: Any
    port_id: int
    mac: str
    instance: str
    address: str | None = None
    subject: str = "address"


def allocate(
    work: Transaction,
    network: Any,
    port_id: int,
    mac: str,
    instance: str,
    address: str | None = None,
    subject: str = "address",
) -> str:
    """Give one port of an instance a fixed address, and return it; see :class:`Wish` and :func:`allocate_all`."""
    return allocate_all(work, [Wish(network, port_id, mac, instance, address, subject)])[0]


def allocate_all(work: Transaction, wishes: Sequence[Wish]) -> list[str]:
    """Give ports of instances fixed addresses, one after the other, and return these.

    :raises Exhausted: none is free.
    :raises Conflict: one that was asked for belongs to another instance, or is reserved.
    :raises InUse: one that was asked for is in quarantine.
    """
    desk = _Desk(work, wishes)
    numbers = [desk.serve(wish) for wish in wishes]
    desk.settle()
    return [dotted(number) for number in numbers]


class _Desk:
    """Hands out addresses, and writes what was handed out at the end, or before it must be known."""

    def __init__(self, work: Transaction, wishes: Sequence[Wish]) -> None:
        self._work = work
        # How many are still to come, for each network.
        self._coming = Counter(wish.network.id for wish in wishes if wish.address is None)
        self._supplies: dict[int, Supply] = {}
        self._rows: list[dict[str, Any]] = []

    def serve(self, wish: Wish) -> int:
        """Take an address and note whose it is."""
        work, network = self._work, wish.network
        if network.cidr is None:
            raise InvalidInput(f"network {network.label}", "has no IPv4 range to take a fixed address from")
        number = self._next(network) if wish.address is None else self._named(wish, wish.address)
        row = {"network_id": network.id, "address": number, "port_id": wish.port_id, "mac": wish.mac}
        stored = {"state": "allocated", "origin": work.origin, "generation": work.generation}
        self._rows.append({**row, "instance": wish.instance, **stored})
        after = {"network": network.label, "instance": wish.instance, "mac": wish.mac, "state": "allocated"}
        detail = f"{wish.instance}, network {network.label}"
        work.record(Change("create", "fixed IP", dotted(number), detail), None, after)
        return number

    def settle(self) -> None:
        """Write what was handed out."""
        for supply in self._supplies.values():
            supply.settle()
        self._supplies.clear()
        if self._rows:
            self._work.connection.execute(insert(schema.fixed_ips), self._rows)
            self._rows = []

    def _next(self, network: Any) -> int:
        if network.id not in self._supplies:
            subject, left = f"network {network.label} ({network.cidr})", self._coming[network.id]
            extents = schema.fixed_extents
            self._supplies[network.id] = Supply(self._work, extents, "network_id", network.id, left, subject)
        self._coming[network.id] -= 1
        return self._supplies[network.id].take()

    def _named(self, wish: Wish, address: str) -> int:
        number = read_address(address, wish.subject)
        if wish.network.id in self._supplies:
            self.settle()
        if not take(self._work, schema.fixed_extents, "network_id", wish.network.id, number):
            self.settle()
            raise _why_not(self._work, wish.network, number, wish.subject)
        return number


def release(work: Transaction, fixed: Any, hosts: Iterable[str]) -> None:
    """Take a fixed address away from its port or host. It stays in quarantine until :func:`free_if_due` lets it go.

    :param fixed: its row.
    :param hosts: who has it, and must confirm to have given it up.
    """
    write_released(work, [(fixed, hosts)])
    record_released(work, fixed)


def write_released(work: Transaction, leaving: Sequence[tuple[Any, Iterable[str]]]) -> None:
    """Do the part of :func:`release` that is written, for many addresses at once."""
    table = schema.fixed_ips
    released = {"state": "released", "port_id": None, "released_at": work.now, "generation": work.generation}
    for part in chunks([fixed.id for fixed, _hosts in leaving]):
        work.connection.execute(update(table).where(table.c.id.in_(part)).values(released))
    withdraw(work, "fixed", [(fixed.address, host) for fixed, hosts in leaving for host in hosts])


def record_released(work: Transaction, fixed: Any) -> None:
    """Do the part of :func:`release` that people are told."""
    before = audited(fixed)
    had = fixed.instance or owner(fixed)
    change = Change("delete", "fixed IP", dotted(fixed.address), f"{had}, into quarantine")
    work.record(change, before, {**before, "state": "released"})


def retake(work: Transaction, fixed: Any, state: str, hosts: Iterable[str]) -> None:
    """Give a host or a device back the address that it had last and that is still in quarantine.

    :param fixed: its row.
    :param state: ``host`` or ``device``.
    :param hosts: who need not give it up any more.
    """
    table = schema.fixed_ips
    again = {"state": state, "released_at": None, "generation": work.generation}
    work.connection.execute(update(table).where(table.c.id == fixed.id).values(again))
    reinstate(work, "fixed", [(fixed.address, host) for host in hosts])
    before = audited(fixed)
    change = Change("update", "fixed IP", dotted(fixed.address), f"{owner(fixed)}, out of quarantine")
    work.record(change, before, {**before, "state": state})


def release_port(work: Transaction, port_id: int, hosts: Iterable[str]) -> str | None:
    """Take the fixed address of a port away, before the port is deleted. Return it; None when the port has none."""
    table = schema.fixed_ips
    fixed = work.connection.execute(select(table).where(table.c.port_id == port_id)).first()
    if fixed is None:
        return None
    release(work, fixed, hosts)
    return dotted(fixed.address)


def free_if_due(work: Transaction) -> list[str]:
    """Make released addresses free whose hosts have all confirmed and whose lease is over. Return them."""
    due = _due(work)
    for part in chunks([row.id for row in due]):
        work.connection.execute(delete(schema.fixed_ips).where(schema.fixed_ips.c.id.in_(part)))
    for network_id, first, last in runs(due):
        for free_first, free_last in unreserved_parts(work, network_id, first, last):
            give_back(work, schema.fixed_extents, "network_id", network_id, free_first, free_last, work.now)
    for row in due:
        work.observe(Change("delete", "fixed IP", dotted(row.address), "free again"), audited(row), None)
    return [dotted(row.address) for row in due]


def runs(rows: Sequence[Any]) -> Iterator[tuple[int, int, int]]:
    """Yield (network, first, last) for each uninterrupted run of addresses; the rows are in order."""
    start = 0
    for index, row in enumerate(rows):
        following = rows[index + 1] if index + 1 < len(rows) else None
        goes_on = (
            following is not None and following.network_id == row.network_id and following.address == row.address + 1
        )
        if not goes_on:
            yield row.network_id, rows[start].address, row.address
            start = index + 1


def _due(work: Transaction) -> list[Any]:
    fixed, withdrawals = schema.fixed_ips, schema.withdrawals
    unconfirmed = and_(withdrawals.c.kind.in_(HOLDING), withdrawals.c.address == fixed.c.address)
    over = or_(fixed.c.lease_expires.is_(None), fixed.c.lease_expires <= work.now)
    query = (
        select(fixed)
        .select_from(fixed.outerjoin(withdrawals, unconfirmed))
        .where(and_(fixed.c.state == "released", withdrawals.c.id.is_(None), over))
        .order_by(fixed.c.network_id, fixed.c.address)
    )
    return list(work.connection.execute(query))


def fixed_at(work: Transaction, network_id: int, address: int) -> Any | None:
    """Return the row of who has an address, or had it and may still use it."""
    table = schema.fixed_ips
    same = and_(table.c.network_id == network_id, table.c.address == address)
    return work.connection.execute(select(table).where(same)).first()


def _why_not(work: Transaction, network: Any, number: int, subject: str) -> NovaError:
    """Return the error that says why an address that was asked for cannot be had."""
    asked = f"{subject} {dotted(number)}"
    if not network.first <= number <= network.last:
        return InvalidInput(asked, f"is outside network {network.label} ({network.cidr})")
    fixed = fixed_at(work, network.id, number)
    if fixed is not None and fixed.state != "released":
        return Conflict(asked, f"is taken by {owner(fixed)}")
    if fixed is not None:
        reason = f"is in quarantine: {describe_quarantine(work, fixed)}"
        return InUse(asked, reason, "Converge these hosts, then run again.")
    reservation = reservation_at(work, network.id, number)
    why = f"{reservation.reason}{': ' if reservation.note else ''}{reservation.note}" if reservation else "unknown"
    return Conflict(asked, f"is reserved in network {network.label} ({why})")


def describe_quarantine(work: Transaction, fixed: Any) -> str:
    """Return what a released address still waits for, in words."""
    table = schema.withdrawals
    same = and_(table.c.kind.in_(HOLDING), table.c.address == fixed.address)
    hosts = sorted(set(work.connection.execute(select(table.c.host).where(same)).scalars()))
    reasons = [f"{owner(fixed)} had it"]
    if hosts:
        reasons.append(f"not yet confirmed by {', '.join(hosts)}")
    if fixed.lease_expires is not None and fixed.lease_expires > work.now:
        moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(fixed.lease_expires))
        reasons.append(f"its lease runs until {moment}")
    return ", ".join(reasons)
