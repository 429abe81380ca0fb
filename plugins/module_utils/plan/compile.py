# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what the IPAM holds to what each host must have. No I/O, no clock: the same input gives the same plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import InvalidInput
from .cloud import Cloud, arrange, is_served
from .dhcp import plan_server, with_dhcp
from .groups import plan_groups
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
    cloud = arrange(snapshot, settings)
    _check_hosts(cloud.snapshot, hosts)
    for network in snapshot.networks:
        _check_network(network, settings)
    _check_floating(snapshot, settings)
    _check_shared_bridges(snapshot.networks)
    check_public_vlans(snapshot.networks, hosts)
    wanted = {host.name for host in hosts} if targets is None else set(targets)
    unknown = sorted(wanted - {host.name for host in hosts})
    if unknown:
        raise InvalidInput(f"targets {', '.join(unknown)}", "are not among the hosts")
    return tuple(_compile_host(cloud, host) for host in hosts if host.name in wanted)


def hosts_waited_for(snapshot: Snapshot, settings: Settings) -> tuple[str, ...]:
    """Return the hosts that still have something that another host shall get: they must give it up first."""
    cloud = arrange(snapshot, settings)
    wanted: dict[tuple[str, str | None], set[str]] = {}
    for server, ips in cloud.floating.items():
        for ip in ips:
            wanted.setdefault(("floating", ip.address), set()).add(server)
    networks = cloud.snapshot.networks
    alone = [(network.label, network.host) for network in networks if network.host and not network.multi_host]
    for label, server in [*cloud.guests, *alone]:
        wanted.setdefault(("gateway", cloud.address(server, cloud.networks[label])), set()).add(server)
    return tuple(sorted({w.host for w in snapshot.withdrawals if wanted.get((w.kind, w.address), set()) - {w.host}}))


def unconfirmed(snapshot: Snapshot) -> dict[str, list[str]]:
    """Return what each host had and has not yet confirmed to have given up, by host, in words."""
    found: dict[str, list[str]] = {}
    for withdrawal in snapshot.withdrawals:
        found.setdefault(withdrawal.host, []).append(f"{withdrawal.kind} {withdrawal.address}")
    return {host: found[host] for host in sorted(found)}


def _check_hosts(snapshot: Snapshot, hosts: Sequence[HostSettings]) -> None:
    computes = {host.name for host in hosts if host.compute}
    for instance in snapshot.instances:
        for verb, name in (("runs on", instance.host), ("is to move to", instance.next_host)):
            if name is not None and name not in computes:
                raise InvalidInput(
                    f"instance {instance.name}",
                    f"{verb} host {name}, which is not a compute host",
                    "Add the host to group nova_compute, or change the instance's host.",
                )
    servers = {host.name for host in hosts if host.network}
    for network in snapshot.networks:
        if network.host is not None and not network.multi_host and network.host not in servers:
            raise InvalidInput(
                f"network {network.label}",
                f"is served by host {network.host}, which is not a network host",
                "Add the host to group nova_network, or change the network's host.",
            )


def _check_network(network: Network, settings: Settings) -> None:
    """Refuse what would otherwise be silently half done on hosts."""
    subject = f"network {network.label}"
    if network.multi_host and not is_served(network, settings):
        raise InvalidInput(
            subject,
            "is multi_host, and flat without a gateway: there is nothing that each host could serve",
            "Set nova_flat_gateway, or take multi_host from it.",
        )
    if network.cidr_v6 is not None and network.multi_host and is_served(network, settings):
        raise InvalidInput(
            subject,
            "is multi_host and has an IPv6 range: nothing is translated in IPv6, so answers find one host only",
            "Take multi_host or the IPv6 range from it.",
        )
    if network.manager != "vlan" and network.vlan is not None:
        raise InvalidInput(subject, f"has VLAN {network.vlan}; {network.manager} networks are untagged")
    if network.manager == "vlan" and network.vlan is None:
        raise InvalidInput(subject, "has no VLAN, which vlan networks need")


