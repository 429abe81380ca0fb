# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leases that come and go: the script that writes them down while a server runs, and how that is collected.

The server runs the script beside its own work, one after the other, so no guest waits for it. It starts no program:
with thousands of guests a restart or a reload runs it once for each lease, to say that it is still there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from ..runner import Runner
from .model import EVENTS_FILE, LeaseEvent, Places, collected_number

# A guest that asks for leases and gives them back all day must not fill the disk.
MOST_BYTES = 1 << 20
# What nobody asks for is not kept for ever.
MOST_FILES = 100
_BLOCK = 512
_UPTIME, _BOOT = "/proc/uptime", "/proc/sys/kernel/random/boot_id"
_SCRIPT = """\
#!/bin/sh
# Written by novanet.network; changes are overwritten.
# dnsmasq runs this for each lease that comes (add), goes (del), or is still there (old).
case $1 in
add | del) ;;
*) exit 0 ;;
esac
# An IPv6 address follows from the MAC address.
case $3 in
*:*) exit 0 ;;
esac
# A file that is full takes no more.
trap '' XFSZ
ulimit -f {blocks}
read -r uptime _ <{uptime}
read -r boot <{boot}
printf '%s@%s %s %s %s %s %s %s\\n' "$uptime" "$boot" "$1" "$2" "$3" "${{4:-*}}" \\
    "${{DNSMASQ_LEASE_EXPIRES:-0}}" "${{DNSMASQ_TIME_REMAINING:--}}" 2>/dev/null >>{events}
exit 0
"""
_EVENT = re.compile(
    r"(?P<uptime>\d+(?:\.\d+)?)@(?P<boot>[0-9a-f-]{36}) (?P<action>add|del)"
    r" (?P<mac>[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}) (?P<address>\d+(?:\.\d+){3})"
    r" (?P<hostname>[A-Za-z0-9_.*-]+) (?P<expires>\d+) (?P<remaining>\d+|-)"
)


@dataclass(frozen=True)
class Clock:
    """What time it is, and how long the host has been up by then.

    :param boot: identity of the boot.
    """

    now: float
    uptime: float
    boot: str


@dataclass(frozen=True)
class Collected:
    """What a server has to tell.

    :param full: whether there was no room for more, so that something may be missing.
    """

    events: tuple[LeaseEvent, ...]
    full: bool = False


def render_script(places: Places, bridge: str) -> str:
    """Return the script of a server. A change of it needs neither restart nor reload."""
    return _SCRIPT.format(
        blocks=MOST_BYTES // _BLOCK, uptime=_UPTIME, boot=_BOOT, events=places.file(bridge, EVENTS_FILE)
    )


def parse_events(text: str, number: int, clock: Clock) -> tuple[LeaseEvent, ...]:
    """Return the events in a text. What is no event, such as a line that was cut off, is left out.

    :param number: of the first line; each line has the next one.
    """
    matches = [_EVENT.fullmatch(line) for line in text.splitlines()]
    started = {clock.boot: clock.now - clock.uptime}
    for match in matches:
        given = _given_at(match) if match else None
        if match and given is not None:
            started.setdefault(match["boot"], given - float(match["uptime"]))
    return tuple(
        LeaseEvent(
            number=number + index,
            at=_moment(match, started.get(match["boot"])),
            action=match["action"],
            mac=match["mac"].lower(),
            address=match["address"],
            hostname=None if match["hostname"] == "*" else match["hostname"],
        )
        for index, match in enumerate(matches)
        if match
    )


def _given_at(match: re.Match[str]) -> int | None:
    """Return when a lease was given, as the server says it: only of one that comes and has an end."""
    if match["remaining"] == "-" or match["expires"] == "0":
        return None
    return int(match["expires"]) - int(match["remaining"])


def _moment(match: re.Match[str], started: float | None) -> int | None:
    given = _given_at(match)
    if given is not None:
        return given
    if started is None:
        return None
    moment, end = int(started + float(match["uptime"])), int(match["expires"])
    # A server that was down tells only later that a lease is over.
    return end if match["action"] == "del" and 0 < end < moment else moment


def collect_events(runner: Runner, places: Places, bridge: str, recorded: int, check: bool) -> Collected:
    """Return what a server has written down and nobody has recorded, and forget what somebody has.

    :param recorded: the highest number that is recorded somewhere.
    :param check: leave all files as they are.
    """
    clock = read_clock(runner)
    full = False
    directory = places.directory(bridge)
    texts = _read_collected(runner, directory)
    fresh = runner.read(places.file(bridge, EVENTS_FILE))
    if fresh:
        full = len(fresh.encode(errors="surrogateescape")) >= MOST_BYTES
        number = _next_number(texts, recorded, clock.now)
        if check:
            texts[number] = fresh
        else:
            # The script may have it open still: what it adds then is in the renamed file, and found the next time.
            runner.run(("mv", places.file(bridge, EVENTS_FILE), _path(directory, number)))
            texts[number] = runner.read(_path(directory, number)) or ""
    events = {number: parse_events(text, number, clock) for number, text in texts.items()}
    if not check:
        for number in _outlived(texts, events, recorded):
            runner.remove(_path(directory, number))
    found = [event for number in sorted(events) for event in events[number] if event.number > recorded]
    return Collected(tuple(found), full)


def read_clock(runner: Runner) -> Clock:
    """Read what time it is on this host, in both ways."""
    uptime = (runner.read(_UPTIME) or "0").split()[0]
    return Clock(time.time(), float(uptime), (runner.read(_BOOT) or "").strip())


def _read_collected(runner: Runner, directory: str) -> dict[int, str]:
    numbers = [number for number in map(collected_number, runner.names(directory)) if number is not None]
    return {number: runner.read(_path(directory, number)) or "" for number in sorted(numbers)}


def _next_number(texts: dict[int, str], recorded: int, now: float) -> int:
    """Return a number for the next event: above those of all others, whatever the clock says."""
    # A file has fewer lines than bytes.
    return max(int(now * 1e6), recorded + 1, *(number + MOST_BYTES for number in texts))


def _outlived(texts: dict[int, str], events: dict[int, tuple[LeaseEvent, ...]], recorded: int) -> Iterable[int]:
    """Yield the numbers of the files that are recorded to their end, and of the oldest if there are too many."""
    kept = room = 0
    for number in sorted(texts, reverse=True):
        # One that has just been collected may get another line. It is not recorded yet, so it stays.
        known = number <= recorded and all(event.number <= recorded for event in events[number])
        if known or kept >= MOST_FILES or (kept and room >= MOST_BYTES):
            yield number
        else:
            kept += 1
            room += len(texts[number])


def _path(directory: str, number: int) -> str:
    return f"{directory}/{EVENTS_FILE}.{number}"
