# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Exhausted
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.extents import (
    count_free,
    give_back,
    take,
    take_oldest,
    take_range,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Caller, Transaction, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from tests.unit.plugins.module_utils.ipam.scratch import free_addresses

TABLE, COLUMN, POOL = schema.floating_extents, "pool_id", 1
SIZE = 40


def new_pool(work: Transaction, pool: int = POOL, first: int = 0) -> None:
    work.connection.execute(insert(schema.floating_pools).values(id=pool, name=f"pool{pool}", origin="operation"))
    give_back(work, TABLE, COLUMN, pool, first, first + SIZE - 1, 0.0)


def free(work: Transaction, pool: int = POOL) -> dict[int, float]:
    return free_addresses(work, TABLE, COLUMN, pool)


ADDRESS = st.integers(0, SIZE - 1)
STEP = st.one_of(
    st.tuples(st.just("oldest"), st.just(0), st.just(0)),
    st.tuples(st.just("take"), ADDRESS, st.just(0)),
    st.tuples(st.just("range"), ADDRESS, st.integers(0, 12)),
    st.tuples(st.just("back"), ADDRESS, st.integers(0, 12)),
)


def do(work: Transaction, model: dict[int, float], step: tuple[str, int, int], now: float) -> None:
    """Do one step on the table and on a dictionary of free addresses, and compare what both say."""
    what, address, length = step
    last = min(address + length, SIZE - 1)
    if what == "oldest" and model:
        expected = min(model, key=lambda number: (model[number], number))
        assert take_oldest(work, TABLE, COLUMN, POOL) == expected
        del model[expected]
    elif what == "oldest":
        with pytest.raises(Exhausted):
            take_oldest(work, TABLE, COLUMN, POOL)
    elif what == "take":
        assert take(work, TABLE, COLUMN, POOL, address) == (model.pop(address, None) is not None)
    elif what == "range":
        gone = [number for number in range(address, last + 1) if model.pop(number, None) is not None]
        assert take_range(work, TABLE, COLUMN, POOL, address, last) == len(gone)
    elif not any(number in model for number in range(address, last + 1)):
        give_back(work, TABLE, COLUMN, POOL, address, last, now)
        model.update(dict.fromkeys(range(address, last + 1), now))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(STEP, st.booleans()), max_size=30))
def test_free_space_is_exactly_what_was_not_taken_and_the_oldest_goes_first(steps: list[Any]) -> None:
    with transaction("sqlite://", Caller(check=True)) as work:
        new_pool(work)
        new_pool(work, 2, SIZE)
        model, now = dict.fromkeys(range(SIZE), 0.0), 1.0
        for step, later in steps:
            now += later
            do(work, model, step, now)
            assert free(work) == model
            assert count_free(work, TABLE, COLUMN, POOL) == len(model)
        assert free(work, 2) == dict.fromkeys(range(SIZE, 2 * SIZE), 0.0), "another pool was touched"


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(12)))
def test_what_is_given_back_at_one_time_becomes_one_range(order: list[int]) -> None:
    with transaction("sqlite://", Caller(check=True)) as work:
        new_pool(work)
        take_range(work, TABLE, COLUMN, POOL, 0, 11)
        for address in order:
            give_back(work, TABLE, COLUMN, POOL, address, address, 7.0)
        rows = work.connection.execute(TABLE.select().order_by(TABLE.c.first)).all()
        assert [(row.first, row.last, row.freed_at) for row in rows] == [(0, 11, 7.0), (12, SIZE - 1, 0.0)]


def test_taking_and_giving_back_everything_round_trips() -> None:
    with transaction("sqlite://", Caller(check=True)) as work:
        new_pool(work)
        taken = [take_oldest(work, TABLE, COLUMN, POOL) for _unused in range(SIZE)]
        assert taken == list(range(SIZE))
        with pytest.raises(Exhausted, match="pool nova has no free address left"):
            take_oldest(work, TABLE, COLUMN, POOL, "pool nova")
        give_back(work, TABLE, COLUMN, POOL, 5, 5, 2.0)
        give_back(work, TABLE, COLUMN, POOL, 3, 3, 1.0)
        assert [take_oldest(work, TABLE, COLUMN, POOL) for _unused in range(2)] == [3, 5]
