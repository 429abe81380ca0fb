# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host needs to come back by itself after a reboot, installed or removed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..change import Change
from ..errors import Conflict, HostError, InvalidInput
from .boot_files import (
    DROP_INS,
    NETWORK_MANAGER,
    NETWORKD,
    SERVICE,
    UNIT_DIRECTORY,
    UNITS,
    copy_directory,
    render_copy,
    render_network_manager,
    render_networkd,
    render_units,
)
from .boot_host import Devices, Manager, act, other_devices, read_copies, read_managers, read_units
from .journal import Journal
from .nft_values import require_interface
from .reconcile import Plan
from .runner import Runner

# What becomes part of a unit, where blanks and '%' mean something.
_PATH = re.compile(r"/[A-Za-z0-9._/-]*[A-Za-z0-9._-]")
LONGEST_WAIT = 600
_COPIES = "/lib/"


@dataclass(frozen=True)
class Want:
    """What shall be. ``started``: the service shall have run, not only be there for the next boot."""

    present: bool
    devices: Devices
    wait: int
    interpreter: str
    started: bool


@dataclass(frozen=True)
class Have:
    """What is there.

    :param systemd: whether systemd runs this host. If not, nothing is done.
    :param files: our files by path.
    :param units: name to its words (``enabled``, ``active``), of those that are there.
    :param managers: who else configures interfaces here.
    :param others: what other owners keep others away from; None when no other owner wants the service.
    :param configured: interfaces that ifupdown configures, with the file that says so.
    :param interpreter: whether the interpreter is there.
    """

    systemd: bool
    files: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, frozenset[str]] = field(default_factory=dict)
    managers: frozenset[Manager] = frozenset()
    others: Devices | None = None
    configured: Mapping[str, str] = field(default_factory=dict)
    interpreter: bool = True


class Boot:
    """The subsystem behind ``nova_boot``.

    :param sources: the program: text by path below ``module_utils``.
    """

    name = "boot"

    def __init__(self, owner: str, state_path: str, sources: Mapping[str, str]) -> None:
        self.owner = owner
        self.state_path = state_path
        self.sources = sources

    def parse(self, applied: Mapping[str, Any]) -> Want:
        """See :class:`~.reconcile.Subsystem`."""
        wait, interpreter = int(applied["wait"]), str(applied["interpreter"])
        for option, path in (("state_path", self.state_path), ("interpreter", interpreter)):
            if not _PATH.fullmatch(path):
                hint = "Use an absolute path of letters, digits, dots, hyphens and underscores."
                raise InvalidInput(f"{option} {path!r}", "cannot be used", hint)
        if not 0 <= wait <= LONGEST_WAIT:
            raise InvalidInput(f"wait {wait}", f"is not between 0 and {LONGEST_WAIT} seconds")
        own, uplinks = (
            [require_interface(name, f"{key}[{index}]") for index, name in enumerate(applied[key])]
            for key in ("devices", "uplinks")
        )
        present, started = applied["state"] == "present", bool(applied["started"])
        return Want(present, Devices.of(own, uplinks), wait, interpreter, started)

    def read(self, runner: Runner, want: Want, journal: Journal) -> Have:
        """See :class:`~.reconcile.Subsystem`."""
        managers, configured = read_managers(runner)
        if not (units := read_units(runner)):
            return Have(False, configured=configured)
        paths = [*(f"{UNIT_DIRECTORY}/{name}" for name in UNITS), *DROP_INS]
        texts = {path: runner.read(path) for path in paths} | read_copies(runner, self.state_path)
        return Have(
            True,
            {path: text for path, text in texts.items() if text is not None},
            units,
            managers,
            other_devices(runner, self.state_path, self.owner),
            configured,
            runner.which(want.interpreter) is not None,
        )

    def diff(self, want: Want, have: Have, journal: Journal) -> Plan[Have]:
        """See :class:`~.reconcile.Subsystem`."""
        if want.present:
            _refuse(want, have)
        if not have.systemd:
            return Plan((), have, (), {})
        after = self._after(want, have)
        changes = (*_file_changes(have.files, after.files), *_unit_changes(have, after))
        owned = {"devices": sorted(want.devices.own), "uplinks": sorted(want.devices.uplinks)}
        return Plan(changes, after, (have, after), owned if want.present else {})

    def _after(self, want: Want, have: Have) -> Have:
        devices = (want.devices if want.present else Devices()) + (have.others or Devices())
        if not want.present and have.others is None:
            return replace(have, files={}, units=dict.fromkeys(UNITS, frozenset()))
        files = _drop_ins(devices, have.managers)
        if not want.present:
            kept = {path: text for path, text in have.files.items() if path not in DROP_INS}
            return replace(have, files={**kept, **files})
        directory = copy_directory(self.state_path, self.sources)
        files |= render_copy(directory, self.sources)
        files |= render_units(self.state_path, directory, want.interpreter, want.wait)
        units = {name: words | {"enabled"} for name, words in have.units.items()}
        if want.started:
            units[SERVICE] |= {"active"}
        return replace(have, files=files, units=units)

    def apply(self, runner: Runner, plan: Plan[Have]) -> None:
        """See :class:`~.reconcile.Subsystem`."""
        before, after = plan.steps
        act(runner, self.state_path, before, after)

    def view(self, have: Have) -> dict[str, Any]:
        """See :class:`~.reconcile.Subsystem`."""
        program = {path: text for path, text in have.files.items() if _COPIES in path}
        return {
            "systemd": have.systemd,
            "files": {path: text for path, text in sorted(have.files.items()) if path not in program},
            "program": posixpath.basename(copy_directory("", program)) if program else None,
            "units": {name: sorted(words) for name, words in sorted(have.units.items()) if words},
        }


def _refuse(want: Want, have: Have) -> None:
    for name in sorted(want.devices.own):
        if name in have.configured:
            raise Conflict(
                f"device {name}",
                f"is configured in {have.configured[name]} as well",
                "Remove it there, or two would configure it at every boot.",
            )
    if have.systemd and not have.interpreter:
        raise HostError(f"interpreter {want.interpreter}", "does not exist on this host", "Name another one.")


def _drop_ins(devices: Devices, managers: frozenset[Manager]) -> dict[str, str]:
    texts = (
        (Manager.NETWORK_MANAGER, NETWORK_MANAGER, render_network_manager(devices.own, devices.uplinks)),
        (Manager.NETWORKD, NETWORKD, render_networkd(devices.own)),
    )
    return {path: text for manager, path, text in texts if manager in managers and text}


def _file_changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    """Name every file but those of the program, which is one thing."""
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path) and _COPIES not in path:
            action = "create" if path not in before else "update" if path in after else "delete"
            yield Change(action, "file", path)
    old, new = ({path: text for path, text in files.items() if _COPIES in path} for files in (before, after))
    if old != new:
        yield Change("update" if old and new else "create" if new else "delete", "program", "novanet")


def _unit_changes(before: Have, after: Have) -> Iterator[Change]:
    for name in UNITS:
        old, new = before.units[name], after.units[name]
        for word, verbs in (("enabled", ("enable", "disable")), ("active", ("start", "stop"))):
            if (word in old) != (word in new):
                yield Change("run", "unit", name, verbs[word in old])
