# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ranges of a network that no instance may get, each with the reason why."""

from __future__ import annotations

from typing import Any

from ..change import Change
from ..errors import Conflict, InUse, InvalidInput
from . import schema
from .allocation import Span, subtract
from .extents import give_back, take_range
from .inputs import dotted
from .owners import owner
from .sql import and_, delete, func, insert, select, update
from .store import Transaction

OPERATOR = "operator"


def reserve(
    work: Transaction,
    network: Any,
    first: int,
    last: int,
    reason: str = OPERATOR,
    note: str = "",
    subject: str = "reservation",
) -> bool:
    """Keep a range of a network from instances. Return False when it was reserved like this already.

    :param network: row of the network.
    :param reason: who may take it back: ``operator``, or ``floating`` for a pool inside the network.
    :param subject: where the range was written, for errors.
    :raises InvalidInput: it is outside the network.
    :raises Conflict: it overlaps another range that is reserved for the same reason.
    :raises InUse: an instance has an address in it.
    """
    if network.cidr is None or not network.first <= first <= last <= network.last:
        shown = f"{subject} {span_text(first, last)}"
        raise InvalidInput(shown, f"is outside network {network.label} ({network.cidr})")
    for known in overlapping(work, network.id, first, last):
        if known.reason == reason and (known.first, known.last) == (first, last):
            return _renote(work, network, known, note)
        if known.reason == reason:
            raise Conflict(
                f"{subject} {span_text(first, last)}",
                f"overlaps {span_text(known.first, known.last)}, which is reserved already",
                "Remove that reservation first.",
            )
    _refuse_taken(work, network, first, last, subject)
    row = {"network_id": network.id, "first": first, "last": last, "reason": reason, "note": note}
    work.connection.execute(insert(schema.fixed_reservations).values({**row, "origin": work.origin}))
    take_range(work, schema.fixed_extents, "network_id", network.id, first, last)
    after = {"network": network.label, "reason": reason, "note": note}
    work.record(Change("create", "reservation", span_text(first, last), f"network {network.label}"), None, after)
    return True


def unreserve(work: Transaction, network: Any, first: int, last: int, reason: str = OPERATOR) -> bool:
    """Give a range back to instances as far as it was reserved for this reason. Return False when none of it was.

    A reservation that reaches further keeps what lies outside the range; other reasons keep what they hold.
    """
    table = schema.fixed_reservations
    found = [row for row in overlapping(work, network.id, first, last) if row.reason == reason]
    for row in found:
        work.connection.execute(delete(table).where(table.c.id == row.id))
        rest = {"network_id": network.id, "reason": row.reason, "note": row.note, "origin": row.origin}
        for part in subtract([Span(row.first, row.last)], [Span(first, last)]):
            work.connection.execute(insert(table).values({**rest, "first": part.first, "last": part.last}))
        gone = Span(max(first, row.first), min(last, row.last))
        before = {"network": network.label, "reason": row.reason, "note": row.note}
        change = Change("delete", "reservation", span_text(gone.first, gone.last), f"network {network.label}")
        work.record(change, before, None)
    for row in found:
        _free(work, network.id, Span(max(first, row.first), min(last, row.last)))
    return bool(found)


def overlapping(work: Transaction, network_id: int, first: int, last: int) -> list[Any]:
    """Return the reservations that hold an address of the range."""
    table = schema.fixed_reservations
    touching = and_(table.c.network_id == network_id, table.c.first <= last, table.c.last >= first)
    return list(work.connection.execute(select(table).where(touching).order_by(table.c.first, table.c.id)))


def reservation_at(work: Transaction, network_id: int, address: int) -> Any | None:
    """Return a reservation that holds the address."""
    found = overlapping(work, network_id, address, address)
    return found[0] if found else None


def unreserved_parts(work: Transaction, network_id: int, first: int, last: int) -> list[tuple[int, int]]:
    """Return the parts of a range that no reservation holds."""
    held = [Span(row.first, row.last) for row in overlapping(work, network_id, first, last)]
    return [(part.first, part.last) for part in subtract([Span(first, last)], held)]


def span_text(first: int, last: int) -> str:
    """Return a range as it is shown: one address, or the first and the last."""
    return dotted(first) if first == last else f"{dotted(first)}-{dotted(last)}"


def _free(work: Transaction, network_id: int, span: Span) -> None:
    """Make a range free except for what is still reserved, allocated, in quarantine, or free already."""
    held = [Span(row.first, row.last) for row in overlapping(work, network_id, span.first, span.last)]
    fixed, extents = schema.fixed_ips, schema.fixed_extents
    taken = and_(fixed.c.network_id == network_id, fixed.c.address.between(span.first, span.last))
    held += [Span(row.address, row.address) for row in work.connection.execute(select(fixed.c.address).where(taken))]
    near = and_(extents.c.network_id == network_id, extents.c.first <= span.last, extents.c.last >= span.first)
    held += [Span(row.first, row.last) for row in work.connection.execute(select(extents).where(near))]
    for part in subtract([span], held):
        give_back(work, extents, "network_id", network_id, part.first, part.last, work.now)


def _renote(work: Transaction, network: Any, known: Any, note: str) -> bool:
    if known.note == note:
        return False
    table = schema.fixed_reservations
    work.connection.execute(update(table).where(table.c.id == known.id).values(note=note))
    view = {"network": network.label, "reason": known.reason}
    name = span_text(known.first, known.last)
    change = Change("update", "reservation", name, f"network {network.label}, note")
    work.record(change, {**view, "note": known.note}, {**view, "note": note})
    return True


def _refuse_taken(work: Transaction, network: Any, first: int, last: int, subject: str) -> None:
    table = schema.fixed_ips
    mine = and_(table.c.network_id == network.id, table.c.address.between(first, last))
    taken = and_(mine, table.c.state != "released")
    row = work.connection.execute(select(table).where(taken).order_by(table.c.address).limit(1)).first()
    if row is None:
        return
    count = work.connection.execute(select(func.count()).select_from(table).where(taken)).scalar()
    raise InUse(
        f"{subject} {span_text(first, last)}",
        f"holds {count} allocated address{'es' if count != 1 else ''}, "
        f"the first is {dotted(row.address)} of {owner(row)}",
        "Delete or move these instances first.",
    )
