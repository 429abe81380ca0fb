# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One node: namespaces, the process that holds them, and the ways to run something in them."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.tools.tree import BUILD

from .errors import LabError
from .process import Process, end_nodes, is_alive, namespace

HERE = Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
# So that Ansible's modules are not compiled with every task.
COMPILED = (f"PYTHONPATH={HERE / 'compiled'}", f"CODE_CACHE={BUILD / 'code'}")
KINDS = ("net", "mount", "uts", "ipc", "pid")
# The same on every machine, whatever the one who runs this has set.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8"}
# What starts in a node must end some day, even when nobody is left to end it.
LONGEST = 3600


class Running:
    """A program that goes on in a node. Its output is in ``log``."""

    def __init__(self, process: subprocess.Popen[bytes], argv: Sequence[str], log: Path) -> None:
        self._process = process
        self.argv = tuple(argv)
        self.log = log

    @property
    def output(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace")

    def is_running(self) -> bool:
        """Tell whether it has not ended yet."""
        return self._process.poll() is None

    def wait_for(self, text: str, timeout: float = 30.0) -> str:
        """Wait until its output holds a text, and return the output."""
        deadline = time.monotonic() + timeout
        while text not in self.output:
            if time.monotonic() > deadline or not self.is_running():
                raise LabError(f"{shlex.join(self.argv)}: no {text!r} in its output: {self.output.strip()}")
            time.sleep(0.01)
        return self.output

    def wait(self, timeout: float) -> int:
        """Wait for its end and return its exit code."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{shlex.join(self.argv)}: still running after {timeout} s") from error

    def stop(self, how: int = signal.SIGTERM) -> str:
        """End it and return its output."""
        # nsenter waits for the program it starts and is in the same process group.
        _kill_group(self._process, how)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            _kill_group(self._process, signal.SIGKILL)
            self._process.wait(5)
        return self.output

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


class Node:
    """A host, a guest or the switch."""

    def __init__(self, name: str, state: Path) -> None:
        self.name = name
        self.state = state
        self.holder: Process | None = None
        self._identity = ""
        self._starter: subprocess.Popen[bytes] | None = None
        self._started = 0

    def begin(self) -> None:
        """Start the process that holds the namespaces; :meth:`finish` waits for it."""
        flags = [f"--{kind}" for kind in KINDS]
        argv = ["unshare", *flags, "--fork", "--", PYTHON, "-I", str(HERE / "holder.py"), str(self._nodes), self.name]
        with open(self._nodes / f"{self.name}.log", "wb") as log:
            self._starter = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env=ENVIRONMENT,
            )

    def finish(self, timeout: float = 60.0) -> None:
        """Wait until the node is ready and write its interpreter."""
        assert self._starter is not None
        deadline = time.monotonic() + timeout
        while not (self._nodes / f"{self.name}.ready").exists():
            if self._starter.poll() is not None or time.monotonic() > deadline:
                log = (self._nodes / f"{self.name}.log").read_text(errors="replace").strip()
                raise LabError(f"node {self.name} did not start: {log or 'no reason given'}")
            time.sleep(0.004)
        self.holder = Process(**json.loads((self._nodes / f"{self.name}.holder").read_text()))
        self._identity = namespace(self.holder.pid, "net") or ""
        self._write_interpreter()

    @property
    def _nodes(self) -> Path:
        return self.state / "nodes"

    @property
    def pid(self) -> int:
        """The process that holds the namespaces, as the machine counts processes."""
        if self.holder is None or not is_alive(self.holder):
            raise LabError(f"node {self.name} is gone")
        return self.holder.pid

    @property
    def interpreter(self) -> Path:
        """An executable that is this node's python3 (``ansible_python_interpreter``)."""
        return self.state / "bin" / f"{self.name}-python"

    @property
    def shell(self) -> Path:
        """An executable that runs its arguments, or a shell, in this node."""
        return self.state / "bin" / self.name

    def path(self, inside: str) -> Path:
        """Return where a file of this node is seen from outside."""
        return Path(f"/proc/{self.pid}/root") / inside.lstrip("/")

    def enter(self, argv: Sequence[str]) -> list[str]:
        """Return the command line that runs another one in this node."""
        return ["nsenter", "--target", str(self.pid), *(f"--{kind}" for kind in KINDS), "--", *argv]

    def enter_network(self) -> list[str]:
        """Return what comes before a command line that is to run in this node's network, and nothing else of it."""
        return ["nsenter", "--target", str(self.pid), "--net", "--"]

    def run(
        self, argv: Sequence[str], *, check: bool = True, stdin: str = "", timeout: float = 30.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in this node and wait for it.

        :raises LabError: it failed and ``check`` is true, or it took too long.
        """
        bounded = ["timeout", "--foreground", "-k", "1", str(timeout), *argv]
        process = subprocess.Popen(
            self.enter(bounded), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, errors="replace", start_new_session=True, env=ENVIRONMENT,
        )  # fmt: skip
        try:
            out, err = process.communicate(stdin, timeout + 3)
        except BaseException as error:
            _kill_group(process, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise LabError(f"{self.name}: {shlex.join(argv)}: no end within {timeout} s") from error
            raise
        done = subprocess.CompletedProcess(list(argv), process.returncode, out, err)
        if check and done.returncode != 0:
            raise LabError(f"{self.name}: {shlex.join(argv)}: exit code {done.returncode}: {(err or out).strip()}")
        return done

    def batch(self, lines: Sequence[str]) -> None:
        """Run ``ip`` with many lines at once, in the network namespace only: the lines name processes outside."""
        if not lines:
            return
        argv = [*self.enter_network(), "ip", "-batch", "-"]
        done = subprocess.run(
            argv, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=30, check=False
        )
        if done.returncode != 0:
            raise LabError(f"{self.name}: ip -batch: {done.stderr.strip()} in:\n" + "\n".join(lines))

    def start(self, argv: Sequence[str], *, limit: int = LONGEST) -> Running:
        """Start a program that goes on; it is ended with the lab, or after ``limit`` seconds."""
        self._started += 1
        log = self._nodes / f"{self.name}-{self._started}-{Path(argv[0]).name}.log"
        bounded = ["timeout", "--foreground", "-k", "1", str(limit), *argv]
        with open(log, "wb") as output:
            process = subprocess.Popen(
                self.enter(bounded), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, env=ENVIRONMENT,
            )  # fmt: skip
        return Running(process, argv, log)

    def traffic(self, *arguments: str, limit: int = LONGEST) -> Running:
        """Start one of the small servers and clients of ``traffic.py``."""
        return self.start([PYTHON, "-I", "-u", str(HERE / "traffic.py"), *arguments], limit=limit)

    def ask(self, *arguments: str, timeout: float = 15.0) -> dict[str, object]:
        """Run one of the small clients of ``traffic.py`` and return what it answers."""
        done = self.run([PYTHON, "-I", str(HERE / "traffic.py"), *arguments], timeout=timeout)
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    def ping(self, address: str, count: int = 1, timeout: int = 5) -> bool:
        """Tell whether an address answers. Says nothing about who answers: see :meth:`Guest.request`."""
        argv = ["ping", "-n", "-q", "-i", "0.2", "-c", str(count), "-W", str(timeout), address]
        return self.run(argv, check=False, timeout=timeout + count + 20).returncode == 0

    def write_sysctl(self, name: str, value: str) -> None:
        """Set a network setting of this node, named with slashes."""
        self.run(["sh", "-c", 'printf %s "$1" > "/proc/sys/$2"', "sh", value, name])

    def _write_interpreter(self) -> None:
        # The process id may belong to another process one day; then this must not run in the wrong place.
        guard = (
            "#!/bin/sh\n"
            f'if [ "$(readlink /proc/{self.pid}/ns/net)" != {shlex.quote(self._identity)} ]; then\n'
            f'    echo "lab node {self.name} is gone" >&2\n    exit 125\nfi\n'
        )
        enter = "exec " + shlex.join(self.enter(()))
        for path, command in (
            (self.interpreter, f'{enter} env {shlex.join(COMPILED)} {PYTHON} "$@"\n'),
            (self.shell, f'[ $# -gt 0 ] || set -- sh\n{enter} "$@"\n'),
        ):
            path.write_text(guard + command)
            path.chmod(0o755)

    def end(self) -> None:
        """End everything in this node, and with it its namespaces."""
        if self.holder is not None:
            end_nodes([self.holder])
        for left in (f"{self.name}.holder", f"{self.name}.ready"):
            (self._nodes / left).unlink(missing_ok=True)
        self.abandon()

    def abandon(self) -> None:
        """Collect the process that started the holder, once that is gone."""
        if self._starter is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._starter.wait(3)


def _kill_group(process: subprocess.Popen[bytes] | subprocess.Popen[str], how: int) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
