# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IPv6 of a server: the prefixes that it advertises, and the guests that it gives their address by DHCPv6. Pure.

A guest that makes its address of its MAC (RFC 4291, appendix A) and one that asks by DHCPv6 (RFC 8415) get the same.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...errors import Conflict, InvalidInput
from .model import DhcpPrefix, DhcpServer, PrefixHost
from .tag import network_tag
from .values import parse_hostname, parse_ipv6_address_in, parse_ipv6_addresses, parse_mac, parse_prefix

# Seconds between two advertisements. Guests ask for one when they start; this is for those that miss a change.
INTERVAL = 60
SMALLEST_MTU = 1280
# More than a bridge has guests. It does not follow from who is listed: a guest that comes must not restart the server.
# Nor does one that goes: with more leases in its file than it may have, dnsmasq does not start.
MOST_LEASES = 65536


def parse_prefixes(items: Iterable[Mapping[str, Any]], position: str, domain: str) -> tuple[DhcpPrefix, ...]:
    """Return the option ``prefixes`` of a server, sorted.

    :raises InvalidInput: a value that can never be right.
    :raises Conflict: two items that cannot both be.
    """
    found: list[DhcpPrefix] = []
    seen: dict[str, str] = {}
    for index, item in enumerate(items):
        place = f"{position}.prefixes[{index}]"
        prefix = _prefix(item, place, domain)
        for other in found:
            if other.label == prefix.label:
                raise Conflict(f"{place}.label {prefix.label}", "names another prefix of this bridge already")
            if ipaddress.IPv6Network(other.cidr).overlaps(ipaddress.IPv6Network(prefix.cidr)):
                raise Conflict(f"{place}.cidr {prefix.cidr}", f"overlaps {other.cidr} of {other.label}")
        for number, host in enumerate(prefix.hosts):
            for value in (host.mac, host.address):
                if value in seen:
                    raise Conflict(f"{place}.hosts[{number}] {value}", f"is in {seen[value]} as well")
                seen[value] = place
        found.append(prefix)
    _check_one_router(found, position)
    return tuple(sorted(found, key=lambda prefix: ipaddress.IPv6Network(prefix.cidr)))


def _prefix(item: Mapping[str, Any], place: str, domain: str) -> DhcpPrefix:
    label = item.get("label")
    if not isinstance(label, str) or not label:
        raise InvalidInput(f"{place}.label", "is missing")
    cidr = parse_prefix(item.get("cidr"), f"{place}.cidr")
    mtu = item.get("mtu")
    if mtu is not None and not SMALLEST_MTU <= mtu <= 65535:
        raise InvalidInput(f"{place}.mtu {mtu}", f"is not between {SMALLEST_MTU}, which IPv6 needs, and 65535")
    default_route = item.get("default_route")
    return DhcpPrefix(
        label=label,
        cidr=str(cidr),
        address=parse_ipv6_address_in(item.get("address"), cidr, f"{place}.address"),
        dns=parse_ipv6_addresses(item.get("dns"), f"{place}.dns"),
        mtu=mtu,
        default_route=True if default_route is None else bool(default_route),
        hosts=tuple(
            sorted(
                (
                    _host(host, f"{place}.hosts[{index}]", cidr, domain)
                    for index, host in enumerate(item.get("hosts") or ())
                ),
                key=lambda host: ipaddress.IPv6Address(host.address),
            )
        ),
    )


def _host(item: Mapping[str, Any], place: str, cidr: ipaddress.IPv6Network, domain: str) -> PrefixHost:
    return PrefixHost(
        mac=parse_mac(str(item.get("mac")), f"{place}.mac"),
        address=parse_ipv6_address_in(item.get("address"), cidr, f"{place}.address"),
        hostname=parse_hostname(item.get("hostname"), domain, f"{place}.hostname"),
    )


def _check_one_router(prefixes: Sequence[DhcpPrefix], position: str) -> None:
    """An advertisement says of its sender whether it is a router, and of the wire how long a packet may be: once."""
    for key in ("default_route", "mtu"):
        if len({getattr(prefix, key) for prefix in prefixes}) > 1:
            raise Conflict(
                f"{position}.prefixes", f"differ in {key}", "There is one advertisement for all prefixes of a bridge."
            )


def conf_lines(server: DhcpServer) -> list[str]:
    """Return the lines of the configuration file; none without prefixes. A change of them needs a restart."""
    if not server.prefixes:
        return []
    first = server.prefixes[0]
    mtu = f"mtu:{first.mtu}," if first.mtu else ""
    lifetime = "" if first.default_route else ",0"
    return [
        "enable-ra",
        f"ra-param={server.bridge},{mtu}{INTERVAL}{lifetime}",
        *(
            f"dhcp-range=set:{network_tag(prefix.label)},{ipaddress.IPv6Network(prefix.cidr).network_address},static,"
            f"slaac,64,{server.lease_time}s"
            for prefix in server.prefixes
        ),
    ]


def host_lines(server: DhcpServer) -> list[str]:
    """Return the lines of the hosts file."""
    return [_host_line(host, server.domain) for prefix in server.prefixes for host in prefix.hosts]


def _host_line(host: PrefixHost, domain: str) -> str:
    name = f"{host.hostname}.{domain}" if host.hostname and domain else host.hostname
    return ",".join([host.mac, f"[{host.address}]", *([name] if name else [])])


def option_lines(server: DhcpServer) -> list[str]:
    """Return the lines of the options file. Without name servers of its own a prefix names this server."""
    return [f"tag:{network_tag(prefix.label)},option6:dns-server,{_name_servers(prefix)}" for prefix in server.prefixes]


def _name_servers(prefix: DhcpPrefix) -> str:
    return ",".join(f"[{address}]" for address in prefix.dns or (prefix.address,))
