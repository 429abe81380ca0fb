# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floating pools: their ranges, and who may have their addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..change import Change
from ..errors import Conflict, InUse
from . import schema
from .floating_book import FloatingBook
from .floating_inputs import Range, WantedPool, read_pools
from .floating_inside import reserve_range_in_networks, unreserve_range_in_networks
from .floating_rows import Pool, read_pool_rows
from .floating_space import add_space, remove_space
from .inputs import dotted, listed
from .projects import ensure_project
from .sql import Table, delete, func, insert, select, update
from .store import Transaction


@dataclass(frozen=True)
class StoredRange:
    """A range of a pool as the database has it."""

    id: int
    pool_id: int
    first: int
    last: int
    text: str
    origin: str


def apply_pools(
    work: Transaction, items: Sequence[Mapping[str, Any]], purge: bool = False, where: str = "pools"
) -> list[dict[str, Any]]:
    """Make the floating pools be as they were asked for, and return them.

    :param items: pools with ``name``, ``interface``, ``project``, ``ranges`` and ``state``. Ranges are added; with
        ``purge`` the ranges of a listed pool that are not listed go.
    :param purge: also remove the pools and ranges of this origin that are not listed.
    :param where: the option that lists them, for messages.
    :raises NovaError: a value is wrong, ranges overlap, or what shall go is in use.
    """
    wanted = read_pools(items, where)
    stored = read_pool_rows(work)
    ranges = _read_ranges(work)
    gone = {item.name: item for item in wanted if not item.present}
    listed = {item.name for item in wanted}
    for pool in list(stored.values()):
        if pool.name in gone:
            _remove_asked(work, pool, ranges.get(pool.id, []), gone[pool.name])
        elif purge and pool.name not in listed and pool.origin == work.origin:
            _remove_pool(work, pool, ranges.get(pool.id, []), f"floating pool {pool.name}")
    present = [item for item in wanted if item.present]
    # What goes makes room for what comes: all removals are before the first addition.
    for item in present:
        if purge and item.ranges is not None and item.name in stored:
            _remove_unlisted(work, stored[item.name], ranges.get(stored[item.name].id, []), item)
    for item in present:
        _ensure_pool(work, stored.get(item.name), item)
    return [view for view in view_pools(work) if view["name"] in {item.name for item in present}]


def view_pools(work: Transaction) -> list[dict[str, Any]]:
    """Return all floating pools as people know them, with how many addresses are free, allocated and waiting."""
    ranges, extents = _read_ranges(work), schema.floating_extents
    free = _by_pool(work, extents, func.sum(extents.c.last - extents.c.first + 1))
    allocated = _by_pool(work, schema.floating_ips, func.count())
    views = []
    for pool in sorted(read_pool_rows(work).values(), key=lambda row: row.name):
        spans = ranges.get(pool.id, [])
        total = sum(span.last - span.first + 1 for span in spans)
        counts = {"total": total, "free": free.get(pool.id, 0), "allocated": allocated.get(pool.id, 0)}
        # Neither free nor allocated: a host has not yet confirmed to have given it up.
        waiting = total - counts["free"] - counts["allocated"]
        views.append({**_view(pool, spans), **counts, "waiting": waiting})
    return views


def _by_pool(work: Transaction, table: Table, figure: Any) -> dict[int, int]:
    rows = work.connection.execute(select(table.c.pool_id, figure).select_from(table).group_by(table.c.pool_id))
    return {pool_id: int(count) for pool_id, count in rows}


