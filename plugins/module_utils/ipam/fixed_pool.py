# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reservations that operators make in the pools of fixed addresses: a list of what shall be is made so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidInput
from . import schema
from .allocation import Span
from .arguments_networks import RESERVATION_ITEM
from .inputs import read_address, read_items, read_present, read_text, shown
from .network_views import network_by_label
from .network_wishes import read_range
from .reservations import OPERATOR, reserve, unreserve
from .sql import select
from .store import Transaction


@dataclass(frozen=True)
class ReservationWish:
    """One item of the list."""

    where: str
    network: str
    span: Span
    note: str
    present: bool


def apply_reservations(work: Transaction, items: Sequence[Any] | None, purge: bool = False) -> None:
    """Make the reservations of a list so.

    :param items: the option ``reservations``; None when it was omitted, and nothing is managed.
    :param purge: remove reservations of the caller's origin that the list does not name. Only what operators reserved:
        what a network keeps for itself and what floating pools hold is not theirs to give.
    """
    if items is None:
        return
    wishes = [
        (wish, network_by_label(work, wish.network, f"{wish.where}.network {shown(wish.network)}"))
        for wish in _read_wishes(items)
    ]
    for wish, network in wishes:
        if not wish.present:
            unreserve(work, network, wish.span.first, wish.span.last, OPERATOR)
    if purge:
        _purge(work, {(network.id, wish.span) for wish, network in wishes if wish.present})
    for wish, network in wishes:
        if wish.present:
            reserve(work, network, wish.span.first, wish.span.last, OPERATOR, wish.note, wish.where)


def _purge(work: Transaction, wanted: set[tuple[int, Span]]) -> None:
    table, networks = schema.fixed_reservations, schema.networks
    query = select(table).where(table.c.reason == OPERATOR, table.c.origin == work.origin)
    for row in work.connection.execute(query.order_by(table.c.network_id, table.c.first)).all():
        if (row.network_id, Span(row.first, row.last)) not in wanted:
            network = work.connection.execute(select(networks).where(networks.c.id == row.network_id)).one()
            unreserve(work, network, row.first, row.last, OPERATOR)


def _read_wishes(items: Any) -> list[ReservationWish]:
    return [_read_wish(where, item) for where, item in read_items(items, "reservations", list(RESERVATION_ITEM))]


def _read_wish(where: str, item: Mapping[str, Any]) -> ReservationWish:
    note = item.get("note") or ""
    return ReservationWish(
        where=where,
        network=read_text(item.get("network"), f"{where}.network"),
        span=_read_span(where, item),
        note=read_text(note, f"{where}.note", 4096) if note else "",
        present=read_present(item.get("state"), f"{where}.state"),
    )


def _read_span(where: str, item: Mapping[str, Any]) -> Span:
    """Return the range of an item, which is written in one of three ways."""
    given = [key for key in ("address", "cidr", "start", "end") if item.get(key) is not None]
    if given == ["address"]:
        address = read_address(item["address"], f"{where}.address")
        return Span(address, address)
    if given == ["cidr"]:
        return read_range(item["cidr"], f"{where}.cidr", 4)[0]
    if given != ["start", "end"]:
        what = "has no addresses" if not given else f"has {' and '.join(given)}"
        raise InvalidInput(where, what, "Give either address, or cidr, or start and end.")
    span = Span(read_address(item["start"], f"{where}.start"), read_address(item["end"], f"{where}.end"))
    if span.last < span.first:
        raise InvalidInput(f"{where}.end {item['end']}", f"is before start {item['start']}")
    return span
