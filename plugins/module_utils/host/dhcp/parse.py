# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``nova_dnsmasq`` as the servers that are wanted. Nothing that dnsmasq could misread passes."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import Conflict, InvalidInput
from .ipv6 import parse_prefixes
from .model import DhcpHost, DhcpNetwork, DhcpServer, Want
from .takeover import parse_takeovers
from .values import (
    parse_address_in,
    parse_addresses,
    parse_cidr,
    parse_domain,
    parse_hostname,
    parse_mac,
    require_once,
)

# Names of interfaces: dnsmasq reads '*' as a wildcard and ':' as an alias.
_INTERFACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}")

SHORTEST_LEASE = 120
LONGEST_LEASE = 2**31 - 1
SUPERVISORS = ("auto", "systemd", "process")


@dataclass(frozen=True)
class _Scope:
    """What the parts of one server must agree on. ``seen`` collects MAC and IP addresses with their positions."""

    domain: str
    listen: tuple[str, ...]
    seen: dict[str, str]


def parse_want(applied: Mapping[str, Any]) -> Want:
    """Return what the options ask for.

    :raises InvalidInput: a value that can never be right, with its position.
    :raises Conflict: two items that cannot both be.
    """
    servers: list[DhcpServer] = []
    absent: list[str] = []
    seen: dict[str, str] = {}
    for index, item in enumerate(applied.get("servers") or ()):
        position = f"servers[{index}]"
        bridge = _bridge(item, position)
        require_once(seen, bridge, f"{position}.bridge", "server")
        if item.get("state") == "absent":
            absent.append(bridge)
        else:
            servers.append(_server(bridge, item, position))
    supervisor = applied.get("supervisor") or "auto"
    if supervisor not in SUPERVISORS:
        raise InvalidInput(f"supervisor {supervisor!r}", f"is none of {', '.join(SUPERVISORS)}")
    return Want(
        servers=tuple(sorted(servers, key=lambda server: server.bridge)),
        absent=tuple(sorted(absent)),
        purge=bool(applied.get("purge")),
        force_release=applied.get("force_release") is not False,
        supervisor=supervisor,
    )


def _bridge(item: Mapping[str, Any], position: str) -> str:
    bridge = item.get("bridge")
    if not isinstance(bridge, str) or not _INTERFACE.fullmatch(bridge):
        raise InvalidInput(
            f"{position}.bridge {bridge!r}",
            "is no name of a bridge",
            "Use at most 15 letters, digits, dots, hyphens and underscores.",
        )
    return bridge


def _server(bridge: str, item: Mapping[str, Any], position: str) -> DhcpServer:
    listen = parse_addresses(item.get("listen_addresses"), f"{position}.listen_addresses")
    if not listen and item.get("networks"):
        raise InvalidInput(
            f"{position}.listen_addresses", "names no address", "Name the bridge's address on each network."
        )
    domain = item.get("domain")
    domain = parse_domain("novalocal" if domain is None else domain, f"{position}.domain")
    scope = _Scope(domain, listen, {})
    networks = tuple(
        _network(network, f"{position}.networks[{index}]", scope)
        for index, network in enumerate(item.get("networks") or ())
    )
    prefixes = parse_prefixes(item.get("prefixes") or (), position, domain)
    if not networks and not prefixes:
        raise InvalidInput(
            f"{position}.networks", "names no network", "Name one, or one of prefixes, or set state to absent."
        )
    _check_apart(networks, position)
    hosts = [host for network in networks for host in network.hosts]
    return DhcpServer(
        bridge=bridge,
        listen_addresses=tuple(sorted(listen, key=ipaddress.ip_address)),
        domain=domain,
        lease_time=_lease_time(item.get("lease_time"), f"{position}.lease_time"),
        dns_servers=parse_addresses(item.get("dns_servers"), f"{position}.dns_servers", any_version=True),
        networks=tuple(sorted(networks, key=lambda network: ipaddress.IPv4Network(network.cidr))),
        leases=parse_takeovers(item.get("leases") or (), position, hosts),
        prefixes=prefixes,
    )


