# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the values in rules of security groups; every message names the position of the value."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import InvalidInput
from .nft_values import is_embedded

TCP, UDP, ICMP = "tcp", "udp", "icmp"
_LONGEST_TITLE = 600
Fields = tuple[Any, Any, Any]


def protocol_fields(item: Mapping[str, Any], position: str) -> Fields:
    """Return protocol, first and last port of a rule, or type and code of ICMP; None where anything goes.

    :raises InvalidInput: they cannot be right, or not together.
    """
    protocol = item.get("protocol") or None
    first, last = (item.get(key) for key in ("from_port", "to_port"))
    if protocol not in (None, TCP, UDP, ICMP):
        raise InvalidInput(f"{position}.protocol {protocol}", "is none of tcp, udp and icmp", "Omit it for everything.")
    if protocol == ICMP:
        return (protocol, *_icmp_fields(first, last, position))
    if first is None and last is None:
        return (protocol, None, None)
    if protocol is None:
        raise InvalidInput(
            f"{position}.{'to_port' if first is None else 'from_port'}", "needs protocol", "Ports are of tcp or udp."
        )
    if first is None or last is None:
        given, missing = ("to_port", "from_port") if first is None else ("from_port", "to_port")
        raise InvalidInput(f"{position}.{given}", f"needs {missing}", "Give both, or none for all ports.")
    ports = [_within(value, 1, 65535, f"{position}.{key}") for key, value in (("from_port", first), ("to_port", last))]
    if ports[0] > ports[1]:
        raise InvalidInput(f"{position}.from_port {ports[0]}", f"is above to_port {ports[1]}")
    return (protocol, *ports)


def _icmp_fields(first: Any, last: Any, position: str) -> tuple[int | None, int | None]:
    kind, code = (None if value is None or int(value) == -1 else int(value) for value in (first, last))
    if kind is None and code is not None:
        raise InvalidInput(f"{position}.to_port {code}", "needs from_port", "A code of ICMP belongs to a type.")
    for key, value in (("from_port", kind), ("to_port", code)):
        if value is not None:
            _within(value, 0, 255, f"{position}.{key}")
    return kind, code


def _within(value: Any, lowest: int, highest: int, position: str) -> int:
    number = int(value)
    if not lowest <= number <= highest:
        raise InvalidInput(f"{position} {number}", f"is outside {lowest} to {highest}")
    return number


def require_source(value: Any, position: str) -> str:
    """Return the network that something comes from, IPv4 or IPv6.

    :raises InvalidInput: it is none, or has host bits.
    """
    text = str(value)
    try:
        interface = ipaddress.ip_interface(text)
    except ValueError:
        interface = None
    if interface is None or "%" in text:
        raise InvalidInput(f"{position} {text}", "is no network", "Write it as 10.0.0.0/24 or fd00::/64.")
    if interface.ip != interface.network.network_address:
        raise InvalidInput(f"{position} {text}", "has host bits set", f"The network is {interface.network}.")
    if is_embedded(interface.ip) and interface.network.prefixlen >= 96:
        raise InvalidInput(f"{position} {text}", "holds IPv4 addresses, which no packet of IPv6 comes from")
    return str(interface.network)


def require_title(value: Any, position: str) -> str:
    """Return what people call a group.

    :raises InvalidInput: it is too long, or would not be seen as it is.
    """
    title = str(value)
    if not title.isprintable():
        raise InvalidInput(f"{position} {title!r}", "has characters that cannot be printed")
    if len(title) > _LONGEST_TITLE:
        raise InvalidInput(f"{position} {title[:40]}…", f"is longer than {_LONGEST_TITLE} characters")
    return title


def sort_addresses(addresses: Iterable[str]) -> list[str]:
    """Return addresses in numerical order, each once, those of IPv4 first."""
    return sorted(set(addresses), key=lambda text: (":" in text, int(ipaddress.ip_address(text))))
