# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An IPAM to try things on: one database, and the few rows that address tests need around them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.ipam import networks, schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed import allocate, release
from ansible_collections.novanet.network.plugins.module_utils.ipam.projects import ensure_project
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Caller, Transaction, transaction
from sqlalchemy import delete, insert, select

SMALL = {"label": "public", "cidr": "10.0.0.0/28"}
BASE = 10 << 24
DEFAULTS = {"flat_network_bridge": "br100", "flat_interface": "eth2", "vlan_interface": "eth0"}


class Scratch:
    """A database file of its own."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "ipam.sqlite"
        self.url = f"sqlite:///{self.path}"

    def work(self, check: bool = False, origin: str = "operation") -> contextlib.AbstractContextManager[Transaction]:
        """Hand out one transaction."""
        return transaction(self.url, Caller("tester", origin, check))

    def apply(
        self, *items: dict[str, Any], manager: str = "flatdhcp", purge: bool = False, check: bool = False, **more: Any
    ) -> Applied:
        """Apply a list of networks in a transaction of its own. Further arguments are defaults, or the origin."""
        origin = more.pop("origin", "operation")
        with self.work(check, origin) as work:
            return Applied(work, apply_in(work, *items, manager=manager, purge=purge, **more))

    def count(self, table: Any) -> int:
        """Return how many rows a table has."""
        with self.work(check=True) as work:
            return len(work.connection.execute(select(table)).all())


class Applied:
    """What became of a list of networks."""

    def __init__(self, work: Transaction, rows: list[Any]) -> None:
        self.rows = rows
        self.changes = [change.describe() for change in work.changes]
        self.warnings = list(work.warnings)
        self.views = [networks.view_network(row) for row in rows]
        self.reserved = networks.view_reserved(work, rows)


def apply_in(
    work: Transaction, *items: dict[str, Any], manager: str = "flatdhcp", purge: bool = False, **more: Any
) -> Any:
    """Apply a list of networks in a transaction."""
    return networks.apply_networks(work, list(items), networks.read_defaults(manager, {**DEFAULTS, **more}), purge)


def make_port(
    work: Transaction, network: Any, name: str, project: str = "red", host: str = "c1"
) -> tuple[int, str, str]:
    """Plug a new instance into a network; return what an address is allocated with: port, MAC, instance."""
    ensure_project(work, project)
    row = {"name": name, "uuid": f"uuid-{name}", "project": project, "host": host, "hostname": name}
    stored = insert(schema.instances).values(**row, origin="operation", generation=1)
    instance_id = _insert(work, stored)
    mac, port_name = f"mac-{name}"[:17], f"tap-{name}"[:15]
    port = insert(schema.ports).values(
        instance_id=instance_id, network_id=network.id, position=0, mac=mac, name=port_name
    )
    return _insert(work, port), mac, name


def _insert(work: Transaction, statement: Any) -> int:
    key: Any = work.connection.execute(statement).inserted_primary_key
    return int(key[0])


def free_addresses(work: Transaction, table: Any, column: str, owner: int) -> dict[int, float]:
    """Return every free address of a pool with the time it became free. Fails when two ranges overlap."""
    free: dict[int, float] = {}
    for row in work.connection.execute(select(table).where(table.c[column] == owner)):
        for address in range(row.first, row.last + 1):
            assert address not in free, f"{address} is free twice"
            free[address] = row.freed_at
    return free


def network_in(work: Transaction) -> Any:
    """Return the network of the test."""
    return work.connection.execute(select(schema.networks)).first()


def boot(work: Transaction, name: str, address: str | None = None) -> str:
    """Plug an instance into the network of the test, and return its address."""
    network = network_in(work)
    return allocate(work, network, *make_port(work, network, name), address, "instances[0].address")


def halt(work: Transaction, name: str, *hosts: str) -> None:
    """Release the address of an instance that was on these hosts."""
    row = work.connection.execute(select(schema.fixed_ips).where(schema.fixed_ips.c.instance == name)).one()
    release(work, row, hosts)


def confirm(work: Transaction, host: str) -> None:
    """Let a host confirm everything."""
    work.connection.execute(delete(schema.withdrawals).where(schema.withdrawals.c.host == host))


def free(work: Transaction) -> set[int]:
    """Return the last part of every free address."""
    return {number - BASE for number in free_addresses(work, schema.fixed_extents, "network_id", network_in(work).id)}
