# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New networks: what is asked for becomes rows, with free space and reservations."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..change import Change
from ..errors import Conflict, InvalidInput
from . import schema
from .allocation import HIGHEST_VLAN, Span, carve, default_size, next_free, round_up_to_power_of_two, space_to_carve
from .floating_inside import reserve_floating_inside
from .inputs import dotted, read_address, read_text
from .layout import Layout, LayoutWish, lay_out
from .network_registry import Registry
from .network_views import view_network
from .network_wishes import HIGHEST_PORT, NetworkDefaults, NetworkWish, check_dhcp, read_range, show_span
from .projects import ensure_project
from .serving import check_multi_host
from .sql import insert, select
from .store import Transaction

# UUIDs are made of (label, generation) in this namespace, so that check mode and the run agree.
UUID_NAMESPACE = uuid.UUID("6f0b1c0e-4c1f-5f0c-9d64-6b1f2f0d7a51")
SMALLEST_IPV6_NETWORK = 1 << 64
ALL_ADDRESSES = {4: Span(0, (1 << 32) - 1), 6: Span(0, (1 << 128) - 1)}
LINK_LOCAL_V6 = ipaddress.IPv6Network("fe80::/10")

# No guest can use these as the addresses of a network.
_UNUSABLE = tuple(
    (version, read_range(text, "range", version)[0], why)
    for version, text, why in (
        (4, "0.0.0.0/8", "addresses without meaning"),
        (4, "127.0.0.0/8", "loopback addresses"),
        (4, "169.254.0.0/16", "link-local addresses, where the metadata service is"),
        (4, "224.0.0.0/3", "multicast and reserved addresses"),
        (6, "::/8", "loopback, IPv4-mapped and reserved addresses"),
        (6, "fe80::/10", "link-local addresses"),
        (6, "ff00::/8", "multicast addresses"),
    )
)


@dataclass(frozen=True)
class _Part:
    """One network of a series, before it is stored."""

    index: int
    v4: Span | None
    v6: Span | None
    vlan: int | None
    vpn_port: int | None


def create_networks(
    work: Transaction,
    registry: Registry,
    wish: NetworkWish,
    defaults: NetworkDefaults,
    count: int,
    indexes: Sequence[int],
) -> None:
    """Make those networks of a series that do not exist yet.

    :param count: how many networks the whole series has.
    :param indexes: which of them to make.
    """
    _check_wish(wish, defaults, count)
    rows, layouts = [], []
    for part in _parts(registry, wish, defaults, count, indexes):
        row, layout = _compose(work, wish, defaults, count, part)
        _check_unique(registry, wish, row)
        rows.append(row)
        layouts.append(layout)
        registry.check_bridge(f"{wish.where}.bridge", row["bridge"], row["vlan"], row["label"])
    if wish.fields.get("project"):
        ensure_project(work, wish.fields["project"])
    work.warnings.extend(wish.warnings)
    for stored, layout in zip(_insert(work, wish, rows), layouts):
        if layout is not None:
            store_layout(work, stored.id, layout)
        view = view_network(stored)
        ranges = ", ".join(text for text in (stored.cidr, stored.cidr_v6) if text)
        tag = f", VLAN {stored.vlan}" if stored.vlan is not None else ""
        work.record(Change("create", "network", stored.label, f"{ranges}, bridge {stored.bridge}{tag}"), None, view)
        reserve_floating_inside(work, stored)
        registry.add([stored])


def store_layout(work: Transaction, network_id: int, layout: Layout) -> None:
    """Store what a layout reserves and what it leaves free. Nothing was used yet, so all is equally old."""
    held = [
        {"first": item.span.first, "last": item.span.last, "reason": item.reason, "note": ""} for item in layout.held
    ]
    free = [{"first": span.first, "last": span.last, "freed_at": 0.0} for span in layout.free]
    owner = {"network_id": network_id}
    reserved = [{**owner, **row, "origin": work.origin} for row in held]
    work.connection.execute(insert(schema.fixed_reservations), reserved)
    work.connection.execute(insert(schema.fixed_extents), [{**owner, **row} for row in free])


def layout_wish(fields: Mapping[str, Any], vpn: bool, vpn_clients: int) -> LayoutWish:
    """Return the wish for a layout, from columns that were given explicitly."""
    names = ("gateway", "dhcp_server", "dhcp_start", "allowed_start", "allowed_end")
    numbers = {name: read_address(fields[name], name) if fields.get(name) else None for name in names}
    fixed = read_range(fields["fixed_cidr"], "fixed_cidr", 4)[0] if fields.get("fixed_cidr") else None
    return LayoutWish(**numbers, fixed=fixed, vpn=vpn, vpn_clients=vpn_clients if vpn else 0)


