# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ip -batch``: fast, but no transaction. When a line fails, what came before it is undone, last first.

A long list of lines goes to several processes one after the other, so that none exceeds the runner's patience, however
slow the host is. It stays one list: the inverse of all of it is there before the first line runs.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence

from ...errors import CommandFailed, HostError, RolledBack
from ..advertisements import heeding_path
from ..runner import Runner
from .draft import Step
from .operations import Settle
from .reading import read_answered, read_links

_BATCH, _FORCED_BATCH = ("ip", "-batch", "-"), ("ip", "-force", "-batch", "-")
_FAILED_LINE = re.compile(r"Command failed -:(\d+)")


# Of what one process gets. An emulated machine makes some ten VLAN interfaces a second.
LINES = 500

# It takes the kernel milliseconds, after whatever else it has to do.
_PATIENCE = 2.0
_PAUSE = 0.01


def run_steps(runner: Runner, steps: Sequence[Step]) -> None:
    """Run the lines of the steps, in one batch unless something is to be waited for in between.

    :raises RolledBack: a line failed, and the host is as it was.
    :raises HostError: a line failed, and so did undoing.
    """
    begin = 0
    for end, step in enumerate(steps):
        if step.settle or step.heed:
            _run_batch(runner, steps, begin, end)
            begin = end + 1
        if step.settle:
            _wait(runner, step.settle)
        if step.heed:
            _heed(runner, steps, end)
    _run_batch(runner, steps, begin, len(steps))


def _run_batch(runner: Runner, steps: Sequence[Step], begin: int, end: int) -> None:
    # The numbers that ip counts are those of the steps with a line.
    numbers = [number for number in range(begin, end) if steps[number].line]
    for first in range(0, len(numbers), LINES):
        _run_lines(runner, steps, numbers[first : first + LINES])


def _run_lines(runner: Runner, steps: Sequence[Step], numbers: Sequence[int]) -> None:
    """Run the lines of some steps in one process; when one fails, undo all steps before it."""
    try:
        runner.run(_BATCH, stdin=_text(steps[number].line for number in numbers))
    except CommandFailed as error:
        failed = _failed_line(error.output)
        if failed is None or failed > len(numbers):
            raise _undo_unknown(runner, steps, numbers, error) from error
        number = numbers[failed - 1]
        subject = f"command ip {steps[number].line}"
        reason = f"failed: {_FAILED_LINE.sub('', error.output).strip()}"
        _undo(runner, steps[:number], subject, reason)
        hint = f"The {_lines_in(steps[:number])} commands before it were undone; the host is as it was."
        raise RolledBack(subject, reason, hint) from error


def _wait(runner: Runner, settle: Settle) -> None:
    """Wait, but not for ever: a cable that is pulled out at this moment is no failure."""
    deadline = time.monotonic() + _PATIENCE
    while not _is_settled(runner, settle) and time.monotonic() < deadline:
        time.sleep(_PAUSE)


def _is_settled(runner: Runner, settle: Settle) -> bool:
    links = read_links(runner) if settle.carriers else {}
    if not all(links[name].operational for name in settle.carriers if name in links):
        return False
    return not settle.addresses or read_answered(runner).issuperset(settle.addresses)


def _heed(runner: Runner, steps: Sequence[Step], number: int) -> None:
    for name, value in steps[number].heed:
        try:
            runner.write(heeding_path(name), f"{value}\n")
        except HostError as error:
            _undo(runner, steps[:number], error.subject, error.reason)
            raise RolledBack(error.subject, error.reason, "The host is as it was.") from error


def _failed_line(output: str) -> int | None:
    found = _FAILED_LINE.search(output)
    return int(found.group(1)) if found else None


def _undo_unknown(runner: Runner, steps: Sequence[Step], numbers: Sequence[int], cause: CommandFailed) -> HostError:
    """Undo when it is not known how far a process came. Inverses of steps that were not done fail, and do no harm."""
    done = _lines_in(steps[: numbers[0]])
    which = f"commands {done + 1} to {done + len(numbers)} of {_lines_in(steps)}"
    reason = f"ended with code {cause.code} in {which}: {cause.output}"
    try:
        _run_inverse(runner, steps[: numbers[-1] + 1])
    except CommandFailed as error:
        hint = f"What it had done was undone as far as possible: {error.output}"
        return HostError("command ip -batch", reason, hint)
    return RolledBack("command ip -batch", reason, "All of it was undone; the host is as it was.")


def _undo(runner: Runner, steps: Sequence[Step], subject: str, reason: str) -> None:
    try:
        _run_inverse(runner, steps)
    except CommandFailed as error:
        raise HostError(subject, reason, f"Undoing what came before it failed too: {error.output}") from error


def _run_inverse(runner: Runner, steps: Sequence[Step]) -> None:
    """Undo all that can be undone, and then say the first thing that could not."""
    lines = [line for step in reversed(steps) for line in step.inverse]
    failures = []
    for first in range(0, len(lines), LINES):
        try:
            runner.run(_FORCED_BATCH, stdin=_text(lines[first : first + LINES]))
        except CommandFailed as error:
            failures.append(error)
    if failures:
        raise failures[0]


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _lines_in(steps: Sequence[Step]) -> int:
    return sum(bool(step.line) for step in steps)
