# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which process is which: a process id alone may mean another process by the time it is used."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process that cannot be mistaken for another one.

    :param start: when it started, in clock ticks since boot.
    :param boot: boot of the machine that ``pid`` and ``start`` belong to.
    """

    pid: int
    start: int
    boot: str


def parse_start(stat: str) -> int:
    """Return the start time out of ``/proc/PID/stat``. The name in it may hold spaces and parentheses."""
    return int(stat.rpartition(")")[2].split()[19])


def parse_state(stat: str) -> str:
    """Return the state letter out of ``/proc/PID/stat``."""
    return stat.rpartition(")")[2].split()[0]


def boot_id() -> str:
    """Return what tells one boot of this machine from another."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def identify(pid: int) -> Process | None:
    """Return the process that has a process id now, or None when there is none."""
    stat = _stat(pid)
    return None if stat is None else Process(pid, parse_start(stat), boot_id())


def is_alive(process: Process) -> bool:
    """Tell whether exactly this process still runs (one that only waits to be collected does not)."""
    stat = _stat(process.pid)
    if stat is None or process.boot != boot_id():
        return False
    return parse_start(stat) == process.start and parse_state(stat) not in "ZX"


def command_line(process: Process) -> list[str]:
    """Return a process's arguments; none when it is gone."""
    try:
        raw = (PROC / str(process.pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return raw.decode(errors="replace").split("\0")[:-1]


def namespace(pid: int, kind: str) -> str | None:
    """Return the identity of a process's namespace, or None when the process is gone."""
    try:
        return os.readlink(PROC / str(pid) / "ns" / kind)
    except OSError:
        return None


def processes_in(holder: Process) -> list[Process]:
    """Return all other processes in a holder's network or mount namespace. The holder must be alive meanwhile:

    its namespaces live as long as it does, so nobody else's can have the same identity.
    """
    wanted = {namespace(holder.pid, "net"), namespace(holder.pid, "mnt")}
    wanted -= {None, namespace(os.getpid(), "net"), namespace(os.getpid(), "mnt")}
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdecimal() or int(entry.name) == holder.pid:
            continue
        if {namespace(int(entry.name), "net"), namespace(int(entry.name), "mnt")} & wanted:
            process = identify(int(entry.name))
            if process is not None:
                found.append(process)
    return found if is_alive(holder) else []


def end(processes: Sequence[Process], patience: float = 60.0) -> list[Process]:
    """Kill exactly these processes, wait until they are gone, and return those that are not."""
    left = list(processes)
    deadline = time.monotonic() + patience
    while left and time.monotonic() < deadline:
        for process in left:
            # Between this look and the kill the number cannot go to another process: numbers are given out in turn.
            if is_alive(process):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
        left = [process for process in left if is_alive(process)]
        if left:
            time.sleep(0.005)
    return left


def end_nodes(holders: Sequence[Process]) -> tuple[int, list[Process]]:
    """Kill holders and everything in their namespaces. Returns how many that were, and what did not end."""
    others = [process for holder in holders for process in processes_in(holder)]
    # A holder is the first process of a PID namespace: the kernel ends all others in it as well, and what started
    # them from outside collects them. Killed all at once, they would wait for the machine's own init instead.
    stubborn = end(holders)
    return len(holders) + len(others), stubborn + end(others)


def _stat(pid: int) -> str | None:
    try:
        return (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
