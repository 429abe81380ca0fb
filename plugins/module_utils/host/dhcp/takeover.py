# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leases that another host gave and that a server here goes on with, because the guest has moved. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import InvalidInput
from .leases import parse_leases
from .model import DhcpHost, Lease
from .values import parse_address, parse_hostname, parse_mac, require_once

# dnsmasq counts in unsigned 32 bits.
LATEST_EXPIRY = 2**32 - 1


def parse_takeovers(items: Iterable[Mapping[str, Any]], server: str, hosts: Iterable[DhcpHost]) -> tuple[Lease, ...]:
    """Return the leases that a server shall have.

    :param server: position of the server.
    :param hosts: the guests that it serves.
    :raises InvalidInput: a lease can never be right, or is none of these guests'.
    :raises Conflict: a guest has two.
    """
    served = {(host.mac, host.address): host for host in hosts}
    seen: dict[str, str] = {}
    leases = []
    for index, item in enumerate(items):
        position = f"{server}.leases[{index}]"
        mac = parse_mac(str(item.get("mac")), f"{position}.mac")
        address = str(parse_address(item.get("address"), f"{position}.address"))
        host = served.get((mac, address))
        if host is None:
            raise InvalidInput(
                f"{position}.address {address}",
                f"of {mac} belongs to no host of this server",
                "List the guest under hosts, with the same MAC address and address.",
            )
        require_once(seen, mac, f"{position}.mac", "lease")
        expires = _parse_expiry(item.get("expires"), f"{position}.expires")
        leases.append(Lease(expires, mac, address, host.hostname or _name(item.get("hostname"))))
    return tuple(leases)


def _parse_expiry(value: Any, position: str) -> int:
    if not isinstance(value, int) or not 0 <= value <= LATEST_EXPIRY:
        raise InvalidInput(f"{position} {value!r}", "is no time", "Give it in seconds since 1970, or 0 for never.")
    return value


def _name(hostname: Any) -> str | None:
    """Return the name that a guest gave to itself. What is no name is left out: guests may say anything."""
    try:
        return parse_hostname(str(hostname or ""), "", "hostname")
    except InvalidInput:
        return None


def missing_leases(wanted: Iterable[Lease], present: Iterable[Lease], now: float) -> tuple[Lease, ...]:
    """Return the leases that are not over and that a lease file lacks.

    :param present: the leases that stay. Where the address is leased already, that lease is the newer one.
    """
    taken = {lease.address for lease in present}
    return tuple(
        lease for lease in wanted if lease.address not in taken and (lease.expires == 0 or lease.expires > now)
    )


def with_leases(text: str, added: Iterable[Lease]) -> str:
    """Return a lease file's text with more leases. Only for a server that does not run: it keeps its own copy."""
    taken = {lease.address for lease in parse_leases(text)}
    return text + "".join(render_lease(lease) for lease in added if lease.address not in taken)


def render_lease(lease: Lease) -> str:
    """Return the line of a lease. Without client identifier the guest is known by its MAC address."""
    return f"{lease.expires} {lease.mac} {lease.address} {lease.hostname or '*'} *\n"
