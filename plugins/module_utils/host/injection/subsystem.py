# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What images of guests need to come up with their addresses: files and seed images, one directory an instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..journal import Journal
from ..reconcile import Plan
from ..runner import Runner
from .apply import apply_steps
from .diff import diff_guests
from .model import Directory, Have, Want
from .parse import parse_want
from .read import read_have


class Injection:
    """The subsystem ``injection`` of a host."""

    name = "injection"

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def parse(self, applied: Mapping[str, Any]) -> Want:
        """Return what the options ask for; see :func:`~.parse.parse_want`."""
        return parse_want(applied)

    def read(self, runner: Runner, want: Want, journal: Journal) -> Have:
        """Read the directories of instances."""
        return read_have(runner, self._owner, want, journal)

    def diff(self, want: Want, have: Have, journal: Journal) -> Plan[Have]:
        """Compare; see :func:`~.diff.diff_guests`."""
        return diff_guests(want, have, self._owner, journal.owned.get("paths", ()))

    def apply(self, runner: Runner, plan: Plan[Have]) -> None:
        """Make the changes."""
        apply_steps(runner, self._owner, plan.steps)

    def view(self, have: Have) -> list[dict[str, Any]]:
        """Return the instances that have a directory of ours. Of what may hold secrets only the digest is told."""
        found = [_view(item) for item in have.directories.values() if item.owner == self._owner]
        return sorted(found, key=lambda item: (item["name"], item["directory"]))


def _view(found: Directory) -> dict[str, Any]:
    return {
        "name": found.name,
        "uuid": found.uuid,
        "directory": found.path,
        "files": dict(sorted((found.files or {}).items())),
        "texts": {name: text.splitlines() for name, text in sorted((found.texts or {}).items())},
        "images": dict(sorted((found.images or {}).items())),
    }
