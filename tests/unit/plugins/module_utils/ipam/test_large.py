# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A million taken addresses and ten thousand instances: what the database does for them, counted and not timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.extents import take_oldest
from ansible_collections.novanet.network.plugins.module_utils.ipam.floating import apply_floating_addresses
from ansible_collections.novanet.network.plugins.module_utils.ipam.instances import apply_instances
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Transaction
from sqlalchemy import event, text

from tests.unit.plugins.module_utils.ipam.others import INSTANCES, QUARANTINE, let_others_have
from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, gone, web

TAKEN = 1_000_000
MANY = 10_000
OTHERS = 50_000
BIG = {"label": "big", "cidr": "11.0.0.0/8", "host": "net1", "bridge": "br11"}


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    cloud = SmallCloud(tmp_path)
    cloud.apply(BIG)
    return cloud


def instructions(work: Transaction, do: Callable[[], object]) -> int:
    """Return how many instructions SQLite's machine needs for something, in tens."""
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1

    raw: Any = work.connection.connection.cursor().connection
    raw.set_progress_handler(tick, 10)
    do()
    raw.set_progress_handler(None, 0)
    return count


def rows_read(cloud: SmallCloud, *items: dict[str, Any]) -> int:
    """Return how many rows the database hands out while instances are made."""
    count = 0

    def tick(cursor: Any, row: tuple[Any, ...]) -> tuple[Any, ...]:
        nonlocal count
        count += 1
        return row

    with cloud.work(check=True) as work:
        raw: Any = work.connection.connection.cursor().connection
        raw.row_factory = tick
        apply_instances(work, list(items), {"manager": "flatdhcp"})
    return count


@contextmanager
def statements(work: Transaction) -> Iterator[list[str]]:
    """Collect the statements that are executed."""
    found: list[str] = []
    event.listen(
        work.connection, "before_cursor_execute", lambda conn, cursor, statement, *rest: found.append(statement)
    )
    yield found


def test_the_next_address_costs_the_same_with_a_million_taken(cloud: SmallCloud) -> None:
    with cloud.work(check=True) as work:
        network = work.connection.execute(schema.networks.select().where(schema.networks.c.label == "big")).one()

        def take() -> int:
            return instructions(work, lambda: take_oldest(work, schema.fixed_extents, "network_id", network.id))

        few = [take() for _unused in range(20)]
        assert min(few) > 0
        let_others_have(work, "big", TAKEN, QUARANTINE)
        assert [take() for _unused in range(20)] == few


def costs(work: Transaction, last: str) -> dict[str, int]:
    """Return what operations on one instance cost, in tens of instructions."""
    own = [web(f"{name}{last}", nics=[{"network": "big"}]) for name in ("web", "db")]

    def apply(*items: dict[str, Any]) -> int:
        return instructions(work, lambda: apply_instances(work, list(items), {"manager": "flatdhcp"}))

    def associate(**item: Any) -> int:
        return instructions(work, lambda: apply_floating_addresses(work, [{"pool": "wide", **item}], {}))

    return {
        "boot": apply(own[0]),
        "boot with a floating address": apply({**own[1], "floating_ip": {"pool": "wide"}}),
        "move": apply({**own[1], "host": "c2"}),
        "allocate a floating address": associate(project="red"),
        "associate a floating address": associate(instance=own[0]["name"]),
        "delete": apply(*(gone(item["name"]) for item in own)),
    }


def test_an_operation_costs_nothing_more_for_the_instances_of_others(cloud: SmallCloud) -> None:
    cloud.pools({"name": "wide", "ranges": ["198.18.0.0/24"]})
    with cloud.work(check=True) as work:
        costs(work, "0")
        few = costs(work, "1")
        let_others_have(work, "big", OTHERS, *INSTANCES)
        many = costs(work, "2")
    assert {name: count for name, count in many.items() if count > 1.5 * few[name] + 20} == {}, few
    assert min(few.values()) > 10


def test_ten_thousand_instances_in_one_call_take_no_statement_each(cloud: SmallCloud) -> None:
    with cloud.work(check=True) as work, statements(work) as found:
        apply_instances(
            work, [web(f"n{number}", nics=[{"network": "big"}]) for number in range(MANY)], {"manager": "flatdhcp"}
        )
        assert len(found) < MANY / 10
        count = work.connection.execute(text("SELECT count(DISTINCT address) FROM fixed_ips")).scalar()
        assert count == MANY


def test_an_instance_costs_nothing_more_for_the_floating_addresses_of_others(cloud: SmallCloud) -> None:
    cloud.pools({"name": "wide", "ranges": ["198.18.0.0/16"]})
    first, own, *others = [
        web(name, nics=[{"network": "big"}], floating_ip={"pool": "wide"})
        for name in ("first", "own", *(f"n{number}" for number in range(200)))
    ]
    cloud.boot(first)
    few = rows_read(cloud, own)
    cloud.boot(*others)
    assert rows_read(cloud, own) == few > 0
