# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A runner for the time of a restore: forwarding is turned on at the end only, and damaged files are not there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .firewall_forwarding import IPV4, IPV6
from .runner import Completed, Runner

HELD = (IPV4.path, IPV6.path)


class HoldingRunner:
    """Another runner, except that the switches for forwarding keep until :meth:`release` what is written to them.

    :param hidden: files that are known to be damaged: those of one owner must not stop another one.
    """

    def __init__(self, runner: Runner, hidden: Iterable[str] = ()) -> None:
        self._runner = runner
        self._hidden = frozenset(hidden)
        self._held: dict[str, str] = {}

    def run(self, argv: Sequence[str], stdin: str | None = None, accept: Sequence[int] = (0,)) -> Completed:
        return self._runner.run(argv, stdin, accept)

    def start(self, argv: Sequence[str]) -> None:
        self._runner.start(argv)

    def which(self, program: str) -> str | None:
        return self._runner.which(program)

    def read(self, path: str) -> str | None:
        if path in self._hidden:
            return None
        return self._held[path] if path in self._held else self._runner.read(path)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        if path in HELD:
            self._held[path] = text
        else:
            self._runner.write(path, text, mode)

    def remove(self, path: str) -> None:
        self._runner.remove(path)

    def names(self, path: str) -> tuple[str, ...]:
        return self._runner.names(path)

    def link_target(self, path: str) -> str | None:
        return self._runner.link_target(path)

    def release(self) -> None:
        """Turn the switches as they were meant to be."""
        for path, text in self._held.items():
            self._runner.write(path, text)
        self._held.clear()
