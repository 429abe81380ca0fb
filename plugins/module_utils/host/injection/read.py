# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies on the host for the images of guests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..journal import Journal
from ..runner import Runner
from .mark import Mark, parse_mark
from .model import (
    LABELS,
    MARKER,
    OWN_DIRECTORIES,
    OWN_FILES,
    TEMPORARY_PREFIX,
    USER_DATA_NAMES,
    Directory,
    Have,
    Want,
)

IMAGES = tuple(f"{label}.iso" for label in LABELS.values())
# So many paths fit into one command, however long they are.
_MANY = 200
_OWN_NAMES = frozenset({MARKER, *IMAGES, *(name.partition("/")[0] for name in (*OWN_FILES, *OWN_DIRECTORIES))})


def read_have(runner: Runner, owner: str, want: Want, journal: Journal) -> Have:
    """Read the directories of all instances that a wish is about, also where earlier runs have put them."""
    bases = dict.fromkeys([want.path, *journal.owned.get("paths", ())])
    asked = {*want.guests, *want.absent}
    found: list[tuple[Directory, Mark]] = []
    for base in bases:
        for identity in sorted({*runner.names(base), *(asked if base == want.path else ())}):
            directory, mark = _marked(runner, base, identity)
            if identity in asked or (want.purge and mark.owner == owner):
                found.append((directory, mark))
    return Have({item.path: item for item in _with_files(runner, found)})


def _marked(runner: Runner, base: str, identity: str) -> tuple[Directory, Mark]:
    path = f"{base}/{identity}"
    mark = parse_mark(runner.read(f"{path}/{MARKER}"))
    entries = [entry for entry in runner.names(path) if not entry.startswith(TEMPORARY_PREFIX)]
    foreign = any(entry not in _OWN_NAMES for entry in entries) if mark.owner else bool(entries)
    return Directory(base, identity, mark.owner, mark.name, foreign=foreign), mark


def _with_files(runner: Runner, found: Sequence[tuple[Directory, Mark]]) -> list[Directory]:
    names = (*OWN_FILES, *IMAGES)
    digests = _digests(runner, [f"{item.path}/{name}" for item, mark in found if mark.owner for name in names])
    return [_complete(runner, item, mark, digests) if mark.owner else item for item, mark in found]


def _complete(runner: Runner, found: Directory, mark: Mark, digests: dict[str, str]) -> Directory:
    here = {name: digests[path] for name in (*OWN_FILES, *IMAGES) if (path := f"{found.path}/{name}") in digests}
    files = {name: digest for name, digest in here.items() if name in OWN_FILES}
    shown = [name for name in files if name.rpartition("/")[2] not in USER_DATA_NAMES]
    texts = {name: runner.read(f"{found.path}/{name}") or "" for name in shown}
    # An image that is not as it was made counts as one of unknown content.
    made = {name: mark.images.get(name) for name in here if name in IMAGES}
    images = {name: each.content if each and each.image == here[name] else "" for name, each in made.items()}
    return replace(found, files=files, texts=texts, images=images)


def _digests(runner: Runner, paths: Sequence[str]) -> dict[str, str]:
    """Return the digests of those files that are there."""
    found: dict[str, str] = {}
    for start in range(0, len(paths), _MANY):
        # Exit code 1: some are not there.
        done = runner.run(("sha256sum", "--", *paths[start : start + _MANY]), accept=(0, 1))
        found.update(_parse_digests(done.out.splitlines()))
    return found


def _parse_digests(lines: Iterable[str]) -> dict[str, str]:
    pairs = (line.split("  ", 1) for line in lines)
    return {path: digest for digest, path in pairs}
