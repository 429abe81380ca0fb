# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Free space of a pool: disjoint ranges with the time they became free, in a table.

Each step takes a fixed number of indexed queries, however large the pool is and however much of it is taken. The
table is ``fixed_extents`` (owner column ``network_id``) or ``floating_extents`` (owner column ``pool_id``).
"""

from __future__ import annotations

from typing import Any

from ..errors import Exhausted
from .network_views import chunks
from .sql import Table, and_, delete, func, insert, select, update
from .store import Transaction


class Supply:
    """What is free in a pool, in the order in which it is used: what has been free for the longest time goes first.

    What was taken is written all at once by :meth:`settle`; until then nobody else may change the pool's free space.

    :param count: how many addresses will be taken at most.
    :param subject: the pool in a person's words, for the error.
    """

    def __init__(
        self, work: Transaction, table: Table, owner_column: str, owner_id: int, count: int, subject: str = "pool"
    ) -> None:
        self._work, self._table, self._subject = work, table, subject
        oldest = (
            select(table.c.id, table.c.first, table.c.last)
            .where(table.c[owner_column] == owner_id)
            .order_by(table.c.freed_at, table.c.first)
            .limit(count)  # each of them has one address or more
        )
        self._extents = iter(work.connection.execute(oldest).all())
        self._current: Any = None
        self._next = 0
        self._spent: list[int] = []

    def take(self) -> int:
        """Return the next address, as a number.

        :raises Exhausted: nothing is free.
        """
        if self._current is None:
            self._current = next(self._extents, None)
            if self._current is None:
                raise Exhausted(self._subject, "has no free address left")
            self._next = int(self._current.first)
        number = self._next
        self._next += 1
        if number == self._current.last:
            self._spent.append(self._current.id)
            self._current = None
        return number

    def settle(self) -> None:
        """Write what was taken. Nothing can be taken after that."""
        column = self._table.c.id
        for part in chunks(self._spent):
            self._work.connection.execute(delete(self._table).where(column.in_(part)))
        if self._current is not None:
            rest = update(self._table).where(column == self._current.id).values(first=self._next)
            self._work.connection.execute(rest)


def take_oldest(work: Transaction, table: Table, owner_column: str, owner_id: int, subject: str = "pool") -> int:
    """Take the address that has been free for the longest time, and return it as a number.

    :param subject: the pool in a person's words, for the error.
    :raises Exhausted: nothing is free.
    """
    supply = Supply(work, table, owner_column, owner_id, 1, subject)
    number = supply.take()
    supply.settle()
    return number


def take(work: Transaction, table: Table, owner_column: str, owner_id: int, address: int) -> bool:
    """Take one address. Return False, and change nothing, when it is not free."""
    extent = _extent_below(work, table, owner_column, owner_id, address)
    if extent is None or extent.last < address:
        return False
    row = {owner_column: owner_id, "freed_at": extent.freed_at}
    _cut(work, table, extent, address, address, row)
    return True


def take_range(work: Transaction, table: Table, owner_column: str, owner_id: int, first: int, last: int) -> int:
    """Take whatever is free from ``first`` to ``last``, and return how many addresses that were."""
    owned = table.c[owner_column] == owner_id
    inside = select(table).where(and_(owned, table.c.first > first, table.c.first <= last))
    found = list(work.connection.execute(inside))
    below = _extent_below(work, table, owner_column, owner_id, first)
    if below is not None and below.last >= first:
        found.insert(0, below)
    count = 0
    for extent in found:
        start, end = max(first, extent.first), min(last, extent.last)
        _cut(work, table, extent, start, end, {owner_column: owner_id, "freed_at": extent.freed_at})
        count += end - start + 1
    return count


def give_back(
    work: Transaction, table: Table, owner_column: str, owner_id: int, first: int, last: int, freed_at: float
) -> None:
    """Make the addresses from ``first`` to ``last`` free again; the caller knows that all of them are taken.

    They join a neighbour that became free at the same time, so that freeing many at once leaves one range.
    """
    below = _extent_below(work, table, owner_column, owner_id, first)
    joins_below = below is not None and below.last == first - 1 and below.freed_at == freed_at
    following = select(table).where(and_(table.c[owner_column] == owner_id, table.c.first == last + 1))
    above = work.connection.execute(following).first()
    if above is not None and above.freed_at == freed_at:
        work.connection.execute(delete(table).where(table.c.id == above.id))
        last = int(above.last)
    if below is not None and joins_below:
        work.connection.execute(update(table).where(table.c.id == below.id).values(last=last))
        return
    row = {owner_column: owner_id, "first": first, "last": last, "freed_at": freed_at}
    work.connection.execute(insert(table).values(row))


def count_free(work: Transaction, table: Table, owner_column: str, owner_id: int) -> int:
    """Return how many addresses of the pool are free."""
    total = select(func.sum(table.c.last - table.c.first + 1)).where(table.c[owner_column] == owner_id)
    return int(work.connection.execute(total).scalar() or 0)


def _extent_below(work: Transaction, table: Table, owner_column: str, owner_id: int, address: int) -> Any:
    """Return the extent with the highest start that is not above the address; it need not reach up to it."""
    nearest = (
        select(table)
        .where(and_(table.c[owner_column] == owner_id, table.c.first <= address))
        .order_by(table.c.first.desc())
        .limit(1)
    )
    return work.connection.execute(nearest).first()


def _cut(work: Transaction, table: Table, extent: Any, first: int, last: int, rest: Any = None) -> None:
    """Remove a part of an extent; at most one new row, made of ``rest``, holds what is left above the part."""
    this = table.c.id == extent.id
    if extent.first == first:
        if extent.last == last:
            work.connection.execute(delete(table).where(this))
        else:
            work.connection.execute(update(table).where(this).values(first=last + 1))
        return
    work.connection.execute(update(table).where(this).values(last=first - 1))
    if extent.last > last:
        work.connection.execute(insert(table).values({**rest, "first": last + 1, "last": extent.last}))
