# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances written to the database: rows in bulk, fixed addresses one by one, every change recorded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from ..change import Change
from ..errors import Conflict
from . import schema
from .devices import held_macs
from .fixed import Wish, allocate_all, record_released, write_released
from .group_members import forget_members, join_groups, leave_groups, note_less
from .inputs import dotted
from .instances_drafts import Draft, Plug
from .instances_ports import choose_macs, choose_port_names
from .instances_rows import StoredInstance, StoredPort, ids_by_value, known_values
from .network_views import chunks
from .projects import ensure_projects
from .sql import bindparam, delete, insert, update
from .store import Transaction
from .withdrawals import reinstate, withdraw


@dataclass(frozen=True)
class NewPort:
    """A port that is to be made."""

    draft: Draft
    position: int
    plug: Plug
    mac: str
    name: str


def delete_instances(work: Transaction, leaving: Sequence[StoredInstance]) -> None:
    """Remove instances: their addresses go into quarantine, their ports go."""
    _write_released(work, [(port, instance.hosts) for instance in leaving for port in instance.ports])
    forget_members(work, [(instance.groups.values(), instance.addresses) for instance in leaving])
    note_less(work, {number for instance in leaving for number in instance.groups.values()})
    for instance in leaving:
        _record_released(work, instance.ports)
        before = _document(instance, [(port.network, port.mac, port.name) for port in instance.ports])
        work.record(Change("delete", "instance", instance.name, f"host {instance.host}"), before, None)
    _delete_ports(work, [port for instance in leaving for port in instance.ports])
    for part in chunks([instance.id for instance in leaving]):
        work.connection.execute(delete(schema.instances).where(schema.instances.c.id.in_(part)))


def write_instances(work: Transaction, drafts: Sequence[Draft]) -> None:
    """Make new instances, and bring those that exist to what they are to be."""
    existing = [draft for draft in drafts if draft.differences()]
    for draft in existing:
        _record_update(work, draft)
    _unplug(work, existing)
    new_ports = _new_ports(work, drafts)
    _insert_instances(work, [draft for draft in drafts if draft.stored is None], new_ports)
    _update_instances(work, existing)
    _insert_ports(work, new_ports)
    _join_groups(work, drafts)
    _allocate(work, drafts, new_ports)


def _unplug(work: Transaction, drafts: Sequence[Draft]) -> None:
    """Take away the ports that go, and the addresses that others take the place of."""
    losing = [(draft.stored, [*draft.unplugged, *draft.readdressed]) for draft in drafts if draft.stored is not None]
    _write_released(work, [(port, stored.hosts) for stored, ports in losing for port in ports])
    addresses = [(stored.groups.values(), [port.address for port in ports if port.address]) for stored, ports in losing]
    forget_members(work, addresses)
    for _stored, ports in losing:
        _record_released(work, ports)
    _delete_ports(work, [port for draft in drafts for port in draft.unplugged])


def _write_released(work: Transaction, leaving: Sequence[tuple[StoredPort, set[str]]]) -> None:
    """Write that ports lose their addresses; the second of each pair are the hosts of the instance."""
    write_released(
        work,
        [
            (port.fixed, sorted(hosts | {port.serving_host} if port.serving_host else hosts))
            for port, hosts in leaving
            if port.fixed is not None
        ],
    )


def _record_released(work: Transaction, ports: Sequence[StoredPort]) -> None:
    for port in ports:
        if port.fixed is not None:
            record_released(work, port.fixed)


def _delete_ports(work: Transaction, ports: Sequence[StoredPort]) -> None:
    for part in chunks([port.id for port in ports]):
        work.connection.execute(delete(schema.ports).where(schema.ports.c.id.in_(part)))


