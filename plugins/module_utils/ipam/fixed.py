# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixed addresses: allocated to a port, released into quarantine, and free again once nobody can still use them.

In multi_host networks hosts have some as well.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..change import Change
from ..errors import Conflict, InUse, InvalidInput, NovaError
from . import schema
from .extents import give_back, take, take_oldest
from .inputs import dotted, read_address
from .network_views import chunks
from .owners import audited, owner
from .reservations import reservation_at, unreserved_parts
from .sql import and_, delete, insert, or_, select, update
from .store import Transaction
from .withdrawals import reinstate, withdraw


def allocate(
    work: Transaction,
    network: Any,
    port_id: int,
    mac: str,
    instance: str,
    address: str | None = None,
    subject: str = "address",
) -> str:
    """Give a port of an instance a fixed address of a network, and return it.

    :param network: row of the network.
    :param address: the one that was asked for; None for the one that has been free for the longest time.
    :param subject: where the address was written, for errors.
    :raises Exhausted: none is free.
    :raises Conflict: the one that was asked for belongs to another instance, or is reserved.
    :raises InUse: the one that was asked for is in quarantine.
    """
    if network.cidr is None:
        raise InvalidInput(f"network {network.label}", "has no IPv4 range to take a fixed address from")
    extents = schema.fixed_extents
    if address is None:
        number = take_oldest(work, extents, "network_id", network.id, f"network {network.label} ({network.cidr})")
    else:
        number = read_address(address, subject)
        if not take(work, extents, "network_id", network.id, number):
            raise _why_not(work, network, number, subject)
    row = {"network_id": network.id, "address": number, "port_id": port_id, "mac": mac, "instance": instance}
    stored = {"state": "allocated", "origin": work.origin, "generation": work.generation}
    work.connection.execute(insert(schema.fixed_ips).values({**row, **stored}))
    after = {"network": network.label, "instance": instance, "mac": mac, "state": "allocated"}
    detail = f"{instance}, network {network.label}"
    work.record(Change("create", "fixed IP", dotted(number), detail), None, after)
    return dotted(number)


def release(work: Transaction, fixed: Any, hosts: Iterable[str]) -> None:
    """Take a fixed address away from its port or host. It stays in quarantine until :func:`free_if_due` lets it go.

    :param fixed: its row.
    :param hosts: who has it, and must confirm to have given it up.
    """
    table = schema.fixed_ips
    released = {"state": "released", "port_id": None, "released_at": work.now, "generation": work.generation}
    work.connection.execute(update(table).where(table.c.id == fixed.id).values(released))
    withdraw(work, "fixed", [(fixed.address, host) for host in hosts])
    before = audited(fixed)
    had = f"host {fixed.host}" if fixed.host else fixed.instance
    change = Change("delete", "fixed IP", dotted(fixed.address), f"{had}, into quarantine")
    work.record(change, before, {**before, "state": "released"})


def retake(work: Transaction, fixed: Any) -> None:
    """Give a host back the address that it had last and that is still in quarantine."""
    table = schema.fixed_ips
    again = {"state": "host", "released_at": None, "generation": work.generation}
    work.connection.execute(update(table).where(table.c.id == fixed.id).values(again))
    reinstate(work, "fixed", [(fixed.address, fixed.host)])
    before = audited(fixed)
    change = Change("update", "fixed IP", dotted(fixed.address), f"host {fixed.host}, out of quarantine")
    work.record(change, before, {**before, "state": "host"})


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
    unconfirmed = and_(withdrawals.c.kind == "fixed", withdrawals.c.address == fixed.c.address)
    over = or_(fixed.c.lease_expires.is_(None), fixed.c.lease_expires <= work.now)
    query = (
        select(fixed)
        .select_from(fixed.outerjoin(withdrawals, unconfirmed))
        .where(and_(fixed.c.state == "released", withdrawals.c.id.is_(None), over))
        .order_by(fixed.c.network_id, fixed.c.address)
    )
    return list(work.connection.execute(query))


def _why_not(work: Transaction, network: Any, number: int, subject: str) -> NovaError:
    """Return the error that says why an address that was asked for cannot be had."""
    asked = f"{subject} {dotted(number)}"
    if not network.first <= number <= network.last:
        return InvalidInput(asked, f"is outside network {network.label} ({network.cidr})")
    table = schema.fixed_ips
    same = and_(table.c.network_id == network.id, table.c.address == number)
    fixed = work.connection.execute(select(table).where(same)).first()
    if fixed is not None and fixed.state != "released":
        return Conflict(asked, f"is taken by {owner(fixed)}")
    if fixed is not None:
        return InUse(asked, f"is in quarantine: {_quarantine(work, fixed)}", "Converge these hosts, then run again.")
    reservation = reservation_at(work, network.id, number)
    why = f"{reservation.reason}{': ' if reservation.note else ''}{reservation.note}" if reservation else "unknown"
    return Conflict(asked, f"is reserved in network {network.label} ({why})")


def _quarantine(work: Transaction, fixed: Any) -> str:
    table = schema.withdrawals
    same = and_(table.c.kind == "fixed", table.c.address == fixed.address)
    hosts = [row.host for row in work.connection.execute(select(table).where(same).order_by(table.c.host))]
    reasons = [f"{owner(fixed)} had it"]
    if hosts:
        reasons.append(f"not yet confirmed by {', '.join(hosts)}")
    if fixed.lease_expires is not None and fixed.lease_expires > work.now:
        moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(fixed.lease_expires))
        reasons.append(f"its lease runs until {moment}")
    return ", ".join(reasons)
