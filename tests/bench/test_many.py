# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A million taken addresses, ten thousand instances at once, a thousand hosts: printed, never asserted."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.ipam.extents import take_oldest
from ansible_collections.novanet.network.plugins.module_utils.ipam.instances import apply_instances
from ansible_collections.novanet.network.plugins.module_utils.ipam.projects import ensure_project
from ansible_collections.novanet.network.plugins.module_utils.ipam.snapshot import read_snapshot
from ansible_collections.novanet.network.plugins.module_utils.ipam.snapshot_scope import plan_scope
from ansible_collections.novanet.network.plugins.module_utils.plan.compile import compile_plans
from ansible_collections.novanet.network.plugins.module_utils.plan.model import HostSettings, Settings

from tests.bench.test_allocation import EXTENTS, compare, network
from tests.unit.plugins.module_utils.ipam.others import INSTANCES as INSTANCES_OF_OTHERS
from tests.unit.plugins.module_utils.ipam.others import QUARANTINE, let_others_have
from tests.unit.plugins.module_utils.ipam.scratch import Scratch
from tests.unit.plugins.module_utils.ipam.small_cloud import web

TAKEN = 1_000_000
INSTANCES = 10_000
HOSTS, ON_EACH = 1000, 10
CALLS = 100


@pytest.fixture
def ipam(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


def test_the_next_address_costs_the_same_with_a_million_taken(ipam: Scratch) -> None:
    with ipam.work(check=True) as work:
        few, many = network(work, "few", "11.0.0.0/8"), network(work, "many", "10.0.0.0/8")
        let_others_have(work, "many", TAKEN, QUARANTINE)

        def take(row: Any) -> None:
            for _unused in range(CALLS):
                take_oldest(work, EXTENTS, "network_id", row.id)

        title = f"{CALLS} times the next address of a /8 with {TAKEN:,} taken, against none"
        compare(title, lambda: take(few), lambda: take(many))


def test_one_instance_beside_a_million_of_others(ipam: Scratch, tmp_path: Path) -> None:
    (tmp_path / "crowded").mkdir()
    crowded = Scratch(tmp_path / "crowded")
    for there in (ipam, crowded):
        there.apply({"label": "big", "cidr": "10.0.0.0/8", "host": "net1"})
    with crowded.work() as work:
        ensure_project(work, "red")
        let_others_have(work, "big", TAKEN, *INSTANCES_OF_OTHERS)

    def boot_and_delete(there: Scratch) -> None:
        for state in ("present", "absent"):
            with there.work() as work:
                apply_instances(work, [web("own", state=state)], {"manager": "flatdhcp"})

    title = f"an instance that comes and goes beside {TAKEN:,} of others, against alone"
    compare(title, lambda: boot_and_delete(ipam), lambda: boot_and_delete(crowded))


def test_ten_thousand_instances_in_one_call(ipam: Scratch) -> None:
    ipam.apply({"label": "big", "cidr": "10.0.0.0/8", "host": "net1"})
    for count in (INSTANCES // 10, INSTANCES):
        items = [web(f"n{number}") for number in range(count)]
        with ipam.work(check=True) as work:
            start = time.perf_counter()
            apply_instances(work, items, {"manager": "flatdhcp"})
            work.write_events()
            seconds = time.perf_counter() - start
        print(f"\n{count:,} instances in one call: {count / seconds:,.0f} a second ({seconds:.2f} s)")


def test_the_plan_of_one_host_of_a_thousand(ipam: Scratch) -> None:
    ipam.apply({"label": "multi", "cidr": "10.0.0.0/8", "multi_host": True})
    names = [f"c{number}" for number in range(HOSTS)]
    items = [web(f"{name}-{number}", host=name) for name in names for number in range(ON_EACH)]
    with ipam.work() as work:
        apply_instances(work, items, {"manager": "flatdhcp"})
    hosts = [HostSettings(name, False, True, "eth0", "eth2") for name in names]
    settings = Settings(metadata_host="192.0.2.1")
    figures = {}
    for everything in (True, False):
        with ipam.work(check=True) as work:
            scope = None if everything else plan_scope(hosts, ["c7"], settings)
            tracemalloc.start()
            start = time.perf_counter()
            plans = compile_plans(read_snapshot(work, scope), settings, hosts, ["c7"])
            seconds, peak = time.perf_counter() - start, tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        figures[everything] = (seconds, peak, plans)
    assert figures[True][2] == figures[False][2]
    (slow, big, _plans), (quick, small, _same) = figures[True], figures[False]
    print(
        f"\nplan of one host of {HOSTS:,} with {ON_EACH} instances each, of what it needs against of everything:"
        f" {quick / slow:.3f} times the time ({quick * 1e3:.0f} ms against {slow * 1e3:.0f} ms),"
        f" {small / big:.3f} times the memory ({small / 1e6:.1f} MB against {big / 1e6:.1f} MB)"
    )
