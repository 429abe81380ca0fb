# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wanted bridges: validated and normalised, every error with its position."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from ...errors import InvalidInput
from .model import Address

Interface = Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]

# The kernel takes more (15 bytes without space and slash), but such names break tools that print or parse them.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_SMALLEST_MTU = {4: 68, 6: 1280}


@dataclass(frozen=True)
class BridgeWant:
    """One bridge as it shall be.

    :param position: where it stands in the options (``bridges[2]``).
    :param interface: the uplink; empty for a bridge that only guests use.
    :param addresses: ours; the first IPv4 one is what services answer from.
    :param mtu: of the bridge and its uplink; None leaves both alone.
    :param mac: empty for that of the uplink, or a derived one.
    """

    position: str
    name: str
    interface: str = ""
    addresses: tuple[Address, ...] = ()
    mtu: int | None = None
    mac: str = ""
    hairpin_ports: tuple[str, ...] = ()
    adopt: bool = False

    @property
    def primary(self) -> str:
        """The address that must be the first of the bridge, empty when it has none of IPv4."""
        return next((address.text for address in self.addresses if address.family == 4), "")


@dataclass(frozen=True)
class Want:
    """All bridges of an owner as they shall be.

    :param absent: bridges that shall not be, each with its position, uplink and addresses as far as they are given.
    :param purge: every other bridge of the owner shall not be either.
    """

    bridges: tuple[BridgeWant, ...]
    absent: tuple[BridgeWant, ...] = ()
    purge: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The names of the bridges that shall be."""
        return frozenset(bridge.name for bridge in self.bridges)

    def position_of(self, device: str) -> str:
        """Return where the options name a link, such as ``bridges[2].interface eth2``."""
        for bridge in (*self.bridges, *self.absent):
            if bridge.interface == device:
                return f"{bridge.position}.interface {device}"
            if bridge.name == device:
                return f"{bridge.position} {device}"
        return f"interface {device}"


def parse_want(applied: Mapping[str, Any]) -> Want:
    """Return the wanted bridges.

    :raises InvalidInput: an item can never be right, or two of them contradict each other.
    """
    items = [(f"bridges[{index}]", item) for index, item in enumerate(applied["bridges"])]
    parsed = [(item.get("state") or "present", _bridge(position, item)) for position, item in items]
    want = Want(
        bridges=tuple(bridge for state, bridge in parsed if state == "present"),
        absent=tuple(bridge for state, bridge in parsed if state == "absent"),
        purge=bool(applied.get("purge")),
    )
    _check_unique([bridge for _state, bridge in parsed], want.bridges)
    return want


def _bridge(position: str, item: Mapping[str, Any]) -> BridgeWant:
    name = parse_name(f"{position}.name", item["name"])
    interface = item.get("interface") or ""
    if interface:
        parse_name(f"{position}.interface", interface)
    if interface == name:
        raise InvalidInput(f"{position}.interface {interface}", "is the bridge itself")
    addresses = tuple(
        parse_cidr(f"{position}.addresses[{index}]", text) for index, text in enumerate(item.get("addresses") or ())
    )
    ports = enumerate(item.get("hairpin_ports") or ())
    return BridgeWant(
        position=position,
        name=name,
        interface=interface,
        addresses=addresses,
        mtu=parse_mtu(f"{position}.mtu", item.get("mtu"), addresses),
        mac=parse_mac(f"{position}.mac", item.get("mac")),
        hairpin_ports=tuple(parse_name(f"{position}.hairpin_ports[{index}]", port) for index, port in ports),
        adopt=bool(item.get("adopt")),
    )


def parse_name(position: str, name: str) -> str:
    """Return the name of an interface, checked."""
    if not name:
        raise InvalidInput(position, "is empty")
    if len(name) > 15:
        raise InvalidInput(f"{position} {name}", f"has {len(name)} characters; an interface name has at most 15")
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{position} {name!r}", "is no interface name: it may have letters, digits, dots, dashes and underscores"
        )
    return name


def parse_cidr(position: str, text: str) -> Address:
    """Return an address for a bridge out of its text, such as ``10.0.0.1/8``."""
    subject = f"{position} {text}"
    if "/" not in text:
        raise InvalidInput(subject, "lacks its prefix length", "Write it like 10.0.0.1/8.")
    try:
        interface = ipaddress.ip_interface(text)
    except ValueError as error:
        raise InvalidInput(subject, f"is no address with a prefix length ({error})") from error
    if interface.ip.is_multicast or interface.ip.is_loopback or interface.ip.is_unspecified:
        raise InvalidInput(subject, "is no address that a bridge can have")
    broadcast = _broadcast(subject, interface)
    # The scope of an IPv6 address is the kernel's to say, and follows from the address.
    scope = "link" if interface.version == 6 and interface.ip.is_link_local else "global"
    return Address(str(interface.ip), interface.network.prefixlen, broadcast=broadcast, scope=scope)


def _broadcast(subject: str, interface: Interface) -> str:
    network = interface.network
    if network.version == 6 or network.prefixlen > 30:
        return ""
    if interface.ip == network.network_address:
        raise InvalidInput(subject, "is the network itself, not an address in it")
    if interface.ip == network.broadcast_address:
        raise InvalidInput(subject, "is the broadcast address of its network")
    return str(network.broadcast_address)


def parse_mtu(position: str, mtu: int | None, addresses: Sequence[Address]) -> int | None:
    """Return an MTU, checked against what the addresses need; None for none."""
    if mtu is None:
        return None
    smallest = _SMALLEST_MTU[max((address.family for address in addresses), default=4)]
    if not smallest <= mtu <= 65535:
        raise InvalidInput(f"{position} {mtu}", f"is outside {smallest} to 65535")
    return mtu


def parse_mac(position: str, mac: str | None) -> str:
    """Return a MAC address in lower case, empty for none."""
    text = (mac or "").lower()
    if not text:
        return ""
    if not _MAC.fullmatch(text):
        raise InvalidInput(f"{position} {mac}", "is no MAC address", "Write it like 02:00:5e:10:00:01.")
    if int(text[:2], 16) & 1 or text == "00:00:00:00:00:00":
        raise InvalidInput(f"{position} {mac}", "is no MAC address of a single station")
    return text


def _check_unique(listed: Sequence[BridgeWant], wanted: Sequence[BridgeWant]) -> None:
    names: dict[str, str] = {}
    for bridge in listed:
        _claim(names, bridge.name, f"{bridge.position}.name", "is listed at {0} already")
    interfaces: dict[str, str] = {}
    addresses: dict[str, str] = {}
    for bridge in wanted:
        if bridge.interface in names:
            raise InvalidInput(f"{bridge.position}.interface {bridge.interface}", "is a bridge; it cannot be a port")
        if bridge.interface:
            _claim(interfaces, bridge.interface, f"{bridge.position}.interface", "is the uplink of {0} already")
        on_link: dict[str, str] = {}
        for index, address in enumerate(bridge.addresses):
            # A link-local address means something else on every link.
            taken = on_link if address.scope == "link" else addresses
            _claim(taken, address.local, f"{bridge.position}.addresses[{index}]", "is listed at {0} already")


def _claim(taken: dict[str, str], value: str, position: str, reason: str) -> None:
    if value in taken:
        raise InvalidInput(f"{position} {value}", reason.format(taken[value]))
    taken[value] = position.rsplit(".interface", 1)[0]
