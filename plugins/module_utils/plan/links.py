# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The links of a host: VLAN interfaces, and the bridges that stand on them or on an untagged uplink."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import InvalidInput
from .cloud import Cloud
from .model import HostSettings, Network

_VLAN_NAME = re.compile(r"vlan([1-9]\d{0,3})")


def vlan_name(number: int) -> str:
    """Return the name of the interface of a VLAN."""
    return f"vlan{number}"


def public_vlan(host: HostSettings) -> int | None:
    """Return the id of the VLAN that is a host's public interface, None when that is no VLAN."""
    found = _VLAN_NAME.fullmatch(host.public_interface or "")
    return int(found.group(1)) if found else None


def check_public_vlans(networks: Sequence[Network], hosts: Sequence[HostSettings]) -> None:
    """Refuse a public VLAN that a tenant has: its guests would be outside, before all rules.

    :raises InvalidInput: there is one, or a public VLAN interface shall be made that is not named after its VLAN.
    """
    public: dict[int | None, HostSettings] = {}
    multi_host = any(network.multi_host for network in networks)
    for host in hosts:
        number = public_vlan(host)
        if number is None and host.public_vlan_interface and (host.network or multi_host):
            raise InvalidInput(
                f"host {host.name}: nova_public_interface {host.public_interface}",
                "is not named after a VLAN, so it cannot be made",
                "Name it vlan100 for VLAN 100, or leave nova_public_vlan_interface empty.",
            )
        public.setdefault(number, host)
    for network in networks:
        if network.vlan is not None and network.vlan in public:
            host = public[network.vlan]
            raise InvalidInput(
                f"network {network.label}",
                f"has VLAN {network.vlan}, which is the public interface {host.public_interface} of host {host.name}",
                "Give the network another VLAN.",
            )


def plan_vlans(cloud: Cloud, host: HostSettings, networks: Sequence[Network]) -> tuple[dict[str, Any], ...]:
    """Return the VLAN interfaces of a host, by id.

    :param networks: those that it has bridges of.
    """
    found: dict[int, dict[str, Any]] = {}
    number = public_vlan(host)
    # A compute host has something to do outside only while it serves a network.
    if number is not None and host.public_vlan_interface and (host.network or cloud.entitled(host.name)):
        found[number] = _vlan(host, number, host.public_vlan_interface, None)
    for network in networks:
        if network.vlan is None:
            continue
        parent = host.vlan_interface or network.bridge_interface
        if not parent:
            raise InvalidInput(
                f"network {network.label}",
                f"has VLAN {network.vlan} and no interface for it on host {host.name}",
                "Set nova_vlan_interface for the host, or the network's bridge_interface.",
            )
        found[network.vlan] = _vlan(host, network.vlan, parent, network.mtu)
    return tuple(found[number] for number in sorted(found))


def _vlan(host: HostSettings, number: int, parent: str, mtu: int | None) -> dict[str, Any]:
    return {"name": vlan_name(number), "id": number, "parent": parent, "mtu": mtu, "replace": host.replace_vlans}


def by_bridge(networks: Iterable[Network]) -> list[tuple[str, list[Network]]]:
    """Return networks by the bridge that they share."""
    groups: dict[str, list[Network]] = {}
    for network in networks:
        groups.setdefault(network.bridge, []).append(network)
    return list(groups.items())


def plan_bridges(cloud: Cloud, host: HostSettings, networks: Sequence[Network]) -> tuple[dict[str, Any], ...]:
    """Return the bridges of a host.

    :param networks: those that it has bridges of.
    :raises InvalidInput: a bridge would get two uplinks, or an uplink two bridges.
    """
    served = dict(by_bridge(cloud.served(host.name)))
    bridges = tuple(_bridge(cloud, host, name, group, served.get(name, [])) for name, group in by_bridge(networks))
    taken: dict[str, str] = {}
    for bridge in bridges:
        other = taken.setdefault(bridge["interface"], bridge["name"]) if bridge["interface"] else bridge["name"]
        if other != bridge["name"]:
            raise InvalidInput(
                f"bridge {bridge['name']} on host {host.name}",
                f"would get uplink {bridge['interface']}, which bridge {other} has",
                "Put its networks on one bridge, or say in nova_bridge_interfaces of the host which uplink each has.",
            )
    return bridges


def _uplink(host: HostSettings, network: Network) -> str | None:
    if network.vlan is not None:
        return vlan_name(network.vlan)
    if network.bridge in host.bridge_interfaces:
        return host.bridge_interfaces[network.bridge] or None
    return host.flat_interface or network.bridge_interface


def _bridge(
    cloud: Cloud, host: HostSettings, name: str, networks: Sequence[Network], served: Sequence[Network]
) -> dict[str, Any]:
    interfaces = {_uplink(host, network) for network in networks}
    if len(interfaces) > 1:
        raise InvalidInput(
            f"bridge {name} on host {host.name}",
            f"would get several uplinks: {', '.join(sorted(str(item) for item in interfaces))}",
            "Give its networks one bridge_interface, or set nova_bridge_interfaces for the host.",
        )
    mtus = [network.mtu for network in networks if network.mtu is not None]
    uplink = interfaces.pop()
    return {
        "name": name,
        "interface": uplink,
        # An uplink that is said to be none is consent to use a bridge of somebody else as it is.
        "adopt": host.bridge_interfaces.get(name) == "",
        # Networks of one bridge may have the same link-local gateway.
        "addresses": list(dict.fromkeys(text for network in served for text in _addresses(cloud, host, network))),
        "mtu": max(mtus) if mtus else None,
        "hairpin_ports": _hairpin_ports(cloud, host, networks, uplink) if served else [],
    }


def _hairpin_ports(cloud: Cloud, host: HostSettings, networks: Sequence[Network], uplink: str | None) -> list[str]:
    """Return the ports through which a guest may reach a floating IP of its own bridge.

    With bridge netfilter calls on, such a frame goes back out of the port it came from.
    """
    labels = {network.label for network in networks}
    guests = [
        port.name for instance in cloud.local.get(host.name, []) for port in instance.ports if port.network in labels
    ]
    return ([uplink] if uplink else []) + guests


def _addresses(cloud: Cloud, host: HostSettings, network: Network) -> list[str]:
    """Return the addresses that a host has in a network that it serves, of each kind that the network has."""
    ipv4 = [_with_prefix(cloud.address(host.name, network), network.cidr)] if network.cidr is not None else []
    return [*ipv4, *(_with_prefix(address, network.cidr_v6) for address in network.host_addresses_v6)]


def _with_prefix(address: str | None, cidr: str | None) -> str:
    return f"{address}/{ipaddress.ip_network(str(cidr)).prefixlen}"
