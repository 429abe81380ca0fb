# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What matters on a host for its next boot: units, copies of the program, and who else configures interfaces."""

from __future__ import annotations

import enum
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import CommandFailed, HostError
from .boot_files import INTERFACES, NETWORK_MANAGER, NETWORKD, SERVICE, UNIT_DIRECTORY, UNITS, interfaces_in
from .dhcp.supervise import systemd_runs
from .journal import journal_path, load_journal
from .runner import Runner

_COMPILED = "__pycache__"


class Manager(enum.Enum):
    """Who else configures interfaces."""

    NETWORK_MANAGER = "NetworkManager"
    NETWORKD = "systemd-networkd"


@dataclass(frozen=True)
class Devices:
    """What other managers of interfaces are told of.

    :param own: what they may not touch.
    :param uplinks: what stands below it, and stays theirs.
    """

    own: frozenset[str] = frozenset()
    uplinks: frozenset[str] = frozenset()

    @classmethod
    def of(cls, own: Iterable[str], uplinks: Iterable[str]) -> Devices:
        """Return them out of lists."""
        return cls(frozenset(own), frozenset(uplinks))

    def __add__(self, other: Devices) -> Devices:
        return Devices(self.own | other.own, self.uplinks | other.uplinks)


class Installed(Protocol):
    """What :func:`act` looks at."""

    @property
    def files(self) -> Mapping[str, str]: ...

    @property
    def units(self) -> Mapping[str, frozenset[str]]: ...


def read_units(runner: Runner) -> dict[str, frozenset[str]]:
    """Return the words for each of our units (``enabled``, ``active``); nothing where systemd does not run."""
    if not systemd_runs(runner):
        return {}
    found = {}
    for name in UNITS:
        shown = runner.run(("systemctl", "show", "--property=UnitFileState,ActiveState", name)).out
        values = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
        words = {values.get("UnitFileState", ""), values.get("ActiveState", "") if name == SERVICE else ""}
        found[name] = frozenset(words & {"enabled", "active"})
    return found


def read_copies(runner: Runner, state_path: str) -> dict[str, str | None]:
    """Return the text of every file of every copy of the program, by path."""
    return {path: runner.read(path) for path in _files_below(runner, f"{state_path}/lib") if _COMPILED not in path}


def _files_below(runner: Runner, directory: str) -> list[str]:
    found: list[str] = []
    for name in runner.names(directory):
        path = f"{directory}/{name}"
        # Only directories have no dot in their names here.
        found += [path] if "." in name else _files_below(runner, path)
    return found


def read_managers(runner: Runner) -> tuple[frozenset[Manager], dict[str, str]]:
    """Return who else configures interfaces, and those that ifupdown does, each with the file that says so."""
    managers = set()
    if runner.names(posixpath.dirname(posixpath.dirname(NETWORK_MANAGER))):
        managers.add(Manager.NETWORK_MANAGER)
    if any("systemd-networkd" in runner.names(f"{base}/lib/systemd") for base in ("", "/usr")):
        managers.add(Manager.NETWORKD)
    files = [INTERFACES, *(f"{INTERFACES}.d/{name}" for name in runner.names(f"{INTERFACES}.d"))]
    configured = {name: file for file in files for name in sorted(interfaces_in(runner.read(file) or ""))}
    return frozenset(managers), configured


def other_devices(runner: Runner, state_path: str, owner: str) -> Devices | None:
    """Return the devices of other owners who count on the service; None when there is no such owner."""
    journals: list[Mapping[str, Any]] = []
    for name in runner.names(state_path):
        if name != owner and "boot.json" in runner.names(f"{state_path}/{name}"):
            journals.append(load_journal(runner, journal_path(state_path, name, "boot")).owned)
    relying = [Devices.of(owned["devices"], owned["uplinks"]) for owned in journals if "devices" in owned]
    return sum(relying, Devices()) if relying else None


def act(runner: Runner, state_path: str, before: Installed, after: Installed) -> None:
    """Make a host as it shall be: the new program before the units that name it, the old one away at the end."""
    for name in UNITS:
        if "enabled" in before.units[name] - after.units[name]:
            # Stopping it takes nothing down.
            runner.run(("systemctl", "disable", "--quiet", *(("--now",) if name == SERVICE else ()), name))
    # The program comes first by its path of many parts; units that name it are written after it.
    for path in sorted(after.files, key=lambda path: (path.startswith(UNIT_DIRECTORY), path)):
        if before.files.get(path) != after.files[path]:
            runner.write(path, after.files[path])
    for path in before.files:
        if path not in after.files:
            runner.remove(path)
    _sweep(runner, f"{state_path}/lib", {posixpath.dirname(path) for path in after.files})
    if _differ(before, after, UNIT_DIRECTORY):
        runner.run(("systemctl", "daemon-reload"))
    _tell_managers(runner, before, after)
    for name in UNITS:
        if "enabled" in after.units[name] - before.units[name]:
            # The early unit must not start now: it would close what works.
            runner.run(("systemctl", "enable", "--quiet", name))
    if "active" in after.units[SERVICE] - before.units[SERVICE]:
        _start(runner)


def _differ(before: Installed, after: Installed, place: str) -> bool:
    paths = {path for path in (*before.files, *after.files) if path.startswith(place)}
    return any(before.files.get(path) != after.files.get(path) for path in paths)


def _tell_managers(runner: Runner, before: Installed, after: Installed) -> None:
    """Let those that run read the new files; asking one that does not run might start it."""
    told = (
        (NETWORK_MANAGER, "NetworkManager.service", ("nmcli", "general", "reload", "conf")),
        (NETWORKD, "systemd-networkd.service", ("networkctl", "reload")),
    )
    for path, unit, command in told:
        if _differ(before, after, path) and runner.which(command[0]) and _runs(runner, unit):
            runner.run(command)


def _runs(runner: Runner, unit: str) -> bool:
    return runner.run(("systemctl", "is-active", "--quiet", unit), accept=(0, 1, 3, 4)).code == 0


def _start(runner: Runner) -> None:
    try:
        runner.run(("systemctl", "start", SERVICE))
    except CommandFailed as error:
        question = ("journalctl", "--quiet", "--no-pager", "--output=cat", "--lines=20", "-u", SERVICE)
        said = runner.run(question, accept=(0, 1))
        raise HostError(f"unit {SERVICE}", f"fails: {said.out.strip() or error.output}") from error


def _sweep(runner: Runner, directory: str, kept: set[str]) -> None:
    """Remove directories without files of ours, and what the interpreter compiled of such files."""
    for name in runner.names(directory):
        path = f"{directory}/{name}"
        if "." in name:
            continue
        if name == _COMPILED and directory not in kept:
            for file in runner.names(path):
                runner.remove(f"{path}/{file}")
        _sweep(runner, path, kept)
    if not runner.names(directory):
        runner.remove(directory)
