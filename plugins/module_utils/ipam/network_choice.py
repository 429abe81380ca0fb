# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which networks an instance gets, and which host serves a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..change import Change
from ..errors import Conflict, Exhausted, InUse, NotFound
from . import schema
from .inputs import listed
from .network_views import network_by_id, network_by_label, view_network
from .projects import ensure_project
from .serving import move_gateway
from .sql import and_, or_, select, update
from .store import Transaction


def networks_for_instance(
    work: Transaction, manager: str, project: str, requested: Sequence[str] | None = None
) -> list[Any]:
    """Return the networks that a new instance of a project is plugged into, in the order of its NICs.

    Without a request: in the flat modes all networks that the project may use, in VLAN mode the project's own, or the
    first free one, which becomes the project's own.

    :param requested: labels, in the order of the NICs.
    :raises NotFound: a label, or any network at all, does not exist.
    :raises Conflict: a network belongs to another project.
    :raises Exhausted: the project has no network and no free one is left.
    :raises InUse: the free one may still have guests of the project that it belonged to last.
    """
    if requested:
        return [_requested_network(work, label, project) for label in requested]
    networks = schema.networks.c
    if manager == "vlan":
        rows = _ordered(work, and_(networks.project == project, networks.manager == manager))
        return rows or [_claim(work, _first_free(work, project), project)]
    usable = or_(networks.project.is_(None), networks.project == project)
    rows = _ordered(work, and_(networks.manager == manager, networks.vlan.is_(None), usable))
    if not rows:
        raise NotFound(
            f"project {project}", f"has no network of manager {manager}", "Create one, or name one of another manager."
        )
    return rows


def assign_serving_host(work: Transaction, row: Any, host: str | None) -> Any:
    """Note which host serves a network, and return the new row. It stays until it is changed."""
    return _update(work, row, "host", host)


def disassociate_network(work: Transaction, row: Any) -> Any:
    """Take a network away from its project, and return the new row. Its host goes on serving it."""
    return _update(work, row, "project", None)


def _ordered(work: Transaction, condition: Any) -> list[Any]:
    """Return networks by priority, those without one last, then by age."""
    networks = schema.networks
    order = (networks.c.priority.is_(None), networks.c.priority, networks.c.id)
    return list(work.connection.execute(select(networks).where(condition).order_by(*order)))


def _requested_network(work: Transaction, label: str, project: str) -> Any:
    row = network_by_label(work, label)
    if row.project is not None and row.project != project:
        raise Conflict(f"network {label}", f"belongs to project {row.project}, not to {project}")
    # Two projects on one VLAN would see each other's traffic: whoever uses it first owns it.
    if row.vlan is None or row.project is not None:
        return row
    if _hosts_with_old_guests(work, row.id):
        raise _still_there(work, f"network {label}", "is", row)
    return _claim(work, row, project)


def _first_free(work: Transaction, project: str) -> Any:
    networks = schema.networks
    free = and_(networks.c.project.is_(None), networks.c.manager == "vlan")
    rows = work.connection.execute(select(networks).where(free).order_by(networks.c.id))
    waiting = None
    for row in rows:
        if not _hosts_with_old_guests(work, row.id):
            return row
        waiting = waiting or row
    if waiting is not None:
        raise _still_there(work, f"project {project}", f"has no network: network {waiting.label} is", waiting)
    raise Exhausted(
        f"project {project}", "has no network, and no network without a project is left", "Create more networks."
    )


def _hosts_with_old_guests(work: Transaction, network_id: int) -> list[str]:
    """Return hosts that have not yet confirmed that guests of a network are gone. They would see the next project."""
    fixed, withdrawals = schema.fixed_ips.c, schema.withdrawals
    unconfirmed = and_(withdrawals.c.kind == "fixed", withdrawals.c.address == fixed.address)
    query = (
        select(withdrawals.c.host)
        .select_from(schema.fixed_ips.join(withdrawals, unconfirmed))
        .where(and_(fixed.network_id == network_id, fixed.state == "released"))
        .distinct()
    )
    return sorted(work.connection.execute(query).scalars())


def _still_there(work: Transaction, subject: str, words: str, row: Any) -> InUse:
    hosts = _hosts_with_old_guests(work, row.id)
    return InUse(
        subject,
        f"{words} free, but host{'s' if len(hosts) > 1 else ''} {listed(hosts)} "
        f"{'have' if len(hosts) > 1 else 'has'} not yet confirmed that the guests of the last project are gone",
        "Converge the hosts, then run again.",
    )


def _claim(work: Transaction, row: Any, project: str) -> Any:
    ensure_project(work, project)
    return _update(work, row, "project", project)


def _update(work: Transaction, row: Any, column: str, value: str | None) -> Any:
    if getattr(row, column) == value:
        return row
    networks = schema.networks
    values = {column: value, "generation": work.generation}
    work.connection.execute(update(networks).where(networks.c.id == row.id).values(values))
    changed = network_by_id(work, row.id)
    move_gateway(work, row, changed)
    change = Change("update", "network", row.label, f"{column} {getattr(row, column) or 'none'} -> {value or 'none'}")
    work.record(change, view_network(row), view_network(changed))
    return changed
