# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fixed addresses of all networks as people see them: how much is used, who has a lease, what is reserved."""

from __future__ import annotations

import time
from typing import Any

from . import schema
from .devices import devices
from .inputs import dotted
from .network_views import view_reserved
from .reservations import OPERATOR
from .sql import func, select
from .store import Transaction


def view_pools(work: Transaction) -> list[dict[str, Any]]:
    """Return for each network with IPv4 how many addresses it has, and what they are used for."""
    networks, fixed, extents = schema.networks, schema.fixed_ips, schema.fixed_extents
    counted = select(fixed.c.network_id, fixed.c.state, func.count()).group_by(fixed.c.network_id, fixed.c.state)
    taken = {(row[0], row[1]): row[2] for row in work.connection.execute(counted)}
    summed = select(extents.c.network_id, func.sum(extents.c.last - extents.c.first + 1)).group_by(extents.c.network_id)
    free = {row[0]: int(row[1]) for row in work.connection.execute(summed)}
    pools = []
    for row in work.connection.execute(select(networks).where(networks.c.cidr.is_not(None)).order_by(networks.c.id)):
        size = row.last - row.first + 1
        allocated, hosts, quarantined = (taken.get((row.id, state), 0) for state in ("allocated", "host", "released"))
        left = free.get(row.id, 0)
        pool = {"network": row.label, "cidr": row.cidr, "project": row.project, "size": size, "free": left}
        # What is reserved while its former owner may still use it counts as quarantined, until it no longer is.
        pool["reserved"] = size - left - allocated - hosts - quarantined
        pools.append({**pool, "allocated": allocated, "hosts": hosts, "quarantined": quarantined})
    return pools


def view_leases(work: Transaction) -> list[dict[str, Any]]:
    """Return the DHCP leases that hosts have told of."""
    networks, fixed = schema.networks, schema.fixed_ips
    query = (
        select(fixed, networks.c.label)
        .select_from(fixed.join(networks))
        .where(fixed.c.lease_expires.is_not(None))
        .order_by(fixed.c.network_id, fixed.c.address)
    )
    return [
        {
            "network": row.label,
            "address": dotted(row.address),
            "mac": row.mac,
            "instance": row.instance,
            "device": row.device,
            "state": row.state,
            "expires": row.lease_expires,
            "leased_until": leased_until(row.lease_expires, work.now),
            "host": row.lease_host,
        }
        for row in work.connection.execute(query)
    ]


def leased_until(expires: float | None, now: float) -> str | None:
    """Return when a lease ends, for people; None when there is none, or none any more."""
    return None if expires is None or expires <= now else moment(expires)


def moment(seconds: float) -> str:
    """Return a time as people read it, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def view_reservations(work: Transaction) -> list[dict[str, Any]]:
    """Return all addresses that no instance may get, with the reason, and with the device that has one."""
    networks = work.connection.execute(select(schema.networks).order_by(schema.networks.c.id)).all()
    labels = {row.id: row.label for row in networks}
    held = {(labels[row.network_id], dotted(row.address)): row for row in devices(work)}
    views = []
    for view in view_reserved(work, networks):
        row = held.get((view["network"], view["first"])) if view["reason"] == OPERATOR else None
        device = {"mac": row.mac, "hostname": row.device} if row else {"mac": None, "hostname": None}
        views.append({**view, **device})
    return views
