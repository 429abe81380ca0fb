# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change that may cut the controller off, until it is confirmed over a new connection: what is stored of it.

The journal of before stays in place until then. So a reboot in between brings back what was before, and nothing else.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import HostError
from .runner import Runner

GUARD_SCHEMA = 1
# Programs that watch. Gone with a reboot, as what they are about.
PROGRAMS = "/run/novanet/guard"
BOOT_ID = "/proc/sys/kernel/random/boot_id"
_GUARD = ".guard"


@dataclass(frozen=True)
class Place:
    """Whose links these are: a subsystem of an owner."""

    state_path: str
    owner: str
    subsystem: str

    @property
    def guard(self) -> str:
        """Path of what is stored of a guard."""
        return f"{self.state_path}/{self.owner}/{self.subsystem}{_GUARD}"

    @property
    def confirmed(self) -> str:
        """Path of the name of the guard that was confirmed last."""
        return f"{self.state_path}/{self.owner}/{self.subsystem}.confirmed"

    @property
    def taken_back(self) -> str:
        """Path of the note that a change was taken back."""
        return f"{self.state_path}/{self.owner}/{self.subsystem}.taken_back"


@dataclass(frozen=True)
class Guard:
    """A change that the host takes back unless it is confirmed.

    :param id: tells it from all others.
    :param boot: the boot of the host in which it is made.
    :param deadline: when it is taken back, by :func:`clock`.
    :param seconds: how long after it began that is.
    :param address: the address of the host that the controller was connected to.
    :param connection: that connection as ``SSH_CONNECTION`` has it, empty where it is none of SSH.
    :param undo: lines of ``ip -batch`` that undo the change, made before its first line ran.
    :param files: further files as they were, by path; None for one that was not there.
    :param journal: text of the journal that the host shall have once it is confirmed.
    """

    id: str
    boot: str
    deadline: float
    seconds: int
    address: str
    connection: str
    undo: tuple[str, ...]
    journal: str
    files: Mapping[str, str | None] = field(default_factory=dict)


def clock() -> float:
    """Return the seconds since the boot, time asleep included: nobody sets this clock, and all processes share it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def read_boot(runner: Runner) -> str:
    """Return what tells this boot of the host from others."""
    return (runner.read(BOOT_ID) or "").strip()


def program_directory(guard_id: str) -> str:
    """Return where the program lies that watches over a guard."""
    return f"{PROGRAMS}/{guard_id}"


def render_guard(guard: Guard) -> str:
    """Return the text of a guard's file."""
    return json.dumps({"schema": GUARD_SCHEMA, **asdict(guard)}, indent=1, sort_keys=True) + "\n"


def parse_guard(text: str, path: str) -> Guard:
    """Return the guard in a file's text.

    :raises HostError: it is none.
    """
    try:
        content = json.loads(text)
        schema = content.pop("schema")
        guard = Guard(**{**content, "undo": tuple(content["undo"])}) if schema == GUARD_SCHEMA else None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        hint = "Look whether the host is as it shall be, then remove the file."
        raise HostError(f"state file {path}", f"is damaged ({error!r})", hint) from error
    if guard is None:
        raise HostError(f"state file {path}", f"has schema {schema}", "Use the release that wrote it.")
    return guard


def read_guard(runner: Runner, place: Place) -> Guard | None:
    """Return the guard of a place, None when there is none."""
    text = runner.read(place.guard)
    return parse_guard(text, place.guard) if text is not None else None


def guarded_places(runner: Runner, state_path: str) -> tuple[Place, ...]:
    """Return where there are guards, whoever's they are."""
    return tuple(
        Place(state_path, owner, name[: -len(_GUARD)])
        for owner in runner.names(state_path)
        for name in runner.names(f"{state_path}/{owner}")
        if name.endswith(_GUARD)
    )


def note_taken_back(runner: Runner, place: Place, guard_id: str, reason: str) -> None:
    """Remember that a change was taken back, and why."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    document = {"id": guard_id, "time": moment, "reason": reason}
    runner.write(place.taken_back, json.dumps(document, indent=1, sort_keys=True) + "\n", 0o600)


def read_taken_back(runner: Runner, place: Place) -> dict[str, Any] | None:
    """Return what is remembered of a change that was taken back: ``id``, ``time`` and ``reason``."""
    try:
        found = json.loads(runner.read(place.taken_back) or "null")
    except ValueError:
        # It is there to be read by people; a damaged one has nothing to say.
        return None
    return found if isinstance(found, dict) and {"id", "time", "reason"} <= {*found} else None
