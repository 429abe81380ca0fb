# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many processes in one IPAM, some of them killed: no address twice, nothing lost, nothing by halves.

The same at full size is in tests/bench/test_contention.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.contention import problems, run_crowd
from tests.lab.postgresql import running_server

SIZE = {"processes": 12, "operations": 360, "kills": 6}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ipam.sqlite"
        return
    with running_server() as server:
        yield server.create_database("ipam")


def test_many_processes_and_deaths_leave_every_address_in_one_place(url: str, tmp_path: Path) -> None:
    (tmp_path / "crowd").mkdir()
    after = run_crowd(url, tmp_path / "crowd", **SIZE)
    summary = after.summary()
    assert problems(after) == [], summary
    assert summary["operations"] >= SIZE["operations"] - SIZE["kills"]
    assert summary["killed"] == SIZE["kills"]
    assert summary["exhausted"] > 0, "nobody found the pool empty"
    assert summary["won after a refusal"] > 0, "nobody who was refused had more luck later"
