# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be done so that the directories of instances become as wanted. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...change import Change
from ...errors import Conflict
from ..reconcile import Plan
from .model import LABELS, USER_DATA_NAMES, Directory, Guest, Have, Step, Want
from .render import content_digest, render_files, text_digest


def diff_guests(want: Want, have: Have, owner: str, paths: Sequence[str] = ()) -> Plan[Have]:
    """Compare what lies there with what shall. What goes, goes first.

    :param paths: where earlier runs have put directories.
    :raises Conflict: the directory of an instance is there and is not ours.
    """
    steps = [*_removals(want, have, owner), *_updates(want, have, owner)]
    after = {path: item for path, item in have.directories.items() if item.owner == owner}
    for step in steps:
        after.pop(step.directory.path, None)
        if step.after is not None:
            after[step.after.path] = step.after
    # Without purge there may be others that nobody has asked for.
    bases = {item.base for item in after.values()} | (set() if want.purge else {*paths})
    return Plan(tuple(map(_change, steps)), Have(after), tuple(steps), {"paths": sorted(bases)})


def _removals(want: Want, have: Have, owner: str) -> list[Step]:
    return [
        Step(want.absent.get(item.uuid, item.name), item, {}, (*(item.files or ()), *(item.images or ())), {}, None)
        for item in have.directories.values()
        if item.owner == owner and (item.uuid not in want.guests or item.base != want.path)
    ]


def _updates(want: Want, have: Have, owner: str) -> list[Step]:
    steps = []
    for guest in want.guests.values():
        found = have.directories[f"{want.path}/{guest.uuid}"]
        _refuse_foreign(guest, found, owner)
        texts = render_files(guest, want.images)
        files = {name: text_digest(text) for name, text in texts.items()}
        images = {f"{label}.iso": (label, content_digest(texts, label)) for label in (LABELS[k] for k in want.images)}
        before, built = found.files or {}, found.images or {}
        write = {name: text for name, text in texts.items() if before.get(name) != files[name]}
        build = {name: made for name, made in images.items() if built.get(name) != made[1]}
        remove = tuple(name for name in (*before, *built) if name not in files and name not in images)
        shown = {name: text for name, text in texts.items() if name.rpartition("/")[2] not in USER_DATA_NAMES}
        contents = {name: content for name, (_label, content) in images.items()}
        after = Directory(found.base, found.uuid, owner, guest.name, files, _as_read(shown), contents, found.foreign)
        if write or build or remove or (found.owner, found.name) != (owner, guest.name):
            steps.append(Step(guest.name, found, write, remove, build, after))
    return steps


def _as_read(texts: Mapping[str, str]) -> dict[str, str]:
    """Return texts as they are read: the ends of lines may be written in three ways."""
    return {name: text.replace("\r\n", "\n").replace("\r", "\n") for name, text in texts.items()}


def _refuse_foreign(guest: Guest, found: Directory, owner: str) -> None:
    if found.owner not in (None, owner):
        raise Conflict(
            f"instance {guest.name}",
            f"has its directory {found.path} from owner {found.owner}",
            "Choose another path, or let one owner write for this instance.",
        )
    if found.owner is None and found.foreign:
        raise Conflict(
            f"instance {guest.name}",
            f"cannot have the directory {found.path}: it is there, and is not ours",
            "Move it away, or choose another path.",
        )


def _change(step: Step) -> Change:
    if step.after is None:
        return Change("delete", "injection", step.name, step.directory.path)
    action = "update" if step.directory.owner else "create"
    names = [*step.write, *step.build, *(f"without {name}" for name in step.remove)]
    return Change(action, "injection", step.name, ", ".join(names))
