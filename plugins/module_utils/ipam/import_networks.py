# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks of nova as items of the option ``networks``, each with a layout in which its guests keep their addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .allocation import Span
from .import_report import Names, Places, Report
from .import_rows import NovaRows
from .inputs import dotted
from .layout import Layout, lay_out
from .network_create import LINK_LOCAL_V6, layout_wish
from .network_wishes import read_range

_LAYOUT = ("gateway", "dhcp_server", "dhcp_start")
_SMALLEST = 4  # addresses of an IPv4 network that has room for a guest
_LONGEST_V6_PREFIX = 64


@dataclass(frozen=True)
class CarriedNetwork:
    """A network that is carried over.

    :param row: as nova has it.
    :param manager: which manager it belongs to; nova stored no such thing.
    :param project: the project that nova says it belongs to, under its name here.
    :param span: its IPv4 range.
    """

    row: Any
    label: str
    manager: str
    project: str | None
    host: str | None
    span: Span | None

    @property
    def multi_host(self) -> bool:
        """Return True when its guests are served by their own hosts; in flat mode only with a shared address."""
        return bool(self.row.multi_host) and (self.manager != "flat" or bool(self.row.share_address))

    @property
    def hosts_have_addresses(self) -> bool:
        """Return True when each host that serves it has an address of its own."""
        return self.multi_host and not self.row.share_address and self.span is not None


@dataclass(frozen=True)
class Placed:
    """How a network is laid out: the fields that were asked for, and the ranges that nobody can get."""

    fields: Mapping[str, str]
    layout: Layout

    def holds(self, address: int) -> bool:
        """Return True when the layout keeps an address from instances."""
        return any(item.span.first <= address <= item.span.last for item in self.layout.held)


def carry_networks(rows: NovaRows, places: Places, manager: str, report: Report) -> dict[int, CarriedNetwork]:
    """Return the networks that can be carried over, by their id.

    :param manager: that of networks without a VLAN.
    """
    names = Names("network", report)
    carried: dict[int, CarriedNetwork] = {}
    for row in rows.networks:
        reason = _why_not(row, places)
        if reason is not None:
            report.leave(f"network {row.label} ({row.cidr or row.cidr_v6})", reason)
            continue
        carried[row.id] = CarriedNetwork(
            row=row,
            label=names.take(row.label, row.uuid or str(row.id)),
            manager="vlan" if row.vlan else manager,
            project=places.project(row.project_id),
            host=None if row.multi_host else places.host(row.host),
            span=read_range(row.cidr, f"network {row.label}: cidr", 4)[0] if row.cidr else None,
        )
        _tell_losses(carried[row.id], report)
    return carried


def place_network(network: CarriedNetwork, wanted: Collection[int], report: Report) -> Placed | None:
    """Return a layout that keeps as few of the wanted addresses from instances as possible; None without IPv4.

    What nova said comes first. Its guests may have had addresses that its own settings left out.
    """
    if network.span is None:
        return None
    given = dict(_given_layout(network, report))
    limits: dict[str, str] = {}
    if network.span.size >= _SMALLEST:
        limits = {"allowed_start": dotted(network.span.first + 1), "allowed_end": dotted(network.span.last - 1)}
    without_start = {key: value for key, value in given.items() if key != "dhcp_start"}
    tried = [{**fields, **more} for fields in (given, without_start) for more in ({}, limits)]
    placed = [Placed(fields, _lay_out(network, fields)) for fields in tried]
    best = min(placed, key=lambda one: sum(one.holds(address) for address in wanted))
    if "dhcp_start" in given and "dhcp_start" not in best.fields:
        report.warn(
            f"network {network.label}: dhcp_start {given['dhcp_start']} becomes {dotted(best.layout.dhcp_start)}, "
            "since instances have addresses below it"
        )
    vpn, private = network.row.vpn_private_address, best.layout.vpn_private_address
    if vpn and private is not None and vpn != dotted(private):
        report.warn(f"network {network.label}: its VPN address {vpn} becomes {dotted(private)}")
    return best


