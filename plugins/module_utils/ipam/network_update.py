# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of networks that exist: what is safe at any time, what only while nobody uses them, and what never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..change import Change
from ..errors import Conflict, InUse
from . import schema
from .allocation import Span, subtract
from .floating_inside import REASON as FLOATING
from .inputs import dotted
from .layout import Layout, lay_out
from .network_create import check_gateway_v6, layout_columns, layout_wish, network_size, store_layout
from .network_registry import Registry
from .network_usage import refuse_if_used
from .network_views import network_by_id, view_network
from .network_wishes import NetworkDefaults, NetworkWish, check_dhcp, show_span
from .projects import ensure_project
from .reservations import OPERATOR
from .serving import check_multi_host, move_gateway
from .sql import and_, delete, select, update
from .store import Transaction

# What moves addresses, or the wire that guests are plugged into.
_LAYOUT = ("gateway", "dhcp_server", "dhcp_start", "allowed_start", "allowed_end", "fixed_cidr")
_WHILE_UNUSED = (*_LAYOUT, "gateway_v6", "bridge", "multi_host", "share_address")
# Reservations that people and pools made, not the layout.
_KEPT = (OPERATOR, FLOATING)


def check_definition(wish: NetworkWish, defaults: NetworkDefaults, rows: list[Any], count: int) -> None:
    """Refuse an item that contradicts what its networks are made of, which nothing can change.

    :raises Conflict: with the field that differs.
    """
    first = rows[0]
    where = wish.where
    if first.manager != defaults.manager:
        raise _different(f"{where} {wish.label}", f"manager {first.manager}", f"manager {defaults.manager}")
    for key in ("vlan", "uuid"):
        value = wish.numbers.get(key, wish.fields.get(key))
        if value is not None and (len(rows) > 1 or getattr(first, key) != value):
            raise _different(f"{where}.{key} {value}", f"{key} {getattr(first, key)}")
    _check_ranges(wish, defaults, rows, count)


def update_network(work: Transaction, registry: Registry, wish: NetworkWish, row: Any) -> Any:
    """Change the fields of one network that were given and differ, and return its row.

    :raises InUse: a field can only be changed while nobody uses the network.
    """
    fields = {key: value for key, value in wish.fields.items() if getattr(row, key) != value}
    if not fields:
        return row
    _check_change(work, registry, wish, row, fields)
    values = {**fields, "generation": work.generation}
    if row.cidr is not None and any(key in _LAYOUT for key in fields):
        values.update(_lay_out_again(work, wish, row, fields))
    work.warnings.extend(check_multi_host(wish.where, wish.fields, {**row._mapping, **values}))
    if fields.get("multi_host"):
        values["host"] = None
    networks = schema.networks
    work.connection.execute(update(networks).where(networks.c.id == row.id).values(values))
    changed = network_by_id(work, row.id)
    move_gateway(work, row, changed)
    registry.replace(row, changed)
    detail = ", ".join(f"{key} {_show(getattr(row, key))} -> {_show(value)}" for key, value in sorted(fields.items()))
    work.record(Change("update", "network", row.label, detail), view_network(row), view_network(changed))
    return changed


def _check_ranges(wish: NetworkWish, defaults: NetworkDefaults, rows: list[Any], count: int) -> None:
    for version, key in ((4, "cidr"), (6, "cidr_v6")):
        asked: Span | None = getattr(wish, key)
        if asked is None:
            continue
        subject = f"{wish.where}.{key} {show_span(asked, version)}"
        for row in rows:
            text = getattr(row, key)
            if text is None:
                raise _different(subject, f"no {key}")
            if not _may_lie(asked, Span(row.first, row.last) if version == 4 else None, count):
                raise _different(subject, text)
    size = wish.numbers.get("network_size")
    if wish.cidr is None or (size is None and not defaults.flat):
        return
    have = rows[0].last - rows[0].first + 1
    if network_size(wish.cidr, wish, defaults, count) != have:
        asked_for = f"network_size {size}" if size is not None else f"cidr {show_span(wish.cidr, 4)}"
        raise _different(f"{wish.where}.{asked_for}", f"{rows[0].cidr}, {have} addresses")


def _may_lie(asked: Span, have: Span | None, count: int) -> bool:
    """Return True when a network can have come from a range: inside it, or upward from it where it is just one."""
    if have is None or asked.holds(have):
        return True
    return count > 1 and have.size == asked.size and have.first > asked.last


