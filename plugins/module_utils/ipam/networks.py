# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks of the IPAM: a list of what shall be is compared with what is, and only the difference is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..change import Change
from ..errors import Conflict, InUse, InvalidInput
from . import schema
from .network_choice import assign_serving_host, networks_for_instance
from .network_create import create_networks
from .network_registry import Registry, load_registry
from .network_update import check_definition, update_network
from .network_usage import refuse_if_used
from .network_views import find_network, network_by_id, network_by_label, view_network, view_reserved
from .network_wishes import NetworkDefaults, NetworkWish, read_defaults, read_wishes
from .serving import move_gateway
from .sql import delete
from .store import Transaction

__all__ = [
    "NetworkDefaults",
    "apply_networks",
    "assign_serving_host",
    "find_network",
    "network_by_id",
    "network_by_label",
    "networks_for_instance",
    "read_defaults",
    "view_network",
    "view_reserved",
]


def apply_networks(
    work: Transaction, items: Sequence[Any] | None, defaults: NetworkDefaults, purge: bool = False
) -> list[Any]:
    """Make the networks of a list so, and return the rows of those that shall be, in the order of the list.

    All or nothing: the first item that is wrong raises, and the transaction ends without any of them.

    :param items: the option ``networks``; None when it was omitted, and nothing is managed.
    :param defaults: what holds for new networks, see :func:`read_defaults`.
    :param purge: remove networks of the caller's origin that the list does not name.
    """
    if items is None:
        return []
    wishes = read_wishes(items)
    registry = load_registry(work)
    # What goes, goes first: its addresses and VLAN ids may be asked for in the same list.
    for wish in wishes:
        if not wish.present:
            _delete_named(work, registry, wish)
    if purge:
        _purge(work, registry, wishes)
    for wish in wishes:
        if wish.present:
            _make_so(work, registry, wish, defaults, purge)
    return [row for wish in wishes if wish.present for row in registry.named(wish.label)]


def _make_so(work: Transaction, registry: Registry, wish: NetworkWish, defaults: NetworkDefaults, purge: bool) -> None:
    rows = registry.named(wish.label)
    if not rows:
        count = wish.numbers.get("num_networks", defaults.num_networks)
        create_networks(work, registry, wish, defaults, count, range(count))
        return
    if rows[0].series != wish.label and "num_networks" in wish.numbers:
        raise InvalidInput(
            f"{wish.where}.num_networks {wish.numbers['num_networks']}",
            f"has no meaning: {wish.label} is one network of the series {rows[0].series}",
        )
    count = wish.numbers.get("num_networks", len(rows))
    rows = _without_surplus(work, registry, wish, rows, count, purge)
    check_definition(wish, defaults, rows, count)
    for row in rows:
        update_network(work, registry, wish, row)
    if "num_networks" in wish.numbers:
        known = {row.series_index for row in rows}
        missing = [index for index in range(count) if index not in known]
        if missing:
            create_networks(work, registry, wish, defaults, count, missing)


def _without_surplus(
    work: Transaction, registry: Registry, wish: NetworkWish, rows: list[Any], count: int, purge: bool
) -> list[Any]:
    """Return the networks of a series that shall stay; a shorter series loses its last ones, with purge only."""
    if "num_networks" not in wish.numbers:
        return rows
    surplus = [row for row in rows if row.series_index >= count]
    if surplus and not purge:
        raise Conflict(
            f"{wish.where}.num_networks {count}",
            f"is fewer than exist: {surplus[0].label} and {len(surplus) - 1} more"
            if len(surplus) > 1
            else f"is fewer than exist: {surplus[0].label}",
            "Delete the surplus by label (state absent), or use purge.",
        )
    for row in surplus:
        _delete(work, registry, row, f"{wish.where} {row.label}")
    return [row for row in rows if row.series_index < count]


def _delete_named(work: Transaction, registry: Registry, wish: NetworkWish) -> None:
    for row in registry.named(wish.label):
        subject = f"{wish.where} {row.label}"
        disassociated = wish.fields.get("project", row.project) is None
        if row.project is not None and not disassociated:
            raise InUse(
                subject,
                f"belongs to project {row.project}",
                'Disassociate it first: give project: "", in this item if you like.',
            )
        _delete(work, registry, row, subject)


def _purge(work: Transaction, registry: Registry, wishes: Sequence[NetworkWish]) -> None:
    """Delete what came from the same origin and is named no more. Its project goes with its place in the list."""
    named = {row.id for wish in wishes for row in registry.named(wish.label)}
    for rows in registry.series().values():
        for row in rows:
            if row.id not in named and row.origin == work.origin:
                _delete(work, registry, row, f"network {row.label}")


def _delete(work: Transaction, registry: Registry, row: Any, subject: str) -> None:
    refuse_if_used(work, row, subject, "cannot be deleted: it")
    # Its reservations and its free space go with it, by the foreign keys.
    work.connection.execute(delete(schema.networks).where(schema.networks.c.id == row.id))
    registry.remove(row)
    move_gateway(work, row)
    work.record(Change("delete", "network", row.label, row.cidr or row.cidr_v6), view_network(row), None)
