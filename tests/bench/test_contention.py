# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""64 processes in one IPAM, 100,000 calls, some processes killed: what must hold, and how the databases compare.

``CONTENTION_OPERATIONS`` sets another size. Both databases get the same work, and neither waits for a disc.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.contention import Aftermath, fast_directory, problems, run_crowd
from tests.lab.postgresql import running_server

OPERATIONS = int(os.environ.get("CONTENTION_OPERATIONS", "100000"))
PROCESSES = 64
KILLS = 100


@pytest.fixture
def directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="novanet-contention-", dir=fast_directory()))
    yield path
    shutil.rmtree(path)


def crowd(url: str, directory: Path, name: str) -> float:
    """Let the crowd work in a database, check what is left, and return how many calls it did in a second."""
    journals = directory / name
    journals.mkdir()
    after = run_crowd(
        url,
        journals,
        processes=PROCESSES,
        operations=OPERATIONS,
        kills=min(KILLS, OPERATIONS // 100),
        keep_connections=True,
    )
    rate = len(after.operations) / after.seconds
    print(f"\n{name}: {rate:,.0f} calls per second; {after.summary()}")
    check(after)
    return rate


def check(after: Aftermath) -> None:
    summary = after.summary()
    assert problems(after) == []
    assert summary["killed"] > 0
    assert summary["exhausted"] > 0
    assert summary["won after a refusal"] > 0


def test_64_processes_on_both_databases(directory: Path) -> None:
    sqlite = crowd(f"sqlite:///{directory}/ipam.sqlite", directory, "SQLite")
    with running_server() as server:
        postgresql = crowd(server.create_database("ipam"), directory, "PostgreSQL")
    print(f"PostgreSQL against SQLite: {postgresql / sqlite:.2f} times the calls per second")
