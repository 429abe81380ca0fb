# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups in a snapshot: those that some guest is in, those that their rules name, and the members of these."""

from __future__ import annotations

from typing import Any

from ..plan.model import GroupRule, SecurityGroup
from . import schema
from .eui64 import eui64_address
from .inputs import dotted
from .snapshot_scope import Scope, concerned_instances
from .sql import or_, select
from .store import Transaction


def read_memberships(work: Transaction, scope: Scope | None) -> dict[int, tuple[int, ...]]:
    """Return the ids of the groups that instances are in, by the id of the instance."""
    table = schema.instance_groups
    query = select(table.c.instance_id, table.c.group_id).order_by(table.c.group_id)
    if scope is not None:
        query = query.where(table.c.instance_id.in_(concerned_instances(scope)))
    found: dict[int, list[int]] = {}
    for instance_id, group_id in work.connection.execute(query):
        found.setdefault(instance_id, []).append(group_id)
    return {instance_id: tuple(own) for instance_id, own in found.items()}


def read_groups(work: Transaction, scope: Scope | None) -> tuple[SecurityGroup, ...]:
    """Return the groups that count for the instances of a scope, in the order of their ids."""
    groups = schema.security_groups
    used, named = _used(scope), _named(scope)
    rows = work.connection.execute(
        select(groups).where(or_(groups.c.id.in_(used), groups.c.id.in_(named))).order_by(groups.c.id)
    ).all()
    if not rows:
        return ()
    rules, members = _rules(work, used), _members(work, named)
    return tuple(
        SecurityGroup(row.id, row.project, row.name, tuple(rules.get(row.id, ())), tuple(members.get(row.id, ())))
        for row in rows
    )


def _used(scope: Scope | None) -> Any:
    """Return the query for the groups that instances are in."""
    table = schema.instance_groups
    query = select(table.c.group_id)
    return query if scope is None else query.where(table.c.instance_id.in_(concerned_instances(scope)))


def _named(scope: Scope | None) -> Any:
    """Return the query for the groups that the rules of these name."""
    rules = schema.security_group_rules
    return select(rules.c.source_id).where(rules.c.source_id.is_not(None), rules.c.group_id.in_(_used(scope)))


def _rules(work: Transaction, used: Any) -> dict[int, list[GroupRule]]:
    table = schema.security_group_rules
    found: dict[int, list[GroupRule]] = {}
    for row in work.connection.execute(select(table).where(table.c.group_id.in_(used)).order_by(table.c.id)):
        rule = GroupRule(row.protocol, row.from_port, row.to_port, row.cidr, row.source_id)
        found.setdefault(row.group_id, []).append(rule)
    return found


def _members(work: Transaction, named: Any) -> dict[int, list[str]]:
    """Return the addresses of the members of groups, IPv4 before IPv6 and each in order."""
    table, ports, networks, fixed = schema.instance_groups, schema.ports, schema.networks, schema.fixed_ips
    query = (
        select(table.c.group_id, fixed.c.address, ports.c.mac, networks.c.cidr_v6)
        .select_from(
            table.join(ports, ports.c.instance_id == table.c.instance_id)
            .join(networks, networks.c.id == ports.c.network_id)
            .outerjoin(fixed, fixed.c.port_id == ports.c.id)
        )
        .where(table.c.group_id.in_(named))
        .order_by(fixed.c.address, ports.c.mac)
    )
    found: dict[int, tuple[list[int], list[str]]] = {}
    for group_id, address, mac, cidr_v6 in work.connection.execute(query):
        own, own_v6 = found.setdefault(group_id, ([], []))
        address_v6 = eui64_address(cidr_v6, mac)
        own.extend([] if address is None else [address])
        own_v6.extend([] if address_v6 is None else [address_v6])
    return {group_id: [*map(dotted, sorted(own)), *sorted(own_v6)] for group_id, (own, own_v6) in found.items()}
