# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two documents between the storeys: what the IPAM holds (Snapshot) and what one host must have (HostPlan)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

PLAN_SCHEMA = 1


@dataclass(frozen=True)
class Network:
    """A network as the IPAM holds it. Addresses are text; ``cidr`` has no host bits.

    :param host: the host that serves it (gateway, DHCP, NAT) unless it is multi_host; sticky once chosen.
    :param manager: ``flat``, ``flatdhcp`` or ``vlan``.
    :param dns: name servers for the guests, in order.
    """

    label: str
    uuid: str
    manager: str
    cidr: str | None
    cidr_v6: str | None
    gateway: str | None
    gateway_v6: str | None
    dhcp_server: str | None
    dhcp_start: str | None
    dns: tuple[str, ...]
    vlan: int | None
    bridge: str
    bridge_interface: str | None
    project: str | None
    host: str | None
    multi_host: bool
    mtu: int | None
    enable_dhcp: bool
    share_address: bool
    vpn_private_address: str | None = None
    vpn_public_address: str | None = None
    vpn_public_port: int | None = None

    @property
    def each_host_has_an_address(self) -> bool:
        """Tell whether each host that serves the network has an address of its own there."""
        return self.multi_host and not self.share_address

    @property
    def is_isolated(self) -> bool:
        """Tell whether all hosts that serve the network have one address, each for itself."""
        return self.multi_host and self.share_address

    @property
    def host_addresses_v6(self) -> tuple[str, ...]:
        """The IPv6 addresses of the host that serves the network, of which the last one is in its range.

        Guests have a link-local gateway as their router, but the server needs a proper address to serve them from.
        """
        if self.cidr_v6 is None or self.gateway_v6 is None:
            return ()
        if not ipaddress.IPv6Address(self.gateway_v6).is_link_local:
            return (self.gateway_v6,)
        return (self.gateway_v6, str(ipaddress.IPv6Network(self.cidr_v6)[1]))


@dataclass(frozen=True)
class Lease:
    """A DHCP lease that has not run out.

    :param expires: seconds since 1970.
    :param host: who gave it.
    """

    expires: float
    host: str


@dataclass(frozen=True)
class Port:
    """A network interface of an instance (nova's virtual interface).

    :param network: label of its network.
    :param position: 0 for the first NIC.
    :param name: name of the host's end, at most 15 characters.
    :param address: its fixed IP.
    """

    network: str
    position: int
    mac: str
    name: str
    address: str | None
    address_v6: str | None = None
    lease: Lease | None = None


@dataclass(frozen=True)
class Instance:
    """An instance with its NICs in the order asked for.

    :param host: the compute host it runs on.
    :param next_host: the one that it is about to move to.
    :param groups: ids of the security groups that it is in; without any, nothing that comes in is filtered.
    """

    name: str
    uuid: str
    project: str
    host: str
    hostname: str
    ports: tuple[Port, ...]
    next_host: str | None = None
    groups: tuple[int, ...] = ()


@dataclass(frozen=True)
class GroupRule:
    """What may come in to the members of a security group.

    :param protocol: ``tcp``, ``udp`` or ``icmp``; None for everything.
    :param from_port: first port, or type of ICMP; None for any.
    :param to_port: last port, or code of ICMP; None for any.
    :param cidr: where it may come from, IPv4 or IPv6; None when it is the members of a group.
    :param source: id of that group.
    """

    protocol: str | None
    from_port: int | None
    to_port: int | None
    cidr: str | None
    source: int | None


@dataclass(frozen=True)
class SecurityGroup:
    """A security group that some guest is in, or that a rule of such a one names.

    :param rules: those that guests need; empty when the group is only named.
    :param members: addresses of all its members, of IPv4 and IPv6; empty when no rule names the group.
    """

    id: int
    project: str
    name: str
    rules: tuple[GroupRule, ...]
    members: tuple[str, ...]


@dataclass(frozen=True)
class Device:
    """A device that is no instance and gets an address of a network by DHCP.

    :param network: label of the network.
    """

    network: str
    hostname: str
    mac: str
    address: str
    lease: Lease | None = None


