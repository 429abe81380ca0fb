# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks of libvirt as items of the option ``networks``, and what of their addresses stays reserved."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from ..errors import InvalidInput
from .allocation import Span, subtract
from .import_report import Report
from .inputs import dotted, read_address, read_hostname, read_mac, read_text, shown
from .layout import Layout, lay_out
from .libvirt_documents import leftovers, read_document, reason_for, text_at, value_at
from .network_create import layout_wish

RESERVED = "not in a DHCP range of libvirt"
_NAT = "nat"
_ROUTED = (_NAT, "route", "open")
_V6_PREFIX = "64"
_SMALLEST = 4  # addresses of a network that has room for a guest

_KNOWN: Mapping[str, Collection[str]] = {
    "": ("connections",),
    "name": (),
    "uuid": (),
    "forward": ("mode",),
    "bridge": ("name", "delay"),  # the delay is that of the spanning tree
    "dns": (),
    "mtu": ("size",),
    "vlan": (),
    "vlan/tag": ("id",),
    "ip": ("address", "prefix", "netmask", "family"),
    "ip/dhcp": (),
    "ip/dhcp/range": ("start", "end"),
    "ip/dhcp/host": ("mac", "ip", "name"),
}
_REASONS = {
    "": "there is nothing like it here",
    "@ipv6": "guests speak IPv6 where the network has an IPv6 range",
    "bandwidth": "networks have no limits here; the filter libvirt_interface gives them to cards",
    "bridge@stp": "bridges have no spanning tree here",
    "dns": "the DNS server of a network knows its instances, and asks nova_dns_servers for all else",
    "dnsmasq:options": "our DHCP servers are not those of libvirt",
    "domain": "the domain is that of all networks: nova_dhcp_domain",
    "forward/interface": "the way out is nova_public_interface of the host",
    "forward/nat": "the source address of NAT is nova_routing_source_ip of the host",
    "forward@dev": "the way out is nova_public_interface of the host",
    "ip": "a network has one range of IPv4 and one /64 of IPv6 here, each with its prefix",
    "ip/": "there is nothing like it here",
    "ip/dhcp": "guests make their IPv6 addresses themselves",
    "ip/dhcp/": "there is nothing like it here",
    "ip/dhcp/bootp": "guests do not boot over the network here",
    "ip/dhcp/host/": "leases last as long in all networks: nova_dhcp_lease_time",
    "ip/dhcp/range/": "leases last as long in all networks: nova_dhcp_lease_time",
    "ip/tftp": "guests do not boot over the network here",
    "mac": "a bridge has the MAC address that it gets here",
    "portgroup": "there are no port groups here",
    "route": "routes beyond the networks are those of the host",
}


@dataclass(frozen=True)
class StaticHost:
    """What a network of libvirt says of one guest."""

    mac: str | None
    address: int
    name: str | None

    def describe(self) -> str:
        """Return it in a person's words."""
        mac = f" ({self.mac})" if self.mac and self.name else self.mac or ""
        return f"{self.name or ''}{mac}" or "a host"


@dataclass(frozen=True)
class LibvirtNetwork:
    """A network that is carried over.

    :param item: as in the option ``networks``, without the project.
    :param layout: where things are in its IPv4 range; None without one.
    :param ranges: what its DHCP server gave out; None when it had none.
    """

    label: str
    manager: str
    item: Mapping[str, Any]
    span: Span | None
    layout: Layout | None
    ranges: tuple[Span, ...] | None
    hosts: tuple[StaticHost, ...]

    def holds(self, address: int) -> bool:
        """Return True when the layout keeps an address from instances."""
        return self.layout is not None and any(
            item.span.first <= address <= item.span.last for item in self.layout.held
        )


def read_networks(texts: Sequence[Any], vlan_interface: str | None, report: Report) -> dict[str, LibvirtNetwork]:
    """Return the networks that can be carried over, by name."""
    networks: dict[str, LibvirtNetwork] = {}
    seen = set()
    for index, text in enumerate(texts):
        where = f"libvirt_networks[{index}]"
        root = read_document(text, where, "network")
        label = read_text(text_at(root, "name"), f"{where}.name")
        if label in seen:
            raise InvalidInput(f"{where}.name {shown(label)}", "is given twice", "Take over the networks of one host.")
        seen.add(label)
        reason = _why_not(root, vlan_interface)
        if reason is None:
            networks[label] = _read_network(root, label, vlan_interface, report)
        else:
            report.leave(f"network {label}", reason)
    return networks


