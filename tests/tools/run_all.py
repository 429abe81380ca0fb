# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs every part of the tests, those that do not disturb each other side by side, and sums up in the last line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.tools.summary import Counts, from_junit, from_output
from tests.tools.tree import BUILD, ROOT, link_collection

BIN = Path(sys.executable).parent
LOGS = BUILD / "logs"
MACHINES = ROOT / ".venvs/machines/bin/python"
# A part that hangs must not hang whoever waits for the whole. A scenario is slow on a slow machine.
LIMIT_SECONDS, SCENARIO_LIMIT_SECONDS = 2700, 3600
# What an interrupted part has to take away what it has made.
CLEANING_SECONDS = 120
SHOWN_LINES = 120
SIDE_BY_SIDE = 2
PRINTING = threading.Lock()
STOPPED = threading.Event()
RUNNING: dict[str, subprocess.Popen[str]] = {}


@dataclass(frozen=True)
class Part:
    """A command that is a part of the tests, and pytest's results file where it writes one."""

    name: str
    command: tuple[str, ...]
    junit: Path | None = None
    limit: int = LIMIT_SECONDS


@dataclass(frozen=True)
class Outcome:
    """What came out of a part."""

    part: Part
    counts: Counts
    seconds: float
    output: str
    reasons: list[str] = field(default_factory=list)


def pytest_part(name: str, *words: str) -> Part:
    """Return the part that runs the tests below ``tests/<name>``."""
    junit = LOGS / f"{name}.xml"
    return Part(name, (str(BIN / "pytest"), f"tests/{name}", "-q", f"--junitxml={junit}", *words), junit)


def scenario_part(name: str) -> Part:
    """Return the part that runs a scenario on virtual machines."""
    return Part(f"molecule {name}", (str(MACHINES), "-m", "tests.machines.run", name), limit=SCENARIO_LIMIT_SECONDS)


def parts() -> tuple[Part, ...]:
    """Return the parts in the order in which they start: what says most in a short time, then the longest.

    Two are under way at a time. Every test has a lab of its own.
    """
    lint = Part("lint", (sys.executable, "-m", "tests.tools.lint", "--jobs", str(max(1, (os.cpu_count() or 1) - 1))))
    kernel = Part("kernel", (sys.executable, "-m", "tests.machines.kernel"), limit=SCENARIO_LIMIT_SECONDS)
    functional = pytest_part("functional", "-n", "2", "--dist", "loadfile")
    demo = Part("demo", (str(ROOT / "tests/lab/demo"),))
    short = (pytest_part("unit"), lint)
    return (*short, scenario_part("vlan"), functional, kernel, scenario_part("flatdhcp"), scenario_part("flat"), demo)


def finish(process: subprocess.Popen[str], limit: int) -> str:
    """Wait for a part; end it, and what it started, when it takes too long."""
    try:
        return process.communicate(timeout=limit)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)
    try:
        output = process.communicate(timeout=CLEANING_SECONDS)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output = process.communicate()[0]
    return f"{output}\nended: it took more than {limit} s\n"


def start(part: Part) -> subprocess.Popen[str]:
    """Start a part in a session of its own, so that it can be ended with all that it starts."""
    return subprocess.Popen(
        part.command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def run(part: Part) -> Outcome:
    """Run one part, keep its output, and report it."""
    began = time.monotonic()
    if part.junit:
        part.junit.unlink(missing_ok=True)
    try:
        process = start(part)
        RUNNING[part.name] = process
        output, code = finish(process, part.limit), process.returncode
        del RUNNING[part.name]
    except OSError as error:
        output, code = f"{error}\n", 127
    log_of(part).write_text(output, encoding="utf-8")
    counts, reasons = from_junit(part.junit, code) if part.junit else (from_output(output, code), [])
    outcome = Outcome(part, counts, time.monotonic() - began, output, reasons)
    report(outcome)
    return outcome


def log_of(part: Part) -> Path:
    """Return the file that keeps the output of a part."""
    return LOGS / f"{part.name.replace(' ', '-')}.log"


def report(outcome: Outcome) -> None:
    """Print what came out of a part: all that matters when it failed, and always why tests were skipped."""
    with PRINTING:
        print(f"== {outcome.part.name}: {outcome.counts}  ({outcome.seconds:.0f} s)")
        for reason in outcome.reasons:
            print(f"   skipped {reason}")
        if outcome.counts.failed:
            print("\n".join(f"   {line}" for line in outcome.output.rstrip().splitlines()[-SHOWN_LINES:]))
            print(f"   (all of it: {log_of(outcome.part).relative_to(ROOT)})")
        sys.stdout.flush()


def stop(number: int, _frame: object) -> None:
    """Hand an interrupt on to what runs, and start nothing more."""
    STOPPED.set()
    for process in list(RUNNING.values()):
        os.killpg(process.pid, signal.SIGINT)
    raise SystemExit(128 + number)


def run_next(part: Part) -> list[Outcome]:
    """Run a part, unless somebody has interrupted."""
    return [] if STOPPED.is_set() else [run(part)]


def main() -> int:
    """Run everything and return the exit code."""
    began = time.monotonic()
    LOGS.mkdir(parents=True, exist_ok=True)
    link_collection()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        outcomes = [outcome for outcomes in pool.map(run_next, parts()) for outcome in outcomes]
    total = sum((outcome.counts for outcome in outcomes), Counts())
    print(f"took {time.monotonic() - began:.0f} s; logs are in {LOGS.relative_to(ROOT)}")
    print(total)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
