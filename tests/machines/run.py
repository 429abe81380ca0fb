# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs Molecule's scenarios and sums up: ``python -m tests.machines.run [SCENARIO...]``. Leaves no machine behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.process import PROC, Process, end, identify
from tests.tools.summary import Counts
from tests.tools.tree import BUILD, ROOT, link_collection

from .image import image_of
from .recipe import RECIPES
from .running import OWNER_VARIABLE, destroy

SCENARIOS = tuple(path.parent.name for path in sorted((ROOT / "molecule").glob("*/molecule.yml")))
LOGS = BUILD / "logs"
# What Molecule writes for a run; by itself it would leave it in the user's home.
EPHEMERAL = BUILD / "molecule"
# Molecule finds it by itself only in a clone, not in an export.
CONFIGURATION = ROOT / ".config/molecule/config.yml"
STEP = re.compile(r"\[\w+ > (?P<step>\w+)\] Executing$")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
VERDICT = re.compile(r"^=+ .*\b(?:passed|failed|errors?|skipped)\b.* in [0-9.]+s")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped)")
BECOME_SUBREAPER = 36


@dataclass
class Progress:
    """What a scenario has done so far, read off Molecule's output."""

    steps: list[tuple[str, float]] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)

    def read(self, line: str, now: float) -> None:
        """Take in one line."""
        plain = COLOURS.sub("", line).rstrip()
        step = STEP.search(plain)
        if step:
            self.steps.append((step["step"], now))
        if VERDICT.match(plain):
            self.counts += parse_verdict(plain)

    def durations(self, now: float) -> list[tuple[str, float]]:
        """Return how long each step took."""
        ends = [began for _step, began in self.steps[1:]] + [now]
        return [(step, finished - began) for (step, began), finished in zip(self.steps, ends)]


def parse_verdict(line: str) -> Counts:
    """Return the counts in pytest's last line."""
    found: dict[str, int] = {}
    for number, word in COUNT.findall(line):
        name = "failed" if word.startswith("error") else word
        found[name] = found.get(name, 0) + int(number)
    return Counts(**found)


def main(scenarios: Sequence[str]) -> int:
    """Run scenarios one after the other and return the exit code."""
    unknown = sorted(set(scenarios) - set(SCENARIOS))
    if unknown:
        print(f"no scenario {', '.join(unknown)}; there are {', '.join(SCENARIOS)}", file=sys.stderr)
        return 2
    # What loses its parent becomes ours, so that nothing can be left.
    ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    link_collection()
    LOGS.mkdir(parents=True, exist_ok=True)
    for recipe in RECIPES.values():
        image_of(recipe)
    total = sum((run(scenario) for scenario in scenarios or SCENARIOS), Counts())
    print(total)
    return 1 if total.failed else 0


def run(scenario: str) -> Counts:
    """Run a scenario from its first step to its last, and return how its tests came out."""
    progress, began = Progress(), time.monotonic()
    code = 1
    try:
        code = _molecule(scenario, progress)
    finally:
        # Interruptions come to the whole group; what is to be done now is quick and must be done.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stubborn = end_descendants()
        ended = destroy(scenario)
        shutil.rmtree(EPHEMERAL / scenario, ignore_errors=True)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if ended or stubborn:
            print(f"{scenario}: {ended} processes of its machines were left and are ended; still there: {stubborn}")
    now = time.monotonic()
    for step, seconds in progress.durations(now):
        print(f"{scenario} {step}: {seconds:.0f} s")
    print(f"{scenario}: {progress.counts}, {now - began:.0f} s", flush=True)
    # A step that failed is a failure, whatever the tests said.
    return progress.counts + Counts(failed=1) if code and not progress.counts.failed else progress.counts


def _molecule(scenario: str, progress: Progress) -> int:
    binaries = Path(sys.executable).parent
    path = os.pathsep.join([str(binaries), os.environ.get("PATH", os.defpath)])
    environment = {
        **os.environ,
        "PATH": path,
        OWNER_VARIABLE: str(os.getpid()),
        "MOLECULE_EPHEMERAL_DIRECTORY": str(EPHEMERAL / scenario),
        "MOLECULE_COMMAND_BORDERS": "0",
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
    }
    command = [str(binaries / "molecule"), "--base-config", str(CONFIGURATION), "test", "--scenario-name", scenario]
    with open(LOGS / f"molecule-{scenario}.log", "w", encoding="utf-8") as log, subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        over = threading.Event()
        threading.Thread(target=collect, args=(process.pid, over), daemon=True).start()
        try:
            for line in process.stdout:
                progress.read(line, time.monotonic())
                log.write(line)
                print(line, end="", flush=True)
            return process.wait()
        finally:
            over.set()


def collect(but: int, over: threading.Event, pause: float = 0.2) -> None:
    """Collect what has become ours and has ended: until then the kernel keeps the namespaces that it ran in.

    :param but: the child that somebody else waits for.
    """
    while not over.wait(pause):
        for child in children(os.getpid()):
            if child.pid != but:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(child.pid, os.WNOHANG)


def end_descendants(patience: float = 10.0) -> int:
    """End what this process's children have left, and return how many do not end."""
    deadline = time.monotonic() + patience
    while True:
        left = children(os.getpid())
        if not left or time.monotonic() > deadline:
            return len(left)
        end(left, 1.0)
        for process in left:
            os.waitpid(process.pid, os.WNOHANG)


def children(parent: int) -> list[Process]:
    """Return the processes that have a process for their parent."""
    listing = (PROC / str(parent) / "task" / str(parent) / "children").read_text().split()
    return [process for process in map(identify, map(int, listing)) if process is not None]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
