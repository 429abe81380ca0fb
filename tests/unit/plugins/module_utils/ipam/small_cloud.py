# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cloud to boot instances in: one network with its host, one floating pool, and what must hold of it at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.acknowledge import acknowledge
from ansible_collections.novanet.network.plugins.module_utils.ipam.floating import apply_floating_addresses
from ansible_collections.novanet.network.plugins.module_utils.ipam.floating_pools import apply_pools
from ansible_collections.novanet.network.plugins.module_utils.ipam.instances import apply_instances
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Transaction
from sqlalchemy import select

from tests.unit.plugins.module_utils.ipam.scratch import Scratch, free_addresses

PRIVATE = {"label": "private", "cidr": "10.0.0.0/28", "host": "net1"}
POOL = {"name": "nova", "ranges": ["192.0.2.0/29"]}


@dataclass(frozen=True)
class Done:
    """What became of a list."""

    views: list[dict[str, Any]]
    changes: list[str]
    warnings: list[str]


class SmallCloud(Scratch):
    """An IPAM in which things are asked for in lists, each in a transaction of its own."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.apply(PRIVATE)
        self.pools(POOL)

    def boot(
        self,
        *items: Mapping[str, Any],
        purge: bool = False,
        check: bool = False,
        origin: str = "operation",
        **defaults: Any,
    ) -> Done:
        with self.work(check, origin) as work:
            views = apply_instances(work, list(items), {"manager": "flatdhcp", **defaults}, purge)
            return _done(work, views)

    def floating(
        self,
        *items: Mapping[str, Any],
        purge: bool = False,
        check: bool = False,
        origin: str = "operation",
        **defaults: Any,
    ) -> Done:
        with self.work(check, origin) as work:
            return _done(work, apply_floating_addresses(work, list(items), defaults, purge))

    def pools(
        self, *items: Mapping[str, Any], purge: bool = False, check: bool = False, origin: str = "operation"
    ) -> Done:
        with self.work(check, origin) as work:
            return _done(work, apply_pools(work, list(items), purge))

    def confirm(self, *hosts: str, **leases: list[dict[str, Any]]) -> list[str]:
        """Let hosts say that they have applied the newest plan, and which leases they have (none, unless given)."""
        generation = self.generation()
        with self.work() as work:
            reports = [{"host": host, "generation": generation, "leases": leases.get(host, [])} for host in hosts]
            return acknowledge(work, reports)

    def generation(self) -> int:
        with self.work(check=True) as work:
            return work.plan_generation

    def rows(self, table: Any) -> list[dict[str, Any]]:
        with self.work(check=True) as work:
            return [dict(row) for row in work.connection.execute(select(table)).mappings()]

    def withdrawn(self) -> set[tuple[str, int, str]]:
        return {(row["kind"], row["address"], row["host"]) for row in self.rows(schema.withdrawals)}


def web(name: str, **more: Any) -> dict[str, Any]:
    """Return an instance of project red on host c1."""
    return {"name": name, "project": "red", "host": "c1", **more}


def gone(name: str) -> dict[str, Any]:
    return {"name": name, "state": "absent"}


def _done(work: Transaction, views: list[dict[str, Any]]) -> Done:
    return Done(views, [change.describe() for change in work.changes], list(work.warnings))


def check_invariants(work: Transaction) -> None:
    """Every address is in exactly one place, and who binds a floating address is who serves its fixed one."""
    networks = work.connection.execute(select(schema.networks)).all()
    fixed = work.connection.execute(select(schema.fixed_ips)).all()
    for network in networks:
        free = set(free_addresses(work, schema.fixed_extents, "network_id", network.id))
        held = {row.address for row in fixed if row.network_id == network.id}
        reserved = _spans(work, schema.fixed_reservations, "network_id", network.id)
        assert free.isdisjoint(held)
        assert free.isdisjoint(reserved)
        assert free | held | reserved == set(range(network.first, network.last + 1))
    _check_floating(work, {row.id: row for row in fixed})


def _check_floating(work: Transaction, fixed: Mapping[int, Any]) -> None:
    floating = work.connection.execute(select(schema.floating_ips)).all()
    pending = select(schema.withdrawals).where(schema.withdrawals.c.kind == "floating")
    waiting = {row.address for row in work.connection.execute(pending)}
    for pool in work.connection.execute(select(schema.floating_pools)).all():
        free = set(free_addresses(work, schema.floating_extents, "pool_id", pool.id))
        held = {row.address for row in floating if row.pool_id == pool.id}
        everything = _spans(work, schema.floating_ranges, "pool_id", pool.id)
        assert free.isdisjoint(held)
        assert free.isdisjoint(waiting)
        assert free | held | (waiting & everything) == everything
    for row in floating:
        if row.fixed_ip_id is None:
            assert row.host is None
        else:
            assert fixed[row.fixed_ip_id].state == "allocated"
            assert row.host == "net1"


def _spans(work: Transaction, table: Any, column: str, owner: int) -> set[int]:
    rows = work.connection.execute(select(table).where(table.c[column] == owner))
    return {address for row in rows for address in range(row.first, row.last + 1)}
