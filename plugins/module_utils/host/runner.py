# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one door to a host: commands and files. All else in this package is a function of what comes through it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..errors import CommandFailed, HostError

# A command that hangs must not hang the whole run; the slowest known (a ruleset of 100,000 elements) needs seconds.
COMMAND_TIMEOUT = 120


@dataclass(frozen=True)
class Completed:
    """A command that ended.

    :param argv: the command and its arguments.
    :param code: its exit code.
    :param out: standard output.
    :param err: standard error.
    """

    argv: tuple[str, ...]
    code: int
    out: str
    err: str


class Runner(Protocol):
    """What the reconcilers may ask of a host. Tests pass a scripted one."""

    def run(self, argv: Sequence[str], stdin: str | None = None, accept: Sequence[int] = (0,)) -> Completed:
        """Run a command and wait for it; raise :class:`CommandFailed` when its exit code is not in ``accept``."""

    def start(self, argv: Sequence[str]) -> None:
        """Start a program that stays (it detaches by itself) and check that it started."""

    def which(self, program: str) -> str | None:
        """Return the path of a program, or None when the host lacks it."""

    def read(self, path: str) -> str | None:
        """Return a file's text, or None when there is no such file."""

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Replace a file at once: a reader sees the old text or the new one, never a part."""

    def remove(self, path: str) -> None:
        """Remove a file or an empty directory; one that is not there is no error."""

    def names(self, path: str) -> tuple[str, ...]:
        """Return the sorted names in a directory; none when there is no such directory."""

    def link_target(self, path: str) -> str | None:
        """Return where a symbolic link points to, or None when it is none."""


class SystemRunner:
    """The runner of a real host."""

    # Tools are parsed, so they must speak one language; sbin is missing from many non-root search paths.
    _environment_update = {"LC_ALL": "C", "LANG": "C"}
    _extra_path = "/usr/local/sbin:/usr/sbin:/sbin"

    def _environment(self) -> dict[str, str]:
        path = f"{os.environ.get('PATH', '/usr/bin:/bin')}:{self._extra_path}"
        return {**os.environ, **self._environment_update, "PATH": path}

    def run(self, argv: Sequence[str], stdin: str | None = None, accept: Sequence[int] = (0,)) -> Completed:
        command = tuple(argv)
        program = self.which(command[0])
        if program is None:
            raise HostError(f"program {command[0]}", "is not installed on this host")
        try:
            # At boot there is no AnsibleModule whose run_command could do this.
            done = subprocess.run(  # pylint: disable=ansible-bad-function
                (program, *command[1:]),
                input=stdin if stdin is not None else "",
                capture_output=True,
                text=True,
                timeout=COMMAND_TIMEOUT,
                check=False,
                env=self._environment(),
            )
        except subprocess.TimeoutExpired as error:
            raise CommandFailed(command, -1, f"no answer within {COMMAND_TIMEOUT} s") from error
        if done.returncode not in accept:
            raise CommandFailed(command, done.returncode, done.stderr or done.stdout)
        return Completed(command, done.returncode, done.stdout, done.stderr)

    def start(self, argv: Sequence[str]) -> None:
        self.run(argv)

    def which(self, program: str) -> str | None:
        return shutil.which(program, path=self._environment()["PATH"])

    def read(self, path: str) -> str | None:
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                return file.read()
        # The last one is a file of a process that ended while it was read.
        except (FileNotFoundError, NotADirectoryError, ProcessLookupError):
            return None
        except OSError as error:
            raise HostError(f"file {path}", f"cannot be read: {error.strerror}") from error

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        # Kernel files (sysctl, sysfs) take a plain write only; they cannot be replaced by renaming.
        if path.startswith(("/proc/", "/sys/")):
            self._write_in_place(path, text)
            return
        directory = os.path.dirname(path)
        try:
            os.makedirs(directory, mode=0o755, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=directory, prefix=".novanet-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                os.chmod(temporary, mode)
                os.replace(temporary, path)
            except OSError:
                os.unlink(temporary)
                raise
        except OSError as error:
            raise HostError(f"file {path}", f"cannot be written: {error.strerror}") from error

    @staticmethod
    def _write_in_place(path: str, text: str) -> None:
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise HostError(f"file {path}", f"cannot be written: {error.strerror}") from error

    def remove(self, path: str) -> None:
        try:
            if os.path.isdir(path) and not os.path.islink(path):
                os.rmdir(path)
            else:
                os.unlink(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise HostError(f"file {path}", f"cannot be removed: {error.strerror}") from error

    def names(self, path: str) -> tuple[str, ...]:
        try:
            return tuple(sorted(os.listdir(path)))
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise HostError(f"directory {path}", f"cannot be read: {error.strerror}") from error

    def link_target(self, path: str) -> str | None:
        try:
            return os.readlink(path)
        except OSError:
            return None
