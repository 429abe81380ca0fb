# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an import could not take along, and how names of nova become names of the IPAM. No input or output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .inputs import shown

LONGEST_NAME = 255


@dataclass
class Report:
    """What a person must know of an import, in the order in which it was found."""

    left_behind: list[dict[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def leave(self, thing: str, reason: str) -> None:
        """Note something that is not carried over."""
        self.left_behind.append({"thing": thing, "reason": reason})

    def warn(self, text: str) -> None:
        """Note something that is carried over, but not quite as it was."""
        self.warnings.append(text)


@dataclass(frozen=True)
class Places:
    """What projects and hosts of nova are called here. An empty table stands for all, under the names that they have.

    :param projects: names by the identities that nova knows.
    :param hosts: names by the names that nova knows.
    """

    projects: Mapping[str, str]
    hosts: Mapping[str, str]

    def project(self, identity: str | None) -> str | None:
        """Return what a project is called here; None for none, and for one that does not exist."""
        return _called(self.projects, identity)

    def host(self, name: str | None) -> str | None:
        """Return what a host is called here; None for none, and for one that does not exist."""
        return _called(self.hosts, name)


def _called(names: Mapping[str, str], name: str | None) -> str | None:
    if not name:
        return None
    return names.get(name) if names else name


class Names:
    """Gives out names, each once: the oldest thing keeps its name, a later one gets a part of its UUID in addition.

    :param kind: what has the names, for the report.
    """

    def __init__(self, kind: str, report: Report) -> None:
        self._kind = kind
        self._report = report
        self._taken: set[str] = set()

    def take(self, wanted: str | None, identity: str) -> str:
        """Return the name that a thing gets."""
        words = "".join(letter if letter.isprintable() else " " for letter in wanted or "").split()
        # Room is kept for a whole UUID behind it.
        plain = " ".join(words)[: LONGEST_NAME - 37].strip() or identity
        candidates = (plain, f"{plain}-{identity[:8]}", f"{plain}-{identity}")
        name = next(candidate for candidate in candidates if candidate not in self._taken)
        self._taken.add(name)
        if name != wanted:
            why = "that name is taken" if name != plain else "it had no name that can be had here"
            self._report.warn(f"{self._kind} {shown(wanted or '(no name)')} ({identity}) is called {name}: {why}")
        return name
