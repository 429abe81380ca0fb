# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Projects with their quotas: a list of what shall be is made so. Scrubbing takes from a project all that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..change import Change
from ..errors import Conflict, InUse
from . import schema
from .floating_book import FloatingBook
from .host_addresses import place_host_addresses
from .inputs import listed
from .instances_rows import load_instances
from .instances_write import delete_instances
from .network_choice import disassociate_network
from .project_inputs import WantedProject, read_projects, read_quotas
from .projects import ensure_project
from .quotas import EVERYBODY, UNLIMITED, Limits, read_limits
from .security_groups import delete_groups, load_groups
from .sql import Table, and_, delete, insert, select
from .store import Transaction

Items = Sequence[Mapping[str, Any]]


def apply_projects(
    work: Transaction,
    items: Items | None,
    default_quotas: Mapping[str, Any] | None = None,
    purge: bool = False,
    where: str = "projects",
) -> None:
    """Make projects and quotas be as they were asked for.

    :param default_quotas: those of projects without own ones; what is not named stays.
    :param purge: take the own quotas of this origin from projects that are not listed. Nothing else goes.
    :raises NovaError: a value is wrong, or a project that shall be scrubbed has instances.
    """
    wanted = None if items is None else read_projects(items, where)
    defaults = read_quotas(default_quotas, "default_quotas") or {}
    limits = read_limits(work)
    common = {**limits.own.get(EVERYBODY, {}), **defaults}
    _set_quotas(work, limits, EVERYBODY, {name: maximum for name, maximum in common.items() if maximum != UNLIMITED})
    if wanted is None:
        return
    for item in wanted:
        if item.scrubbed:
            _scrub(work, item)
    if purge:
        _purge(work, limits, {item.name for item in wanted})
    for item in wanted:
        _ensure(work, limits, item)


def refuse_revived(work: Transaction, items: Items | None, where: str = "projects") -> None:
    """Refuse lists of which one scrubs a project and another one gives it something; the last step of a run.

    :raises Conflict: naming what would come back every time.
    """
    for item in () if items is None else read_projects(items, where):
        if not item.scrubbed:
            continue
        for table, column, kind in (
            (schema.instances, schema.instances.c.name, "instance"),
            (schema.networks, schema.networks.c.label, "network"),
            (schema.floating_ips, schema.floating_ips.c.id, "a floating address"),
            (schema.security_groups, schema.security_groups.c.name, "security group"),
        ):
            found = _belonging(work, table, column, item.name)
            if found:
                named = f"{kind} {found[0]}" if column.name != "id" else kind
                hint = "Take it out of the other list, or do not scrub the project."
                raise Conflict(
                    f"{item.where}.name {item.name}", f"shall be scrubbed, and gets {named} in this run", hint
                )


def _ensure(work: Transaction, limits: Limits, item: WantedProject) -> None:
    known = bool(_belonging(work, schema.projects, schema.projects.c.name, item.name, schema.projects.c.name))
    if not known and not (item.scrubbed and not item.quotas):
        ensure_project(work, item.name)
        work.record(Change("create", "project", item.name), None, {"name": item.name})
    if item.quotas is not None:
        _set_quotas(work, limits, item.name, item.quotas)


def _set_quotas(work: Transaction, limits: Limits, project: str, quotas: Mapping[str, int]) -> None:
    """Let a project have these quotas of its own and no others."""
    old = limits.own.get(project, {})
    if old == quotas:
        return
    table = schema.quotas
    changed = [name for name in {**old, **quotas} if old.get(name) != quotas.get(name)]
    this = and_(table.c.project == project, table.c.resource.in_(changed))
    work.connection.execute(delete(table).where(this))
    rows = [
        {"project": project, "resource": name, "maximum": quotas[name], "origin": work.origin}
        for name in changed
        if name in quotas
    ]
    if rows:
        work.connection.execute(insert(table), rows)
    usual = "default" if project else UNLIMITED
    words = ", ".join(f"{name} {old.get(name, usual)} -> {quotas.get(name, usual)}" for name in changed)
    kind, name = ("quotas of project", project) if project else ("quotas", "of all other projects")
    change = Change("update", kind, name, words)
    work.record(change, dict(old), dict(quotas))


def _purge(work: Transaction, limits: Limits, named: set[str]) -> None:
    columns = schema.quotas.c
    mine = work.connection.execute(select(columns.project, columns.resource).where(columns.origin == work.origin))
    going: dict[str, set[str]] = {}
    for project, resource in mine:
        if project != EVERYBODY and project not in named:
            going.setdefault(project, set()).add(resource)
    for project in sorted(going):
        kept = {name: maximum for name, maximum in limits.own[project].items() if name not in going[project]}
        _set_quotas(work, limits, project, kept)


def _scrub(work: Transaction, item: WantedProject) -> None:
    """Take from a project all that it has. Instances are only removed with consent."""
    names = _belonging(work, schema.instances, schema.instances.c.name, item.name)
    if names and not item.remove_instances:
        raise InUse(
            f"{item.where}.name {item.name}",
            f"cannot be scrubbed: it has instance{'s' if len(names) > 1 else ''} {listed(names)}",
            "Delete them first, or set remove_instances to true: they are removed then, and their addresses released.",
        )
    book = FloatingBook(work)
    for ip in book.of_project(item.name):
        book.release(ip)
    delete_instances(work, list(load_instances(work, names).values()))
    for row in work.connection.execute(
        select(schema.networks).where(schema.networks.c.project == item.name).order_by(schema.networks.c.id)
    ).all():
        disassociate_network(work, row)
    delete_groups(work, list(load_groups(work, [item.name]).values()))
    place_host_addresses(work)


def _belonging(work: Transaction, table: Table, column: Any, project: str, owner: Any = None) -> list[Any]:
    owned = (table.c.project if owner is None else owner) == project
    return list(work.connection.execute(select(column).where(owned).order_by(column)).scalars())
