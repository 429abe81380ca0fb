# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the IPAM holds, arranged by what plans ask for."""

from __future__ import annotations

from dataclasses import dataclass

from .model import FloatingIp, HostSettings, Instance, Network, Port, Settings, Snapshot


@dataclass(frozen=True)
class Cloud:
    """The snapshot, arranged so that a plan costs what its own host has.

    :param networks: by label.
    :param ports: by label of the network; (instance, port) in the order of the snapshot.
    :param local: by host; the instances that run there.
    :param floating: by serving host; what it binds.
    :param held: for a floating IP, the hosts that have not yet confirmed to have given it up.
    """

    snapshot: Snapshot
    settings: Settings
    networks: dict[str, Network]
    ports: dict[str, list[tuple[Instance, Port]]]
    local: dict[str, list[Instance]]
    floating: dict[str, list[FloatingIp]]
    held: dict[str, frozenset[str]]

    def served(self, host: HostSettings) -> list[Network]:
        """Return the networks that a host serves: it is gateway, DHCP server and NAT for them."""
        return [network for network in self.snapshot.networks if network.host == host.name]

    def present(self, host: HostSettings) -> list[Network]:
        """Return the networks that a host has a bridge of.

        A flat one is on every compute host. One with a VLAN is only where it is served or has a guest: each costs two
        links, and nobody else's frames should come where nobody listens.
        """
        plugged = {port.network for instance in self.local.get(host.name, ()) for port in instance.ports}
        return [
            network
            for network in self.snapshot.networks
            if network.host == host.name or network.label in plugged or (host.compute and network.vlan is None)
        ]


def arrange(snapshot: Snapshot, settings: Settings) -> Cloud:
    """Return the cloud that plans are compiled from."""
    networks = {network.label: network for network in snapshot.networks}
    ports: dict[str, list[tuple[Instance, Port]]] = {label: [] for label in networks}
    local: dict[str, list[Instance]] = {}
    for instance in snapshot.instances:
        local.setdefault(instance.host, []).append(instance)
        for port in instance.ports:
            ports[port.network].append((instance, port))
    floating: dict[str, list[FloatingIp]] = {}
    for ip in snapshot.floating_ips:
        floating.setdefault(networks[ip.network].host or "", []).append(ip)
    held: dict[str, frozenset[str]] = {}
    for withdrawal in snapshot.withdrawals:
        if withdrawal.kind == "floating":
            held[withdrawal.address] = held.get(withdrawal.address, frozenset()) | {withdrawal.host}
    return Cloud(snapshot, settings, networks, ports, local, floating, held)


def server_address(network: Network) -> str | None:
    """Return the address that the serving host has in a network: the DHCP server's, which is usually the gateway."""
    return network.dhcp_server or network.gateway
