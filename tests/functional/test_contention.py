# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""64 processes in one IPAM, 100,000 operations, some killed: no address twice, nothing lost, nothing by halves.

Calls ask for lists of instances, as modules do. One instance in each call: tests/bench/test_contention.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.databases import until
from tests.lab.contention import problems, run_crowd
from tests.lab.postgresql import Server, running_server

SIZE = {"processes": 64, "operations": 100_000, "kills": 100, "most": 100}


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


class OtherWayRound(threading.Thread):
    """Somebody who locks things in another order than modules do, again and again."""

    def __init__(self, server: Server, database: str) -> None:
        super().__init__()
        self._server, self._database = server, database
        self.over = threading.Event()

    def run(self) -> None:
        tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'floating_pools'"
        until(lambda: self._server.sql(tables, self._database) == "1", "the making of the tables")
        # The others notice the deadlock first, and give way.
        with self._server.session(self._database, "SET deadlock_timeout = '60s'") as session:
            while not self.over.wait(0.2):
                session.sql("BEGIN; SELECT FROM floating_pools FOR UPDATE; SELECT pg_sleep(0.3)")
                session.sql("SELECT FROM meta FOR UPDATE; COMMIT")


def test_deadlocks_are_resolved_by_repeating_what_was_undone(tmp_path: Path) -> None:
    (tmp_path / "crowd").mkdir()
    with running_server() as server:
        url = server.create_database("ipam")
        other = OtherWayRound(server, "ipam")
        other.start()
        try:
            after = run_crowd(url, tmp_path / "crowd", processes=8, operations=64, kills=4)
        finally:
            other.over.set()
            other.join()
    assert problems(after) == [], after.summary()
    assert after.summary()["repeated for the database"] > 0
    told = [operation.outcome for operation in after.operations if operation.outcome]
    refusals = {outcome["refused"] for outcome in told if "refused" in outcome}
    # Whoever meets it again and again gives up, with nothing done.
    assert refusals <= {"Exhausted", "Conflict", "Contention"}
