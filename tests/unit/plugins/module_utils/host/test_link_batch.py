# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One batch for everything, and its undoing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import CommandFailed, HostError, RolledBack
from ansible_collections.novanet.network.plugins.module_utils.host.link.batch import run_steps
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
    with pytest.raises(CommandFailed, match="no answer"):
        run_steps(runner, STEPS)  # type: ignore[arg-type]
    assert runner.runs[1][1] == "undo c\nand more\nundo nothing\nundo a\n"
    runner = Scripted("no answer within 120 s", "cannot find")
    with pytest.raises(HostError, match="undone as far as possible: cannot find"):
        run_steps(runner, STEPS)  # type: ignore[arg-type]
