# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the gates side by side; ``python -m tests.tools.lint [-j N] [WORD...]`` runs those whose name holds a word."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed

from tests.tools.gates import GATES, Gate, Verdict
from tests.tools.summary import Counts
from tests.tools.tree import BUILD, link_collection

LOGS = BUILD / "logs"
WORDS = {"passed": "OK", "failed": "FAILED", "skipped": "SKIPPED"}


def timed(gate: Gate) -> tuple[Gate, Verdict, float]:
    """Run one gate, keep its output and tell how long it took."""
    start = time.monotonic()
    verdict = gate.check()
    seconds = time.monotonic() - start
    name = re.sub(r"[^a-z0-9]+", "-", gate.name.lower())
    (LOGS / f"lint-{name}.log").write_text(verdict.text, encoding="utf-8")
    return gate, verdict, seconds


def report(gate: Gate, verdict: Verdict, seconds: float) -> None:
    """Print one line for a gate, and all that the tool said where it failed."""
    print(f"{WORDS[verdict.status]:8} {gate.name}  ({seconds:.1f} s)", flush=True)
    if verdict.status != "passed":
        print("\n".join(f"    {line}" for line in verdict.text.rstrip().splitlines()), flush=True)


def main() -> int:
    """Run the gates and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    gates = [gate for gate in GATES if not options.words or any(word in gate.name for word in options.words)]
    LOGS.mkdir(parents=True, exist_ok=True)
    # Made before gates run side by side, which would race for it.
    link_collection()
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(max_workers=options.jobs) as pool:
        for future in as_completed([pool.submit(timed, gate) for gate in gates]):
            gate, verdict, seconds = future.result()
            counts[verdict.status] += 1
            report(gate, verdict, seconds)
    print(Counts(**counts))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