def layout_columns(layout: Layout) -> dict[str, Any]:
    """Return the columns that a layout decides."""
    vpn = layout.vpn_private_address
    return {
        "gateway": dotted(layout.gateway),
        "dhcp_server": dotted(layout.dhcp_server),
        "dhcp_start": dotted(layout.dhcp_start),
        "vpn_private_address": dotted(vpn) if vpn is not None else None,
    }


def check_gateway_v6(where: str, gateway: str, cidr_v6: str | None) -> None:
    """Refuse an IPv6 gateway that guests could not reach directly."""
    address = ipaddress.IPv6Address(gateway)
    if cidr_v6 is None:
        raise InvalidInput(f"{where}.gateway_v6 {gateway}", "needs cidr_v6")
    if address not in ipaddress.IPv6Network(cidr_v6) and address not in LINK_LOCAL_V6:
        raise InvalidInput(f"{where}.gateway_v6 {gateway}", f"is outside {cidr_v6}")


def _check_wish(wish: NetworkWish, defaults: NetworkDefaults, count: int) -> None:
    """Refuse what cannot be meant: too little to make a network of, or options that would do nothing."""
    where, fields = wish.where, wish.fields
    check_dhcp(wish, defaults.manager)
    if wish.cidr is None and wish.cidr_v6 is None:
        raise InvalidInput(f"{where} {wish.label}", "has neither cidr nor cidr_v6")
    if defaults.flat:
        if not (fields.get("bridge") or defaults.flat_network_bridge):
            raise InvalidInput(f"{where}.bridge", "is missing", "Give it, or defaults.flat_network_bridge.")
        for key in ("vlan", "vlan_start", "vpn_start"):
            if key in wish.numbers:
                raise InvalidInput(
                    f"{where}.{key} {wish.numbers[key]}", f"has no meaning with manager {defaults.manager}"
                )
    elif not (fields.get("bridge_interface") or defaults.vlan_interface):
        raise InvalidInput(f"{where}.bridge_interface", "is missing", "Give it, or defaults.vlan_interface.")
    if "vlan" in wish.numbers and "vlan_start" in wish.numbers:
        raise InvalidInput(f"{where}.vlan_start {wish.numbers['vlan_start']}", "and vlan exclude each other")
    for key, value in (("vlan", wish.numbers.get("vlan")), ("uuid", fields.get("uuid"))):
        if count > 1 and value is not None:
            raise InvalidInput(f"{where}.{key} {value}", f"cannot be the same for {count} networks")
    if count > 1 and not defaults.flat and "bridge" in fields:
        raise InvalidInput(f"{where}.bridge {fields['bridge']}", f"cannot be the same for {count} VLANs")
    addresses = ("gateway", "dhcp_server", "dhcp_start", "allowed_start", "allowed_end", "fixed_cidr")
    for key in addresses if wish.cidr is None else ():
        if fields.get(key):
            raise InvalidInput(f"{where}.{key} {fields[key]}", "needs cidr")


def _parts(
    registry: Registry, wish: NetworkWish, defaults: NetworkDefaults, count: int, indexes: Sequence[int]
) -> list[_Part]:
    missing = len(indexes)
    size = 0
    v4: list[Span | None] = [None] * missing
    v6: list[Span | None] = [None] * missing
    if wish.cidr is not None:
        size = network_size(wish.cidr, wish, defaults, count)
        v4 = _carve(registry, wish, 4, wish.cidr, size, count, missing, defaults)
    if wish.cidr_v6 is not None:
        v6_size = max(round_up_to_power_of_two(wish.numbers.get("network_size", size or 1)), SMALLEST_IPV6_NETWORK)
        v6 = _carve(registry, wish, 6, wish.cidr_v6, v6_size, count, missing, defaults)
    vlans: list[int | None] = [None] * missing
    ports: list[int | None] = [None] * missing
    if not defaults.flat:
        start = wish.numbers.get("vlan_start", defaults.vlan_start)
        vlans[:] = _vlans(registry, wish, defaults, start, count, missing)
        start = wish.numbers.get("vpn_start", defaults.vpn_start)
        ports[:] = next_free(f"{wish.where}.vpn_start {start}", start, missing, registry.ports, HIGHEST_PORT)
    return [_Part(*values) for values in zip(indexes, v4, v6, vlans, ports)]


def network_size(cidr: Span, wish: NetworkWish, defaults: NetworkDefaults, count: int) -> int:
    """Return how many addresses each network of a series has that is carved from an IPv4 range."""
    size = wish.numbers.get("network_size")
    if size is None:
        size = default_size(defaults.flat, cidr.size, count, defaults.network_size)
    return round_up_to_power_of_two(size)