def _check_floating(snapshot: Snapshot, settings: Settings) -> None:
    """Refuse floating addresses that no host would bind. Nova's FlatManager accepted them, and nothing happened."""
    networks = {network.label: network for network in snapshot.networks}
    for ip in snapshot.floating_ips:
        if not is_served(networks[ip.network], settings):
            raise InvalidInput(
                f"floating IP {ip.address}",
                f"belongs to instance {ip.instance} in flat network {ip.network}, which has no gateway to bind it",
                "Set nova_flat_gateway, or disassociate it.",
            )


def _check_shared_bridges(networks: Iterable[Network]) -> None:
    """Refuse a bridge on which DHCP must stay on its host for one network and come from another one for a second."""
    isolated = {network.bridge: network for network in networks if network.is_isolated}
    for network in networks:
        other = isolated.get(network.bridge)
        if other is not None and network.enable_dhcp and not network.multi_host:
            raise InvalidInput(
                f"network {network.label}",
                f"is on bridge {network.bridge} with network {other.label}, whose hosts share one address: "
                "no DHCP passes between hosts there, and this network needs it",
                "Give it another bridge, make it multi_host too, or take share_address from the other one.",
            )


def _compile_host(cloud: Cloud, host: HostSettings) -> HostPlan:
    served, present = cloud.served(host.name), cloud.present(host)
    floating = [(ip, _waits(cloud, host, ip)) for ip in cloud.floating.get(host.name, [])]
    gateways = [network for network in cloud.entitled(host.name) if cloud.waits(host.name, network)]
    bridges = plan_bridges(cloud, host, present)
    return HostPlan(
        ipam_uuid=cloud.snapshot.ipam_uuid,
        generation=cloud.snapshot.generation,
        host=host.name,
        vlans=plan_vlans(cloud, host, present),
        bridges=bridges,
        dhcp=tuple(plan_server(cloud, host, name, group) for name, group in by_bridge(with_dhcp(served))),
        floating=tuple(_floating(host, ip) for ip, waits in floating if not waits),
        firewall=_firewall(cloud, host, served, bridges),
        waiting=tuple(
            [str(cloud.address(host.name, network)) for network in gateways]
            + [ip.address for ip, waits in floating if waits]
        ),
    )


def _waits(cloud: Cloud, host: HostSettings, ip: FloatingIp) -> bool:
    """Tell whether a floating IP, or the gateway of its network, may still be at another host."""
    return cloud.is_held("floating", ip.address, host.name) or cloud.waits(host.name, cloud.networks[ip.network])


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
        "networks": [_firewall_network(cloud, host, network) for network in served if network.cidr],
        "prefixes": [
            {"label": network.label, "cidr": network.cidr_v6, "bridge": network.bridge}
            for network in served
            if network.cidr_v6
        ],
        "metadata": _metadata(cloud.settings, host) if any(network.cidr for network in served) else None,
        "hairpin_ports": [port for bridge in bridges if bridge["name"] in gateways for port in bridge["hairpin_ports"]],
        "forwarding": bool(served),
        "isolated": _isolated(cloud, host, served, bridges),
        **plan_groups(cloud, host),
    }


def _isolated(
    cloud: Cloud, host: HostSettings, served: Sequence[Network], bridges: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the addresses that other hosts have as well, and the uplinks that they must not be heard on."""
    uplinks = {bridge["name"]: bridge["interface"] for bridge in bridges}
    return [
        {"bridge": network.bridge, "uplink": uplinks[network.bridge], "address": cloud.address(host.name, network)}
        for network in served
        if network.is_isolated and uplinks[network.bridge]
    ]


def _firewall_network(cloud: Cloud, host: HostSettings, network: Network) -> dict[str, Any]:
    # With a gateway of its own outside the cloud, only what must be forced through this host is translated here.
    router = cloud.router(host.name, network)
    external = router is None or cloud.address(host.name, network) != router
    settings = cloud.settings
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
