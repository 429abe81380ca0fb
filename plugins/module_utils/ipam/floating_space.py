# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of a floating pool: which are free, which wait for hosts, and which lie inside a fixed network.

An address of a pool is in exactly one of three places: a row of ``floating_ips`` (somebody has it), an extent (it is
free), or neither while a host has not yet confirmed to have given it up. What waits is not handed out by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import Exhausted
from . import schema
from .extents import count_free, give_back, take, take_oldest, take_range
from .network_views import chunks
from .sql import select
from .store import Transaction

_OWNER = "pool_id"


def count_free_addresses(work: Transaction, pool_id: int) -> int:
    """Return how many addresses can be handed out at once."""
    return count_free(work, schema.floating_extents, _OWNER, pool_id)


def take_any(work: Transaction, pool_id: int, pool: str) -> int:
    """Take the address that has been free for the longest time."""
    try:
        return take_oldest(work, schema.floating_extents, _OWNER, pool_id)
    except Exhausted as error:
        raise Exhausted(
            f"floating pool {pool}",
            "has no free address left",
            "Add a range to the pool, or release an address.",
        ) from error


def take_this(work: Transaction, pool_id: int, address: int) -> None:
    """Take one address that nobody has. It may still wait for a host: the plan binds it nowhere until that is over."""
    take(work, schema.floating_extents, _OWNER, pool_id, address)


def put_back(work: Transaction, addresses: Iterable[int]) -> list[int]:
    """Make addresses free that nobody has any more and no host has left; return those that have become free."""
    wanted = sorted(set(addresses))
    if not wanted:
        return []
    kept = _taken_among(work, wanted) | _waiting_among(work, wanted)
    freed: list[int] = []
    for first, last in _runs([address for address in wanted if address not in kept]):
        for pool_id, start, end in _parts_of_pools(work, first, last):
            remove_space(work, pool_id, start, end)
            give_back(work, schema.floating_extents, _OWNER, pool_id, start, end, work.now)
            freed += range(start, end + 1)
    return freed


def add_space(work: Transaction, pool_id: int, first: int, last: int) -> None:
    """Make a new range free, but for what somebody has or a host has not given up yet."""
    taken = set(_between(work, schema.floating_ips.c.address, first, last))
    waiting = select(schema.withdrawals.c.address).where(
        schema.withdrawals.c.kind == "floating", schema.withdrawals.c.address.between(first, last)
    )
    taken.update(work.connection.execute(waiting).scalars())
    start = first
    for address in [*sorted(taken), last + 1]:
        if start < address:
            give_back(work, schema.floating_extents, _OWNER, pool_id, start, address - 1, work.now)
        start = address + 1


def remove_space(work: Transaction, pool_id: int, first: int, last: int) -> None:
    """Take whatever is free in a range out of the pool."""
    take_range(work, schema.floating_extents, _OWNER, pool_id, first, last)


def pool_at(work: Transaction, address: int) -> Any:
    """Return the row of the range that an address lies in (with ``pool_id``); None when it lies in none."""
    ranges = schema.floating_ranges
    return work.connection.execute(select(ranges).where(ranges.c.first <= address, ranges.c.last >= address)).first()


def _taken_among(work: Transaction, addresses: Sequence[int]) -> set[int]:
    column = schema.floating_ips.c.address
    found: set[int] = set()
    for part in chunks(addresses):
        found.update(work.connection.execute(select(column).where(column.in_(part))).scalars())
    return found


def _waiting_among(work: Transaction, addresses: Sequence[int]) -> set[int]:
    columns = schema.withdrawals.c
    found: set[int] = set()
    for part in chunks(addresses):
        waiting = select(columns.address).where(columns.kind == "floating", columns.address.in_(part))
        found.update(work.connection.execute(waiting).scalars())
    return found


def _runs(addresses: Sequence[int]) -> list[tuple[int, int]]:
    """Return ordered addresses as ranges without gaps."""
    runs: list[tuple[int, int]] = []
    for address in addresses:
        if runs and runs[-1][1] == address - 1:
            runs[-1] = (runs[-1][0], address)
        else:
            runs.append((address, address))
    return runs


def _parts_of_pools(work: Transaction, first: int, last: int) -> list[tuple[int, int, int]]:
    """Return (pool, first, last) for each part of a range that lies in a pool."""
    ranges = schema.floating_ranges.c
    touched = select(ranges.pool_id, ranges.first, ranges.last).where(ranges.first <= last, ranges.last >= first)
    return [
        (row.pool_id, max(first, row.first), min(last, row.last))
        for row in work.connection.execute(touched.order_by(ranges.first))
    ]


def _between(work: Transaction, column: Any, first: int, last: int) -> list[int]:
    return list(work.connection.execute(select(column).where(column.between(first, last))).scalars())
