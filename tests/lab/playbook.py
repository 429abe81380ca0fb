# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running ansible-playbook on the hosts of a lab, and reading what it did."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import LabError
from .node import HERE, Node
from .state import record_group

ROOT = HERE.parents[1]
RECAP = re.compile(r"^(?P<host>\S+)\s+:\s+(?P<counts>(?:\w+=\d+\s*)+)$")


@dataclass(frozen=True)
class TaskResult:
    """What one task did on one host.

    :param changes: the module's own list of changes; empty for tasks that have none.
    :param diff: what the module showed with ``--diff``.
    """

    host: str
    task: str
    action: str
    changed: bool
    failed: bool
    changes: tuple[str, ...]
    diff: Any
    message: str


@dataclass(frozen=True)
class Run:
    """A playbook that ended.

    :param recap: host to counters (``ok``, ``changed``, ``failed``, ...).
    """

    command: str
    code: int
    output: str
    seconds: float
    recap: Mapping[str, Mapping[str, int]]
    results: tuple[TaskResult, ...]

    @property
    def changed(self) -> tuple[TaskResult, ...]:
        """Results that changed something (in check mode: would)."""
        return tuple(result for result in self.results if result.changed)

    @property
    def changed_hosts(self) -> dict[str, int]:
        """Hosts that the recap counts changes on."""
        return {host: counts["changed"] for host, counts in self.recap.items() if counts.get("changed")}

    @property
    def warnings(self) -> list[str]:
        """What it warned of."""
        return [line.partition(": ")[2] for line in self.output.splitlines() if line.startswith("[WARNING]: ")]

    def changes(self, host: str | None = None) -> list[str]:
        """Return the changes that modules named, of one host or of all (then with the host before them)."""
        if host is not None:
            return [change for result in self.results if result.host == host for change in result.changes]
        return [f"{result.host}: {change}" for result in self.results for change in result.changes]


def parse_recap(output: str) -> dict[str, dict[str, int]]:
    """Return the counters of every host out of what ansible-playbook printed last."""
    recap: dict[str, dict[str, int]] = {}
    for line in output.partition("PLAY RECAP")[2].splitlines():
        match = RECAP.match(line.strip())
        if match:
            pairs = (pair.split("=") for pair in match["counts"].split())
            recap[match["host"]] = {name: int(count) for name, count in pairs}
    return recap


def parse_results(text: str) -> tuple[TaskResult, ...]:
    """Return the results in the file that the callback plugin wrote."""
    return tuple(_result(json.loads(line)) for line in text.splitlines())


def _result(document: Mapping[str, Any]) -> TaskResult:
    return TaskResult(
        host=document["host"],
        task=document["task"],
        action=document["action"],
        changed=bool(document.get("changed")),
        failed=bool(document.get("failed") or document.get("unreachable")) and not document.get("ignored"),
        changes=tuple(document.get("changes") or ()),
        diff=document.get("diff"),
        message=str(document.get("msg", "")),
    )


def connection_variables(node: Node) -> dict[str, Any]:
    """Return the variables with which Ansible reaches a node."""
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": str(node.interpreter),
        # Everything in a lab belongs to root, who needs no help to become root.
        "ansible_become": False,
    }


@dataclass
class Ansible:
    """ansible-playbook with one lab's inventories.

    :param state: directory of the lab, for its files.
    """

    state: Path
    inventories: Sequence[Path]
    collections: Path
    runs: int = field(default=0, init=False)

    def command(self, playbook: str, *arguments: str) -> list[str]:
        """Return the command line of a playbook of the collection."""
        inventories = [word for inventory in self.inventories for word in ("-i", str(inventory))]
        return [str(_program("ansible-playbook")), *inventories, str(ROOT / "playbooks" / playbook), *arguments]

    def environment(self, results: Path) -> dict[str, str]:
        """Return the environment, in which nothing of the one who runs this matters."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TERM", "TMPDIR") if name in os.environ}
        return {
            **kept,
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(self.state / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_REMOTE_TMP": str(self.state / "ansible-tmp"),
            "ANSIBLE_LOCAL_TEMP": str(self.state / "ansible-tmp"),
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "lab_results",
            "NOVANET_LAB_RESULTS": str(results),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def play(self, playbook: str, *arguments: str, timeout: float = 300.0) -> Run:
        """Run a playbook of the collection.

        :raises LabError: it does not come to an end.
        """
        self.runs += 1
        results = self.state / f"run-{self.runs}.results"
        results.touch()
        # One without a word in it, so that none of the machine's is read.
        (self.state / "ansible.cfg").touch()
        command = self.command(playbook, *arguments)
        began = time.monotonic()
        process = subprocess.Popen(
            command, env=self.environment(results), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        record_group(self.state, f"run-{self.runs}", process.pid)
        output = _collect(process, timeout)
        seconds = time.monotonic() - began
        (self.state / f"run-{self.runs}.output").write_text(f"$ {shlex.join(command)}\n{output}")
        shown = shlex.join(["ansible-playbook", f"playbooks/{playbook}", *arguments])
        return Run(shown, process.returncode, output, seconds, parse_recap(output), parse_results(results.read_text()))


def _program(name: str) -> Path:
    beside = Path(sys.executable).parent / name
    if not beside.exists():
        raise LabError(f"{name} is not installed beside {sys.executable} (make venv)")
    return beside


def _collect(process: subprocess.Popen[str], timeout: float) -> str:
    """Wait for a process and return its output; whatever happens, none of its group goes on."""
    try:
        output, _unused = process.communicate(timeout=timeout)
        return output
    except BaseException as error:
        # Its workers are in its process group; what they started in hosts ends with the lab.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise LabError(f"{process.args!r}: no end within {timeout:.0f} s") from error
        raise
