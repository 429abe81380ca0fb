# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes into the machine with a full kernel, and that the machine goes whatever happens in it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machines import kernel
from tests.machines.errors import MachineError
from tests.tools.tree import ROOT

RESULTS = """<testsuites><testsuite>
<testcase name="a"/>{more}
</testsuite></testsuites>"""


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """Let machines be words in a list."""
    said: list[str] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(kernel, "create", lambda name, _platforms: said.append(f"create {name}"))
    monkeypatch.setattr(kernel, "destroy", lambda name: said.append(f"destroy {name}"))
    monkeypatch.setattr(kernel, "state_of", lambda _name: tmp_path)
    monkeypatch.setattr(kernel, "PROGRAMS", ("sh",))
    monkeypatch.setattr(kernel, "RESULTS", tmp_path / "results.xml")
    monkeypatch.setenv(kernel.OWNER_VARIABLE, "0")
    yield said
    for number, handler in before.items():
        signal.signal(number, handler)


def finding(monkeypatch: pytest.MonkeyPatch, more: str = "", error: BaseException | None = None) -> None:
    """Let the tests in the machine come out in a certain way."""

    def run_tests(_state: Path, _words: object) -> int:
        if error:
            raise error
        kernel.RESULTS.write_text(RESULTS.format(more=more))
        return 0

    monkeypatch.setattr(kernel, "run_tests", run_tests)


def test_the_counts_are_the_last_line_and_the_machine_is_gone(
    monkeypatch: pytest.MonkeyPatch, log: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    finding(monkeypatch)
    assert kernel.main([]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed, 0 skipped"
    assert log == ["create kernel", "destroy kernel"]


def test_what_is_skipped_there_is_skipped_everywhere_and_therefore_a_failure(
    monkeypatch: pytest.MonkeyPatch, log: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    finding(monkeypatch, more='<testcase name="b"><skipped message="lacks it"/></testcase>')
    assert kernel.main([]) == 1
    assert "skipped b: lacks it" in capsys.readouterr().out


@pytest.mark.parametrize("error", [MachineError("gone"), KeyboardInterrupt(), SystemExit(143)])
def test_the_machine_goes_also_when_something_goes_wrong(
    monkeypatch: pytest.MonkeyPatch, log: list[str], error: BaseException
) -> None:
    finding(monkeypatch, error=error)
    if isinstance(error, MachineError):
        assert kernel.main([]) == 1
    else:
        with pytest.raises(type(error)):
            kernel.main([])
    assert log[-1] == "destroy kernel"


def test_where_no_machine_can_be_booted_it_is_said(
    monkeypatch: pytest.MonkeyPatch, log: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kernel, "PROGRAMS", ("no-such-emulator",))
    assert kernel.main([]) == 1
    assert "no machine can be booted" in capsys.readouterr().out
    assert log == []


def test_everything_that_is_imported_there_exists_here() -> None:
    assert all(path.exists() for path in kernel.libraries().values())
    assert {"pytest", "_pytest", "ansible/module_utils"} <= {*kernel.libraries()}
    assert all((ROOT / name).exists() for name in kernel.SHIPPED)


def test_files_with_such_tests_are_found() -> None:
    assert "tests/functional/test_nova_vlan.py" in kernel.files_with_mark()
    assert "tests/functional/test_playbooks.py" not in kernel.files_with_mark()
