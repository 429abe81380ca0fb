# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How parts of the tests say what came out: one closing line, and pytest's own results file."""

from __future__ import annotations

import re
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path

CLOSING_LINE = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)
DEMO_LINE = re.compile(r"^demo: (\d+) checks, (\d+) failed\b", re.MULTILINE)


@dataclass(frozen=True)
class Counts:
    """How many tests did what."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def from_output(output: str, exit_code: int) -> Counts:
    """Read the last closing line; a part that prints none is one test. A bad exit code is never without a failure."""
    lines = CLOSING_LINE.findall(output)
    checks = [Counts(int(all_of_them) - int(failed), int(failed)) for all_of_them, failed in DEMO_LINE.findall(output)]
    fallback = checks[-1] if checks else Counts(passed=1 if exit_code == 0 else 0)
    counts = Counts(*map(int, lines[-1])) if lines else fallback
    return counts + Counts(failed=1) if exit_code != 0 and counts.failed == 0 else counts


def from_junit(path: Path, exit_code: int) -> tuple[Counts, list[str]]:
    """Read pytest's results file: the counts and, for each reason, why tests were skipped."""
    if not path.is_file():
        return Counts(failed=1), []
    cases = list(xml.parse(path).getroot().iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = [case for case in cases if case not in failed and case.find("skipped") is not None]
    reasons = [f"{case.get('name')}: {_message(case)}" for case in skipped]
    counts = Counts(len(cases) - len(failed) - len(skipped), len(failed), len(skipped))
    if exit_code not in (0, 1) and counts.failed == 0:
        counts += Counts(failed=1)
    return counts, reasons


def _message(case: xml.Element) -> str:
    skipped = case.find("skipped")
    return (skipped.get("message") or "no reason given") if skipped is not None else ""
