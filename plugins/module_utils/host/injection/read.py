# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies on the host for the images of guests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from ..journal import Journal
from ..runner import Runner
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
    found = []
    for base in bases:
        for identity in sorted({*runner.names(base), *(asked if base == want.path else ())}):
            directory = _marked(runner, base, identity)
            if identity in asked or (want.purge and directory.owner == owner):
                found.append(directory)
    return Have({item.path: item for item in _with_files(runner, found)})


def _marked(runner: Runner, base: str, identity: str) -> Directory:
    """Return a directory with what its mark says. A mark that cannot be read is none."""
    path = f"{base}/{identity}"
    try:
        mark = json.loads(runner.read(f"{path}/{MARKER}") or "{}")
        owner, name, images = mark.get("owner"), mark.get("name", ""), dict(mark.get("images", {}))
    except (AttributeError, TypeError, ValueError):
        owner, name, images = None, "", {}
    strange = [entry for entry in runner.names(path) if not entry.startswith(TEMPORARY_PREFIX)]
    foreign = any(entry not in _OWN_NAMES for entry in strange) if owner else bool(strange)
    return Directory(base, identity, owner, name, images=images, foreign=foreign)


def _with_files(runner: Runner, directories: Sequence[Directory]) -> list[Directory]:
    names = (*OWN_FILES, *IMAGES)
    digests = _digests(runner, [f"{item.path}/{name}" for item in directories if item.owner for name in names])
    return [_complete(runner, item, digests) if item.owner else item for item in directories]


def _complete(runner: Runner, found: Directory, digests: dict[str, str]) -> Directory:
    files = {name: digests[f"{found.path}/{name}"] for name in OWN_FILES if f"{found.path}/{name}" in digests}
    texts = {
        name: runner.read(f"{found.path}/{name}") or ""
        for name in files
        if name.rpartition("/")[2] not in USER_DATA_NAMES
    }
    # An image that is not as it was made counts as one of unknown content.
    images = {
        name: str(record.get("content")) if record.get("image") == digests[f"{found.path}/{name}"] else ""
        for name in IMAGES
        if f"{found.path}/{name}" in digests
        for record in [(found.images or {}).get(name) or {}]
    }
    return Directory(found.base, found.uuid, found.owner, found.name, files, texts, images, found.foreign)


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
