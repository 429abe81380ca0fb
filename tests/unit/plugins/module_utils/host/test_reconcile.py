# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The loop that every subsystem of a host goes through, on a subsystem that keeps words in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.change import Change
from ansible_collections.novanet.network.plugins.module_utils.errors import HostError, InvalidInput, PlanRefused
from ansible_collections.novanet.network.plugins.module_utils.host.journal import Journal
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import (
    Plan,
    Request,
    describe_difference,
    merge_owned,
    reconcile,
)
from ansible_collections.novanet.network.plugins.module_utils.host.runner import Runner, SystemRunner


@dataclass(frozen=True)
class Words:
    """A subsystem whose state is a file with one word a line; ``deaf`` makes it lose what it is told."""

    path: Path
    deaf: bool = False
    crash: bool = False
    name: str = "words"

    def parse(self, applied: Mapping[str, Any]) -> tuple[str, ...]:
        for index, word in enumerate(applied["words"]):
            if not word.isalpha():
                raise InvalidInput(f"words[{index}] {word}", "is not a word")
        return tuple(sorted(applied["words"]))

    def read(self, runner: Runner, want: tuple[str, ...], journal: Journal) -> tuple[str, ...]:
        return tuple(sorted((runner.read(str(self.path)) or "").split()))

    def diff(self, want: tuple[str, ...], have: tuple[str, ...], journal: Journal) -> Plan[tuple[str, ...]]:
        added = tuple(Change("create", "word", word) for word in want if word not in have)
        removed = tuple(Change("delete", "word", word) for word in have if word not in want)
        return Plan(removed + added, want, want, {"words": list(want)})

    def apply(self, runner: Runner, plan: Plan[tuple[str, ...]]) -> None:
        if self.crash:
            raise HostError("words", "crashed halfway")
        if not self.deaf:
            runner.write(str(self.path), "\n".join(plan.steps))

    def view(self, have: tuple[str, ...]) -> list[str]:
        return list(have)


@pytest.fixture
def words(tmp_path: Path) -> Words:
    return Words(tmp_path / "words")


def request(tmp_path: Path, **options: Any) -> Request:
    return Request(owner="nova", state_path=str(tmp_path / "state"), **options)


def journal(tmp_path: Path) -> Any:
    return json.loads((tmp_path / "state/nova/words.json").read_text())


def test_a_second_run_changes_nothing(words: Words, tmp_path: Path) -> None:
    first = reconcile(words, {"words": ["b", "a"]}, SystemRunner(), request(tmp_path))
    assert [change.describe() for change in first.changes] == ["create word a", "create word b"]
    assert (first.before, first.after) == ([], ["a", "b"])
    again = reconcile(words, {"words": ["b", "a"]}, SystemRunner(), request(tmp_path))
    assert again.changes == ()


def test_check_mode_predicts_the_same_and_leaves_no_file(words: Words, tmp_path: Path) -> None:
    predicted = reconcile(words, {"words": ["a"]}, SystemRunner(), request(tmp_path, check=True))
    assert list(tmp_path.iterdir()) == []
    assert reconcile(words, {"words": ["a"]}, SystemRunner(), request(tmp_path)) == predicted


def test_a_host_that_does_not_become_what_was_predicted_is_an_error(words: Words, tmp_path: Path) -> None:
    deaf = Words(words.path, deaf=True)
    with pytest.raises(HostError, match=r"did not become what was predicted: state: expected \['a'\], found \[\]"):
        reconcile(deaf, {"words": ["a"]}, SystemRunner(), request(tmp_path))


def test_ownership_is_written_before_the_deed(words: Words, tmp_path: Path) -> None:
    reconcile(words, {"words": ["a"]}, SystemRunner(), request(tmp_path))
    with pytest.raises(HostError, match="crashed halfway"):
        reconcile(Words(words.path, crash=True), {"words": ["b"]}, SystemRunner(), request(tmp_path))
    assert journal(tmp_path)["owned"] == {"words": ["a", "b"]}
    assert journal(tmp_path)["slice"] == {"words": ["a"]}


def test_the_journal_keeps_what_was_applied_and_whose_plan_it_was(words: Words, tmp_path: Path) -> None:
    reconcile(words, {"words": ["a"]}, SystemRunner(), request(tmp_path, ipam_uuid="one", generation=3))
    assert journal(tmp_path) == {
        "schema": 1,
        "ipam_uuid": "one",
        "generation": 3,
        "slice": {"words": ["a"]},
        "owned": {"words": ["a"]},
    }


def test_a_newer_plan_without_a_difference_is_remembered_but_is_no_change(words: Words, tmp_path: Path) -> None:
    reconcile(words, {"words": ["a"]}, SystemRunner(), request(tmp_path, ipam_uuid="one", generation=3))
    assert reconcile(words, {"words": ["a"]}, SystemRunner(), request(tmp_path, generation=4)).changes == ()
    assert journal(tmp_path)["generation"] == 4