def _ensure_pool(work: Transaction, pool: Pool | None, item: WantedPool) -> None:
    if item.project:
        ensure_project(work, item.project)
    if pool is None:
        pool_id = _create_pool(work, item)
        for span in item.ranges or ():
            _add_range(work, pool_id, item.name, span)
        return
    ranges = _read_ranges(work).get(pool.id, [])
    new = [span for span in item.ranges or () if not any(_contains(known, span) for known in ranges)]
    later = _with_options(pool, item)
    details = _differences(pool, later) + [f"range {span.text} added" for span in new]
    if not details:
        return
    _refuse_foreign(work, pool, later.project, item.where)
    this = schema.floating_pools.c.id == pool.id
    work.connection.execute(
        update(schema.floating_pools).where(this).values(interface=later.interface, project=later.project)
    )
    kept = [known for known in ranges if not any(_contains(span, known) for span in new)]
    after = _view(later, [*kept, *new])
    work.record(Change("update", "floating pool", pool.name, ", ".join(details)), _view(pool, ranges), after)
    for span in new:
        # A range that grows takes the place of what it was.
        for known in ranges:
            if _contains(span, known):
                _delete_range(work, known)
        _add_range(work, pool.id, pool.name, span)


def _contains(outer: StoredRange | Range, inner: StoredRange | Range) -> bool:
    return outer.first <= inner.first and inner.last <= outer.last


def _with_options(pool: Pool, item: WantedPool) -> Pool:
    """Return a pool as an item asks for it: what is not given stays, an empty text takes away."""
    return replace(
        pool,
        interface=pool.interface if item.interface is None else item.interface or None,
        project=pool.project if item.project is None else item.project or None,
    )


def _differences(pool: Pool, later: Pool) -> list[str]:
    pairs = (("interface", pool.interface, later.interface), ("project", pool.project, later.project))
    return [f"{name} {old or 'none'} -> {new or 'none'}" for name, old, new in pairs if old != new]


def _create_pool(work: Transaction, item: WantedPool) -> int:
    values = {
        "name": item.name,
        "interface": item.interface or None,
        "project": item.project or None,
        "origin": work.origin,
    }
    work.connection.execute(insert(schema.floating_pools).values(values))
    texts = [span.text for span in item.ranges or ()]
    change = Change("create", "floating pool", item.name, ", ".join(texts) or "without ranges")
    work.record(change, None, {**values, "ranges": texts})
    return read_pool_rows(work)[item.name].id


def _add_range(work: Transaction, pool_id: int, pool: str, span: Range) -> None:
    ranges, pools = schema.floating_ranges, schema.floating_pools
    other = work.connection.execute(
        select(ranges.c.text, pools.c.name)
        .select_from(ranges.join(pools, pools.c.id == ranges.c.pool_id))
        .where(ranges.c.first <= span.last, ranges.c.last >= span.first)
        .order_by(ranges.c.first)
        .limit(1)
    ).first()
    if other is not None:
        raise Conflict(f"{span.where} {span.text}", f"overlaps {other.text} of floating pool {other.name}")
    work.connection.execute(
        insert(ranges).values(pool_id=pool_id, first=span.first, last=span.last, text=span.text, origin=work.origin)
    )
    add_space(work, pool_id, span.first, span.last)
    reserve_range_in_networks(work, span.first, span.last, pool, f"{span.where} {span.text}")


def _remove_asked(work: Transaction, pool: Pool, stored: Sequence[StoredRange], item: WantedPool) -> None:
    """Remove the ranges that an absent item lists, and the pool with the last of them; the pool if it lists none."""
    asked = {(span.first, span.last) for span in item.ranges or ()}
    going = [span for span in stored if (span.first, span.last) in asked]
    if not asked or len(going) == len(stored):
        _remove_pool(work, pool, stored, f"{item.where}.name {pool.name}", item.release_addresses)
        return
    _remove_ranges(work, pool, stored, going, [], item.release_addresses)


def _remove_unlisted(work: Transaction, pool: Pool, stored: Sequence[StoredRange], item: WantedPool) -> None:
    coming = item.ranges or ()
    keep = {(span.first, span.last) for span in coming}
    going = [span for span in stored if (span.first, span.last) not in keep and span.origin == work.origin]
    _remove_ranges(work, pool, stored, going, coming, item.release_addresses)


