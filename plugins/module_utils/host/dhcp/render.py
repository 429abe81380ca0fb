# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a server. ``dnsmasq --test`` accepts garbage in some of them, so only checked values get here."""

from __future__ import annotations

import ipaddress

from . import ipv6
from .events import render_script
from .model import (
    HOSTS_FILE,
    LEASE_FILE,
    OPTIONS_FILE,
    PID_FILE,
    SCRIPT_FILE,
    DhcpHost,
    DhcpNetwork,
    DhcpServer,
    Places,
    Texts,
)
from .tag import network_tag

# Hosts with this tag learn no router.
NO_ROUTER_TAG = "no-router"


def render_texts(server: DhcpServer, places: Places) -> Texts:
    """Return the files of a server."""
    return Texts(
        render_conf(server, places), render_hosts(server), render_options(server), render_script(places, server.bridge)
    )


def render_conf(server: DhcpServer, places: Places) -> str:
    """Return the configuration file of a server. A change of it needs a restart."""
    addresses = sum(ipaddress.IPv4Network(network.cidr).num_addresses for network in server.networks)
    addresses += ipv6.MOST_LEASES * len(server.prefixes)
    lines = [
        "strict-order",
        "bind-interfaces",
        "except-interface=lo",
        f"interface={server.bridge}",
        *(f"listen-address={address}" for address in server.listen_addresses),
        # The names of this host are none of the guests' business.
        "no-hosts",
        *([f"domain={server.domain}"] if server.domain else []),
        *(["no-resolv"] if server.dns_servers else []),
        *(f"server={address}" for address in server.dns_servers),
        *(_range(network, server.lease_time) for network in server.networks),
        *ipv6.conf_lines(server),
        f"dhcp-lease-max={addresses}",
        # A guest that asks for an address it no longer has is told so at once; guests of others are left alone.
        "dhcp-authoritative",
        "dhcp-ignore=tag:!known",
        f"dhcp-hostsfile={places.file(server.bridge, HOSTS_FILE)}",
        f"dhcp-optsfile={places.file(server.bridge, OPTIONS_FILE)}",
        f"dhcp-leasefile={places.file(server.bridge, LEASE_FILE)}",
        f"dhcp-script={places.file(server.bridge, SCRIPT_FILE)}",
        f"pid-file={places.file(server.bridge, PID_FILE)}",
    ]
    return _text(lines)


def _range(network: DhcpNetwork, lease_time: int) -> str:
    netmask = ipaddress.IPv4Network(network.cidr).netmask
    return f"dhcp-range=set:{network_tag(network.label)},{network.dhcp_start},static,{netmask},{lease_time}s"


def render_hosts(server: DhcpServer) -> str:
    """Return the hosts file of a server: one line per host and kind of address. A change of it needs a reload."""
    hosts = [render_host(host, server.domain) for network in server.networks for host in network.hosts]
    return _text([*hosts, *ipv6.host_lines(server)])


def render_host(host: DhcpHost, domain: str) -> str:
    """Return the line of one host. The name carries its domain: ``10h`` alone would be read as a lease time."""
    fields = [host.mac]
    if not host.default_route:
        fields.append(f"set:{NO_ROUTER_TAG}")
    fields.append(host.address)
    if host.hostname:
        fields.append(f"{host.hostname}.{domain}" if domain else host.hostname)
    return ",".join(fields)


def render_options(server: DhcpServer) -> str:
    """Return the options file of a server. A change of it needs a reload."""
    lines = [line for network in server.networks for line in _network_options(network)]
    # Tags of hosts win over tags of ranges; an option without a value is not sent.
    return _text([*lines, f"tag:{NO_ROUTER_TAG},option:router", *ipv6.option_lines(server)])


def _network_options(network: DhcpNetwork) -> list[str]:
    tag = f"tag:{network_tag(network.label)}"
    lines = [
        f"{tag},option:router,{network.router}" if network.router else f"{tag},option:router",
        f"{tag},option:dns-server,{','.join(network.dns or (network.server,))}",
    ]
    if network.mtu is not None:
        lines.append(f"{tag},option:mtu,{network.mtu}")
    return lines


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