@pytest.mark.parametrize("check", [False, True])
def test_a_foreign_or_older_plan_is_refused_and_nothing_changes(words: Words, tmp_path: Path, check: bool) -> None:
    reconcile(words, {"words": ["a"]}, SystemRunner(), request(tmp_path, ipam_uuid="one", generation=3))
    with pytest.raises(PlanRefused, match="this host follows IPAM one"):
        reconcile(words, {"words": []}, SystemRunner(), request(tmp_path, ipam_uuid="two", generation=9, check=check))
    with pytest.raises(PlanRefused, match="plan of generation 2 is refused: this host already has generation 3"):
        reconcile(words, {"words": []}, SystemRunner(), request(tmp_path, ipam_uuid="one", generation=2, check=check))
    assert words.path.read_text() == "a"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged (no schema number)"),
        ('{"schema": 1, "owned": 3, "slice": null}', "is damaged (unexpected content)"),
        ('{"schema": 99, "owned": {}, "slice": null}', "has schema 99, this release knows 1"),
    ],
)
def test_a_corrupt_state_file_is_named_and_nothing_changes(
    words: Words, tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "state/nova/words.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(HostError) as caught:
        reconcile(words, {"words": ["a"]}, SystemRunner(), request(tmp_path))
    assert str(path) in str(caught.value)
    assert message in str(caught.value)
    assert not words.path.exists()


def damaged(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "state/nova/words.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", ["", "{", '{"schema": 1}'])
def test_damaged_memory_is_kept_aside_where_that_is_asked_for(words: Words, tmp_path: Path, text: str) -> None:
    path = damaged(tmp_path, text)
    predicted = reconcile(words, {"words": ["a"]}, SystemRunner(), request(tmp_path, set_aside=True, check=True))
    assert path.read_text() == text and list(path.parent.iterdir()) == [path]
    done = reconcile(words, {"words": ["a"]}, SystemRunner(), request(tmp_path, set_aside=True))
    assert done == predicted
    said = [change.describe() for change in done.changes]
    assert said[0].startswith(f"update state file {path} (is damaged") and said[1:] == ["create word a"]
    assert [file.read_text() for file in (path.parent / "damaged").iterdir()] == [text]
    assert journal(tmp_path)["owned"] == {"words": ["a"]}
    assert reconcile(words, {"words": ["a"]}, SystemRunner(), request(tmp_path, set_aside=True)).changes == ()


def test_a_preview_tells_of_damaged_memory_once_and_a_run_whenever_it_sets_it_aside(
    words: Words, tmp_path: Path
) -> None:
    damaged(tmp_path, "")
    later = request(tmp_path, set_aside=True, follows=True)
    preview = reconcile(words, {"words": []}, SystemRunner(), replace(later, check=True))
    assert preview.changes == ()
    assert [change.kind for change in reconcile(words, {"words": []}, SystemRunner(), later).changes] == ["state file"]


def test_memory_of_a_newer_release_is_never_set_aside(words: Words, tmp_path: Path) -> None:
    damaged(tmp_path, '{"schema": 99, "owned": {}, "slice": null}')
    with pytest.raises(HostError, match="has schema 99"):
        reconcile(words, {"words": ["a"]}, SystemRunner(), request(tmp_path, set_aside=True))


def test_bad_options_are_refused_before_anything_is_read(words: Words, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"words\[1\] 7 is not a word"):
        reconcile(words, {"words": ["a", "7"]}, SystemRunner(), request(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_state_directory_that_cannot_be_made_is_named(words: Words, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way")
    with pytest.raises(HostError, match="state directory .*state/nova cannot be written"):
        reconcile(words, {"words": ["a"]}, SystemRunner(), request(tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "merged"),
    [
        ({}, {"a": [1]}, {"a": [1]}),
        ({"a": [1]}, {"a": [2, 1]}, {"a": [1, 2]}),
        ({"a": {"x": 1}, "b": 2}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}, "b": 2}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
    ],
)
def test_ownership_documents_are_united(old: Any, new: Any, merged: Any) -> None:
    assert merge_owned(old, new) == merged


@pytest.mark.parametrize(
    ("predicted", "seen", "text"),
    [
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "a.b[1]: expected 2, found 3"),
        ({"a": 1}, {}, "a: expected 1, found None"),
        ([1], [1, 2], "state: expected [1], found [1, 2]"),
    ],
)
def test_the_first_difference_is_named_with_its_place(predicted: Any, seen: Any, text: str) -> None:
    assert describe_difference(predicted, seen) == text


@pytest.mark.parametrize("owner", ["", "Nova", "../nova", "nova net", "1nova", "n" * 16, "nova\n"])
def test_an_owner_that_could_be_a_path_or_a_command_is_refused(owner: str) -> None:
    with pytest.raises(InvalidInput, match="is no name of an owner"):
        Request(owner=owner, state_path="/state")