def _remove_ranges(
    work: Transaction,
    pool: Pool,
    stored: Sequence[StoredRange],
    going: Sequence[StoredRange],
    coming: Sequence[Range],
    consent: bool,
) -> None:
    """Remove ranges of a pool. What ``coming`` covers may be in use: it is the same pool's again in a moment."""
    if not going:
        return
    for span in going:
        used = [
            address
            for address in _used(work, pool.id, span.first, span.last)
            if not any(new.first <= address <= new.last for new in coming)
        ]
        _give_up(work, f"range {span.text} of floating pool {pool.name}", used, consent)
    details = ", ".join(f"range {span.text} removed" for span in going)
    after = _view(pool, [span for span in stored if span not in going])
    work.record(Change("update", "floating pool", pool.name, details), _view(pool, stored), after)
    for span in going:
        _delete_range(work, span)


def _remove_pool(
    work: Transaction, pool: Pool, stored: Sequence[StoredRange], subject: str, consent: bool = False
) -> None:
    _give_up(work, subject, _used(work, pool.id, 0, (1 << 32) - 1), consent)
    for span in stored:
        _delete_range(work, span)
    work.connection.execute(delete(schema.floating_pools).where(schema.floating_pools.c.id == pool.id))
    work.record(Change("delete", "floating pool", pool.name), _view(pool, stored), None)


def _delete_range(work: Transaction, span: StoredRange) -> None:
    remove_space(work, span.pool_id, span.first, span.last)
    work.connection.execute(delete(schema.floating_ranges).where(schema.floating_ranges.c.id == span.id))
    unreserve_range_in_networks(work, span.first, span.last)


def _give_up(work: Transaction, subject: str, used: Sequence[int], consent: bool) -> None:
    """Release addresses that are in use, if that is meant; each release is a change of its own.

    :raises InUse: without consent.
    """
    if not used:
        return
    if not consent:
        raise InUse(
            subject,
            f"cannot go: {listed([dotted(address) for address in used])} allocated to projects",
            "Release these floating addresses first, or set release_addresses of the pool to true.",
        )
    book = FloatingBook(work, addresses=used)
    for ip in [book.at(address) for address in used]:
        if ip is not None:
            book.release(ip)


def _refuse_foreign(work: Transaction, pool: Pool, project: str | None, where: str) -> None:
    """A pool can become one project's own only when no other project has an address of it."""
    columns = schema.floating_ips.c
    foreign = work.connection.execute(
        select(columns.address, columns.project)
        .where(columns.pool_id == pool.id, columns.project != project)
        .order_by(columns.address)
        .limit(1)
    ).first()
    if project is not None and foreign is not None:
        raise InUse(
            f"{where}.project {project}", f"cannot be set: project {foreign.project} has {dotted(foreign.address)}"
        )


def _used(work: Transaction, pool_id: int, first: int, last: int) -> list[int]:
    columns = schema.floating_ips.c
    used = select(columns.address).where(columns.pool_id == pool_id, columns.address.between(first, last))
    return list(work.connection.execute(used.order_by(columns.address)).scalars())


def _view(pool: Pool, ranges: Sequence[StoredRange | Range]) -> dict[str, Any]:
    return {
        "name": pool.name,
        "interface": pool.interface,
        "project": pool.project,
        "ranges": [span.text for span in ranges],
        "origin": pool.origin,
    }


def _read_ranges(work: Transaction) -> dict[int, list[StoredRange]]:
    """Return the ranges of every pool, by its id, in the order of the addresses."""
    columns = schema.floating_ranges.c
    rows = work.connection.execute(
        select(columns.id, columns.pool_id, columns.first, columns.last, columns.text, columns.origin).order_by(
            columns.first
        )
    )
    found: dict[int, list[StoredRange]] = {}
    for row in rows:
        found.setdefault(row.pool_id, []).append(StoredRange(*row))
    return found
