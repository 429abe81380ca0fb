# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that runs before there is a network: it closes the bridges of guests. All waits for it, so it is small.

What is damaged it passes over in silence: ``restore`` names it, and what is damaged there does not come up.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..errors import NovaError
from .boot_early import RESTORED, close_bridges, render_closed
from .boot_slices import WRONG_DATA, Memory, known_bridges
from .journal import Journal, journal_path, load_journal
from .runner import Runner, SystemRunner

_OPTION = "--state-path"


def stored_bridges(runner: Runner, state_path: str) -> set[str]:
    """Return the bridges that sound files speak of, whoever owns them."""
    return {bridge for owner in runner.names(state_path) for bridge in _bridges_of(runner, state_path, owner)}


def _bridges_of(runner: Runner, state_path: str, owner: str) -> tuple[str, ...]:
    found: list[str] = []
    for name in ("firewall", "bridges", "dhcp"):
        try:
            journals: dict[str, Journal] = {name: load_journal(runner, journal_path(state_path, owner, name))}
            names = known_bridges(Memory(owner, journals))
            render_closed(names)
        except (NovaError, *WRONG_DATA):
            continue
        found += names
    return tuple(found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Close the bridges, unless they were opened in this boot already; return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    runner = SystemRunner()
    try:
        if runner.read(RESTORED) is None:
            close_bridges(runner, stored_bridges(runner, words[words.index(_OPTION) + 1]))
    except NovaError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0
