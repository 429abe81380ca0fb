# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was asked for, item by item: read, checked on its own, and brought into the form in which it is stored. Pure."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from ..errors import InvalidInput
from .allocation import HIGHEST_VLAN, Span
from .arguments_networks import MANAGERS, NETWORK_DEFAULTS, NETWORK_ITEM
from .inputs import (
    dotted,
    read_address,
    read_interface,
    read_item,
    read_items,
    read_number,
    read_present,
    read_text,
    shown,
)

HIGHEST_PORT = 65535
SMALLEST_IPV6_MTU = 1280

# Fields that are NULL when the item says "", so that what was set once can be taken away.
_REMOVABLE = ("project", "host", "dns1", "dns2")
_HIGHEST = {
    "num_networks": 1 << 16,
    "network_size": 1 << 32,
    "vlan": HIGHEST_VLAN,
    "vlan_start": HIGHEST_VLAN,
    "vpn_start": HIGHEST_PORT,
}
_IPV4_FIELDS = ("gateway", "dhcp_server", "dhcp_start", "allowed_start", "allowed_end")
_IP_NETWORK = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


@dataclass(frozen=True)
class NetworkDefaults:
    """What nova.conf said about new networks."""

    manager: str = "vlan"
    flat_network_bridge: str | None = None
    flat_interface: str | None = None
    vlan_interface: str | None = None
    network_size: int = 256
    num_networks: int = 1
    vlan_start: int = 100
    reserved_vlans: Sequence[int] = ()
    vpn_start: int = 1000
    multi_host: bool = False
    flat_network_dns: str | None = "8.8.4.4"
    fixed_range: str | None = None
    cnt_vpn_clients: int = 0
    share_dhcp_address: bool = False

    @property
    def flat(self) -> bool:
        """Return True in the two modes without VLANs."""
        return self.manager != "vlan"


@dataclass(frozen=True)
class NetworkWish:
    """One item of the list.

    :param where: its position, such as ``networks[2]``.
    :param numbers: ``num_networks``, ``network_size``, ``vlan``, ``vlan_start`` and ``vpn_start`` where given.
    :param fields: columns whose value was given, in the form in which they are stored.
    """

    where: str
    label: str
    present: bool
    cidr: Span | None
    cidr_v6: Span | None
    numbers: Mapping[str, int]
    fields: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


def read_defaults(manager: str, options: Mapping[str, Any]) -> NetworkDefaults:
    """Return the defaults of new networks.

    :param options: the module option ``defaults``.
    """
    if manager not in MANAGERS:
        raise InvalidInput(f"manager {shown(manager)}", f"is not known, known are {', '.join(MANAGERS)}")
    given = {
        key: value
        for key, value in read_item(options, "defaults", list(NETWORK_DEFAULTS)).items()
        if value is not None and value != ""
    }
    for key in ("flat_network_bridge", "flat_interface", "vlan_interface"):
        if key in given:
            read_interface(given[key], f"defaults.{key}")
    for key, highest in _HIGHEST.items():
        if key in given and key != "vlan":
            read_number(given[key], f"defaults.{key}", 1, highest)
    for index, value in enumerate(given.get("reserved_vlans", ())):
        read_number(value, f"defaults.reserved_vlans[{index}]", 1, HIGHEST_VLAN)
    if "cnt_vpn_clients" in given:
        read_number(given["cnt_vpn_clients"], "defaults.cnt_vpn_clients", 0, 1 << 24)
    if "fixed_range" in given:
        read_range(given["fixed_range"], "defaults.fixed_range", 4)
    # Empty is not the same as omitted here: it means that guests get no name server of the cloud's choice.
    dns = options.get("flat_network_dns", NetworkDefaults.flat_network_dns)
    given["flat_network_dns"] = _read_ip(dns, "defaults.flat_network_dns") if dns else None
    return NetworkDefaults(manager=manager, **given)


def read_wishes(items: Any) -> list[NetworkWish]:
    """Return the items of the option ``networks``.

    :raises InvalidInput: an item is wrong in itself, or a label is there twice.
    """
    wishes: list[NetworkWish] = []
    positions: dict[str, str] = {}
    for where, item in read_items(items, "networks", list(NETWORK_ITEM)):
        wish = _read_wish(where, item)
        if wish.label in positions:
            raise InvalidInput(f"{where}.label {shown(wish.label)}", f"is the label of {positions[wish.label]} already")
        positions[wish.label] = where
        wishes.append(wish)
    return wishes


def check_dhcp(wish: NetworkWish, manager: str) -> None:
    """Refuse to configure a DHCP server where there is none: guests of a flat network have their addresses injected.

    :raises InvalidInput: with the first field that would do nothing.
    """
    if manager != "flat":
        return
    for key in ("enable_dhcp", "dhcp_server", "dhcp_start"):
        if wish.fields.get(key):
            raise InvalidInput(
                f"{wish.where}.{key} {wish.fields[key]}",
                "has no meaning with manager flat: its guests get their addresses by injection",
                "Leave it out, or use manager flatdhcp.",
            )


