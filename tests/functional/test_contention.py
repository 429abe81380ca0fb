# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""64 processes in one IPAM, 100,000 operations, some killed: no address twice, nothing lost, nothing by halves.

Calls ask for lists of instances, as modules do. One instance in each call: tests/bench/test_contention.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.functional.databases import NOTICE_LATE
from tests.functional.waiting import until
from tests.lab.contention import problems, run_crowd
from tests.lab.postgresql import Server, running_server

SIZE = {"processes": 64, "operations": 100_000, "kills": 100, "most": 100}
DEADLOCKS = 2


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ipam.sqlite"
        return
    with running_server() as server:
        yield server.create_database("ipam")


def test_many_processes_and_deaths_leave_every_address_in_one_place(url: str, tmp_path: Path) -> None:
    (tmp_path / "crowd").mkdir()
    after = run_crowd(url, tmp_path / "crowd", **SIZE, keep_connections=True)
    summary = after.summary()
    print(f"{summary['operations'] / after.seconds:,.0f} operations per second; {summary}")
    assert problems(after) == [], summary
    assert summary["operations"] >= SIZE["operations"]
    assert summary["killed"] == SIZE["kills"]
    assert summary["unfinished and absent"] > 0, "nobody died in the middle of something"
    assert summary["conflicts"] > 0, "nobody wanted what another one has"
    assert summary["exhausted"] > 0, "nobody found the pool empty"
    assert summary["won after a refusal"] > 0, "nobody who was refused had more luck later"


def test_deadlocks_are_resolved_by_repeating_what_was_undone(tmp_path: Path) -> None:
    (tmp_path / "crowd").mkdir()
    with running_server() as server, ThreadPoolExecutor() as executor:
        url = server.create_database("ipam")
        server.sql(NOTICE_LATE.format("ipam"))
        crowd = executor.submit(run_crowd, url, tmp_path / "crowd", processes=8, operations=128, kills=0)
        lock_the_other_way_round(server, "ipam", DEADLOCKS)
        after = crowd.result()
    assert problems(after) == [], after.summary()
    assert after.summary()["repeated for the database"] >= DEADLOCKS
    told = [operation.outcome for operation in after.operations if operation.outcome]
    assert {outcome["refused"] for outcome in told if "refused" in outcome} <= {"Exhausted", "Conflict"}


def lock_the_other_way_round(server: Server, database: str, times: int) -> None:
    """Lock first what others come to last, and when one of them waits for it what they begin with."""
    tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'floating_pools'"
    until(lambda: server.sql(tables, database) == "1", "the making of the tables")
    until(lambda: server.sql("SELECT count(*) FROM floating_pools", database) == "2", "the making of the pools")
    # Whoever else is in it notices the deadlock first, and gives way.
    with server.session(database, "SET deadlock_timeout = '60s'") as session:
        this = session.sql("SELECT pg_backend_pid()").strip()
        waits = f"SELECT count(*) FROM pg_stat_activity WHERE {this} = ANY(pg_blocking_pids(pid))"
        for _round in range(times):
            session.sql("BEGIN; SELECT FROM floating_pools FOR UPDATE")
            until(lambda: server.sql(waits) == "1", "the wait of a worker")
            session.sql("SELECT FROM meta FOR UPDATE; COMMIT")