def reservations(
    network: LibvirtNetwork, taken: Collection[int], macs: set[str], report: Report
) -> list[dict[str, str]]:
    """Return what of a network no instance may get, as items of the option ``reservations``.

    :param taken: the addresses of instances.
    :param macs: the MACs that somebody has; those of the network's devices are added.
    """
    if network.span is None or network.layout is None or network.ranges is None:
        return []
    singles = [host for host in network.hosts if host.address not in taken]
    single_spans = [Span(address, address) for address in [*(host.address for host in singles), *taken]]
    held = [item.span for item in network.layout.held]
    rest = subtract([network.span], [*network.ranges, *single_spans, *held])
    found = [(host.address, _single(network, host, macs, report)) for host in singles]
    found += [(span.first, {"start": dotted(span.first), "end": dotted(span.last), "note": RESERVED}) for span in rest]
    return [{"network": network.label, **item} for _first, item in sorted(found, key=lambda pair: pair[0])]


def _single(network: LibvirtNetwork, host: StaticHost, macs: set[str], report: Report) -> dict[str, str]:
    """Return the reservation of one address, held for its device unless the MAC is somebody's already."""
    item = {"address": dotted(host.address), "note": f"in libvirt of {host.describe()}"}
    if host.mac is None:
        return item
    thing = f"network {network.label}: DHCP host {host.describe()}"
    if host.mac in macs:
        report.warn(f"{thing} has the MAC address of another one: its address {dotted(host.address)} is only reserved")
        return item
    macs.add(host.mac)
    device = {**item, "mac": host.mac}
    try:
        return {**device, "hostname": read_hostname(host.name, "hostname")} if host.name else device
    except InvalidInput as error:
        report.warn(f"{thing}: its name {error.reason}, it gets another one")
        return device


def _why_not(root: ElementTree.Element, vlan_interface: str | None) -> str | None:
    forward = root.find("forward")
    if forward is None:
        return "it is isolated; here its guests would get out through NAT"
    mode = forward.get("mode", _NAT)
    if mode not in _ROUTED:
        return f"its forward mode is {shown(mode)}; only {', '.join(_ROUTED)} are between guests and a router"
    if value_at(root, "bridge", "name") is None:
        return "it has no bridge"
    if _address(root, 4) is None and _address(root, 6) is None:
        return "it has no IPv4 address with a prefix, and no /64 of IPv6"
    if root.find("vlan") is not None:
        tags = root.findall("vlan/tag")
        if len(tags) != 1 or value_at(root, "vlan", "trunk") == "yes":
            return "it carries several VLANs"
        if vlan_interface is None:
            return f"it has VLAN {shown(tags[0].get('id'))}, and no libvirt_vlan_interface is given"
    return None


def _address(root: ElementTree.Element, version: int) -> ElementTree.Element | None:
    """Return the element with the range of a network, the first that can be one."""
    for element in root.findall("ip"):
        if (element.get("family", "ipv4") == "ipv6") != (version == 6) or not element.get("address"):
            continue
        prefix = element.get("prefix") or element.get("netmask")
        if prefix == _V6_PREFIX or prefix and version == 4:
            return element
    return None


def _read_network(root: ElementTree.Element, label: str, vlan_interface: str | None, report: Report) -> LibvirtNetwork:
    subject = f"network {label}:"
    ours = {version: _address(root, version) for version in (4, 6)}
    vlan = value_at(root, "vlan/tag", "id")
    item: dict[str, Any] = {
        "label": label,
        "uuid": text_at(root, "uuid"),
        "bridge": value_at(root, "bridge", "name"),
        "mtu": _number(value_at(root, "mtu", "size"), f"{subject} mtu"),
        "multi_host": False,
        "num_networks": 1,
        **_range_fields(ours[4], 4, subject),
        **_range_fields(ours[6], 6, subject),
    }
    span = layout = None
    if "cidr" in item:
        span = _span(item["cidr"])
        layout = lay_out(subject, span, item["cidr"], layout_wish(item, vlan is not None, 0))
    if vlan is not None:
        item.update(vlan=_number(vlan, f"{subject} vlan"), bridge_interface=vlan_interface)
        item["network_size"] = span.size if span else None
    dhcp = None if ours[4] is None else ours[4].find("dhcp")
    if ours[4] is not None:
        item["enable_dhcp"] = dhcp is not None
    _tell_losses(root, label, ours, report)
    return LibvirtNetwork(
        label=label,
        manager="flatdhcp" if vlan is None else "vlan",
        item={key: value for key, value in item.items() if value is not None},
        span=span,
        layout=layout,
        ranges=None if dhcp is None or span is None else tuple(_ranges(dhcp, span, subject)),
        hosts=() if dhcp is None or layout is None else tuple(_hosts(dhcp, label, layout, report)),
    )


