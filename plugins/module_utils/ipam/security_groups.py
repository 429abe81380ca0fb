# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups of projects: what may come in to their members. A list of what shall be is made so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..change import Change
from ..errors import InUse, NotFound
from . import schema
from .group_inputs import Rule, WantedGroup, read_security_groups
from .group_members import note_less
from .inputs import listed, shown
from .network_views import chunks
from .projects import ensure_projects
from .sql import delete, insert, select, update
from .store import Transaction

Key = tuple[str, str]


@dataclass(frozen=True)
class StoredGroup:
    """A security group as the database has it; its rules in their order."""

    id: int
    project: str
    name: str
    description: str
    origin: str
    rules: tuple[Rule, ...]

    @property
    def title(self) -> str:
        """Return how people call it: names are those of a project."""
        return f"{self.name} of project {self.project}"

    def view(self) -> dict[str, Any]:
        """Return the group as people know it."""
        return {
            "project": self.project,
            "name": self.name,
            "description": self.description,
            "rules": [asdict(rule) for rule in self.rules],
            "origin": self.origin,
        }


def apply_security_groups(
    work: Transaction, items: Sequence[Mapping[str, Any]], purge: bool = False, where: str = "security_groups"
) -> None:
    """Make security groups be as they were asked for.

    :param purge: remove the groups of this origin that are not listed.
    :raises NovaError: a value is wrong, a rule names a group that does not exist, or what shall go is in use.
    """
    ensure_security_groups(work, items, where)
    remove_security_groups(work, items, purge, where)


def ensure_security_groups(
    work: Transaction, items: Sequence[Mapping[str, Any]], where: str = "security_groups"
) -> None:
    """Do only the part of :func:`apply_security_groups` that makes and changes groups."""
    wanted = [item for item in read_security_groups(items, where) if item.present]
    stored = load_groups(work, {item.project for item in wanted})
    ensure_projects(work, (item.project for item in wanted))
    new = [item for item in wanted if item.key not in stored]
    rows = [{"project": item.project, "name": item.name, "description": item.description or ""} for item in new]
    if rows:
        common = {"known_until": 0, "origin": work.origin}
        work.connection.execute(insert(schema.security_groups), [{**row, **common} for row in rows])
    # Groups name each other in their rules, so all of them are there before the first rule.
    known = load_groups(work, {item.project for item in wanted})
    for item in wanted:
        _refuse_unknown_sources(item, known)
        _write(work, known, item, stored.get(item.key))


def remove_security_groups(
    work: Transaction, items: Sequence[Mapping[str, Any]], purge: bool = False, where: str = "security_groups"
) -> None:
    """Do only the part of :func:`apply_security_groups` that removes groups: nobody may need them any more."""
    wanted = read_security_groups(items, where)
    stored = load_groups(work, None if purge else {item.project for item in wanted if not item.present})
    subjects = {item.key: f"{item.where}.name {shown(item.name)}" for item in wanted if not item.present}
    if purge:
        keys = {item.key for item in wanted}
        unlisted = [group for key, group in stored.items() if key not in keys and group.origin == work.origin]
        subjects.update({(group.project, group.name): f"security group {group.title}" for group in unlisted})
    leaving = [stored[key] for key in sorted(subjects) if key in stored]
    _refuse_used(work, leaving, subjects)
    delete_groups(work, leaving)


def delete_groups(work: Transaction, leaving: Sequence[StoredGroup]) -> None:
    """Remove groups that no instance is in and that only their own rules name."""
    groups, rules = schema.security_groups, schema.security_group_rules
    parts = list(chunks([group.id for group in leaving]))
    # They may name each other, so all rules go before the first group.
    for table, column in ((rules, rules.c.group_id), (groups, groups.c.id)):
        for part in parts:
            work.connection.execute(delete(table).where(column.in_(part)))
    for group in leaving:
        work.record(Change("delete", "security group", group.title), _document(group), None)


def load_groups(work: Transaction, projects: Iterable[str] | None = None) -> dict[Key, StoredGroup]:
    """Return security groups by project and name; all when no projects are given."""
    groups, rules = schema.security_groups, schema.security_group_rules
    wanted = None if projects is None else sorted(set(projects))
    if wanted == []:
        return {}
    query = select(groups).order_by(groups.c.id)
    if wanted is not None:
        query = query.where(groups.c.project.in_(wanted))
    rows = work.connection.execute(query).all()
    names = {row.id: row.name for row in rows}
    found: dict[int, list[Rule]] = {}
    inside = select(groups.c.id) if wanted is None else select(groups.c.id).where(groups.c.project.in_(wanted))
    for row in work.connection.execute(select(rules).where(rules.c.group_id.in_(inside)).order_by(rules.c.id)):
        # Sources are groups of the same project, and so among the names.
        source = None if row.source_id is None else names[row.source_id]
        rule = Rule(row.protocol, row.from_port, row.to_port, row.cidr, source)
        found.setdefault(row.group_id, []).append(rule)
    return {
        (row.project, row.name): StoredGroup(
            row.id, row.project, row.name, row.description, row.origin, tuple(found.get(row.id, ()))
        )
        for row in rows
    }