def network_item(network: CarriedNetwork, project: str | None, placed: Placed | None, report: Report) -> dict[str, Any]:
    """Return a network as an item of the option ``networks``. What nova left open is left open here."""
    row = network.row
    item: dict[str, Any] = {
        "label": network.label,
        "uuid": row.uuid,
        "cidr": row.cidr,
        "bridge": row.bridge,
        "bridge_interface": row.bridge_interface,
        "project": project,
        "host": network.host,
        "multi_host": network.multi_host,
        "share_address": bool(row.share_address),
        "dns1": row.dns1,
        "dns2": row.dns2,
        "mtu": row.mtu,
        "priority": row.priority,
        **(placed.fields if placed else {}),
        **_item_v6(network, report),
    }
    if network.manager != "flat":
        item["enable_dhcp"] = row.enable_dhcp is None or bool(row.enable_dhcp)
    if network.manager == "vlan":
        item.update(vlan=row.vlan, vpn_start=row.vpn_public_port)
        item["network_size"] = network.span.size if network.span else None
    return {key: value for key, value in item.items() if value is not None and value != ""}


def _why_not(row: Any, places: Places) -> str | None:
    if not row.cidr and (not row.cidr_v6 or _prefix_v6(row) > _LONGEST_V6_PREFIX):
        return f"its IPv6 range is smaller than a /{_LONGEST_V6_PREFIX}" if row.cidr_v6 else "it has no range"
    if not row.bridge:
        return "it has no bridge"
    if row.vlan and not row.bridge_interface:
        return f"it has VLAN {row.vlan} and no bridge_interface"
    if row.project_id and places.project(row.project_id) is None:
        return f"it belongs to project {row.project_id}, which is not among projects"
    return None


def _tell_losses(network: CarriedNetwork, report: Report) -> None:
    row, thing = network.row, f"network {network.label}"
    if row.host and network.host is None and not row.multi_host:
        report.warn(f"{thing} has no host: {row.host} is not among hosts; a network host gets it in the next run")
    if row.multi_host and not network.multi_host:
        report.leave(f"multi_host of {thing}", "hosts of a flat network with an address each serve nobody")
    if row.vpn_public_address:
        report.leave(f"VPN address {row.vpn_public_address} of {thing}", "there is no cloudpipe here")


def _given_layout(network: CarriedNetwork, report: Report) -> Iterator[tuple[str, str]]:
    """Yield the addresses that nova gave a network explicitly and that can stay."""
    if network.manager == "flat":
        names: tuple[str, ...] = ("gateway",)
    else:
        names = tuple(key for key in _LAYOUT if key != "dhcp_server" or not network.hosts_have_addresses)
    for key in names:
        text = getattr(network.row, key)
        if not text:
            continue
        if _is_inside(text, network.span):
            yield key, text
        else:
            report.leave(f"{key} {text} of network {network.label}", f"no guest could have it in {network.row.cidr}")


def _is_inside(text: str, span: Span | None) -> bool:
    try:
        return span is not None and span.first < int(ipaddress.IPv4Address(text)) < span.last
    except ValueError:
        return False


def _lay_out(network: CarriedNetwork, fields: Mapping[str, str]) -> Layout:
    span, row = network.span or Span(0, 0), network.row
    return lay_out(f"network {network.label}:", span, row.cidr, layout_wish(fields, network.manager == "vlan", 0))


def _item_v6(network: CarriedNetwork, report: Report) -> dict[str, str]:
    """Return the IPv6 part of a network. Its guests make their addresses themselves, which needs a /64."""
    row = network.row
    if not row.cidr_v6:
        return {}
    subject = f"IPv6 range {row.cidr_v6} of network {network.label}"
    prefix = _prefix_v6(row)
    if prefix > _LONGEST_V6_PREFIX:
        report.leave(subject, "guests make their addresses themselves, which needs a /64")
        return {}
    if prefix < _LONGEST_V6_PREFIX:
        report.warn(f"{subject}: its first /64 is carried over")
    gateway = row.gateway_v6
    # A link-local one was that of nova's own bridge.
    if not gateway or ipaddress.IPv6Address(gateway) in LINK_LOCAL_V6:
        return {"cidr_v6": row.cidr_v6}
    return {"cidr_v6": row.cidr_v6, "gateway_v6": gateway}


def _prefix_v6(row: Any) -> int:
    text = read_range(row.cidr_v6, f"network {row.label}: cidr_v6", 6)[1]
    return int(text.partition("/")[2])