def _lease_time(value: int | None, position: str) -> int:
    seconds = 86400 if value is None else value
    if not SHORTEST_LEASE <= seconds <= LONGEST_LEASE:
        raise InvalidInput(f"{position} {seconds}", f"is not between {SHORTEST_LEASE} and {LONGEST_LEASE} seconds")
    return seconds


def _network(item: Mapping[str, Any], position: str, scope: _Scope) -> DhcpNetwork:
    label = item.get("label")
    if not isinstance(label, str) or not label:
        raise InvalidInput(f"{position}.label", "is missing")
    cidr = parse_cidr(item.get("cidr"), f"{position}.cidr")
    inside = [address for address in scope.listen if ipaddress.IPv4Address(address) in cidr]
    if not inside:
        raise InvalidInput(
            f"{position}.cidr {cidr}",
            f"contains none of the listen addresses {', '.join(scope.listen)}",
            "dnsmasq serves a network only from an address inside it.",
        )
    start = item.get("dhcp_start") or str(cidr[1])
    router = item.get("router") or None
    return DhcpNetwork(
        label=label,
        cidr=str(cidr),
        dhcp_start=parse_address_in(start, cidr, f"{position}.dhcp_start"),
        server=inside[0],
        router=parse_address_in(router, cidr, f"{position}.router") if router else None,
        dns=parse_addresses(item.get("dns"), f"{position}.dns"),
        mtu=_mtu(item.get("mtu"), f"{position}.mtu"),
        hosts=_hosts(item.get("hosts") or (), position, cidr, router, scope),
    )


def _mtu(value: int | None, position: str) -> int | None:
    if value is not None and not 68 <= value <= 65535:
        raise InvalidInput(f"{position} {value}", "is not between 68 and 65535")
    return value


def _hosts(
    items: Iterable[Mapping[str, Any]],
    position: str,
    cidr: ipaddress.IPv4Network,
    router: str | None,
    scope: _Scope,
) -> tuple[DhcpHost, ...]:
    hosts = []
    for index, item in enumerate(items):
        place = f"{position}.hosts[{index}]"
        host = _host(item, place, cidr, scope.domain)
        if host.address in scope.listen or host.address == router:
            raise Conflict(f"{place}.address {host.address}", "is the server's or the router's own address")
        # One MAC in two networks of a bridge would get either address.
        require_once(scope.seen, host.mac, f"{place}.mac", "host")
        require_once(scope.seen, host.address, f"{place}.address", "host")
        hosts.append(host)
    return tuple(sorted(hosts, key=lambda host: ipaddress.IPv4Address(host.address)))


def _host(item: Mapping[str, Any], position: str, cidr: ipaddress.IPv4Network, domain: str) -> DhcpHost:
    default_route = item.get("default_route")
    return DhcpHost(
        mac=parse_mac(str(item.get("mac")), f"{position}.mac"),
        address=parse_address_in(item.get("address"), cidr, f"{position}.address"),
        hostname=parse_hostname(item.get("hostname"), domain, f"{position}.hostname"),
        default_route=True if default_route is None else bool(default_route),
    )


def _check_apart(networks: Sequence[DhcpNetwork], position: str) -> None:
    """Refuse networks of one server that cannot be told apart."""
    seen: dict[str, str] = {}
    taken: list[tuple[ipaddress.IPv4Network, str]] = []
    for index, network in enumerate(networks):
        place = f"{position}.networks[{index}]"
        require_once(seen, network.label, f"{place}.label", "network")
        cidr = ipaddress.IPv4Network(network.cidr)
        for other, owner in taken:
            if cidr.overlaps(other):
                raise Conflict(f"{place}.cidr {cidr}", f"overlaps {other} of {owner}")
        taken.append((cidr, place))