def _different(subject: str, have: str, want: str = "") -> Conflict:
    return Conflict(
        subject,
        f"does not fit what exists: {have}" + (f", not {want}" if want else ""),
        "This cannot be changed. Delete the network and create it anew, or use another label.",
    )


def _check_change(
    work: Transaction, registry: Registry, wish: NetworkWish, row: Any, fields: Mapping[str, Any]
) -> None:
    check_dhcp(wish, row.manager)
    for key in _WHILE_UNUSED:
        if key in fields:
            refuse_if_used(work, row, f"{wish.where}.{key} {fields[key]}", "cannot be changed while it")
    if "bridge" in fields:
        registry.check_bridge(f"{wish.where}.bridge", fields["bridge"], row.vlan, row.label)
    if fields.get("gateway_v6"):
        check_gateway_v6(wish.where, fields["gateway_v6"], row.cidr_v6)
    if "project" in fields:
        _check_project(work, wish, row, fields["project"])


def _check_project(work: Transaction, wish: NetworkWish, row: Any, project: str | None) -> None:
    """Refuse to hand a network over while instances of somebody else are in it."""
    if project is not None:
        ensure_project(work, project)
    if project is None and row.vlan is None:
        return  # a network without VLAN and project is everybody's
    ports, instances = schema.ports, schema.instances
    others = [ports.c.network_id == row.id]
    if project is not None:
        others.append(instances.c.project != project)
    query = select(instances.c.name, instances.c.project).select_from(ports.join(instances)).where(and_(*others))
    found = work.connection.execute(query.limit(1)).first()
    if found is not None:
        raise InUse(
            f"{wish.where}.project {project or '(none)'}",
            f"cannot be set: instance {found.name} of project {found.project} is in network {row.label}",
            "Delete the instances of that project first.",
        )


def _lay_out_again(work: Transaction, wish: NetworkWish, row: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Lay an unused network out anew and store what is reserved and what is free; return the columns that follow."""
    subnet = Span(row.first, row.last)
    clients = _vpn_clients(work, row)
    explicit = {**_explicit(row, subnet, clients), **fields}
    layout = lay_out(wish.where, subnet, row.cidr, layout_wish(explicit, row.vlan is not None, clients))
    table = schema.fixed_reservations
    mine = table.c.network_id == row.id
    work.connection.execute(delete(table).where(and_(mine, table.c.reason.not_in(_KEPT))))
    work.connection.execute(delete(schema.fixed_extents).where(schema.fixed_extents.c.network_id == row.id))
    kept = work.connection.execute(select(table).where(mine)).all()
    _refuse_floating(wish, row, layout, [item for item in kept if item.reason == FLOATING])
    free = tuple(subtract(layout.free, [Span(item.first, item.last) for item in kept]))
    store_layout(work, row.id, replace(layout, free=free))
    return layout_columns(layout)


def _explicit(row: Any, subnet: Span, clients: int) -> dict[str, Any]:
    """Return what was once given for a layout: what the layout would not have decided by itself."""
    given: dict[str, Any] = {key: getattr(row, key) for key in ("allowed_start", "allowed_end", "fixed_cidr")}
    for key in ("gateway", "dhcp_server", "dhcp_start"):
        decided = layout_columns(lay_out("", subnet, row.cidr, layout_wish(given, row.vlan is not None, clients)))
        given[key] = getattr(row, key) if decided[key] != getattr(row, key) else None
    return given


def _vpn_clients(work: Transaction, row: Any) -> int:
    """Return how many addresses were kept for VPN clients when the network was made."""
    table = schema.fixed_reservations
    kept = and_(table.c.network_id == row.id, table.c.reason == "vpn_clients")
    return sum(item.last - item.first + 1 for item in work.connection.execute(select(table).where(kept)))


def _refuse_floating(wish: NetworkWish, row: Any, layout: Layout, floating: list[Any]) -> None:
    for item in floating:
        for address in (layout.gateway, layout.dhcp_server, layout.vpn_private_address):
            if address is not None and item.first <= address <= item.last:
                raise Conflict(f"{wish.where} {dotted(address)}", f"is a floating address inside network {row.label}")


def _show(value: Any) -> str:
    return "none" if value is None else str(value)
