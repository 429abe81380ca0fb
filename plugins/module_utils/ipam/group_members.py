# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which instances are in which security groups, and which hosts know the members of a group.

Where a rule names a group, hosts filter by the addresses of its members. So an address that is a member's no more must
not be another one's before these hosts have confirmed to let it in no longer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from . import schema
from .network_views import chunks
from .sql import and_, delete, insert, select, update
from .store import Transaction
from .withdrawals import withdraw

MEMBER = "member"

# Ids of groups by their names.
Groups = Mapping[str, int]


def load_memberships(work: Transaction, names: Sequence[str] | None) -> dict[int, Groups]:
    """Return the groups that instances are in, by the id of the instance.

    :param names: of the instances; None for all.
    """
    table, groups, instances = schema.instance_groups, schema.security_groups, schema.instances
    query = select(table.c.instance_id, groups.c.name, groups.c.id).join(groups, groups.c.id == table.c.group_id)
    parts = [query]
    if names is not None:
        query = query.join(instances, instances.c.id == table.c.instance_id)
        parts = [query.where(instances.c.name.in_(part)) for part in chunks(names)]
    found: dict[int, dict[str, int]] = {}
    for part in parts:
        for instance_id, name, number in work.connection.execute(part.order_by(groups.c.name)):
            found.setdefault(instance_id, {})[name] = number
    return {instance_id: {name: own[name] for name in sorted(own)} for instance_id, own in found.items()}


def groups_of_project(work: Transaction, project: str) -> Groups:
    """Return the groups of a project."""
    columns = schema.security_groups.c
    rows = work.connection.execute(select(columns.name, columns.id).where(columns.project == project))
    return {row.name: row.id for row in rows}


def join_groups(work: Transaction, pairs: Sequence[tuple[int, int]]) -> None:
    """Put instances into groups; (id of the instance, id of the group) each."""
    if pairs:
        rows = [{"instance_id": instance_id, "group_id": group_id} for instance_id, group_id in pairs]
        work.connection.execute(insert(schema.instance_groups), rows)


def leave_groups(work: Transaction, instance_id: int, groups: Collection[int], addresses: Iterable[int]) -> None:
    """Take an instance out of groups.

    :param addresses: its fixed addresses as numbers.
    """
    note_less(work, groups)
    forget_members(work, [(groups, addresses)])
    columns = schema.instance_groups.c
    this = and_(columns.instance_id == instance_id, columns.group_id.in_(sorted(groups)))
    work.connection.execute(delete(schema.instance_groups).where(this))


def forget_members(work: Transaction, leaving: Sequence[tuple[Collection[int], Iterable[int]]]) -> None:
    """Note that hosts shall no longer know some addresses as those of members.

    :param leaving: (ids of groups, addresses as numbers).
    """
    hosts = _knowing_hosts(work, {number for groups, _addresses in leaving for number in groups})
    withdraw(
        work,
        MEMBER,
        {
            (address, host)
            for groups, addresses in leaving
            for address in addresses
            for number in groups
            for host in hosts.get(number, ())
        },
    )


def note_less(work: Transaction, groups: Iterable[int]) -> None:
    """Note that a host may filter less from now on: an instance leaves groups, is moved, or a rule goes.

    The rules of these groups may name others. Who knew the members of those by it, knows them until it has confirmed
    a later generation.
    """
    rules, table = schema.security_group_rules, schema.security_groups
    for part in chunks(sorted(set(groups))):
        named = select(rules.c.source_id).where(rules.c.group_id.in_(part), rules.c.source_id.is_not(None))
        work.connection.execute(update(table).where(table.c.id.in_(named)).values(known_until=work.generation))


def _knowing_hosts(work: Transaction, groups: Iterable[int]) -> dict[int, set[str]]:
    """Return who knows the members of groups: who lets them in to a guest, or did and has not confirmed since."""
    rules, members, instances = schema.security_group_rules, schema.instance_groups, schema.instances
    table, hosts = schema.security_groups, schema.hosts
    found: dict[int, set[str]] = {}
    for part in chunks(sorted(set(groups))):
        running = (
            select(rules.c.source_id, instances.c.host, instances.c.next_host)
            .select_from(
                rules.join(members, members.c.group_id == rules.c.group_id).join(
                    instances, instances.c.id == members.c.instance_id
                )
            )
            .where(rules.c.source_id.in_(part))
            .distinct()
        )
        late = select(table.c.id, hosts.c.name, hosts.c.name).where(
            table.c.id.in_(part), hosts.c.generation < table.c.known_until
        )
        for query in (running, late):
            for number, host, other in _rows(work, query):
                found.setdefault(number, set()).update(name for name in (host, other) if name is not None)
    return found


def _rows(work: Transaction, query: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in work.connection.execute(query)]
