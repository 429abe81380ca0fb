# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic of networks against netaddr, which nova itself calculated with."""

from __future__ import annotations

import netaddr
from ansible_collections.novanet.network.plugins.module_utils.ipam.allocation import (
    Occupied,
    Span,
    carve,
    round_up_to_power_of_two,
    subtract,
)
from hypothesis import given
from hypothesis import strategies as st


def span_of(network: netaddr.IPNetwork) -> Span:
    return Span(network.first, network.last)


@given(st.integers(8, 24), st.integers(0, 6), st.integers(1, 40))
def test_networks_are_carved_as_netaddr_subnets_them(prefix: int, further: int, count: int) -> None:
    whole = netaddr.IPNetwork(f"10.0.0.0/{prefix}")
    expected = [span_of(subnet) for subnet in whole.subnet(prefix + further)][: min(count, 1 << further)]
    size = expected[0].size
    assert carve("range", span_of(whole), size, len(expected), Occupied(), str) == expected


@given(st.integers(1, 1 << 20))
def test_a_size_is_rounded_up_to_the_prefix_that_netaddr_needs(size: int) -> None:
    smallest = netaddr.IPNetwork(f"10.0.0.0/{32 - (size - 1).bit_length()}")
    assert round_up_to_power_of_two(size) == smallest.size


@given(st.lists(st.tuples(st.integers(0, 250), st.integers(0, 20)), max_size=8))
def test_what_is_left_of_a_range_is_what_netaddr_leaves(held: list[tuple[int, int]]) -> None:
    spans = [Span(first, first + length) for first, length in held]
    base = int(netaddr.IPAddress("10.0.0.0"))

    def at(first: int, last: int) -> netaddr.IPRange:
        return netaddr.IPRange(netaddr.IPAddress(base + first), netaddr.IPAddress(base + last))

    left = netaddr.IPSet(at(0, 300))
    for span in spans:
        left -= netaddr.IPSet(at(span.first, span.last))
    expected = [Span(part.first - base, part.last - base) for part in left.iter_ipranges()]
    assert subtract([Span(0, 300)], spans) == expected
