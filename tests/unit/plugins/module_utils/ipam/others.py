# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A great many others in an IPAM, written into its tables by SQLite alone, as asking for them takes minutes."""

from __future__ import annotations

from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Transaction
from sqlalchemy import select, text, update

NUMBERS = (
    "WITH RECURSIVE numbers(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :first + :count)"
)
QUARANTINE = f"""{NUMBERS} INSERT INTO fixed_ips (network_id, address, state, mac, instance, origin, generation)
    SELECT :network, n, 'released', 'mac' || n, 'gone' || n, 'operation', 1 FROM numbers"""
# Each with an address. Their project exists.
INSTANCES = (
    f"""{NUMBERS} INSERT INTO instances (id, name, uuid, project, host, hostname, origin, generation)
    SELECT n, 'other' || n, 'uuid' || n, 'red', 'c' || (n % 100), 'other' || n, 'operation', 1 FROM numbers""",
    f"""{NUMBERS} INSERT INTO ports (id, instance_id, network_id, position, mac, name)
    SELECT n, n, :network, 0, 'mac' || n, 'tap' || n FROM numbers""",
    f"""{NUMBERS} INSERT INTO fixed_ips (network_id, address, state, port_id, mac, instance, origin, generation)
    SELECT :network, n, 'allocated', n, 'mac' || n, 'other' || n, 'operation', 1 FROM numbers""",
)


def let_others_have(work: Transaction, label: str, count: int, *inserts: str) -> None:
    """Let others have the next addresses of a network.

    :param inserts: :data:`QUARANTINE` or :data:`INSTANCES`.
    """
    networks, extents = schema.networks, schema.fixed_extents
    network = work.connection.execute(select(networks).where(networks.c.label == label)).one()
    first = network.first + 100
    for insert in inserts:
        work.connection.execute(text(insert), {"first": first, "count": count, "network": network.id})
    behind = update(extents).where(extents.c.network_id == network.id).values(first=first + count)
    work.connection.execute(behind)
