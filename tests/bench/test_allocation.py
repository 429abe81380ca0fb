# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What addresses cost: ratios of two things measured side by side, printed and never asserted."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.extents import give_back, take, take_oldest
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Transaction
from sqlalchemy import delete, insert, select

from tests.unit.plugins.module_utils.ipam.scratch import Scratch, apply_in

TAKEN = 100_000
ROUNDS = 7
CALLS = 300
EXTENTS = schema.fixed_extents


@pytest.fixture
def ipam(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def compare(title: str, baseline: Callable[[], object], measured: Callable[[], object]) -> None:
    """Time two calls in turns, so that a busy machine slows both, and print how they compare."""
    pairs = [(seconds(baseline), seconds(measured)) for _unused in range(ROUNDS)]
    base, other = (statistics.median(column) for column in zip(*pairs))
    print(f"\n{title}: {other / base:.2f} times ({other * 1e6:,.0f} µs against {base * 1e6:,.0f} µs)")


def network(work: Transaction, label: str, cidr: str) -> Any:
    return apply_in(work, {"label": label, "cidr": cidr})[0]


def fragment(work: Transaction, row: Any) -> None:
    """Leave the network in the worst state that use can bring about: every other of 200,000 addresses is taken."""
    work.connection.execute(delete(EXTENTS).where(EXTENTS.c.network_id == row.id))
    taken = [row.first + 2 + 2 * number for number in range(TAKEN)]
    stamps = random.Random(1).sample(range(TAKEN), TAKEN)
    free = [
        {"network_id": row.id, "first": address + 1, "last": address + 1, "freed_at": float(stamp)}
        for address, stamp in zip(taken, stamps)
    ]
    work.connection.execute(insert(EXTENTS), free)
    columns = {"network_id": row.id, "state": "released", "mac": "m", "instance": "i", "origin": "o", "generation": 1}
    work.connection.execute(insert(schema.fixed_ips), [{**columns, "address": address} for address in taken])


def test_creating_all_of_10_costs_what_a_28_costs(ipam: Scratch) -> None:
    def create(cidr: str) -> Callable[[], None]:
        def call() -> None:
            with ipam.work(check=True) as work:
                network(work, "n", cidr)

        return call

    ipam.apply({"label": "first", "cidr": "192.0.2.0/24"})
    compare("create 10.0.0.0/8 against 10.0.0.0/28", create("10.0.0.0/28"), create("10.0.0.0/8"))
    with ipam.work(check=True) as work:
        rows = [network(work, "small", "10.0.0.0/28"), network(work, "big", "11.0.0.0/8")]
        counts = [
            len(work.connection.execute(select(table).where(table.c.network_id == row.id)).all())
            for row in rows
            for table in (EXTENTS, schema.fixed_reservations)
        ]
    assert counts[:2] == counts[2:], "the rows of a network grow with its size"


def test_the_next_address_costs_the_same_with_100000_taken(ipam: Scratch) -> None:
    with ipam.work(check=True) as work:
        empty, full = network(work, "empty", "11.0.0.0/8"), network(work, "full", "10.0.0.0/8")
        fragment(work, full)

        def take_many(row: Any) -> Callable[[], None]:
            def call() -> None:
                for _unused in range(CALLS):
                    take_oldest(work, EXTENTS, "network_id", row.id)

            return call

        title = f"{CALLS} times the next address with {TAKEN:,} taken, against none"
        compare(title, take_many(empty), take_many(full))


def test_a_named_address_costs_the_same_with_100000_taken(ipam: Scratch) -> None:
    with ipam.work(check=True) as work:
        empty, full = network(work, "empty", "11.0.0.0/8"), network(work, "full", "10.0.0.0/8")
        fragment(work, full)
        some = random.Random(2).sample(range(TAKEN), CALLS)

        def take_and_give_back(row: Any) -> Callable[[], None]:
            def call() -> None:
                for number in some:
                    address = row.first + 3 + 2 * number
                    assert take(work, EXTENTS, "network_id", row.id, address)
                    give_back(work, EXTENTS, "network_id", row.id, address, address, work.now)

            return call

        title = f"{CALLS} times a named address and back with {TAKEN:,} taken, against none"
        compare(title, take_and_give_back(empty), take_and_give_back(full))
