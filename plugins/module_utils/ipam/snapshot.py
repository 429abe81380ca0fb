# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What plans are made of, read in one transaction with one query for each kind of thing."""

from __future__ import annotations

from typing import Any

from ..plan.model import Device, FloatingIp, HostAddress, Instance, Lease, Network, Port, Snapshot, Withdrawal
from . import schema
from .devices import DEVICE
from .eui64 import eui64_address
from .inputs import dotted
from .snapshot_groups import read_groups, read_memberships
from .snapshot_scope import Scope, concerned_hosts, concerned_instances
from .sql import select
from .store import Transaction

# Columns of a network that the snapshot has under the same name.
_SAME = (
    "label",
    "uuid",
    "manager",
    "cidr",
    "cidr_v6",
    "gateway",
    "gateway_v6",
    "dhcp_server",
    "dhcp_start",
    "vlan",
    "bridge",
    "bridge_interface",
    "project",
    "host",
    "multi_host",
    "mtu",
    "enable_dhcp",
    "share_address",
    "vpn_private_address",
    "vpn_public_address",
    "vpn_public_port",
)


def read_snapshot(work: Transaction, scope: Scope | None = None) -> Snapshot:
    """Return what the IPAM holds, as this transaction leaves it, in an order that depends on nothing else.

    :param scope: what plans are wanted for: only what they depend on is read; None for everything.
    """
    ports = _ports(work, scope)
    return Snapshot(
        ipam_uuid=work.ipam_uuid,
        generation=work.plan_generation,
        networks=_networks(work),
        instances=_instances(work, ports, scope),
        floating_ips=_floating_ips(work, scope),
        withdrawals=_withdrawals(work),
        host_addresses=_host_addresses(work, scope),
        devices=_devices(work, scope),
        security_groups=read_groups(work, scope),
    )


def _networks(work: Transaction) -> tuple[Network, ...]:
    rows = work.connection.execute(select(schema.networks)).mappings()
    # Sorted here and not by the database, of which each has its own idea of order.
    return tuple(sorted((_network(row) for row in rows), key=lambda network: network.label))


def _network(row: Any) -> Network:
    dns = tuple(server for server in (row["dns1"], row["dns2"]) if server)
    return Network(dns=dns, **{name: row[name] for name in _SAME})


def _ports(work: Transaction, scope: Scope | None) -> dict[int, list[Port]]:
    """Return the ports of every instance, by the instance's id."""
    ports, networks, fixed = schema.ports, schema.networks, schema.fixed_ips
    query = (
        select(
            ports.c.instance_id,
            networks.c.label,
            ports.c.position,
            ports.c.mac,
            ports.c.name,
            fixed.c.address,
            networks.c.cidr_v6,
            fixed.c.lease_expires,
            fixed.c.lease_host,
        )
        .select_from(
            ports.join(networks, networks.c.id == ports.c.network_id).outerjoin(fixed, fixed.c.port_id == ports.c.id)
        )
        .order_by(ports.c.instance_id, ports.c.position)
    )
    if scope is not None:
        query = query.where(ports.c.instance_id.in_(concerned_instances(scope)))
    rows = work.connection.execute(query)
    found: dict[int, list[Port]] = {}
    for instance_id, label, position, mac, name, address, cidr_v6, expires, lease_host in rows:
        text = None if address is None else dotted(address)
        lease = _lease(work, expires, lease_host)
        port = Port(label, position, mac, name, text, eui64_address(cidr_v6, mac), lease)
        found.setdefault(instance_id, []).append(port)
    return found


def _instances(work: Transaction, ports: dict[int, list[Port]], scope: Scope | None) -> tuple[Instance, ...]:
    query = select(schema.instances)
    if scope is not None:
        query = query.where(schema.instances.c.id.in_(concerned_instances(scope)))
    rows, groups = work.connection.execute(query).all(), read_memberships(work, scope)
    instances = (
        Instance(
            name=row.name,
            uuid=row.uuid,
            project=row.project,
            host=row.host,
            hostname=row.hostname,
            ports=tuple(ports.get(row.id, ())),
            next_host=row.next_host,
            groups=groups.get(row.id, ()),
        )
        for row in rows
    )
    return tuple(sorted(instances, key=lambda instance: instance.name))


def _floating_ips(work: Transaction, scope: Scope | None) -> tuple[FloatingIp, ...]:
    floating, fixed, pools, networks, ports = (
        schema.floating_ips,
        schema.fixed_ips,
        schema.floating_pools,
        schema.networks,
        schema.ports,
    )
    query = (
        select(
            floating.c.address,
            fixed.c.address.label("fixed_address"),
            networks.c.label,
            fixed.c.instance,
            pools.c.name,
            pools.c.interface,
        )
        .select_from(
            floating.join(fixed, fixed.c.id == floating.c.fixed_ip_id)
            .join(networks, networks.c.id == fixed.c.network_id)
            .join(pools, pools.c.id == floating.c.pool_id)
        )
        .order_by(floating.c.address)
    )
    if scope is not None:
        theirs = select(ports.c.id).where(ports.c.instance_id.in_(concerned_instances(scope)))
        query = query.where(fixed.c.port_id.in_(theirs))
    rows = work.connection.execute(query)
    return tuple(
        FloatingIp(dotted(address), dotted(fixed_address), network, instance, pool, interface)
        for address, fixed_address, network, instance, pool, interface in rows
    )


def _host_addresses(work: Transaction, scope: Scope | None) -> tuple[HostAddress, ...]:
    fixed, networks = schema.fixed_ips, schema.networks
    query = (
        select(networks.c.label, fixed.c.host, fixed.c.address)
        .select_from(fixed.join(networks, networks.c.id == fixed.c.network_id))
        .where(fixed.c.state == "host")
    )
    if scope is not None:
        query = query.where(concerned_hosts(work, scope))
    rows = work.connection.execute(query)
    return tuple(HostAddress(label, host, dotted(address)) for label, host, address in sorted(map(tuple, rows)))


def _devices(work: Transaction, scope: Scope | None) -> tuple[Device, ...]:
    fixed, networks = schema.fixed_ips, schema.networks
    columns = (fixed.c.device, fixed.c.mac, fixed.c.address, fixed.c.lease_expires, fixed.c.lease_host)
    query = (
        select(networks.c.label, *columns)
        .select_from(fixed.join(networks, networks.c.id == fixed.c.network_id))
        .where(fixed.c.state == DEVICE)
        .order_by(fixed.c.address)
    )
    if scope is not None:
        query = query.where(networks.c.host.in_(sorted(scope.targets)))
    return tuple(
        Device(label, device, mac, dotted(address), _lease(work, expires, host))
        for label, device, mac, address, expires, host in work.connection.execute(query)
    )


def _lease(work: Transaction, expires: float | None, host: str | None) -> Lease | None:
    """Return a lease that has not run out."""
    return None if expires is None or host is None or expires <= work.now else Lease(expires, host)


def _withdrawals(work: Transaction) -> tuple[Withdrawal, ...]:
    columns = schema.withdrawals.c
    rows = work.connection.execute(select(columns.kind, columns.address, columns.host, columns.generation))
    return tuple(
        Withdrawal(kind, dotted(address), host, number) for kind, address, host, number in sorted(map(tuple, rows))
    )
