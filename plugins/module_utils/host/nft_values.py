# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the values that go into rulesets; every message names the position of the value."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from ..errors import InvalidInput

# The kernel takes more, but an asterisk is a wildcard to nft, and the rest only makes trouble in shells.
_INTERFACE_NAME = re.compile(r"[A-Za-z0-9_.:+=@-]{1,15}")


def require_interface(value: Any, position: str) -> str:
    """Return the name of an interface.

    :raises InvalidInput: it cannot be one.
    """
    name = str(value)
    if not _INTERFACE_NAME.fullmatch(name) or name in (".", ".."):
        raise InvalidInput(
            f"{position} {name}",
            "is no name of an interface",
            "It has 1 to 15 letters, digits and _ . : + = @ -",
        )
    return name


def require_address(value: Any, position: str, loopback: bool = False) -> str:
    """Return an IPv4 address that one host can have.

    :param loopback: True where an address in 127.0.0.0/8 is welcome.
    :raises InvalidInput: it is none.
    """
    try:
        address = ipaddress.IPv4Address(str(value))
    except ValueError:
        raise InvalidInput(f"{position} {value}", "is no IPv4 address") from None
    if address.is_multicast or address.is_reserved or address in ipaddress.IPv4Network("0.0.0.0/8"):
        raise InvalidInput(f"{position} {address}", "is no unicast address")
    if address.is_loopback and not loopback:
        raise InvalidInput(f"{position} {address}", "is a loopback address, which no other machine can reach")
    return str(address)


def require_network(value: Any, position: str) -> str:
    """Return an IPv4 network.

    :raises InvalidInput: it is none, or has host bits.
    """
    try:
        interface = ipaddress.IPv4Interface(str(value))
    except ValueError:
        raise InvalidInput(f"{position} {value}", "is no IPv4 network", "Write it as 10.0.0.0/24.") from None
    if interface.ip != interface.network.network_address:
        raise InvalidInput(f"{position} {value}", "has host bits set", f"The network is {interface.network}.")
    return str(interface.network)


def require_prefix(value: Any, position: str) -> str:
    """Return the IPv6 prefix of a network whose guests choose their own addresses (RFC 4291: 64 bits are theirs).

    :raises InvalidInput: it is none, is longer than 64 bits, or has host bits.
    """
    try:
        prefix = ipaddress.IPv6Network(str(value))
    except ValueError as error:
        raise InvalidInput(f"{position} {value}", f"is no IPv6 network ({error})", "Write it as fd00::/64.") from None
    if prefix.prefixlen > 64:
        raise InvalidInput(f"{position} {prefix}", "is smaller than /64, in which guests cannot choose their addresses")
    if prefix.is_multicast or prefix.is_link_local or prefix.is_loopback or prefix.prefixlen == 0:
        raise InvalidInput(f"{position} {prefix}", "is no network that is routed")
    return str(prefix)


def collapse(networks: list[str]) -> list[str]:
    """Return the same addresses in as few networks as possible: elements of one set must not overlap."""
    return [str(each) for each in ipaddress.collapse_addresses(ipaddress.IPv4Network(one) for one in networks)]


def element(network: str) -> str:
    """Return a network as a part of an element's key: one address goes without its length."""
    return network[: -len("/32")] if network.endswith("/32") else network


def is_embedded(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether an IPv6 address is an IPv4 address in another form. None is ever seen on a wire."""
    if address.version == 4:
        return False
    upper, lower = int(address) >> 32, int(address) & 0xFFFFFFFF
    return upper == 0xFFFF or (upper == 0 and lower > 1)


def require_member(value: Any, position: str) -> str:
    """Return an address that one guest can have, IPv4 or IPv6.

    :raises InvalidInput: it is none.
    """
    text = str(value)
    if ":" not in text:
        return require_address(text, position)
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise InvalidInput(f"{position} {text}", "is no address") from None
    if "%" in text or is_embedded(address) or address.is_multicast or address.is_loopback or int(address) == 0:
        raise InvalidInput(f"{position} {text}", "is no unicast address of a guest")
    return str(address)
