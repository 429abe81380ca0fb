# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The DHCP servers of a host: one for each bridge, for the guests that the host itself serves."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .cloud import Cloud
from .model import Device, HostSettings, Network, Port

# Servers count in unsigned 32 bits; what ends later has no end.
LATEST_EXPIRY, NEVER = 2**32 - 1, 0


def with_dhcp(networks: Iterable[Network]) -> list[Network]:
    """Return the networks whose guests get their addresses by DHCP."""
    return [network for network in networks if network.enable_dhcp]


def plan_server(cloud: Cloud, host: HostSettings, bridge: str, networks: Sequence[Network]) -> dict[str, Any]:
    """Return the DHCP server on a bridge of a host.

    :param networks: those that it serves there.
    """
    settings = cloud.settings
    return {
        "bridge": bridge,
        "listen_addresses": [cloud.address(host.name, network) for network in networks if network.cidr],
        "domain": settings.dhcp_domain,
        "lease_time": settings.dhcp_lease_time,
        "dns_servers": list(settings.dns_servers),
        "networks": [_network(cloud, host, network) for network in networks if network.cidr],
        "prefixes": _prefixes(cloud, host, [network for network in networks if network.cidr_v6]),
        "leases": [lease for network in networks for lease in _taken_over(cloud, host, network)],
    }


def _taken_over(cloud: Cloud, host: HostSettings, network: Network) -> Iterator[dict[str, Any]]:
    """Yield the leases that another host gave: the instance has moved here, or the network has."""
    clients: list[tuple[Port | Device, str]] = [(device, device.hostname) for device in _devices(cloud, host, network)]
    clients += [(port, instance.hostname) for instance, port in cloud.guests.get((network.label, host.name), [])]
    for client, hostname in clients:
        if client.lease is not None and client.lease.host != host.name:
            expires = int(client.lease.expires) if client.lease.expires <= LATEST_EXPIRY else NEVER
            yield {"mac": client.mac, "address": client.address, "hostname": hostname, "expires": expires}


def _devices(cloud: Cloud, host: HostSettings, network: Network) -> list[Device]:
    """Return the devices that are no instances, where a network has its one server."""
    return cloud.devices.get(network.label, []) if network.host == host.name else []


def _network(cloud: Cloud, host: HostSettings, network: Network) -> dict[str, Any]:
    single = cloud.settings.use_single_default_gateway
    return {
        "label": network.label,
        "cidr": network.cidr,
        "dhcp_start": network.dhcp_start,
        "router": cloud.router(host.name, network),
        "dns": _name_servers(cloud, network, 4),
        "mtu": network.mtu,
        "hosts": [
            {
                "mac": port.mac,
                "address": port.address,
                "hostname": instance.hostname,
                "default_route": port.position == 0 or not single,
            }
            for instance, port in cloud.guests.get((network.label, host.name), [])
        ]
        + [
            {"mac": device.mac, "address": device.address, "hostname": device.hostname, "default_route": True}
            for device in _devices(cloud, host, network)
        ],
    }


def _name_servers(cloud: Cloud, network: Network, version: int) -> list[str]:
    """Return the name servers of a network that its guests are to learn, of one kind of address."""
    servers = network.dns if cloud.settings.use_network_dns_servers else ()
    return [server for server in servers if ipaddress.ip_address(server).version == version]


def _prefixes(cloud: Cloud, host: HostSettings, networks: Sequence[Network]) -> list[dict[str, Any]]:
    """Return the IPv6 networks of a bridge.

    One advertisement is for all guests of a bridge: they have their default route here unless it is nobody's first.
    """
    guests = {network.label: cloud.guests.get((network.label, host.name), []) for network in networks}
    ports = [port for found in guests.values() for _instance, port in found]
    first = any(port.position == 0 for port in ports) or not ports or not cloud.settings.use_single_default_gateway
    mtus = [network.mtu for network in networks if network.mtu is not None]
    return [
        {
            "label": network.label,
            "cidr": network.cidr_v6,
            "address": network.host_addresses_v6[-1],
            "dns": _name_servers(cloud, network, 6),
            "mtu": max(mtus) if mtus else None,
            "default_route": first,
            "hosts": [
                {"mac": port.mac, "address": port.address_v6, "hostname": instance.hostname}
                for instance, port in guests[network.label]
            ],
        }
        for network in networks
    ]
