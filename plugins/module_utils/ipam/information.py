# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the IPAM holds, as lists for people. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import schema
from .fixed_views import leased_until, moment
from .fixed_views import view_pools as view_fixed_pools
from .floating_book import FloatingBook
from .floating_pools import view_pools
from .inputs import dotted, read_number, read_text
from .instances_rows import view_instances
from .lease_reports import view_contradictions
from .network_views import view_network
from .quotas import view_projects
from .security_groups import view_groups
from .sql import func, select
from .store import Transaction

LARGEST_LIMIT = (1 << 31) - 1


def gather(work: Transaction, kinds: Sequence[str], limit: int = 100, names: Sequence[str] = ()) -> dict[str, Any]:
    """Return the lists that were asked for.

    :param kinds: which; see :data:`KINDS`.
    :param limit: how many events, the newest.
    :param names: of which things events are wanted; all when empty.
    """
    lists: dict[str, Any] = {kind: KINDS[kind](work) for kind in kinds if kind in KINDS}
    if "events" in kinds:
        lists["events"] = view_events(work, limit, names)
    return lists


def view_networks(work: Transaction) -> list[dict[str, Any]]:
    """Return all networks by label, each with what its addresses are used for (``utilisation``)."""
    used = {pool["network"]: pool for pool in view_fixed_pools(work)}
    figures = ("size", "free", "reserved", "allocated", "hosts", "quarantined")
    views = []
    for row in work.connection.execute(select(schema.networks)):
        pool = used.get(row.label)
        utilisation = {name: pool[name] for name in figures} if pool else None
        views.append({**view_network(row), "utilisation": utilisation})
    return sorted(views, key=lambda view: str(view["label"]))


def view_fixed(work: Transaction) -> list[dict[str, Any]]:
    """Return every fixed address that somebody has, or had and may still use."""
    fixed, networks, ports, instances = schema.fixed_ips, schema.networks, schema.ports, schema.instances
    rows = work.connection.execute(
        select(fixed, networks.c.label, instances.c.host.label("instance_host"))
        .select_from(
            fixed.join(networks, networks.c.id == fixed.c.network_id)
            .outerjoin(ports, ports.c.id == fixed.c.port_id)
            .outerjoin(instances, instances.c.id == ports.c.instance_id)
        )
        .order_by(fixed.c.address)
    )
    return [
        {
            "address": dotted(row.address),
            "network": row.label,
            "instance": row.instance,
            "device": row.device,
            "host": row.host or row.instance_host,
            "mac": row.mac,
            "state": row.state,
            "lease_expires": row.lease_expires,
            "lease_host": row.lease_host,
            "leased_until": leased_until(row.lease_expires, work.now),
            "released_at": _moment(row.released_at),
            "origin": row.origin,
        }
        for row in rows
    ]


def view_floating(work: Transaction) -> list[dict[str, Any]]:
    """Return every floating address that a project has."""
    return [ip.view() for ip in FloatingBook(work).all()]


def view_hosts(work: Transaction) -> list[dict[str, Any]]:
    """Return how far each host has come, and how many addresses it is still to give up."""
    columns, withdrawals = schema.hosts.c, schema.withdrawals
    waiting = dict(
        tuple(row)
        for row in work.connection.execute(select(withdrawals.c.host, func.count()).group_by(withdrawals.c.host))
    )
    known = {
        row.name: row
        for row in work.connection.execute(select(columns.name, columns.generation, columns.acknowledged_at))
    }
    return [
        {
            "name": name,
            "generation": known[name].generation if name in known else None,
            "acknowledged_at": _moment(known[name].acknowledged_at) if name in known else None,
            "withdrawals": waiting.get(name, 0),
        }
        for name in sorted({*known, *waiting})
    ]


def view_withdrawals(work: Transaction) -> list[dict[str, Any]]:
    """Return what hosts had and have not yet confirmed to have given up."""
    columns = schema.withdrawals.c
    rows = work.connection.execute(
        select(columns.kind, columns.address, columns.host, columns.generation).order_by(columns.id)
    )
    views = [{"kind": row.kind, "address": row.address, "host": row.host, "generation": row.generation} for row in rows]
    views.sort(key=lambda view: (view["kind"], view["address"], view["host"]))
    return [{**view, "address": dotted(view["address"])} for view in views]


def view_events(work: Transaction, limit: int, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return what was changed, the newest first."""
    table = schema.events
    highest = read_number(limit, "events_limit", 0, LARGEST_LIMIT)
    query = select(table).order_by(table.c.id.desc()).limit(highest)
    if names:
        wanted = [read_text(name, f"events_of[{index}]") for index, name in enumerate(names)]
        query = query.where(table.c.name.in_(wanted))
    return [
        {
            "at": _moment(row.at),
            "actor": row.actor,
            "origin": row.origin,
            "generation": row.generation,
            "action": row.action,
            "kind": row.kind,
            "name": row.name,
            "before": row.before,
            "after": row.after,
        }
        for row in work.connection.execute(query)
    ]


def _view_instances(work: Transaction) -> list[dict[str, Any]]:
    views = view_instances(work)
    return [views[name] for name in sorted(views)]


def _view_contradictions(work: Transaction) -> list[dict[str, Any]]:
    views = view_contradictions(work)
    ends = [leased_until(view.pop("expires"), work.now) for view in views]
    return [{**view, "leased_until": end} for view, end in zip(views, ends)]


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else moment(seconds)


KINDS: Mapping[str, Callable[[Transaction], list[dict[str, Any]]]] = {
    "projects": view_projects,
    "networks": view_networks,
    "fixed": view_fixed,
    "floating": view_floating,
    "pools": view_pools,
    "instances": _view_instances,
    "security_groups": view_groups,
    "hosts": view_hosts,
    "withdrawals": view_withdrawals,
    "contradictions": _view_contradictions,
}
