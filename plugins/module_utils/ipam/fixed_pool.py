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
from .devices import DeviceWish, hold, let_go
from .inputs import dotted, read_address, read_hostname, read_items, read_mac, read_present, read_text, shown
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
    device: DeviceWish | None = None


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
            _give_back(work, network, wish.span)
    if purge:
        _purge(work, {(network.id, wish.span) for wish, network in wishes if wish.present})
    kept = [(wish, network) for wish, network in wishes if wish.present]
    for wish, network in kept:
        reserve(work, network, wish.span.first, wish.span.last, OPERATOR, wish.note, wish.where)
        if wish.device is None:
            let_go(work, network, wish.span.first, wish.span.last)
    # Last, so that a device can go from one address to another in one list, in whatever order.
    for wish, network in kept:
        if wish.device is not None:
            hold(work, network, wish.device)


def _give_back(work: Transaction, network: Any, span: Span) -> None:
    let_go(work, network, span.first, span.last)
    unreserve(work, network, span.first, span.last, OPERATOR)


def _purge(work: Transaction, wanted: set[tuple[int, Span]]) -> None:
    table, networks = schema.fixed_reservations, schema.networks
    query = select(table).where(table.c.reason == OPERATOR, table.c.origin == work.origin)
    for row in work.connection.execute(query.order_by(table.c.network_id, table.c.first)).all():
        if (row.network_id, Span(row.first, row.last)) not in wanted:
            network = work.connection.execute(select(networks).where(networks.c.id == row.network_id)).one()
            _give_back(work, network, Span(row.first, row.last))


def _read_wishes(items: Any) -> list[ReservationWish]:
    return [_read_wish(where, item) for where, item in read_items(items, "reservations", list(RESERVATION_ITEM))]


def _read_wish(where: str, item: Mapping[str, Any]) -> ReservationWish:
    note = item.get("note") or ""
    span = _read_span(where, item)
    return ReservationWish(
        where=where,
        network=read_text(item.get("network"), f"{where}.network"),
        span=span,
        note=read_text(note, f"{where}.note", 4096) if note else "",
        present=read_present(item.get("state"), f"{where}.state"),
        device=_read_device(where, item, span),
    )


def _read_device(where: str, item: Mapping[str, Any], span: Span) -> DeviceWish | None:
    """Return the device that an address is held for; None when it is just reserved."""
    mac, hostname = item.get("mac"), item.get("hostname")
    if mac is None:
        if hostname is not None:
            raise InvalidInput(f"{where}.hostname {shown(hostname)}", "names a device, and there is no mac of one")
        return None
    if item.get("address") is None:
        hint = "Give address in place of a range."
        raise InvalidInput(f"{where}.mac {shown(mac)}", "goes with a single address", hint)
    name = f"host-{dotted(span.first).replace('.', '-')}"
    if hostname is not None:
        name = read_hostname(hostname, f"{where}.hostname")
    return DeviceWish(where, span.first, read_mac(mac, f"{where}.mac"), name)


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
