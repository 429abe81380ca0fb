# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups of nova with their rules and the instances in them, as items of the lists that people write."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import InvalidInput
from .group_inputs import LONGEST_DESCRIPTION, Rule, read_rule
from .import_instances import CarriedInstance
from .import_report import Names, Places, Report
from .import_rows import NovaRows

SAME_NETWORK = (
    "instances in security groups get from their own network what a rule lets in, and nothing else; nova let all of "
    "that in unless allow_same_net_traffic was false. Where guests of a network rely on it, give their groups a rule "
    "with the range of the network, or with the group itself"
)


@dataclass(frozen=True)
class CarriedGroup:
    """A security group that is carried over."""

    name: str
    project: str


def carry_groups(
    rows: NovaRows, places: Places, instances: Mapping[str, CarriedInstance], report: Report
) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """Return items of ``security_groups``, and the names of the groups of each instance by its UUID."""
    groups = _groups(rows, places, report)
    rules: dict[int, list[Any]] = {}
    for rule in rows.security_group_rules:
        rules.setdefault(rule.parent_group_id, []).append(rule)
    items = [
        {
            "project": groups[row.id].project,
            "name": groups[row.id].name,
            "description": _description(row.description),
            "rules": [asdict(rule) for rule in _rules(groups, row.id, rules.get(row.id, ()), report)],
        }
        for row in rows.security_groups
        if row.id in groups
    ]
    members = _members(rows, groups, instances, report)
    if members:
        report.warn(SAME_NETWORK)
    return items, members


def _groups(rows: NovaRows, places: Places, report: Report) -> dict[int, CarriedGroup]:
    names: dict[str, Names] = {}
    found: dict[int, CarriedGroup] = {}
    for row in rows.security_groups:
        project = places.project(row.project_id)
        if project is None:
            thing = f"security group {row.name} of project {row.project_id or '(none)'}"
            report.leave(thing, "its project is not among projects" if row.project_id else "it has no project")
            continue
        own = names.setdefault(project, Names(f"security group of project {project}", report))
        found[row.id] = CarriedGroup(own.take(row.name, f"group-{row.id}"), project)
    return found


def _description(text: str | None) -> str:
    """Return a description as it can be shown on one line."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text or "").split())
    return plain[:LONGEST_DESCRIPTION].strip()


def _rules(groups: Mapping[int, CarriedGroup], number: int, rows: Any, report: Report) -> list[Rule]:
    own = groups[number]
    found: dict[Rule, None] = {}
    for row in rows:
        thing = f"rule {row.id} of security group {own.name} of project {own.project}"
        source = None if row.group_id is None else groups.get(row.group_id)
        if row.group_id is not None and (source is None or source.project != own.project):
            report.leave(thing, "its source is no security group of this project that is carried over")
            continue
        try:
            # Two rules of nova can mean the same here.
            found[read_rule(_item(row, source), "rule")] = None
        except InvalidInput as error:
            report.leave(thing, f"{error.subject} {error.reason}")
    return list(found)


def _item(row: Any, source: CarriedGroup | None) -> dict[str, Any]:
    """Return a rule as people write it. Nova had -1 and no value for any, and protocols in capitals."""
    protocol = (row.protocol or "").lower() or None
    any_port = (row.from_port, row.to_port) in ((None, None), (-1, -1)) or protocol is None
    item: dict[str, Any] = {"protocol": protocol}
    if not any_port:
        item.update(from_port=row.from_port, to_port=row.to_port)
    if source is not None:
        return {**item, "group": source.name}
    return {**item, "cidr": _network(row.cidr)} if row.cidr else item


def _network(text: str) -> str:
    """Return a range without host bits, of which nova took no notice."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return text


def _members(
    rows: NovaRows, groups: Mapping[int, CarriedGroup], instances: Mapping[str, CarriedInstance], report: Report
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows.security_group_instance_association:
        instance, group = instances.get(row.instance_uuid), groups.get(row.security_group_id)
        if instance is None or group is None:
            continue  # One of both is gone or left behind, which is said there.
        if instance.project != group.project:
            thing = f"instance {instance.name} in security group {group.name} of project {group.project}"
            report.leave(thing, f"the instance belongs to project {instance.project}")
        elif group.name not in found.setdefault(instance.uuid, []):
            found[instance.uuid].append(group.name)
    return found