def _range_fields(element: ElementTree.Element | None, version: int, subject: str) -> dict[str, str]:
    if element is None:
        return {}
    text = f"{element.get('address')}/{element.get('prefix') or element.get('netmask')}"
    try:
        own = ipaddress.ip_interface(text)
    except ValueError as error:
        raise InvalidInput(f"{subject} ip {shown(text)}", "is not an address with its prefix") from error
    if own.version != version:
        raise InvalidInput(f"{subject} ip {shown(text)}", f"is not of the family ipv{version}")
    if version == 6:
        return {"cidr_v6": str(own.network), "gateway_v6": str(own.ip)}
    fields = {"cidr": str(own.network), "gateway": str(own.ip)}
    first, last = int(own.network.network_address), int(own.network.broadcast_address)
    if int(own.ip) != first + 1 and last - first + 1 >= _SMALLEST:
        # The lowest addresses are the guests' where the gateway is elsewhere.
        fields.update(allowed_start=dotted(first + 1), allowed_end=dotted(last - 1))
    return fields


def _span(cidr: str) -> Span:
    network = ipaddress.IPv4Network(cidr)
    return Span(int(network.network_address), int(network.broadcast_address))


def _number(text: str | None, subject: str) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidInput(f"{subject} {shown(text)}", "is not a whole number")
    return int(text)


def _ranges(dhcp: ElementTree.Element, span: Span, subject: str) -> Iterator[Span]:
    for element in dhcp.findall("range"):
        ends = [read_address(element.get(key), f"{subject} DHCP range, {key}") for key in ("start", "end")]
        if not span.first <= ends[0] <= ends[1] <= span.last:
            text = f"{dotted(ends[0])}-{dotted(ends[1])}"
            raise InvalidInput(f"{subject} DHCP range {text}", "is outside the network, or ends before it begins")
        yield Span(*ends)


def _hosts(dhcp: ElementTree.Element, label: str, layout: Layout, report: Report) -> Iterator[StaticHost]:
    free, seen = layout.free, set()
    for element in dhcp.findall("host"):
        name, mac = element.get("name") or None, element.get("mac") or None
        subject = f"network {label}: DHCP host {shown(name or mac or element.get('ip'))}"
        own = read_mac(mac, f"{subject}, mac") if mac else None
        if not element.get("ip"):
            report.leave(subject, "it has no address of its own; the host name is that of the instance")
            continue
        host = StaticHost(own, read_address(element.get("ip"), f"{subject}, ip"), shown(name) if name else None)
        if host.address in seen or not any(span.first <= host.address <= span.last for span in free):
            reason = "is that of another host" if host.address in seen else "cannot be had by a guest of the network"
            report.leave(subject, f"its address {dotted(host.address)} {reason}")
            continue
        seen.add(host.address)
        yield host


def _tell_losses(
    root: ElementTree.Element, label: str, ours: Mapping[int, ElementTree.Element | None], report: Report
) -> None:
    mode = value_at(root, "forward", "mode")
    if mode not in (None, _NAT):
        reason = "guests get out through NAT here, except towards nova_dmz_cidr, and are reached by floating addresses"
        report.leave(f"network {label}: forward mode={mode}", reason)
    dropped = [element for element in root.findall("ip") if all(element is not own for own in ours.values())]
    dropped += [] if ours[6] is None else ours[6].findall("dhcp")
    for path, text in leftovers(root, _KNOWN, dropped):
        report.leave(f"network {label}: {text}", reason_for(path, _REASONS))
