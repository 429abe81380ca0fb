# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of a floating pool: which are free, which wait for hosts, and which lie inside a fixed network.

An address of a pool is in exactly one of three places: a row of ``floating_ips`` (somebody has it), an extent (it is
free), or neither while a host has not yet confirmed to have given it up. What waits is not handed out by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import Exhausted
from . import schema
from .extents import count_free, give_back, take, take_oldest, take_range
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
    freed = []
    for address in sorted(set(addresses)):
        owner = _pool_of(work, address)
        if owner is None or _is_taken(work, address) or _is_waiting(work, address) or _is_free(work, address):
            continue
        give_back(work, schema.floating_extents, _OWNER, owner, address, address, work.now)
        freed.append(address)
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


def _pool_of(work: Transaction, address: int) -> Any:
    row = pool_at(work, address)
    return None if row is None else row.pool_id


def _is_taken(work: Transaction, address: int) -> bool:
    return bool(_between(work, schema.floating_ips.c.address, address, address))


def _is_free(work: Transaction, address: int) -> bool:
    columns = schema.floating_extents.c
    covering = select(columns.id).where(columns.first <= address, columns.last >= address)
    return work.connection.execute(covering).first() is not None


def _is_waiting(work: Transaction, address: int) -> bool:
    columns = schema.withdrawals.c
    waiting = select(columns.id).where(columns.kind == "floating", columns.address == address).limit(1)
    return work.connection.execute(waiting).first() is not None


def _between(work: Transaction, column: Any, first: int, last: int) -> list[int]:
    return list(work.connection.execute(select(column).where(column.between(first, last))).scalars())
