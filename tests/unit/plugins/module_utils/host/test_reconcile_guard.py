# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The loop of every subsystem where a change is made under guard: nothing is remembered before it is confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.change import Change
from ansible_collections.novanet.network.plugins.module_utils.errors import HostError, RolledBack
from ansible_collections.novanet.network.plugins.module_utils.host.journal import Journal, parse_journal
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Plan, Request, reconcile
from ansible_collections.novanet.network.plugins.module_utils.host.runner import Runner, SystemRunner


@dataclass
class Word:
    """A subsystem of one word, and its guard as well. ``log`` has what happened, in order."""

    name: str = "word"
    word: str = "old"
    guarded: bool = True
    failure: HostError | None = None
    spent: tuple[str, ...] = ()
    log: list[str] = field(default_factory=list)
    hint = "It is taken back."

    def parse(self, applied: Mapping[str, Any]) -> str:
        return str(applied["word"])

    def read(self, runner: Runner, want: str, journal: Journal) -> str:
        return self.word

    def diff(self, want: str, have: str, journal: Journal) -> Plan[str]:
        changes = (Change("update", "word", want),) if want != have else ()
        guard = self if self.guarded and changes else None
        return Plan(changes, want, want, {"word": want}, guard, ("a note",), self.spent)

    def apply(self, runner: Runner, plan: Plan[str]) -> None:
        self.log.append("apply")
        if self.failure:
            raise self.failure
        self.word = plan.steps

    def view(self, have: str) -> str:
        return have

    def arm(self, runner: Runner, journal: str) -> None:
        self.log.append("arm")
        self.journal = parse_journal(journal, "x")

    def disarm(self, runner: Runner) -> None:
        self.log.append("disarm")


def run(word: Word, tmp_path: Path, check: bool = False) -> Any:
    return reconcile(word, {"word": "new"}, SystemRunner(), Request("nova", str(tmp_path / "state"), check=check))


def remembered(tmp_path: Path) -> bool:
    return (tmp_path / "state/nova/word.json").exists()


def test_the_guard_stands_before_the_change_and_has_what_is_to_be_remembered(tmp_path: Path) -> None:
    word = Word()
    assert run(word, tmp_path).notes == ("a note",)
    assert (word.log, word.word, remembered(tmp_path)) == (["arm", "apply"], "new", False)
    assert word.journal == Journal(slice={"word": "new"}, owned={"word": "new"})


def test_check_mode_sets_up_none(tmp_path: Path) -> None:
    word = Word()
    run(word, tmp_path, check=True)
    assert word.log == []


def test_a_change_that_was_undone_needs_no_guard_any_more(tmp_path: Path) -> None:
    word = Word(failure=RolledBack("line", "failed"))
    with pytest.raises(RolledBack):
        run(word, tmp_path)
    assert (word.log, remembered(tmp_path)) == (["arm", "apply", "disarm"], False)


def test_any_other_failure_leaves_the_guard_and_says_what_it_does(tmp_path: Path) -> None:
    word = Word(failure=HostError("line", "failed", "Look."))
    with pytest.raises(HostError, match="line failed. Look. It is taken back."):
        run(word, tmp_path)
    assert (word.log, remembered(tmp_path)) == (["arm", "apply"], False)


@pytest.mark.parametrize(
    ("guarded", "check", "kept"), [(False, False, False), (False, True, True), (True, False, True)]
)
def test_what_was_told_is_forgotten_by_a_real_run_without_a_guard(
    tmp_path: Path, guarded: bool, check: bool, kept: bool
) -> None:
    note = tmp_path / "note"
    note.touch()
    run(Word(guarded=guarded, spent=(str(note),)), tmp_path, check)
    assert note.exists() == kept
