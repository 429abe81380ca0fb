# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that were translated for a floating address, and their end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .runner import Runner

# A floating address and the fixed address that it stood for.
Pair = tuple[str, str]


def parse_connections(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield source and destination of both directions of each connection that ``conntrack -L`` printed."""
    for line in text.splitlines():
        words = [word.partition("=") for word in line.split()]
        sources = [value for key, _sign, value in words if key == "src"]
        destinations = [value for key, _sign, value in words if key == "dst"]
        if len(sources) == 2 and len(destinations) == 2:
            yield sources[0], destinations[0], sources[1], destinations[1]


def translated(text: str, pairs: Iterable[Pair]) -> tuple[tuple[str, ...], ...]:
    """Return the filters of ``conntrack -D`` that match the living connections of the pairs, each once.

    A connection is of a pair when it came in by the floating address and is answered by the fixed one, or when it went
    out from the fixed one and is answered to the floating one.
    """
    asked = set(pairs)
    filters: dict[tuple[str, ...], None] = {}
    for source, destination, reply_source, reply_destination in parse_connections(text):
        if (destination, reply_source) in asked:
            filters["-d", destination, "-r", reply_source] = None
        if (reply_destination, source) in asked:
            filters["-s", source, "-q", reply_destination] = None
    return tuple(filters)


def cut_connections(runner: Runner, pairs: Iterable[Pair]) -> None:
    """Forget the living connections of the pairs. One command looks; one more is run for each pair that has any."""
    listing = runner.run(("conntrack", "-L", "-f", "ipv4"))
    for filter_ in translated(listing.out, pairs):
        # Code 1 says that nothing matched: the connection ended by itself in between.
        runner.run(("conntrack", "-D", "-f", "ipv4", *filter_), accept=(0, 1))
