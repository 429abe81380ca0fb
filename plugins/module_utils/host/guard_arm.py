# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of the link of the controller's connection are made under a guard, which stands before their first line."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ..errors import HostError, InUse, InvalidInput
from .boot_files import render_copy
from .dhcp.supervise import systemd_runs
from .guard import (
    Guard,
    Place,
    clock,
    guarded_places,
    program_directory,
    read_boot,
    read_guard,
    read_taken_back,
    render_guard,
)
from .guard_end import is_watched, remove_program, take_back, tell
from .reconcile import Request, locked
from .runner import Runner

SHORTEST, LONGEST = 5, 3600
# A guard is taken back by the program that watches. That it is gone is certain so long after.
_OVERDUE = 5.0
_START_TIMEOUT = 10.0
_PAUSE = 0.02


@dataclass(frozen=True)
class Sight:
    """What there is of guards.

    :param own: the guard of this run stands.
    :param others: what is to be said of the first guard of another run.
    :param notes: what happened to an earlier change, for people.
    :param spent: files that need not be kept once that is told.
    """

    own: bool = False
    others: str = ""
    notes: tuple[str, ...] = ()
    spent: tuple[str, ...] = ()

    def refuse_others(self) -> None:
        """Refuse a run while another one's change is not confirmed: this host may take it back at any moment.

        :raises InUse: there is such a change.
        """
        if self.others:
            raise InUse("links of this host", self.others, "Run again when it is confirmed or taken back.")


@dataclass(frozen=True)
class Protection:
    """How one run guards what it changes.

    :param id: of the guard that it may set up; empty in check mode, which sets up none.
    :param seconds: how long the host waits for the confirmation.
    :param sources: returns the program: text by path below ``module_utils``.
    :param interpreter: the Python that runs it.
    """

    place: Place
    id: str
    seconds: int
    sources: Callable[[], Mapping[str, str]]
    interpreter: str

    def __post_init__(self) -> None:
        if not SHORTEST <= self.seconds <= LONGEST:
            raise InvalidInput(f"rollback_seconds {self.seconds}", f"is not between {SHORTEST} and {LONGEST}")

    def look(self, runner: Runner) -> Sight:
        """Read what there is of guards on this host."""
        sight = Sight()
        boot, now = read_boot(runner), clock()
        for place in guarded_places(runner, self.place.state_path):
            guard = read_guard(runner, place)
            if guard is None:
                continue
            if guard.boot != boot:
                if place == self.place:
                    sight = _with_note(sight, place.guard, guard.id, "the host was booted before it was confirmed")
            elif guard.id == self.id:
                sight = replace(sight, own=True)
            elif not sight.others:
                sight = replace(sight, others=_describe(place, guard, now))
        told = read_taken_back(runner, self.place)
        if told:
            sight = _with_note(sight, self.place.taken_back, told["id"], f"{told['reason']} ({told['time']})")
        return sight

    def over(self, address: str, connection: str, undo: tuple[str, ...], files: Mapping[str, str | None]) -> Arming:
        """Return the guard of a change that is undone by these lines and files."""
        return Arming(self, Guard(self.id, "", 0.0, self.seconds, address, connection, undo, "", files))

    def settle(self, runner: Runner) -> None:
        """Take back what should have been taken back long ago: the program that watches was killed."""
        for place in guarded_places(runner, self.place.state_path):
            guard = read_guard(runner, place)
            if guard and guard.boot == read_boot(runner) and _is_abandoned(runner, guard):
                with locked(Request(place.owner, place.state_path), place.subsystem):
                    if read_guard(runner, place) == guard:
                        tell(take_back(runner, place, guard))
                remove_program(runner, guard.id)


@dataclass(frozen=True)
class Arming:
    """The guard of one change; the reconciler sets it up before the change."""

    protection: Protection
    guard: Guard

    def arm(self, runner: Runner, journal: str) -> None:
        """Store the guard and start the program that watches over it.

        :param journal: text of the journal that the host shall have once the change is confirmed.
        :raises HostError: it does not start; nothing is left of it then.
        """
        guard = replace(self.guard, boot=read_boot(runner), deadline=clock() + self.protection.seconds, journal=journal)
        directory = program_directory(guard.id)
        for path, text in render_copy(directory, self.protection.sources()).items():
            runner.write(path, text)
        runner.write(self.protection.place.guard, render_guard(guard), 0o600)
        try:
            _start(runner, self.protection, directory)
        except HostError:
            self.disarm(runner)
            remove_program(runner, guard.id)
            raise

    def disarm(self, runner: Runner) -> None:
        """Let things be as they are. The program sees that and ends."""
        runner.remove(self.protection.place.guard)

    @property
    def hint(self) -> str:
        """What becomes of a change that failed."""
        return f"This host takes the change back by itself within {self.protection.seconds} s."


def _with_note(sight: Sight, path: str, guard_id: str, reason: str) -> Sight:
    note = f"An earlier change of this host ({guard_id}) is not in effect: {reason}."
    return replace(sight, notes=(*sight.notes, note), spent=(*sight.spent, path))


def _describe(place: Place, guard: Guard, now: float) -> str:
    left = guard.deadline - now
    when = f"for {left:.0f} s more" if left > 0 else "and its time is over"
    return f"are under guard: change {guard.id} of the {place.subsystem} of owner {place.owner} is not confirmed {when}"


def _is_abandoned(runner: Runner, guard: Guard) -> bool:
    return clock() > guard.deadline + _OVERDUE and not is_watched(runner, guard.id)


def _start(runner: Runner, protection: Protection, directory: str) -> None:
    place = protection.place
    command = [protection.interpreter, "-I", "-B", directory, "guard", "--state-path", place.state_path]
    command += ["--owner", place.owner, "--subsystem", place.subsystem]
    if systemd_runs(runner):
        # A unit of its own: the end of the session that started it is not its end. One that is killed starts again.
        unit = ("--quiet", "--collect", f"--unit=novanet-guard-{protection.id}", "--property=Restart=on-failure")
        runner.run(("systemd-run", *unit, "--description=Takes back what the controller does not confirm", *command))
    else:
        runner.start((*command, "--detach"))
    deadline = time.monotonic() + _START_TIMEOUT
    while not is_watched(runner, protection.id):
        if time.monotonic() > deadline:
            raise HostError(f"guard {protection.id}", "does not start", "Nothing was changed.")
        time.sleep(_PAUSE)
