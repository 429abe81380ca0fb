# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances as the database has them: what it costs to read some depends on how many they are, not on all others."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from . import schema
from .eui64 import eui64_address
from .group_members import Groups, load_memberships
from .inputs import dotted
from .network_views import chunks
from .sql import Column, select
from .store import Transaction


@dataclass(frozen=True)
class StoredFixedIp:
    """A fixed address of a port.

    :param host: in place of an instance, and so never here, as ``device``.
    """

    id: int
    address: int
    instance: str
    mac: str
    state: str
    host: None = None
    device: None = None


@dataclass(frozen=True)
class StoredPort:
    """A port with its network and, in a network with an IPv4 range, its fixed address.

    :param network: label of the network.
    :param serving_host: who serves the network; None for a multi_host network, which the instance's own host serves.
    """

    id: int
    position: int
    mac: str
    name: str
    network_id: int
    network: str
    bridge: str
    mtu: int | None
    cidr_v6: str | None
    serving_host: str | None
    fixed: StoredFixedIp | None

    @property
    def address(self) -> int | None:
        """Return the fixed address as a number."""
        return self.fixed.address if self.fixed else None


@dataclass(frozen=True)
class StoredInstance:
    """An instance with its ports in order.

    :param next_host: where it is about to move to.
    :param groups: the security groups that it is in.
    """

    id: int
    name: str
    uuid: str
    project: str
    host: str
    next_host: str | None
    hostname: str
    origin: str
    ports: tuple[StoredPort, ...]
    groups: Groups = field(default_factory=dict)

    @property
    def addresses(self) -> list[int]:
        """Return its fixed addresses as numbers."""
        return [port.fixed.address for port in self.ports if port.fixed is not None]

    @property
    def hosts(self) -> set[str]:
        """Return where it runs, and where it is about to."""
        return {name for name in (self.host, self.next_host) if name is not None}


def load_instances(work: Transaction, names: Iterable[str] | None = None) -> dict[str, StoredInstance]:
    """Return instances by name; all when no names are given."""
    wanted = None if names is None else sorted(set(names))
    query = select(schema.instances).order_by(schema.instances.c.id)
    rows = [row for part in _parts(query, wanted) for row in work.connection.execute(part)]
    ports, groups = _load_ports(work, wanted), load_memberships(work, wanted)
    return {
        row.name: StoredInstance(
            id=row.id,
            name=row.name,
            uuid=row.uuid,
            project=row.project,
            host=row.host,
            next_host=row.next_host,
            hostname=row.hostname,
            origin=row.origin,
            ports=tuple(ports.get(row.id, ())),
            groups=groups.get(row.id, {}),
        )
        for row in rows
    }


def names_of_origin(work: Transaction, origin: str) -> list[str]:
    """Return the names of the instances of one origin, in order."""
    columns = schema.instances.c
    return sorted(work.connection.execute(select(columns.name).where(columns.origin == origin)).scalars())


def known_values(work: Transaction, column: Column[Any], values: Collection[str]) -> set[str]:
    """Return which of some values a column has."""
    wanted = sorted(set(values))
    found: set[str] = set()
    for part in chunks(wanted):
        found.update(work.connection.execute(select(column).where(column.in_(part))).scalars())
    return found


def ids_by_value(
    work: Transaction, key: Column[Any], identifier: Column[Any], values: Collection[str]
) -> dict[str, int]:
    """Return the ids of rows that were just inserted, by a column that tells them apart."""
    wanted = sorted(set(values))
    query = select(key, identifier)
    parts = [query.where(key.in_(part)) for part in chunks(wanted)]
    return {value: number for part in parts for value, number in work.connection.execute(part)}


def view_instances(work: Transaction, names: Iterable[str] | None = None) -> dict[str, dict[str, Any]]:
    """Return instances as people know them, by name; all when no names are given."""
    stored = load_instances(work, names)
    floating = _load_floating(work, None if names is None else stored.values())
    return {name: _view(instance, floating) for name, instance in stored.items()}


