# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the values that get into files of dnsmasq; every message names the position of the value."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Any

from ...errors import Conflict, InvalidInput

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_NAME_PART = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_HOSTNAME = re.compile(r"[A-Za-z0-9-]+")
# Without a domain dnsmasq reads these as something else than a name: a lease time, or an order.
_NOT_A_NAME = re.compile(r"([0-9]+[smhdw]?|infinite|ignore)", re.IGNORECASE)

LONGEST_HOSTNAME = 63


def parse_domain(domain: str, position: str) -> str:
    """Return a domain in lower case, empty for none."""
    if domain and (len(domain) > 253 or not all(_NAME_PART.fullmatch(part) for part in domain.split("."))):
        raise InvalidInput(
            f"{position} {domain!r}",
            "is no domain name",
            "Use labels of letters, digits and hyphens, separated by dots.",
        )
    return domain.lower()


def parse_mac(mac: str, position: str) -> str:
    """Return a MAC address in lower case."""
    text = mac.lower()
    if not _MAC.fullmatch(text):
        raise InvalidInput(f"{position} {mac!r}", "is no MAC address", "Write it as fa:16:3e:00:00:01.")
    if int(text[:2], 16) & 1 or text == "00:00:00:00:00:00":
        raise InvalidInput(
            f"{position} {mac}", "cannot be the address of one interface (it is a group address or zero)"
        )
    return text


def parse_hostname(hostname: str | None, domain: str, position: str) -> str | None:
    """Return a host name, shortened as nova did when it is too long: its first 2 and last 60 characters."""
    if not hostname:
        return None
    name = hostname
    if len(name) > LONGEST_HOSTNAME:
        name = f"{name[:2]}-{name[-60:]}"
    if not _HOSTNAME.fullmatch(hostname) or not _NAME_PART.fullmatch(name):
        raise InvalidInput(
            f"{position} {hostname!r}",
            "is no host name",
            "Use letters, digits and inner hyphens, without the domain.",
        )
    if not domain and _NOT_A_NAME.fullmatch(name):
        raise InvalidInput(
            f"{position} {hostname!r}",
            "would be read as a lease time or an order",
            "Set a domain, or use another name.",
        )
    return name


def require_once(seen: dict[str, str], value: str, position: str, thing: str) -> None:
    """Refuse a value that is listed twice; ``seen`` has the position of each value so far."""
    if value in seen:
        raise Conflict(
            f"{position} {value}", f"is listed twice: {seen[value]} has it as well", f"Name each {thing} once."
        )
    seen[value] = position


def parse_cidr(value: Any, position: str) -> ipaddress.IPv4Network:
    """Return an IPv4 network that has room for guests."""
    try:
        network = ipaddress.IPv4Network(str(value), strict=True)
    except ValueError as error:
        raise InvalidInput(f"{position} {value!r}", f"is no IPv4 network ({error})") from error
    if network.prefixlen > 30:
        raise InvalidInput(f"{position} {network}", "is too small to serve guests", "Use a prefix of at most 30 bits.")
    return network


def parse_address_in(value: Any, cidr: ipaddress.IPv4Network, position: str) -> str:
    """Return an address that a machine in a network can have."""
    address = parse_address(value, position)
    if address not in cidr:
        raise InvalidInput(f"{position} {address}", f"is outside {cidr}")
    if address in (cidr.network_address, cidr.broadcast_address):
        raise InvalidInput(f"{position} {address}", f"is the network or broadcast address of {cidr}")
    return str(address)


def parse_addresses(values: Iterable[Any] | None, position: str, any_version: bool = False) -> tuple[str, ...]:
    """Return addresses in the order given, each once."""
    found: dict[str, None] = {}
    for index, value in enumerate(values or ()):
        place = f"{position}[{index}]"
        found[parse_any_address(value, place) if any_version else str(parse_address(value, place))] = None
    return tuple(found)


def parse_address(value: Any, position: str) -> ipaddress.IPv4Address:
    """Return an IPv4 address."""
    try:
        return ipaddress.IPv4Address(str(value))
    except ValueError as error:
        raise InvalidInput(f"{position} {value!r}", "is no IPv4 address") from error


def parse_any_address(value: Any, position: str) -> str:
    """Return an IPv4 or IPv6 address."""
    try:
        return str(ipaddress.ip_address(str(value)))
    except ValueError as error:
        raise InvalidInput(f"{position} {value!r}", "is no IP address") from error


def parse_prefix(value: Any, position: str) -> ipaddress.IPv6Network:
    """Return an IPv6 network in which guests can make their addresses of their MACs (RFC 4862: exactly 64 bits)."""
    try:
        prefix = ipaddress.IPv6Network(str(value))
    except ValueError as error:
        raise InvalidInput(f"{position} {value!r}", f"is no IPv6 network ({error})") from error
    if prefix.prefixlen != 64:
        raise InvalidInput(f"{position} {prefix}", "is not a /64, in which alone guests choose their addresses")
    return prefix


def parse_ipv6_address_in(value: Any, prefix: ipaddress.IPv6Network, position: str) -> str:
    """Return an address that a machine in an IPv6 network can have."""
    address = _parse_ipv6_address(value, position)
    if address not in prefix:
        raise InvalidInput(f"{position} {address}", f"is outside {prefix}")
    if address == prefix.network_address:
        raise InvalidInput(f"{position} {address}", f"is the address of all routers of {prefix} (RFC 4291)")
    return str(address)


def parse_ipv6_addresses(values: Iterable[Any] | None, position: str) -> tuple[str, ...]:
    """Return IPv6 addresses in the order given, each once."""
    found = (str(_parse_ipv6_address(value, f"{position}[{index}]")) for index, value in enumerate(values or ()))
    return tuple(dict.fromkeys(found))


def _parse_ipv6_address(value: Any, position: str) -> ipaddress.IPv6Address:
    try:
        if "%" in str(value):
            raise ValueError("it names an interface")
        return ipaddress.IPv6Address(str(value))
    except ValueError as error:
        raise InvalidInput(f"{position} {value!r}", "is no IPv6 address") from error
