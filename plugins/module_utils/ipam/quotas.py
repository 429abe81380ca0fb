# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quotas: how much each project may have, and that no transaction gives it more.

What counts is what a project has in the end: a transaction may take and give back in any order, and one that leaves a
project with no more than it had is fine even where a quota was lowered below that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import OverQuota
from . import schema
from .inputs import listed
from .sql import func, select
from .store import Transaction

UNLIMITED = -1

# What a quota is about, in the words of messages.
RESOURCES: Mapping[str, str] = {
    "networks": "networks",
    "fixed_ips": "fixed addresses",
    "floating_ips": "floating addresses",
    "security_groups": "security groups",
    "security_group_rules": "rules in one security group",
}

# The project of the rows that hold for all projects without own ones.
EVERYBODY = ""

Usage = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Limits:
    """All quotas that were set: by project, then by resource."""

    own: Mapping[str, Mapping[str, int]]

    @property
    def resources(self) -> frozenset[str]:
        """What anybody is limited in."""
        return frozenset(
            name for quotas in self.own.values() for name, maximum in quotas.items() if maximum != UNLIMITED
        )

    def of(self, project: str) -> dict[str, int]:
        """Return how much a project may have."""
        default = {name: self.own.get(EVERYBODY, {}).get(name, UNLIMITED) for name in RESOURCES}
        return {**default, **self.own.get(project, {})}


def read_limits(work: Transaction) -> Limits:
    """Return all quotas."""
    own: dict[str, dict[str, int]] = {}
    for row in work.connection.execute(select(schema.quotas)):
        own.setdefault(row.project, {})[row.resource] = row.maximum
    return Limits(own)


def read_usage(work: Transaction, names: Iterable[str] = tuple(RESOURCES)) -> Usage:
    """Return how much each project has, by resource and project. What the cloud gave by itself does not count."""
    return {name: {project: int(count) for project, count in _count(work, name)} for name in names}


def _count(work: Transaction, name: str) -> Iterable[Any]:
    """Return (project, how much of a resource it has)."""
    if name == "security_group_rules":
        return _rules_of_largest_group(work).items()
    networks, instances = schema.networks.c, schema.instances.c
    fixed, floating = schema.fixed_ips.c, schema.floating_ips.c
    # An address in quarantine is nobody's any more.
    queries = {
        "networks": select(networks.project, func.count()).where(networks.project.is_not(None)),
        "fixed_ips": select(instances.project, func.count())
        .select_from(schema.fixed_ips.join(schema.instances, instances.name == fixed.instance))
        .where(fixed.state == "allocated"),
        "floating_ips": select(floating.project, func.count()).where(floating.auto_assigned.is_(False)),
        "security_groups": select(schema.security_groups.c.project, func.count()),
    }
    rows: Iterable[Any] = work.connection.execute(_by_first_column(queries[name]))
    return rows


def _rules_of_largest_group(work: Transaction) -> dict[str, int]:
    """Return how many rules the group with the most of them has, by project: this quota is one of each group."""
    groups, rules = schema.security_groups, schema.security_group_rules
    query = (
        select(groups.c.project, func.count())
        .select_from(groups.join(rules, rules.c.group_id == groups.c.id))
        .group_by(groups.c.project, groups.c.id)
    )
    most: dict[str, int] = {}
    for project, count in work.connection.execute(query):
        most[project] = max(most.get(project, 0), int(count))
    return most


@contextlib.contextmanager
def quotas_kept(work: Transaction, options: Mapping[str, Any]) -> Iterator[None]:
    """Refuse in the end what would leave a project with more than it had and more than it may have.

    It stands around the whole transaction, so that whatever takes something is counted, and once.

    :param options: those of the module, which may set the first quotas (``projects``, ``default_quotas``).
    :raises OverQuota: naming the project, what it has, what is asked for, and its quota.
    """
    limits_before = read_limits(work)
    asked = (options.get("default_quotas") or {}).values()
    # Counting takes its time in a large cloud, and what nobody is limited in is counted for nothing.
    may_be_set = options.get("projects") or any(value not in (None, UNLIMITED) for value in asked)
    before = read_usage(work, RESOURCES if may_be_set else limits_before.resources)
    yield
    limits = read_limits(work)
    after = read_usage(work, [name for name in RESOURCES if name in limits.resources])
    for name in after:
        excess = [project for project in sorted(after[name]) if _is_over(limits, name, project, after)]
        for project in excess:
            _refuse_growth(project, name, before[name].get(project, 0), after[name][project], limits.of(project)[name])
        lowered = [project for project in excess if limits.of(project)[name] != limits_before.of(project)[name]]
        if lowered:
            work.warnings.append(_lowered(name, lowered, after[name], limits))


def view_projects(work: Transaction, names: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return projects as people know them, in order; all when no names are given."""
    limits, usage = read_limits(work), read_usage(work)
    wanted = None if names is None else set(names)
    rows = work.connection.execute(select(schema.projects)).all()
    return [
        {
            "name": row.name,
            "quotas": limits.of(row.name),
            "own_quotas": sorted(limits.own.get(row.name, {})),
            "used": {name: usage[name].get(row.name, 0) for name in RESOURCES},
            "origin": row.origin,
        }
        for row in sorted(rows, key=lambda row: str(row.name))
        if wanted is None or row.name in wanted
    ]


def _by_first_column(query: Any) -> Any:
    return query.group_by(next(iter(query.selected_columns)))


def _is_over(limits: Limits, name: str, project: str, usage: Usage) -> bool:
    maximum = limits.of(project)[name]
    return maximum != UNLIMITED and usage[name][project] > maximum


def _refuse_growth(project: str, name: str, before: int, after: int, maximum: int) -> None:
    more = after - before
    if more > 0:
        raise OverQuota(
            f"project {project}",
            f"has {before} {RESOURCES[name]}, {more} more {'is' if more == 1 else 'are'} asked for, "
            f"its quota is {maximum}",
            f"Give up some of them, or raise its quota of {name}.",
        )


def _lowered(name: str, projects: list[str], usage: Mapping[str, int], limits: Limits) -> str:
    having = listed(
        [f"{project} has {usage[project]}, its quota is {limits.of(project)[name]}" for project in projects]
    )
    return f"quota of {name} below what is used: {having}. What there is stays, nothing more is given"
