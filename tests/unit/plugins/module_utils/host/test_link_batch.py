# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One batch for everything, and its undoing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import CommandFailed, HostError, RolledBack
from ansible_collections.novanet.network.plugins.module_utils.host.link.batch import LINES, run_steps
from ansible_collections.novanet.network.plugins.module_utils.host.link.draft import Step

STEPS = [Step("do a", ("undo a",)), Step("", ("undo nothing",)), Step("do b", ()), Step("do c", ("undo c", "and more"))]


class Scripted:
    """A runner that answers each command with a failure's text, or with success for None."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.runs: list[tuple[tuple[str, ...], str | None]] = []

    def run(self, argv: Sequence[str], stdin: str | None = None, accept: Sequence[int] = (0,)) -> Any:
        self.runs.append((tuple(argv), stdin))
        answer = self.answers.pop(0)
        if answer is not None:
            raise CommandFailed(tuple(argv), 1, answer)


def test_all_steps_are_one_process() -> None:
    runner = Scripted(None)
    run_steps(runner, STEPS)  # type: ignore[arg-type]
    assert runner.runs == [(("ip", "-batch", "-"), "do a\ndo b\ndo c\n")]


def test_what_came_before_the_failed_line_is_undone_last_first() -> None:
    runner = Scripted("RTNETLINK answers: File exists\nCommand failed -:3\n", None)
    with pytest.raises(RolledBack) as error:
        run_steps(runner, STEPS)  # type: ignore[arg-type]
    assert runner.runs[1] == (("ip", "-force", "-batch", "-"), "undo nothing\nundo a\n")
    assert str(error.value) == (
        "command ip do c failed: RTNETLINK answers: File exists. "
        "The 2 commands before it were undone; the host is as it was."
    )


def test_a_failure_of_the_first_line_leaves_nothing_to_undo() -> None:
    runner = Scripted("no\nCommand failed -:1")
    with pytest.raises(RolledBack, match="The 0 commands before it"):
        run_steps(runner, STEPS)  # type: ignore[arg-type]
    assert len(runner.runs) == 1


def test_a_failed_undo_is_not_called_undone() -> None:
    runner = Scripted("no\nCommand failed -:2", "cannot\nCommand failed -:1")
    with pytest.raises(HostError, match="Undoing what came before it failed too: cannot") as error:
        run_steps(runner, STEPS)  # type: ignore[arg-type]
    assert not isinstance(error.value, RolledBack)


def test_a_batch_that_does_not_say_where_it_stopped_is_undone_as_far_as_it_goes() -> None:
    runner = Scripted("no answer within 120 s", None)
    with pytest.raises(RolledBack, match="in commands 1 to 3 of 3: no answer within 120 s. All of it was undone"):
        run_steps(runner, STEPS)  # type: ignore[arg-type]
    assert runner.runs[1][1] == "undo c\nand more\nundo nothing\nundo a\n"
    runner = Scripted("no answer within 120 s", "cannot find")
    with pytest.raises(HostError, match="undone as far as possible: cannot find"):
        run_steps(runner, STEPS)  # type: ignore[arg-type]


def many(count: int) -> list[Step]:
    return [Step(f"do {number}", (f"undo {number}",)) for number in range(1, count + 1)]


def test_a_long_list_is_cut_into_processes_and_stays_in_order() -> None:
    steps = many(2 * LINES + 1)
    runner = Scripted(None, None, None)
    run_steps(runner, steps)  # type: ignore[arg-type]
    texts = [text or "" for _argv, text in runner.runs]
    assert [len(text.splitlines()) for text in texts] == [LINES, LINES, 1]
    assert "".join(texts).splitlines() == [step.line for step in steps]


def test_a_failure_in_a_later_process_undoes_what_all_of_them_did() -> None:
    runner = Scripted(None, None, "no\nCommand failed -:2", None, None, None)
    with pytest.raises(RolledBack, match=f"do {2 * LINES + 2} failed: no. The {2 * LINES + 1} commands before it were"):
        run_steps(runner, many(3 * LINES))  # type: ignore[arg-type]
    undone = "".join(text or "" for argv, text in runner.runs if "-force" in argv)
    assert undone.splitlines() == [f"undo {number}" for number in range(2 * LINES + 1, 0, -1)]


def test_a_process_without_an_end_is_named_by_its_lines_and_nothing_is_left_of_the_others() -> None:
    runner = Scripted(None, "no answer within 120 s", "cannot find 1", None)
    with pytest.raises(HostError, match=f"in commands {LINES + 1} to {2 * LINES} of {3 * LINES}: no answer") as error:
        run_steps(runner, many(3 * LINES))  # type: ignore[arg-type]
    assert not isinstance(error.value, RolledBack)
    undone = "".join(text or "" for argv, text in runner.runs if "-force" in argv)
    assert undone.splitlines()[0] == f"undo {2 * LINES}" and undone.splitlines()[-1] == "undo 1"