def _view(instance: StoredInstance, floating: dict[int, list[int]]) -> dict[str, Any]:
    nics = [_view_port(port) for port in instance.ports]
    own = [dotted(address) for port in instance.ports if port.fixed for address in floating.get(port.fixed.id, ())]
    return {
        "name": instance.name,
        "uuid": instance.uuid,
        "project": instance.project,
        "host": instance.host,
        "next_host": instance.next_host,
        "hostname": instance.hostname,
        "nics": nics,
        "floating_ips": own,
        "security_groups": list(instance.groups),
        "networks": _networks_text(instance, floating),
        "origin": instance.origin,
    }


def _view_port(port: StoredPort) -> dict[str, Any]:
    return {
        "network": port.network,
        "mac": port.mac,
        "address": None if port.address is None else dotted(port.address),
        "address_v6": eui64_address(port.cidr_v6, port.mac),
        "port_name": port.name,
        "bridge": port.bridge,
        "mtu": port.mtu,
    }


def _networks_text(instance: StoredInstance, floating: dict[int, list[int]]) -> str:
    """Return the addresses as nova listed them, floating after fixed: ``network2=20.20.0.3; private=20.10.0.14``."""
    addresses: dict[str, list[str]] = {}
    for port in instance.ports:
        texts = addresses.setdefault(port.network, [])
        if port.fixed is not None:
            texts.append(dotted(port.fixed.address))
    for port in instance.ports:
        if port.fixed is not None:
            addresses[port.network].extend(dotted(address) for address in floating.get(port.fixed.id, ()))
    return "; ".join(f"{label}={', '.join(texts)}" for label, texts in sorted(addresses.items()))


def _load_floating(work: Transaction, instances: Collection[StoredInstance] | None) -> dict[int, list[int]]:
    """Return the floating addresses of the fixed IPs of instances, or of all, by the id of the fixed IP."""
    columns = schema.floating_ips.c
    query = select(columns.fixed_ip_id, columns.address).order_by(columns.address)
    conditions = [columns.fixed_ip_id.is_not(None)]
    if instances is not None:
        ids = [port.fixed.id for instance in instances for port in instance.ports if port.fixed is not None]
        conditions = [columns.fixed_ip_id.in_(part) for part in chunks(ids)]
    found: dict[int, list[int]] = {}
    for condition in conditions:
        for fixed_id, address in work.connection.execute(query.where(condition)):
            found.setdefault(fixed_id, []).append(address)
    return found


def _load_ports(work: Transaction, names: list[str] | None) -> dict[int, list[StoredPort]]:
    ports, networks, fixed, instances = schema.ports, schema.networks, schema.fixed_ips, schema.instances
    query = (
        select(
            ports,
            networks.c.label,
            networks.c.bridge,
            networks.c.mtu,
            networks.c.cidr_v6,
            networks.c.host,
            fixed.c.id.label("fixed_id"),
            fixed.c.address,
            fixed.c.instance,
            fixed.c.mac.label("fixed_mac"),
            fixed.c.state,
        )
        .select_from(
            ports.join(instances, instances.c.id == ports.c.instance_id)
            .join(networks, networks.c.id == ports.c.network_id)
            .outerjoin(fixed, fixed.c.port_id == ports.c.id)
        )
        .order_by(ports.c.instance_id, ports.c.position)
    )
    found: dict[int, list[StoredPort]] = {}
    for part in _parts(query, names):
        for row in work.connection.execute(part):
            found.setdefault(row.instance_id, []).append(_port(row))
    return found


def _port(row: Any) -> StoredPort:
    fixed = None
    if row.fixed_id is not None:
        fixed = StoredFixedIp(row.fixed_id, row.address, row.instance, row.fixed_mac, row.state)
    return StoredPort(
        id=row.id,
        position=row.position,
        mac=row.mac,
        name=row.name,
        network_id=row.network_id,
        network=row.label,
        bridge=row.bridge,
        mtu=row.mtu,
        cidr_v6=row.cidr_v6,
        serving_host=row.host,
        fixed=fixed,
    )


def _parts(query: Any, names: list[str] | None) -> list[Any]:
    """Return a query about instances in parts that fit into one statement each."""
    if names is None:
        return [query]
    return [query.where(schema.instances.c.name.in_(part)) for part in chunks(names)]
