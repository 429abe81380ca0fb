# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many instances in one call: the number of statements hardly grows, and what comes of it is the same as one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, Exhausted
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed import Wish, allocate_all
from ansible_collections.novanet.network.plugins.module_utils.ipam.instances import apply_instances
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from tests.unit.plugins.module_utils.ipam.scratch import Scratch, free_addresses, make_port, network_in
from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, check_invariants, gone, web

BIG = {"label": "big", "cidr": "11.0.0.0/8", "bridge": "br11", "host": "net1"}
FEW, MANY = 20, 1000
# Statements take 500 values each.
PARTS = MANY // 500


def statements(work: Transaction, call: Callable[[], object]) -> int:
    """Return how many statements a call executes."""
    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counted.append(statement)

    event.listen(work.connection, "before_cursor_execute", count)
    call()
    event.remove(work.connection, "before_cursor_execute", count)
    return len(counted)


def boots(count: int) -> list[dict[str, Any]]:
    return [web(f"n{number}", nics=[{"network": "big"}]) for number in range(count)]


@pytest.mark.parametrize("make", [boots, lambda count: [gone(f"n{number}") for number in range(count)]])
def test_a_thousand_instances_come_and_go_with_hardly_more_statements_than_twenty(
    tmp_path: Path, make: Callable[[int], list[dict[str, Any]]]
) -> None:
    cloud = SmallCloud(tmp_path)
    cloud.apply(BIG)
    if make is not boots:
        cloud.boot(*boots(MANY))
    counts = {}
    for count in (FEW, MANY):
        with cloud.work(check=True) as work:
            counts[count] = statements(work, partial(apply_instances, work, make(count), {"manager": "flatdhcp"}))
            assert len(work.changes) == 2 * count
    # Each kind of thing that is asked for by name takes one statement more for each further part.
    assert counts[MANY] - counts[FEW] <= 12 * PARTS


@pytest.fixture
def ipam(tmp_path: Path) -> Scratch:
    ipam = Scratch(tmp_path)
    ipam.apply({"label": "public", "cidr": "10.0.0.0/27"})
    return ipam


def rows(work: Transaction) -> tuple[list[Any], dict[int, float]]:
    """Return who has which address, and what is free since when."""
    columns = schema.fixed_ips.c
    query = schema.fixed_ips.select().order_by(columns.id)
    taken = [(row.id, row.address, row.instance, row.state) for row in work.connection.execute(query)]
    return taken, free_addresses(work, schema.fixed_extents, "network_id", network_in(work).id)


def attempt(ipam: Scratch, freed: Sequence[int], asked: Sequence[int | None], at_once: bool) -> Any:
    """Return what comes of wishes, fulfilled at once or one by one, in a pool that was used in some order before."""
    with ipam.work(check=True) as work:
        network = network_in(work)
        for stamp, number in enumerate(freed):
            row = {"network_id": network.id, "first": network.first + number, "last": network.first + number}
            work.connection.execute(schema.fixed_extents.insert().values(**row, freed_at=float(stamp % 3)))
        ports = [make_port(work, network, f"vm{index}") for index in range(len(asked))]
        wishes = [
            Wish(network, *port, None if number is None else f"10.0.0.{number}") for port, number in zip(ports, asked)
        ]
        try:
            if at_once:
                given_out = allocate_all(work, wishes)
            else:
                given_out = [address for wish in wishes for address in allocate_all(work, [wish])]
        except (Conflict, Exhausted) as error:
            return type(error), str(error)
        return given_out, [change.describe() for change in work.changes], rows(work)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    freed=st.lists(st.integers(2, 30), max_size=12, unique=True),
    asked=st.lists(st.one_of(st.none(), st.integers(2, 31)), max_size=14),
)
def test_addresses_handed_out_at_once_are_those_handed_out_one_by_one(
    ipam: Scratch, freed: list[int], asked: list[int | None]
) -> None:
    with ipam.work() as work:
        work.connection.execute(schema.fixed_extents.delete())
    assert attempt(ipam, freed, asked, True) == attempt(ipam, freed, asked, False)


def test_an_address_that_is_asked_for_twice_at_once_is_refused_by_the_name_of_the_first(ipam: Scratch) -> None:
    assert attempt(ipam, [], [None, 9, 9], True) == (Conflict, "address 10.0.0.9 is taken by instance vm1")


def test_after_a_thousand_instances_every_address_is_in_one_place(tmp_path: Path) -> None:
    cloud = SmallCloud(tmp_path)
    cloud.apply({**BIG, "cidr": "11.0.0.0/21"})
    cloud.boot(*boots(MANY))
    cloud.boot(*(gone(f"n{number}") for number in range(0, MANY, 2)))
    assert len(cloud.confirm("c1", "net1")) == MANY // 2
    cloud.boot(*boots(MANY))
    with cloud.work(check=True) as work:
        check_invariants(work)
