# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that watches over a change: it takes it back when its time is over, or ends when it is confirmed.

It is a copy of the code that made the change, and needs neither Ansible nor a controller.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import NovaError
from .guard import Guard, Place, clock, program_directory, read_guard
from .guard_end import remove_program, take_back, tell
from .reconcile import Request, locked
from .runner import Runner, SystemRunner

POLL = 0.5
# What fails once (memory is short, a kernel lock is held) may work a little later.
_ATTEMPTS = 10


@dataclass
class Watch:
    """One program that watches.

    :param say: takes what is to be said to people.
    """

    runner: Runner
    place: Place
    guard: Guard
    say: Callable[[str], None] = tell
    clock: Callable[[], float] = clock
    sleep: Callable[[float], None] = time.sleep

    def run(self) -> int:
        """Wait for the end, one way or the other; return the exit code."""
        while self._is_armed() and self.clock() < self.guard.deadline:
            self.sleep(max(0.0, min(POLL, self.guard.deadline - self.clock())))
        attempts = _ATTEMPTS
        while self._is_armed():
            try:
                self._take_back()
            except NovaError as error:
                self.say(f"{self.place.owner}: change {self.guard.id} cannot be taken back: {error}")
                attempts -= 1
                if not attempts:
                    return 1
                self.sleep(POLL)
        remove_program(self.runner, self.guard.id)
        return 0

    def _take_back(self) -> None:
        # The lock of every run: one that is still changing things must come to its end first.
        with locked(Request(self.place.owner, self.place.state_path), self.place.subsystem):
            if self._is_armed():
                self.say(take_back(self.runner, self.place, self.guard))

    def _is_armed(self) -> bool:
        try:
            found = read_guard(self.runner, self.place)
        except NovaError:
            # What it says is known; somebody damaged it, and that is no confirmation.
            return True
        return found is not None and found.id == self.guard.id


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; return its exit code."""
    parser = argparse.ArgumentParser(prog="novanet", description=__doc__)
    parser.add_argument("action", choices=("guard",))
    parser.add_argument("--state-path", required=True, help="where the guard is stored")
    parser.add_argument("--owner", required=True)
    parser.add_argument("--subsystem", required=True)
    parser.add_argument("--detach", action="store_true", help="go on in the background")
    options = parser.parse_args(arguments)
    place = Place(options.state_path, options.owner, options.subsystem)
    runner = SystemRunner()
    guard = read_guard(runner, place)
    if guard is None:
        return 0
    if options.detach and not _detach():
        return 0
    runner.write(f"{program_directory(guard.id)}/pid", f"{os.getpid()}\n")
    return Watch(runner, place, guard).run()


def _detach() -> bool:
    """Leave the session of whoever started this; return whether this is the process that goes on."""
    if os.fork():
        return False
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if os.fork():
        os._exit(0)
    os.chdir("/")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    return True


if __name__ == "__main__":
    raise SystemExit(main())
