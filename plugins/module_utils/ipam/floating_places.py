# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which host binds each floating address: the host that serves the network of its fixed IP for its instance.

Instances move, networks change their host, addresses move between instances. None of these looks after the hosts of
floating addresses; this does, once, after all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..change import Change
from . import schema
from .inputs import dotted
from .network_views import chunks
from .serving import serving_host
from .sql import or_, select, update
from .store import Transaction
from .withdrawals import reinstate, withdraw


def place_floating_addresses(work: Transaction) -> None:
    """Note for every floating address who binds it and who must give it up; the last step of whoever moves things."""
    moved = _misplaced(work)
    if not moved:
        return
    _set_hosts(work, moved)
    withdraw(work, "floating", [(row.address, row.host) for row in moved if row.host is not None])
    reinstate(work, "floating", [(row.address, row.expected) for row in moved if row.expected is not None])
    for row in moved:
        # Coming and going are told by the association itself; that a host changes is not.
        if row.host is not None and row.expected is not None:
            change = Change("update", "floating IP", dotted(row.address), f"host {row.host} -> {row.expected}")
            work.record(change, {"host": row.host}, {"host": row.expected})


def _misplaced(work: Transaction) -> Sequence[Any]:
    """Return (address, host, expected host) of what is not where it belongs."""
    floating, fixed, ports = schema.floating_ips, schema.fixed_ips, schema.ports
    instances, networks = schema.instances, schema.networks
    serving = serving_host().label("expected")
    query = (
        select(floating.c.address, floating.c.host, serving)
        .select_from(
            floating.outerjoin(fixed, fixed.c.id == floating.c.fixed_ip_id)
            .outerjoin(ports, ports.c.id == fixed.c.port_id)
            .outerjoin(instances, instances.c.id == ports.c.instance_id)
            .outerjoin(networks, networks.c.id == fixed.c.network_id)
        )
        .where(
            or_(
                floating.c.host != serving,
                floating.c.host.is_(None) != serving.is_(None),
            )
        )
        .order_by(floating.c.address)
    )
    return work.connection.execute(query).all()


def _set_hosts(work: Transaction, moved: Sequence[Any]) -> None:
    addresses: dict[str | None, list[int]] = {}
    for row in moved:
        addresses.setdefault(row.expected, []).append(row.address)
    columns = schema.floating_ips.c
    for host, theirs in addresses.items():
        for part in chunks(theirs):
            these = update(schema.floating_ips).where(columns.address.in_(part))
            work.connection.execute(these.values(host=host, generation=work.generation))
