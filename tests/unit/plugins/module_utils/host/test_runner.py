# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one door to a host."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import CommandFailed, HostError
from ansible_collections.novanet.network.plugins.module_utils.host.runner import SystemRunner


def test_a_command_speaks_plain_english_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert SystemRunner().run(["sh", "-c", "echo $LC_ALL"]).out == "C\n"


def test_a_command_gets_its_input_and_no_terminal() -> None:
    assert SystemRunner().run(["cat"], stdin="text").out == "text"
    assert SystemRunner().run(["cat"]).out == ""


def test_an_unexpected_exit_code_names_the_command_and_what_it_said() -> None:
    with pytest.raises(CommandFailed, match="command sh -c echo no >&2; exit 3 ended with code 3: no"):
        SystemRunner().run(["sh", "-c", "echo no >&2; exit 3"])
    assert SystemRunner().run(["sh", "-c", "exit 3"], accept=(0, 3)).code == 3


def test_a_missing_program_is_named() -> None:
    with pytest.raises(HostError, match="program no-such-program is not installed on this host"):
        SystemRunner().run(["no-such-program"])


def test_a_file_is_replaced_at_once_and_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "new/deep/file"
    SystemRunner().write(str(path), "one", 0o600)
    before = path.stat().st_ino
    SystemRunner().write(str(path), "two", 0o600)
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("two", 0o600)
    assert path.stat().st_ino != before
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    runner = SystemRunner()
    missing = str(tmp_path / "missing")
    assert (runner.read(missing), runner.names(missing), runner.link_target(missing)) == (None, (), None)
    runner.remove(missing)


def test_files_directories_and_links_are_read_and_removed(tmp_path: Path) -> None:
    runner = SystemRunner()
    (tmp_path / "b").write_text("x")
    (tmp_path / "a").mkdir()
    (tmp_path / "c").symlink_to("b")
    assert runner.names(str(tmp_path)) == ("a", "b", "c")
    assert runner.link_target(str(tmp_path / "c")) == "b"
    for name in ("a", "b", "c"):
        runner.remove(str(tmp_path / name))
    assert runner.names(str(tmp_path)) == ()


def test_a_path_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HostError, match="file .*/file/below cannot be written"):
        SystemRunner().write(str(tmp_path / "file/below"), "x")
