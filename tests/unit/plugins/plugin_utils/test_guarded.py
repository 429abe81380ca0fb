# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one task that changes links under guard, comes back over a new connection and confirms, on a scripted host."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.novanet.network.plugins.plugin_utils import guarded
from ansible_collections.novanet.network.plugins.plugin_utils.guarded import GuardedAction

CHANGED = {"changed": True, "changes": ["create bridge br0"], "guard": "aaaa", "guarded": True}
LOST = AnsibleConnectionFailure("no route to host")
OPTIONS = {"bridges": [], "allow_management_interface": True, "rollback_seconds": 30, "owner": "lab"}


class Scripted(GuardedAction):
    """An action whose modules answer after a script. ``log`` has what was done."""

    def __init__(self, answers: list[Any], check: bool = False, **options: Any) -> None:
        self.answers = answers
        self.log: list[Any] = []
        self._task = SimpleNamespace(args={**OPTIONS, **options}, check_mode=check)  # type: ignore[assignment]
        self._connection = SimpleNamespace(  # type: ignore[assignment]
            reset=lambda: self.log.append("reset"), _shell=SimpleNamespace(tmpdir=None)
        )

    def _execute_module(self, module_name: str | None = None, module_args: Any = None, **more: Any) -> dict[str, Any]:
        self.log.append((module_name, module_args) if module_name else "change")
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    def _remove_tmp_path(self, tmp_path: str | None, force: bool = False) -> None:
        self.log.append("tidied")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let time go by where somebody sleeps only."""
    moment = [0.0]
    monkeypatch.setattr(ActionBase, "run", lambda self, tmp=None, task_vars=None: {})
    monkeypatch.setattr(guarded.time, "monotonic", lambda: moment[0])
    monkeypatch.setattr(guarded.time, "sleep", lambda seconds: moment.__setitem__(0, moment[0] + seconds))
    return moment


CONFIRM = ("novanet.network.nova_guard", {"owner": "lab", "guard": "aaaa"})


def test_a_change_under_guard_is_confirmed_over_a_new_connection() -> None:
    action = Scripted([CHANGED, {"changed": True}])
    assert action.run() == CHANGED
    assert action.log == ["change", "reset", CONFIRM, "tidied"]


@pytest.mark.parametrize("answer", [{"changed": False, "guard": None}, {"failed": True, "msg": "refused"}])
def test_without_a_guard_nothing_is_confirmed(answer: dict[str, Any]) -> None:
    action = Scripted([answer])
    assert action.run() == answer
    assert action.log == ["change", "tidied"]


def test_a_host_that_needs_a_while_is_asked_again() -> None:
    action = Scripted([CHANGED, LOST, LOST, {"changed": False}])
    assert action.run() == CHANGED
    assert action.log.count("reset") == 3


def test_a_host_that_took_the_change_back_says_so_and_nothing_counts_as_changed() -> None:
    refusal = {"failed": True, "msg": "change aaaa is taken back", "subject": "change aaaa", "exception": "x"}
    action = Scripted([{**CHANGED, "warnings": ["of before"]}, *[LOST] * 31, refusal])
    assert action.run() == {
        "changed": False,
        "failed": True,
        "msg": "change aaaa is taken back",
        "subject": "change aaaa",
        "warnings": ["of before"],
    }


def test_a_host_that_stays_away_ends_the_task() -> None:
    result = Scripted([CHANGED, *[LOST] * 60]).run()
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == (
        "this host does not answer over a new connection within 30 s since its links were changed: no route to host. "
        "It takes the change back by itself; its system log and the next run say so."
    )


@pytest.mark.parametrize(
    ("options", "promises"),
    [({}, True), ({"allow_management_interface": "no"}, False), ({"check": True}, False)],
)
def test_a_connection_lost_on_the_way_comes_with_what_the_host_promised(options: Any, promises: bool) -> None:
    with pytest.raises(AnsibleConnectionFailure) as caught:
        Scripted([LOST], **options).run()
    assert ("the host takes back by itself within 30 s" in str(caught.value)) == promises
