# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read off Molecule's output, and when it runs."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

from tests.machines.run import SCENARIOS, Progress, collect, parse_verdict
from tests.tools.run_all import parts
from tests.tools.summary import Counts


def test_counts_of_pytest_are_summed_up() -> None:
    assert parse_verdict("=== 2 failed, 19 passed, 1 skipped in 42.80s ===") == Counts(19, 2, 1)
    assert parse_verdict("=== 21 errors in 0.10s ===") == Counts(failed=21)
    assert parse_verdict("=== 1 failed, 1 passed, 2 errors in 9.10s (0:00:09) ===") == Counts(1, 3, 0)


def test_steps_and_verdicts_are_found_between_other_lines() -> None:
    progress = Progress()
    lines = [
        (0.0, "INFO     [vlan > create] Executing"),
        (5.0, "INFO     [vlan > create] Executed: Successful"),
        (6.0, "INFO     [vlan > verify] Executing"),
        (7.0, "======= test session starts ======="),
        (8.0, "======= 3 passed in 1.00s ======="),
    ]
    for now, line in lines:
        progress.read(line + "\n", now)
    assert progress.durations(9.0) == [("create", 6.0), ("verify", 3.0)]
    assert progress.counts == Counts(passed=3)


def test_what_has_ended_is_collected_and_what_somebody_waits_for_is_left() -> None:
    with subprocess.Popen(["true"]) as ended, subprocess.Popen(["true"]) as waited_for:
        over = threading.Event()
        thread = threading.Thread(target=collect, args=(waited_for.pid, over, 0.01))
        thread.start()
        while Path(f"/proc/{ended.pid}").exists():
            time.sleep(0.01)
        over.set()
        thread.join()
        assert waited_for.wait() == 0
        assert Path(f"/proc/{waited_for.pid}").exists() is False


def test_every_scenario_is_part_of_all_tests() -> None:
    assert SCENARIOS
    named = [part.name for part in parts()]
    assert sorted(name for name in named if "molecule" in name) == sorted(f"molecule {name}" for name in SCENARIOS)
    assert {"lint", "unit", "functional", "demo", "kernel"} <= {*named}
