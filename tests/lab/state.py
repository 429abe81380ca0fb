# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of labs on disk: what was started, by whom, and how to take all of it away again."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import tempfile
from dataclasses import asdict
from pathlib import Path

from .errors import LabError
from .process import Process, command_line, end_nodes, identify, is_alive

PREFIX = "novanet-lab-"
OWNER = "lab.json"


def create_state() -> Path:
    """Make the directory of a new lab. Its name holds the lab's own id; it records whose lab it is."""
    state = Path(tempfile.mkdtemp(prefix=PREFIX))
    # Modules run from here as whoever Ansible becomes.
    state.chmod(0o755)
    owner = identify(os.getpid())
    assert owner is not None
    (state / OWNER).write_text(json.dumps(asdict(owner)))
    for name in ("nodes", "bin", "ansible-tmp"):
        (state / name).mkdir()
    return state


def lab_states() -> list[Path]:
    """Return the directories of all labs on this machine, whoever made them."""
    return sorted(path for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if path.is_dir())


def load_process(path: Path) -> Process | None:
    """Return a recorded process, or None when there is no such record or it was never finished."""
    try:
        return Process(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def has_owner(state: Path) -> bool:
    """Tell whether the process that made a lab still runs: then the lab is in use."""
    owner = load_process(state / OWNER)
    return owner is not None and is_alive(owner)


def holders(state: Path) -> list[Process]:
    """Return the holders of a lab that still run. What only looks like one is left out."""
    records = [load_process(path) for path in sorted((state / "nodes").glob("*.holder"))]
    return [
        record
        for record in records
        if record is not None and is_alive(record) and str(state / "nodes") in command_line(record)
    ]


def record_group(state: Path, name: str, leader: int) -> None:
    """Remember a process group that works on a lab from outside its namespaces."""
    process = identify(leader)
    if process is not None:
        (state / f"{name}.group").write_text(json.dumps(asdict(process)))


def end_groups(state: Path) -> int:
    """Kill the recorded process groups that still run. Returns how many that were."""
    leaders = [load_process(path) for path in sorted(state.glob("*.group"))]
    running = [leader for leader in leaders if leader is not None and is_alive(leader)]
    for leader in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader.pid, signal.SIGKILL)
    return len(running)


def end_processes(state: Path) -> int:
    """Kill everything that works on a lab or runs in its namespaces. Returns how many processes that were.

    :raises LabError: something does not end.
    """
    groups = end_groups(state)
    ended, stubborn = end_nodes(holders(state))
    ended += groups
    if stubborn:
        raise LabError(f"lab {state}: processes {', '.join(str(item.pid) for item in stubborn)} do not end")
    return ended


def remove(state: Path) -> int:
    """Take a lab away: processes, with them namespaces, mounts and wires, then its directory."""
    ended = end_processes(state)
    # What it mounted lay in its own mount namespaces only, so this removes plain files of the lab itself.
    shutil.rmtree(state)
    return ended
