# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses of hosts: one in each multi_host network that a host serves, unless all hosts share one.

Instances come, go and move. None of these looks after the addresses of hosts; this does, once, after all of them.
"""

from __future__ import annotations

from typing import Any

from ..change import Change
from ..errors import Conflict, Exhausted
from . import schema
from .extents import take, take_oldest
from .fixed import release, retake
from .inputs import dotted
from .serving import each_host_has_an_address
from .sql import insert, select
from .store import Transaction

_Place = tuple[int, str]


def place_host_addresses(work: Transaction) -> None:
    """Give every host an address in each network where it needs one, and take away those that nobody needs any more.

    :raises Exhausted: a network has no address left for a host.
    """
    rows = {row.id: row for row in work.connection.execute(select(schema.networks).where(each_host_has_an_address()))}
    known = _known(work)
    wanted = _needed(work)
    for place in sorted(known):
        if place not in wanted and known[place].state == "host":
            release(work, known[place], [place[1]])
    for network_id, host in sorted(wanted):
        fixed = known.get((network_id, host))
        if fixed is None:
            _allocate(work, rows[network_id], host)
        elif fixed.state != "host":
            retake(work, fixed, "host", [host])


def give_host_address(work: Transaction, network: Any, host: str, address: int) -> None:
    """Give a host the address that it had elsewhere. It keeps it as long as it serves an instance there.

    :raises Conflict: it has another one, or the address is not free.
    """
    thing = f"host {host} in network {network.label}: address {dotted(address)}"
    fixed = _known(work).get((network.id, host))
    if fixed is not None and (fixed.address, fixed.state) == (address, "host"):
        return
    if fixed is not None:
        raise Conflict(thing, f"cannot be had: it has {dotted(fixed.address)}, or had it and may still use it")
    if not take(work, schema.fixed_extents, "network_id", network.id, address):
        raise Conflict(thing, "is not free", "Remove whoever has it, or the reservation.")
    _store(work, network, host, address)


def _known(work: Transaction) -> dict[_Place, Any]:
    """Return the addresses that hosts have, or had and may still use."""
    table = schema.fixed_ips
    rows = work.connection.execute(select(table).where(table.c.host.is_not(None)))
    return {(row.network_id, row.host): row for row in rows}


def _needed(work: Transaction) -> set[_Place]:
    """Return (network, host) wherever an instance is, or is about to be."""
    ports, instances = schema.ports, schema.instances
    # Asked for in this way, ports of other networks are not read (there may be a million of them).
    networks = select(schema.networks.c.id).where(each_host_has_an_address())
    query = (
        select(ports.c.network_id, instances.c.host, instances.c.next_host)
        .select_from(ports.join(instances, instances.c.id == ports.c.instance_id))
        .where(ports.c.network_id.in_(networks))
        .distinct()
    )
    needed: set[_Place] = set()
    for network_id, host, next_host in work.connection.execute(query):
        needed.update((network_id, name) for name in (host, next_host) if name is not None)
    return needed


def _allocate(work: Transaction, network: Any, host: str) -> None:
    try:
        number = take_oldest(work, schema.fixed_extents, "network_id", network.id)
    except Exhausted as error:
        raise Exhausted(
            f"network {network.label} ({network.cidr})",
            f"has no address left for host {host}, which is to serve its instances there",
            "Free an address, place the instances on fewer hosts, or use a network with share_address.",
        ) from error
    _store(work, network, host, number)


def _store(work: Transaction, network: Any, host: str, number: int) -> None:
    row = {"network_id": network.id, "address": number, "host": host, "state": "host"}
    stored = {**row, "origin": work.origin, "generation": work.generation}
    work.connection.execute(insert(schema.fixed_ips).values(stored))
    after = {"network": network.label, "host": host, "state": "host"}
    work.record(Change("create", "fixed IP", dotted(number), f"host {host}, network {network.label}"), None, after)
