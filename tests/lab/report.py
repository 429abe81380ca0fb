# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people read: tables, checks, and the sum at the end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """Something that must be so.

    :param detail: what was found, for a check that failed.
    """

    name: str
    passed: bool
    detail: str = ""


def render_table(headings: Sequence[str], rows: Iterable[Sequence[str]], indent: str = "  ") -> str:
    """Return a table as text, columns as wide as they need to be."""
    table = [tuple(headings), *(tuple(row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(indent + line for line in lines)


class Report:
    """Prints a run as it goes, and remembers every check."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self._began = time.monotonic()
        self._stage = ""

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    @property
    def failed(self) -> list[Check]:
        """The checks that did not pass."""
        return [check for check in self.checks if not check.passed]

    def stage(self, title: str) -> None:
        """Begin a new part."""
        self._stage = title
        print(f"\n[{self.elapsed:5.1f} s] {title}", flush=True)

    def say(self, text: str) -> None:
        """Print lines, indented under the part."""
        for line in text.splitlines():
            print(f"  {line}".rstrip(), flush=True)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print a table."""
        print(render_table(headings, rows), flush=True)

    def record(self, name: str, passed: bool, detail: str = "") -> str:
        """Remember a check without printing it; return what to write into a table."""
        self.checks.append(Check(f"{self._stage}: {name}", passed, detail))
        return "ok" if passed else "FAILED"

    def check(self, name: str, passed: bool, detail: str = "") -> bool:
        """Remember a check and print it."""
        word = self.record(name, passed, detail)
        print(f"  {word:6}  {name}", flush=True)
        if not passed and detail:
            self.say("\n".join(f"        {line}" for line in detail.splitlines()))
        return passed

    def close(self) -> int:
        """Print the sum and return the exit code."""
        if self.failed:
            print(f"\n{len(self.failed)} of {len(self.checks)} checks FAILED:")
            for check in self.failed:
                print(f"  {check.name}")
                for line in check.detail.splitlines()[:20]:
                    print(f"      {line}")
        else:
            print(f"\nAll {len(self.checks)} checks passed.")
        print(f"demo: {len(self.checks)} checks, {len(self.failed)} failed, {self.elapsed:.0f} s", flush=True)
        return 1 if self.failed else 0
