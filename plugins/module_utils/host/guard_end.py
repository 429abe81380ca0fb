# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking back what was not confirmed: by the program that watches, by a later run, or by the next boot."""

from __future__ import annotations

import syslog

from .guard import Guard, Place, note_taken_back, program_directory, read_boot, read_guard
from .journal import journal_path
from .runner import Runner

# A process gets so many lines, so that none exceeds the runner's patience, however slow the host is.
_LINES = 500


def is_confirmed(runner: Runner, place: Place, guard_id: str) -> bool:
    """Return whether a guard is the one that was confirmed last."""
    return (runner.read(place.confirmed) or "").strip() == guard_id


def let_stay(runner: Runner, place: Place, guard: Guard) -> None:
    """Let the host remember a change. The first file decides: what is killed after it is done to its end later."""
    runner.write(place.confirmed, f"{guard.id}\n", 0o600)
    runner.write(journal_path(place.state_path, place.owner, place.subsystem), guard.journal, 0o600)
    runner.remove(place.taken_back)
    runner.remove(place.guard)


def take_back(runner: Runner, place: Place, guard: Guard) -> str:
    """Give a host what it had before a change; return what is to be said of it."""
    title = f"{place.owner}: change {guard.id} of the {place.subsystem}"
    if is_confirmed(runner, place, guard.id):
        let_stay(runner, place, guard)
        return f"{title} is confirmed"
    failures = _undo(runner, guard.undo)
    for path, text in guard.files.items():
        if text is None:
            runner.remove(path)
        else:
            runner.write(path, text)
    reason = f"the controller did not come back to {guard.address} over a new connection within {guard.seconds} s"
    if failures:
        # Where the change had failed half way, what was not made cannot be undone either.
        reason += f"; ip said of what was undone: {failures}"
    note_taken_back(runner, place, guard.id, reason)
    runner.remove(place.guard)
    return f"{title} is taken back: {reason}"


def _undo(runner: Runner, lines: tuple[str, ...]) -> str:
    """Run all lines, whatever becomes of each; return what was said of those that failed."""
    said = []
    for first in range(0, len(lines), _LINES):
        text = "".join(f"{line}\n" for line in lines[first : first + _LINES])
        done = runner.run(("ip", "-force", "-batch", "-"), stdin=text, accept=(0, 1, 2))
        said += done.err.split("\n") if done.code else []
    return ", ".join(line.strip() for line in said if line.strip())


def drop_stale(runner: Runner, place: Place) -> str:
    """Forget a guard of an earlier boot, which took the change along; return what is to be said, empty for none."""
    guard = read_guard(runner, place)
    if guard is None or guard.boot == read_boot(runner):
        return ""
    title = f"{place.owner}: change {guard.id} of the {place.subsystem}"
    if is_confirmed(runner, place, guard.id):
        let_stay(runner, place, guard)
        return f"{title} is confirmed"
    reason = "the host was booted before it was confirmed"
    note_taken_back(runner, place, guard.id, reason)
    runner.remove(place.guard)
    return f"{title} is not brought back: {reason}"


def is_watched(runner: Runner, guard_id: str) -> bool:
    """Return whether the program that watches over a guard runs. A number alone proves nothing: it may be anybody's."""
    directory = program_directory(guard_id)
    number = (runner.read(f"{directory}/pid") or "").strip()
    words = (runner.read(f"/proc/{number}/cmdline") or "").split("\0") if number.isdigit() else []
    return directory in words


def remove_program(runner: Runner, guard_id: str) -> None:
    """Remove the program that watches over a guard; one that runs has read all of it."""
    _remove_tree(runner, program_directory(guard_id))


def _remove_tree(runner: Runner, path: str) -> None:
    for name in runner.names(path):
        _remove_tree(runner, f"{path}/{name}")
    runner.remove(path)


def tell(sentence: str) -> None:
    """Write a sentence to the system log."""
    syslog.openlog("novanet", syslog.LOG_PID, syslog.LOG_DAEMON)
    syslog.syslog(syslog.LOG_WARNING, sentence)