def _new_ports(work: Transaction, drafts: Sequence[Draft]) -> list[NewPort]:
    """Choose MACs and names for all new ports at once, so that what the list asks for by name is kept free."""
    wanted = [
        (draft, position, plug)
        for draft in drafts
        for position, plug in enumerate(draft.plugs or ())
        if plug.port is None
    ]
    plugs = [entry[2] for entry in wanted]
    asked = {plug.nic.mac: plug for plug in plugs if plug.nic.mac}
    macs_known = partial(_known_macs, work)
    for mac in sorted(macs_known(set(asked))):
        raise Conflict(f"{asked[mac].nic.where}.mac {mac}", "belongs to another NIC or to a device already")
    owners = [(draft.item.name, plug.network.uuid) for draft, _unused, plug in wanted if not plug.nic.mac]
    chosen = iter(choose_macs(owners, set(asked), macs_known))
    macs = [plug.nic.mac or next(chosen) for plug in plugs]
    names = choose_port_names(macs, partial(known_values, work, schema.ports.c.name))
    return [
        NewPort(draft, position, plug, mac, name) for (draft, position, plug), mac, name in zip(wanted, macs, names)
    ]


def _known_macs(work: Transaction, macs: Collection[str]) -> set[str]:
    return known_values(work, schema.ports.c.mac, macs) | held_macs(work, macs)


def _insert_instances(work: Transaction, drafts: Sequence[Draft], new_ports: Sequence[NewPort]) -> None:
    if not drafts:
        return
    _refuse_known_uuids(work, drafts)
    ensure_projects(work, (draft.project for draft in drafts))
    nics: dict[str, list[tuple[str, str, str]]] = {}
    for port in new_ports:
        nics.setdefault(port.draft.item.name, []).append((port.plug.network.label, port.mac, port.name))
    for draft in drafts:
        name = draft.item.name
        after = _document(draft, nics.get(name, []))
        work.record(Change("create", "instance", name, f"project {draft.project}, host {draft.host}"), None, after)
    rows = [
        {
            "name": draft.item.name,
            "uuid": draft.uuid,
            "project": draft.project,
            "host": draft.host,
            "next_host": draft.next_host,
            "hostname": draft.hostname,
            "origin": work.origin,
            "generation": work.generation,
        }
        for draft in drafts
    ]
    work.connection.execute(insert(schema.instances), rows)


def _refuse_known_uuids(work: Transaction, drafts: Sequence[Draft]) -> None:
    known = known_values(work, schema.instances.c.uuid, [draft.uuid for draft in drafts])
    for draft in drafts:
        if draft.uuid in known:
            raise Conflict(f"{draft.item.where}.uuid {draft.uuid}", "belongs to another instance already")


def _record_update(work: Transaction, draft: Draft) -> None:
    stored = cast(StoredInstance, draft.stored)
    before = _document(stored, [(port.network, port.mac, port.name) for port in stored.ports])
    nics = before["nics"]
    if draft.plugs is not None:
        kept = [plug.port for plug in draft.plugs]
        nics = [
            {"network": plug.network.label, "mac": port.mac, "port_name": port.name}
            if port
            else {"network": plug.network.label, "mac": plug.nic.mac, "port_name": None}
            for plug, port in zip(draft.plugs, kept)
        ]
    moves = {"host": draft.host, "next_host": draft.next_host}
    after = {**before, **moves, "hostname": draft.hostname, "nics": nics}
    if draft.groups is not None:
        after["security_groups"] = list(draft.groups)
    change = Change("update", "instance", stored.name, ", ".join(draft.differences()))
    work.record(change, before, after)


def _update_instances(work: Transaction, drafts: Sequence[Draft]) -> None:
    if not drafts:
        return
    one = (
        update(schema.instances)
        .where(schema.instances.c.id == bindparam("this_instance"))
        .values(
            host=bindparam("new_host"),
            next_host=bindparam("new_next_host"),
            hostname=bindparam("new_hostname"),
            generation=work.generation,
        )
    )
    rows = [
        {
            "this_instance": cast(StoredInstance, draft.stored).id,
            "new_host": draft.host,
            "new_next_host": draft.next_host,
            "new_hostname": draft.hostname,
        }
        for draft in drafts
    ]
    work.connection.execute(one, rows)
    for draft in drafts:
        if draft.is_reordered:
            _reorder(work, draft)
    _change_hosts(work, drafts)


