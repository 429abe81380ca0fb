# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the IPAM holds, arranged by what plans ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .model import Device, FloatingIp, HostSettings, Instance, Network, Port, SecurityGroup, Settings, Snapshot

Guest = tuple[Instance, Port]


@dataclass(frozen=True)
class Cloud:
    """The snapshot, arranged so that a plan costs what its own host has.

    :param networks: by label.
    :param guests: by (label of a network, host that serves it for them); in the order of the snapshot.
    :param local: by host; the instances that run there or are about to.
    :param addresses: by (label, host); the address of its own that a host has in a multi_host network.
    :param devices: by label of their network.
    :param floating: by serving host; what it binds.
    :param held: for (kind, address), the hosts that have not yet confirmed to have given it up.
    :param groups: security groups by their ids.
    """

    snapshot: Snapshot
    settings: Settings
    networks: dict[str, Network]
    guests: dict[tuple[str, str], list[Guest]]
    local: dict[str, list[Instance]]
    addresses: dict[tuple[str, str], str]
    devices: dict[str, list[Device]]
    floating: dict[str, list[FloatingIp]]
    held: dict[tuple[str, str], frozenset[str]]
    groups: dict[int, SecurityGroup]

    def entitled(self, host: str) -> list[Network]:
        """Return the networks that a host is to serve: gateway, DHCP server, NAT and metadata for its guests there."""
        return [
            network
            for network in self.snapshot.networks
            if (network.label, host) in self.guests or (network.host == host and not network.multi_host)
        ]

    def served(self, host: str) -> list[Network]:
        """Return the networks that a host serves now: no other host may still have their gateway."""
        return [network for network in self.entitled(host) if not self.waits(host, network)]

    def waits(self, host: str, network: Network) -> bool:
        """Tell whether another host has not yet confirmed to have given up the address that a host serves by."""
        return self.is_held("gateway", self.address(host, network), host)

    def is_held(self, kind: str, address: str | None, host: str) -> bool:
        """Tell whether another host may still have an address: never two owners."""
        return bool(self.held.get((kind, address or ""), frozenset()) - {host})

    def present(self, host: HostSettings) -> list[Network]:
        """Return the networks that a host has a bridge of.

        A flat one is on every compute host. One with a VLAN is only where it is served or has a guest: each costs two
        links, and nobody else's frames should come where nobody listens.
        """
        needed = {port.network for instance in self.local.get(host.name, ()) for port in instance.ports}
        needed |= {network.label for network in self.entitled(host.name)}
        return [
            network
            for network in self.snapshot.networks
            if network.label in needed or (host.compute and network.vlan is None)
        ]

    def address(self, host: str, network: Network) -> str | None:
        """Return the address by which a host serves a network: the DHCP server's, which is usually the gateway."""
        if network.each_host_has_an_address:
            return self.addresses.get((network.label, host))
        return network.dhcp_server or network.gateway

    def router(self, host: str, network: Network) -> str | None:
        """Return the router of the guests that a host serves."""
        return self.address(host, network) if network.each_host_has_an_address else network.gateway


def is_served(network: Network, settings: Settings) -> bool:
    """Tell whether a network has a gateway of ours at all; a flat one has only if that is asked for."""
    return network.manager != "flat" or settings.flat_gateway


def servers_of(network: Network, instance: Instance) -> tuple[str, ...]:
    """Return the hosts that serve a network for an instance. The first one also binds its floating addresses.

    Everything that a plan gives to a host because of a network asks here, of each network and instance anew.
    """
    hosts = (instance.host, instance.next_host) if network.multi_host else (network.host,)
    return tuple(host for host in hosts if host is not None)


def arrange(snapshot: Snapshot, settings: Settings) -> Cloud:
    """Return the cloud that plans are compiled from."""
    snapshot = replace(snapshot, networks=tuple(_with_servers(network, settings) for network in snapshot.networks))
    networks = {network.label: network for network in snapshot.networks}
    instances = {instance.name: instance for instance in snapshot.instances}
    guests: dict[tuple[str, str], list[Guest]] = {}
    local: dict[str, list[Instance]] = {}
    for instance in snapshot.instances:
        for name in (instance.host, instance.next_host):
            if name is not None:
                local.setdefault(name, []).append(instance)
        for port in instance.ports:
            for server in servers_of(networks[port.network], instance):
                guests.setdefault((port.network, server), []).append((instance, port))
    floating: dict[str, list[FloatingIp]] = {}
    for ip in snapshot.floating_ips:
        for server in servers_of(networks[ip.network], instances[ip.instance])[:1]:
            floating.setdefault(server, []).append(ip)
    held: dict[tuple[str, str], frozenset[str]] = {}
    for withdrawal in snapshot.withdrawals:
        key = (withdrawal.kind, withdrawal.address)
        held[key] = held.get(key, frozenset()) | {withdrawal.host}
    addresses = {(item.network, item.host): item.address for item in snapshot.host_addresses}
    devices: dict[str, list[Device]] = {}
    for device in snapshot.devices:
        devices.setdefault(device.network, []).append(device)
    groups = {group.id: group for group in snapshot.security_groups}
    return Cloud(snapshot, settings, networks, guests, local, addresses, devices, floating, held, groups)


def _with_servers(network: Network, settings: Settings) -> Network:
    """Return a network as hosts see it: what nobody serves has no host, whoever did so before."""
    return network if is_served(network, settings) else replace(network, host=None, multi_host=False)
