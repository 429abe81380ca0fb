# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floating pools and floating addresses as the database has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import schema
from .inputs import dotted
from .sql import select
from .store import Transaction


@dataclass(frozen=True)
class FixedIp:
    """A fixed address of an instance, as far as floating addresses are concerned."""

    id: int
    address: int
    network: str
    instance: str

    def describe(self) -> str:
        """Return the instance and the address."""
        return f"{self.instance} {dotted(self.address)}"


@dataclass(frozen=True)
class Pool:
    """A floating pool. ``project`` is set when nobody else may have its addresses."""

    id: int
    name: str
    interface: str | None
    project: str | None
    origin: str


@dataclass(frozen=True)
class FloatingIp:
    """A floating address that a project has.

    :param fixed: what it is associated with.
    :param auto_assigned: made with its instance because the cloud is set so; nobody may move it.
    :param with_instance: the item of its instance asked for it; like an automatic one it goes with the instance.
    :param host: who binds it.
    """

    address: int
    pool: Pool
    project: str
    fixed: FixedIp | None
    auto_assigned: bool
    with_instance: bool
    host: str | None
    origin: str

    def view(self) -> dict[str, Any]:
        """Return the address as people know it."""
        return {
            "address": dotted(self.address),
            "pool": self.pool.name,
            "interface": self.pool.interface,
            "project": self.project,
            "instance": self.fixed.instance if self.fixed else None,
            "fixed_address": dotted(self.fixed.address) if self.fixed else None,
            "network": self.fixed.network if self.fixed else None,
            "host": self.host,
            "auto_assigned": self.auto_assigned,
            "origin": self.origin,
        }


def read_pool_rows(work: Transaction) -> dict[str, Pool]:
    """Return all pools by name."""
    columns = schema.floating_pools.c
    rows = work.connection.execute(
        select(columns.id, columns.name, columns.interface, columns.project, columns.origin).order_by(columns.id)
    )
    return {row.name: Pool(*row) for row in rows}


def read_floating_ips(work: Transaction, pools: Mapping[str, Pool], condition: Any = None) -> list[FloatingIp]:
    """Return the floating addresses that projects have.

    :param pools: all pools by name.
    :param condition: on the tables ``floating_ips`` and ``fixed_ips``; all addresses when None.
    """
    floating, fixed, networks = schema.floating_ips, schema.fixed_ips, schema.networks
    query = select(
        floating,
        fixed.c.address.label("fixed_address"),
        fixed.c.instance,
        networks.c.label,
    ).select_from(
        floating.outerjoin(fixed, fixed.c.id == floating.c.fixed_ip_id).outerjoin(
            networks, networks.c.id == fixed.c.network_id
        )
    )
    by_id = {pool.id: pool for pool in pools.values()}
    return [
        FloatingIp(
            address=row.address,
            pool=by_id[row.pool_id],
            project=row.project,
            fixed=FixedIp(row.fixed_ip_id, row.fixed_address, row.label, row.instance) if row.fixed_ip_id else None,
            auto_assigned=row.auto_assigned,
            with_instance=row.with_instance,
            host=row.host,
            origin=row.origin,
        )
        for row in work.connection.execute(query if condition is None else query.where(condition))
    ]
