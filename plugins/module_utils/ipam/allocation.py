# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arithmetic of address space: carving a range into networks, laying out one network, numbering. Pure."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from ..errors import Conflict, Exhausted, InvalidInput

HIGHEST_VLAN = 4094


@dataclass(frozen=True, order=True)
class Span:
    """An uninterrupted range of addresses, both ends included, as numbers."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """Return how many addresses it has."""
        return self.last - self.first + 1

    def holds(self, other: Span) -> bool:
        """Return True when the other range lies in this one, or is the same."""
        return self.first <= other.first and other.last <= self.last

    def touches(self, other: Span) -> bool:
        """Return True when both have an address in common."""
        return self.first <= other.last and other.first <= self.last


def subtract(spans: Iterable[Span], held: Iterable[Span]) -> list[Span]:
    """Return what is left of some ranges without others, in order. ``spans`` are disjoint, ``held`` need not be."""
    rest = []
    obstacles = sorted(held)
    for span in sorted(spans):
        start = span.first
        for obstacle in obstacles:
            if obstacle.last < start or obstacle.first > span.last:
                continue
            if obstacle.first > start:
                rest.append(Span(start, obstacle.first - 1))
            start = obstacle.last + 1
        if start <= span.last:
            rest.append(Span(start, span.last))
    return rest


@dataclass
class Occupied:
    """The networks that exist, by address: disjoint ranges with what to call them in a message."""

    _spans: list[Span] = field(default_factory=list)
    _names: dict[Span, str] = field(default_factory=dict)

    def add(self, span: Span, name: str) -> None:
        """Note a network. The caller has made sure that it overlaps none."""
        bisect.insort(self._spans, span)
        self._names[span] = name

    def remove(self, span: Span) -> None:
        """Forget a network."""
        self._spans.remove(span)
        del self._names[span]

    def clash(self, span: Span) -> Span | None:
        """Return the first network that has an address in common with a range."""
        index = bisect.bisect_right(self._spans, Span(span.first, span.first)) - 1
        for candidate in self._spans[max(index, 0) : index + 3]:
            if candidate.touches(span):
                return candidate
        return None

    def name(self, span: Span) -> str:
        """Return what a network is called, with its range."""
        return self._names[span]


def round_up_to_power_of_two(size: int) -> int:
    """Return how many addresses a network has that must have at least ``size``: 100 becomes 128, a /25."""
    return 1 << (size - 1).bit_length()


def default_size(flat: bool, range_size: int, count: int, network_size: int) -> int:
    """Return the size of networks whose size was not given: one flat network is the whole range."""
    return range_size if flat and count == 1 else min(range_size, network_size)


def space_to_carve(subject: str, cidr: Span, size: int, count: int, bounds: Span, bounds_text: str) -> Span:
    """Return the range in which networks are looked for.

    Several networks of a range that is just one of them go on upward from it, up to the end of ``bounds``.

    :param subject: what the range is called in messages.
    :raises InvalidInput: the networks cannot fit.
    """
    if size > cidr.size:
        raise InvalidInput(subject, f"has {cidr.size} addresses, fewer than a network of {size}")
    if count == 1 or size < cidr.size:
        if cidr.size < count * size:
            raise InvalidInput(subject, f"is not big enough for {count} networks of {size} addresses")
        return cidr
    if not bounds.holds(cidr):
        raise InvalidInput(
            subject,
            f"is one network; {count} of them would go on upward inside {bounds_text}, but it lies outside",
            "Give a range that has room for all of them, or another fixed_range.",
        )
    space = Span(cidr.first, bounds.last)
    if space.size < count * size:
        raise InvalidInput(
            subject, f"has room for {space.size // size} networks upward inside {bounds_text}, not {count}"
        )
    return space


def carve(
    subject: str, space: Span, size: int, count: int, occupied: Occupied, show: Callable[[Span], str]
) -> list[Span]:
    """Return the first free networks of a range, in order.

    What exists already is stepped over: a network that is the same or smaller. To lie inside a bigger one is an error.

    :param subject: what the range is called in messages.
    :param show: how a range is written.
    :raises Conflict: the range lies in an existing network, or too little of it is free.
    """
    found: list[Span] = []
    in_the_way: Span | None = None
    start = space.first
    while len(found) < count:
        candidate = Span(start, start + size - 1)
        if candidate.last > space.last:
            raise _no_room(subject, space, size, count, len(found), occupied, in_the_way)
        clash = occupied.clash(candidate)
        if clash is None:
            found.append(candidate)
        elif clash != candidate and clash.holds(candidate):
            what = "" if candidate == space else f": {show(candidate)}"
            raise Conflict(f"{subject}{what}", f"overlaps {occupied.name(clash)}, which contains it")
        else:
            in_the_way = in_the_way or clash
        start += size
    return found


def _no_room(
    subject: str, space: Span, size: int, count: int, free: int, occupied: Occupied, in_the_way: Span | None
) -> Conflict:
    obstacle = occupied.name(in_the_way) if in_the_way else "nothing"
    if space.size == size:
        return Conflict(subject, f"overlaps {obstacle}")
    return Conflict(
        subject, f"has room for {free} more networks of {size} addresses, not {count}; in the way is first {obstacle}"
    )


def next_free(subject: str, start: int, count: int, used: Collection[int], highest: int) -> list[int]:
    """Return the first numbers from ``start`` on that are not used: VLAN ids, or ports of VPNs.

    :raises InvalidInput: start + count - 1 is above the highest number there is.
    :raises Exhausted: too many numbers are used.
    """
    if start + count - 1 > highest:
        raise InvalidInput(subject, f"with {count} networks ends at {start + count - 1}, above {highest}")
    found: list[int] = []
    number = start
    while len(found) < count:
        if number > highest:
            raise Exhausted(subject, f"leaves {len(found)} numbers up to {highest} that are free, not {count}")
        if number not in used:
            found.append(number)
        number += 1
    return found