def view_groups(work: Transaction, keys: Iterable[Key] | None = None) -> list[dict[str, Any]]:
    """Return security groups as people know them with the instances in them; all when no keys are given."""
    wanted = None if keys is None else set(keys)
    groups = load_groups(work, None if wanted is None else {project for project, _name in wanted})
    members: dict[int, list[str]] = {}
    table, instances = schema.instance_groups, schema.instances
    rows = work.connection.execute(
        select(table.c.group_id, instances.c.name).join(instances, instances.c.id == table.c.instance_id)
    )
    for group_id, name in rows:
        members.setdefault(group_id, []).append(name)
    return [
        {**groups[key].view(), "instances": sorted(members.get(groups[key].id, []))}
        for key in sorted(groups)
        if wanted is None or key in wanted
    ]


def _refuse_unknown_sources(item: WantedGroup, known: Mapping[Key, StoredGroup]) -> None:
    for index, rule in enumerate(item.rules or ()):
        if rule.group is not None and (item.project, rule.group) not in known:
            raise NotFound(
                f"{item.where}.rules[{index}].group {shown(rule.group)}",
                f"is no security group of project {shown(item.project)}",
                "List it too, or name one that exists.",
            )


def _write(work: Transaction, known: Mapping[Key, StoredGroup], item: WantedGroup, before: StoredGroup | None) -> None:
    group = known[item.key]
    after = replace(
        group,
        description=group.description if item.description is None else item.description,
        rules=group.rules if item.rules is None else item.rules,
    )
    words = [] if before is None else _words(before, after)
    if before is not None and not words:
        return
    if after.description != group.description:
        this = schema.security_groups.c.id == group.id
        work.connection.execute(update(schema.security_groups).where(this).values(description=after.description))
    if set(after.rules) != set(group.rules):
        _write_rules(work, known, group, after.rules)
    if before is None:
        count = f"{len(after.rules)} rule{'' if len(after.rules) == 1 else 's'}"
        work.record(Change("create", "security group", group.title, count), None, _document(after))
    else:
        change = Change("update", "security group", group.title, ", ".join(words))
        work.record(change, _document(before), _document(after))


def _write_rules(
    work: Transaction, known: Mapping[Key, StoredGroup], group: StoredGroup, wanted: Sequence[Rule]
) -> None:
    table = schema.security_group_rules
    note_less(work, [group.id])
    work.connection.execute(delete(table).where(table.c.group_id == group.id))
    rows = [
        {
            "group_id": group.id,
            "protocol": rule.protocol,
            "from_port": rule.from_port,
            "to_port": rule.to_port,
            "cidr": rule.cidr,
            "source_id": None if rule.group is None else known[(group.project, rule.group)].id,
        }
        for rule in wanted
    ]
    if rows:
        work.connection.execute(insert(table), rows)


def _words(before: StoredGroup, after: StoredGroup) -> list[str]:
    """Return what changes of a group. The order of rules means nothing: each lets something in."""
    words = [f"rule removed: {rule.describe()}" for rule in before.rules if rule not in after.rules]
    words += [f"rule added: {rule.describe()}" for rule in after.rules if rule not in before.rules]
    if before.description != after.description:
        words.append(f"description {before.description or 'none'} -> {after.description or 'none'}")
    return words


def _document(group: StoredGroup) -> dict[str, Any]:
    """Return a group as the audit shows it."""
    return {
        "project": group.project,
        "name": group.name,
        "description": group.description,
        "rules": [rule.describe() for rule in group.rules],
    }


def _refuse_used(work: Transaction, leaving: Sequence[StoredGroup], subjects: Mapping[Key, str]) -> None:
    """Refuse to remove a group that an instance is in, or that the rules of a group that stays name."""
    going = {group.id for group in leaving}
    for group in leaving:
        subject = subjects[(group.project, group.name)]
        members = _names_of_members(work, group.id)
        if members:
            raise InUse(subject, f"is in use by instance{'s' if len(members) > 1 else ''} {listed(members)}")
        users = [name for number, name in _groups_naming(work, group.id) if number not in going]
        if users:
            hint = "Remove those rules first, or in the same run."
            raise InUse(
                subject, f"is the source of rules of group{'s' if len(users) > 1 else ''} {listed(users)}", hint
            )


def _names_of_members(work: Transaction, group_id: int) -> list[str]:
    table, instances = schema.instance_groups, schema.instances
    query = select(instances.c.name).join(table, table.c.instance_id == instances.c.id)
    return sorted(work.connection.execute(query.where(table.c.group_id == group_id)).scalars())


def _groups_naming(work: Transaction, group_id: int) -> list[tuple[int, str]]:
    groups, rules = schema.security_groups, schema.security_group_rules
    query = select(groups.c.id, groups.c.name).join(rules, rules.c.group_id == groups.c.id)
    rows = work.connection.execute(query.where(rules.c.source_id == group_id).distinct())
    return sorted((row.id, row.name) for row in rows)
