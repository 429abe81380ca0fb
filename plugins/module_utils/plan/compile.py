# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what the IPAM holds to what each host must have. No I/O, no clock: the same input gives the same plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import InvalidInput
from .cloud import Cloud, arrange, server_address
from .links import by_bridge, check_public_vlans, plan_bridges, plan_vlans
from .model import FloatingIp, HostPlan, HostSettings, Network, Settings, Snapshot


def compile_plans(
    snapshot: Snapshot, settings: Settings, hosts: Sequence[HostSettings], targets: Iterable[str] | None = None
) -> tuple[HostPlan, ...]:
    """Return what each target host must have, in the order of ``hosts``.

    :param hosts: every host of the cloud, also those that are not targets.
    :param targets: names of the hosts to compile for; all when None.
    :raises InvalidInput: an instance or a network names a host that is none, a setting is missing that a plan
        needs, or a network is of a kind that cannot be put on hosts.
    """
    _check_hosts(snapshot, hosts)
    for network in snapshot.networks:
        _check_network(network)
    check_public_vlans(snapshot.networks, hosts)
    cloud = arrange(snapshot, settings)
    wanted = {host.name for host in hosts} if targets is None else set(targets)
    unknown = sorted(wanted - {host.name for host in hosts})
    if unknown:
        raise InvalidInput(f"targets {', '.join(unknown)}", "are not among the hosts")
    return tuple(_compile_host(cloud, host) for host in hosts if host.name in wanted)


def hosts_waited_for(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the hosts that still have something that another host shall get: they must give it up first."""
    serving = {network.label: network.host for network in snapshot.networks}
    binds = {ip.address: serving[ip.network] for ip in snapshot.floating_ips}
    moving = (w for w in snapshot.withdrawals if w.kind == "floating" and binds.get(w.address, w.host) != w.host)
    return tuple(sorted({withdrawal.host for withdrawal in moving}))


def _check_hosts(snapshot: Snapshot, hosts: Sequence[HostSettings]) -> None:
    computes = {host.name for host in hosts if host.compute}
    for instance in snapshot.instances:
        if instance.host not in computes:
            raise InvalidInput(
                f"instance {instance.name}",
                f"runs on host {instance.host}, which is not a compute host",
                "Add the host to group nova_compute, or change the instance's host.",
            )
    servers = {host.name for host in hosts if host.network}
    for network in snapshot.networks:
        if network.host is not None and network.host not in servers:
            raise InvalidInput(
                f"network {network.label}",
                f"is served by host {network.host}, which is not a network host",
                "Add the host to group nova_network, or change the network's host.",
            )


def _check_network(network: Network) -> None:
    """Refuse what would otherwise be silently half done on hosts."""
    subject = f"network {network.label}"
    if network.manager not in ("flatdhcp", "vlan"):
        raise InvalidInput(
            subject, f"has manager {network.manager}; this release puts flatdhcp and vlan networks on hosts"
        )
    if network.multi_host:
        raise InvalidInput(subject, "is multi_host; this release serves each network from one network host")
    if network.cidr is None or network.cidr_v6 is not None:
        raise InvalidInput(subject, "has an IPv6 range; this release configures hosts for IPv4")
    if network.manager == "flatdhcp" and network.vlan is not None:
        raise InvalidInput(subject, f"has VLAN {network.vlan}; flatdhcp networks are untagged")
    if network.manager == "vlan" and network.vlan is None:
        raise InvalidInput(subject, "has no VLAN, which vlan networks need")


def _compile_host(cloud: Cloud, host: HostSettings) -> HostPlan:
    served, present = cloud.served(host), cloud.present(host)
    # An address that another host may still have is not bound here: never two owners.
    floating = [
        (ip, bool(cloud.held.get(ip.address, frozenset()) - {host.name})) for ip in cloud.floating.get(host.name, [])
    ]
    bridges = plan_bridges(cloud, host, present)
    return HostPlan(
        ipam_uuid=cloud.snapshot.ipam_uuid,
        generation=cloud.snapshot.generation,
        host=host.name,
        vlans=plan_vlans(host, present),
        bridges=bridges,
        dhcp=tuple(_dhcp_server(cloud, name, group) for name, group in by_bridge(served) if _with_dhcp(group)),
        floating=tuple(_floating(host, ip) for ip, waits in floating if not waits),
        firewall=_firewall(cloud, host, served, bridges),
        waiting=tuple(ip.address for ip, waits in floating if waits),
    )


def _with_dhcp(networks: Iterable[Network]) -> list[Network]:
    return [network for network in networks if network.enable_dhcp]


def _dhcp_server(cloud: Cloud, bridge: str, networks: Sequence[Network]) -> dict[str, Any]:
    settings = cloud.settings
    return {
        "bridge": bridge,
        "listen_addresses": [server_address(network) for network in _with_dhcp(networks)],
        "domain": settings.dhcp_domain,
        "lease_time": settings.dhcp_lease_time,
        "dns_servers": list(settings.dns_servers),
        "networks": [_dhcp_network(cloud, network) for network in _with_dhcp(networks)],
    }


def _dhcp_network(cloud: Cloud, network: Network) -> dict[str, Any]:
    single = cloud.settings.use_single_default_gateway
    return {
        "label": network.label,
        "cidr": network.cidr,
        "dhcp_start": network.dhcp_start,
        "router": network.gateway,
        "dns": list(network.dns) if cloud.settings.use_network_dns_servers else [],
        "mtu": network.mtu,
        "hosts": [
            {
                "mac": port.mac,
                "address": port.address,
                "hostname": instance.hostname,
                "default_route": port.position == 0 or not single,
            }
            for instance, port in cloud.ports[network.label]
        ],
    }


def _floating(host: HostSettings, ip: FloatingIp) -> dict[str, Any]:
    interface = ip.interface or host.public_interface
    if not interface:
        raise InvalidInput(
            f"floating IP {ip.address}",
            f"has no public interface on host {host.name}",
            "Set nova_public_interface for the host, or the interface of the pool.",
        )
    return {"address": ip.address, "fixed_address": ip.fixed_address, "interface": interface}


def _firewall(
    cloud: Cloud, host: HostSettings, served: Sequence[Network], bridges: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    gateways = {network.bridge for network in served}
    return {
        "networks": [_firewall_network(cloud.settings, host, network) for network in served],
        "metadata": _metadata(cloud.settings, host) if served else None,
        "hairpin_ports": [port for bridge in bridges if bridge["name"] in gateways for port in bridge["hairpin_ports"]],
        "forwarding": bool(served),
    }


def _firewall_network(settings: Settings, host: HostSettings, network: Network) -> dict[str, Any]:
    # With a gateway of its own outside the cloud, only what must be forced through this host is translated here.
    external = network.gateway is None or server_address(network) != network.gateway
    translate = bool(host.routing_source_ip) and (not external or bool(settings.force_snat_range))
    return {
        "label": network.label,
        "cidr": network.cidr,
        "bridge": network.bridge,
        "public_interface": host.public_interface,
        "source_address": host.routing_source_ip if translate else None,
        "no_snat": list(settings.dmz_cidr),
        "force_snat": list(settings.force_snat_range) if external else [],
    }


def _metadata(settings: Settings, host: HostSettings) -> dict[str, Any]:
    address = settings.metadata_host or host.my_ip
    if not address:
        raise InvalidInput(
            f"host {host.name}",
            "has no metadata address",
            "Set nova_metadata_host, or nova_my_ip for the host.",
        )
    return {"address": address, "port": settings.metadata_port}