def _vlans(
    registry: Registry, wish: NetworkWish, defaults: NetworkDefaults, start: int, count: int, missing: int
) -> list[int]:
    if "vlan" in wish.numbers:
        number = wish.numbers["vlan"]
        if number in defaults.reserved_vlans:
            raise Conflict(f"{wish.where}.vlan {number}", "is reserved, as for a public interface", "Choose another.")
        return [number]
    subject = f"{wish.where}.vlan_start {start}"
    # The whole series must fit from its start on, also when most of it exists already.
    next_free(subject, start, count, (), HIGHEST_VLAN)
    taken = {*registry.vlans, *defaults.reserved_vlans}
    return next_free(subject, start, missing, taken, HIGHEST_VLAN)


def _carve(
    registry: Registry,
    wish: NetworkWish,
    version: int,
    cidr: Span,
    size: int,
    count: int,
    missing: int,
    defaults: NetworkDefaults,
) -> list[Any]:
    subject = f"{wish.where}.{'cidr' if version == 4 else 'cidr_v6'} {show_span(cidr, version)}"
    bounds, text = ALL_ADDRESSES[version], "the address space"
    if version == 4 and defaults.fixed_range is not None:
        bounds, cidr_text = read_range(defaults.fixed_range, "defaults.fixed_range", 4)
        text = f"fixed_range {cidr_text}"
    space = space_to_carve(subject, cidr, size, count, bounds, text)
    found = carve(subject, space, size, missing, registry.occupied[version], lambda span: show_span(span, version))
    for span in found:
        for family, unusable, why in _UNUSABLE:
            if family == version and span.touches(unusable):
                raise InvalidInput(subject, f"contains {why} ({show_span(unusable, version)})")
    return found


def _compose(
    work: Transaction, wish: NetworkWish, defaults: NetworkDefaults, count: int, part: _Part
) -> tuple[dict[str, Any], Layout | None]:
    label = wish.label if count == 1 and part.index == 0 else f"{wish.label}_{part.index}"
    row: dict[str, Any] = dict.fromkeys(column.name for column in schema.networks.columns if column.name != "id")
    row.update(
        dns1=defaults.flat_network_dns,
        multi_host=defaults.multi_host,
        share_address=defaults.share_dhcp_address,
        enable_dhcp=defaults.manager != "flat",
        bridge=f"br{part.vlan}" if part.vlan is not None else defaults.flat_network_bridge,
        bridge_interface=defaults.flat_interface if defaults.flat else defaults.vlan_interface,
    )
    row.update(wish.fields)
    row.update(
        uuid=wish.fields.get("uuid") or str(uuid.uuid5(UUID_NAMESPACE, f"{label}/{work.generation}")),
        label=label,
        series=wish.label,
        series_index=part.index,
        manager=defaults.manager,
        vlan=part.vlan,
        vpn_public_port=part.vpn_port,
        origin=work.origin,
        generation=work.generation,
    )
    layout = None
    if part.v4 is not None:
        text = show_span(part.v4, 4)
        wanted = layout_wish(wish.fields, not defaults.flat, defaults.cnt_vpn_clients)
        layout = lay_out(wish.where, part.v4, text, wanted)
        row.update(cidr=text, first=part.v4.first, last=part.v4.last, **layout_columns(layout))
    if part.v6 is not None:
        row["cidr_v6"] = show_span(part.v6, 6)
        row["gateway_v6"] = row["gateway_v6"] or str(ipaddress.IPv6Address(part.v6.first + 1))
    if row["gateway_v6"] is not None:
        check_gateway_v6(wish.where, row["gateway_v6"], row["cidr_v6"])
    work.warnings.extend(check_multi_host(wish.where, wish.fields, row))
    return row, layout


def _check_unique(registry: Registry, wish: NetworkWish, row: Mapping[str, Any]) -> None:
    read_text(row["label"], f"{wish.where}.label")
    if row["label"] in registry.by_label:
        raise Conflict(f"{wish.where}.label {row['label']}", "is the label of another network already")
    if row["uuid"] in registry.by_uuid:
        raise Conflict(f"{wish.where}.uuid {row['uuid']}", f"is the UUID of network {registry.by_uuid[row['uuid']]}")
    if row["vlan"] in registry.vlans:
        raise Conflict(f"{wish.where}.vlan {row['vlan']}", f"is the VLAN of network {registry.vlans[row['vlan']]}")


def _insert(work: Transaction, wish: NetworkWish, rows: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
    networks = schema.networks
    work.connection.execute(insert(networks), list(rows))
    series = select(networks).where(networks.c.series == wish.label).order_by(networks.c.series_index)
    made = {row["series_index"] for row in rows}
    return [row for row in work.connection.execute(series) if row.series_index in made]