@dataclass(frozen=True)
class HostAddress:
    """The address of its own that a host has in a multi_host network.

    :param network: label of the network.
    """

    network: str
    host: str
    address: str


@dataclass(frozen=True)
class FloatingIp:
    """A floating IP that is associated.

    :param network: label of the network of the fixed IP.
    :param instance: name of the instance that has it.
    :param interface: public interface that the pool asks for; None for the host's ``public_interface``.
    """

    address: str
    fixed_address: str
    network: str
    instance: str
    pool: str
    interface: str | None


@dataclass(frozen=True)
class Withdrawal:
    """Something that a host had and has not yet confirmed to have given up.

    :param kind: ``fixed``, ``floating``, ``gateway`` (of a network that one host serves) or ``member`` (of a security
        group that rules on that host name).
    :param address: which one.
    :param host: who had it.
    :param generation: the first generation without it.
    """

    kind: str
    address: str
    host: str
    generation: int


@dataclass(frozen=True)
class Snapshot:
    """All of the IPAM that plans are made of, read in one transaction."""

    ipam_uuid: str
    generation: int
    networks: tuple[Network, ...]
    instances: tuple[Instance, ...]
    floating_ips: tuple[FloatingIp, ...]
    withdrawals: tuple[Withdrawal, ...]
    host_addresses: tuple[HostAddress, ...] = ()
    devices: tuple[Device, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()


@dataclass(frozen=True)
class Settings:
    """What nova.conf said for the whole cloud. Names and meanings are nova's; times are seconds.

    :param flat_gateway: flat networks are served like others, but without DHCP: gateway, outbound NAT, metadata and
        floating addresses. Nova had nothing of that.
    """

    dhcp_domain: str = "novalocal"
    dhcp_lease_time: int = 86400
    dns_servers: tuple[str, ...] = ()
    use_network_dns_servers: bool = False
    use_single_default_gateway: bool = True
    flat_gateway: bool = False
    metadata_host: str | None = None
    metadata_port: int = 8775
    dmz_cidr: tuple[str, ...] = ()
    force_snat_range: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostSettings:
    """What nova.conf said on one host.

    :param network: True when it may serve networks (group ``nova_network``).
    :param compute: True when it runs instances (group ``nova_compute``).
    :param flat_interface: uplink of flat bridges; overrides the network's ``bridge_interface``.
    :param bridge_interfaces: uplinks by flat bridge; override ``flat_interface``. Empty where we add none.
    :param routing_source_ip: source of outbound NAT; None or empty for no outbound NAT.
    :param public_vlan_interface: parent of ``public_interface`` where that is a VLAN interface to be made.
    :param replace_vlans: a VLAN interface that has another parent or id than it shall have is made anew.
    """

    name: str
    network: bool
    compute: bool
    public_interface: str | None = None
    flat_interface: str | None = None
    vlan_interface: str | None = None
    routing_source_ip: str | None = None
    my_ip: str | None = None
    public_vlan_interface: str | None = None
    replace_vlans: bool = False
    bridge_interfaces: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HostPlan:
    """What one host must have: the options of its HOST modules, and whose plan this is.

    :param vlans: items of ``nova_vlan``.
    :param bridges: items of ``nova_bridge``.
    :param dhcp: items of ``nova_dnsmasq``.
    :param floating: items of ``nova_floating_ip``.
    :param firewall: options of ``nova_firewall`` (``networks``, ``prefixes``, ``metadata``, ``hairpin_ports``,
        ``forwarding``, ``isolated``, ``groups``, ``guest_ports``).
    :param waiting: floating addresses and gateways that this host gets once another host has confirmed to have given
        them up.
    """

    ipam_uuid: str
    generation: int
    host: str
    vlans: tuple[dict[str, Any], ...] = ()
    bridges: tuple[dict[str, Any], ...] = ()
    dhcp: tuple[dict[str, Any], ...] = ()
    floating: tuple[dict[str, Any], ...] = ()
    firewall: dict[str, Any] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    schema: int = PLAN_SCHEMA

    def to_document(self) -> dict[str, Any]:
        """Return the plan as plain JSON data."""
        return asdict(self)