def _join_groups(work: Transaction, drafts: Sequence[Draft]) -> None:
    """Bring instances into the groups that they shall be in, and out of the others."""
    new = [draft for draft in drafts if draft.stored is None and draft.groups]
    ids = ids_by_value(work, schema.instances.c.name, schema.instances.c.id, {draft.item.name for draft in new})
    joining = [(ids[draft.item.name], number) for draft in new for number in (draft.groups or {}).values()]
    for draft in drafts:
        if draft.stored is not None and draft.groups is not None:
            before, after = set(draft.stored.groups.values()), set(draft.groups.values())
            joining += [(draft.stored.id, number) for number in sorted(after - before)]
            if before - after:
                leave_groups(work, draft.stored.id, before - after, draft.stored.addresses)
    join_groups(work, joining)


def _reorder(work: Transaction, draft: Draft) -> None:
    """Give the ports that stay their new positions; no two may have the same on the way."""
    kept = [(plug.port.id, position) for position, plug in enumerate(draft.plugs or ()) if plug.port is not None]
    one = (
        update(schema.ports)
        .where(schema.ports.c.id == bindparam("this_port"))
        .values(position=bindparam("new_position"))
    )
    for rows in (
        [{"this_port": number, "new_position": -1 - position} for number, position in kept],
        [{"this_port": number, "new_position": position} for number, position in kept],
    ):
        work.connection.execute(one, rows)


def _change_hosts(work: Transaction, drafts: Sequence[Draft]) -> None:
    """Hosts that instances leave must give up their addresses, unless they serve the network as well."""
    left: list[tuple[int, str]] = []
    kept: list[tuple[int, str]] = []
    filtered: set[int] = set()
    for draft in drafts:
        stored = cast(StoredInstance, draft.stored)
        before, after = stored.hosts, {name for name in (draft.host, draft.next_host) if name is not None}
        if before == after:
            continue
        if before - after:
            filtered.update(stored.groups.values())
        gone = {port.id for port in draft.unplugged}
        for port in stored.ports:
            if port.fixed is not None and port.id not in gone:
                left += [(port.fixed.address, host) for host in before - after - {port.serving_host}]
                kept += [(port.fixed.address, host) for host in sorted(after)]
    note_less(work, filtered)
    withdraw(work, "fixed", left)
    reinstate(work, "fixed", kept)


def _insert_ports(work: Transaction, new_ports: Sequence[NewPort]) -> None:
    if not new_ports:
        return
    names = {port.draft.item.name for port in new_ports}
    instances = ids_by_value(work, schema.instances.c.name, schema.instances.c.id, names)
    rows = [
        {
            "instance_id": instances[port.draft.item.name],
            "network_id": port.plug.network.id,
            "position": port.position,
            "mac": port.mac,
            "name": port.name,
        }
        for port in new_ports
    ]
    work.connection.execute(insert(schema.ports), rows)


def _allocate(work: Transaction, drafts: Sequence[Draft], new_ports: Sequence[NewPort]) -> None:
    """Give every new port its address, and every port that changes it; what is asked for by name goes first."""
    ids = ids_by_value(work, schema.ports.c.name, schema.ports.c.id, {port.name for port in new_ports})
    wanted = [(port.draft, port.plug, ids[port.name], port.mac) for port in new_ports]
    wanted += [
        (draft, plug, plug.port.id, plug.port.mac)
        for draft in drafts
        for plug in draft.plugs or ()
        if plug.port is not None and plug.changes_address
    ]
    wishes = [
        Wish(
            plug.network,
            port_id,
            mac,
            draft.item.name,
            None if plug.nic.address is None else dotted(plug.nic.address),
            f"{plug.nic.where}.address",
        )
        for draft, plug, port_id, mac in wanted
        if plug.network.cidr is not None or plug.nic.address is not None
    ]
    allocate_all(work, sorted(wishes, key=lambda wish: wish.address is None))


def _document(instance: Any, nics: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """Return an instance as the audit shows it; its addresses have events of their own."""
    return {
        "uuid": instance.uuid,
        "project": instance.project,
        "host": instance.host,
        "next_host": instance.next_host,
        "hostname": instance.hostname,
        "nics": [{"network": network, "mac": mac, "port_name": name} for network, mac, name in nics],
        "security_groups": list(instance.groups or ()),
    }