def read_range(value: Any, where: str, version: int) -> tuple[Span, str]:
    """Return a range in CIDR form as numbers, and the same as text without host bits."""
    text = read_text(value, where, 64)
    kind = ipaddress.IPv4Network if version == 4 else ipaddress.IPv6Network
    try:
        network: _IP_NETWORK = kind(text, strict=False)
    except ValueError as error:
        example = "10.0.0.0/16" if version == 4 else "fd00::/64"
        raise InvalidInput(f"{where} {shown(text)}", f"is not an IPv{version} range such as {example}") from error
    return Span(int(network.network_address), int(network.broadcast_address)), str(network)


def show_span(span: Span, version: int) -> str:
    """Return a range whose size is a power of two in CIDR form."""
    width = 32 if version == 4 else 128
    prefix = width - (span.size - 1).bit_length()
    kind = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    return f"{kind(span.first)}/{prefix}"


def _read_wish(where: str, item: Mapping[str, Any]) -> NetworkWish:
    given = {key: value for key, value in item.items() if value is not None}
    if "label" not in given:
        raise InvalidInput(f"{where}.label", "is missing")
    spans: dict[int, Span | None] = {4: None, 6: None}
    warnings = []
    for key, version in (("cidr", 4), ("cidr_v6", 6)):
        if key in given:
            spans[version], text = read_range(given[key], f"{where}.{key}", version)
            if ipaddress.ip_interface(given[key]).network.network_address != ipaddress.ip_interface(given[key]).ip:
                warnings.append(f"{where}.{key} {given[key]} has host bits, {text} is used.")
    return NetworkWish(
        where=where,
        label=read_text(given["label"], f"{where}.label"),
        present=read_present(given.get("state"), f"{where}.state"),
        cidr=spans[4],
        cidr_v6=spans[6],
        numbers=_read_numbers(where, given),
        fields=_read_fields(where, given),
        warnings=tuple(warnings),
    )


def _read_numbers(where: str, given: Mapping[str, Any]) -> dict[str, int]:
    return {
        key: read_number(given[key], f"{where}.{key}", 1, highest) for key, highest in _HIGHEST.items() if key in given
    }


def _read_fields(where: str, given: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {key: None for key in _REMOVABLE if given.get(key) == ""}
    readers: Sequence[tuple[Sequence[str], Any]] = (
        (_IPV4_FIELDS, lambda value, at: dotted(read_address(value, at))),
        (("dns1", "dns2"), _read_ip),
        (("gateway_v6",), _read_ipv6),
        (("bridge", "bridge_interface"), read_interface),
        (("project", "host"), read_text),
        (("fixed_cidr",), lambda value, at: read_range(value, at, 4)[1]),
        (("uuid",), _read_uuid),
        (("multi_host", "enable_dhcp", "share_address"), _read_bool),
        (("priority",), lambda value, at: read_number(value, at, -(1 << 31), (1 << 31) - 1)),
        (("mtu",), lambda value, at: read_number(value, at, 68, 65535)),
    )
    for keys, read in readers:
        for key in keys:
            if key in given and key not in fields:
                fields[key] = read(given[key], f"{where}.{key}")
    if "cidr_v6" in given and fields.get("mtu", SMALLEST_IPV6_MTU) < SMALLEST_IPV6_MTU:
        raise InvalidInput(f"{where}.mtu {fields['mtu']}", f"is too small for IPv6, which needs {SMALLEST_IPV6_MTU}")
    return fields


def _read_bool(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{where} {shown(value)}", "is neither true nor false")
    return value


def _read_ip(value: Any, where: str) -> str:
    text = read_text(value, where, 64)
    try:
        return str(ipaddress.IPv4Address(text)) if ":" not in text else _read_ipv6(text, where)
    except ValueError as error:
        raise InvalidInput(f"{where} {shown(text)}", "is not an IP address") from error


def _read_ipv6(value: Any, where: str) -> str:
    text = read_text(value, where, 64)
    try:
        if "%" in text:
            raise ValueError(text)
        address = ipaddress.IPv6Address(text)
    except ValueError as error:
        raise InvalidInput(f"{where} {shown(text)}", "is not an IPv6 address") from error
    if address.ipv4_mapped is not None:
        raise InvalidInput(f"{where} {shown(text)}", f"is the IPv4 address {address.ipv4_mapped} in the form of IPv6")
    return str(address)


def _read_uuid(value: Any, where: str) -> str:
    text = read_text(value, where, 64)
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise InvalidInput(f"{where} {shown(text)}", "is not a UUID") from error
