# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, Exhausted, InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.ipam.allocation import (
    Occupied,
    Span,
    carve,
    default_size,
    next_free,
    round_up_to_power_of_two,
    space_to_carve,
    subtract,
)
from hypothesis import given
from hypothesis import strategies as st

EVERYTHING = Span(0, 2**32 - 1)


def span(text: str) -> Span:
    network = ipaddress.ip_network(text)
    return Span(int(network.network_address), int(network.broadcast_address))


def show(what: Span) -> str:
    return f"{ipaddress.ip_address(what.first)}/{33 - what.size.bit_length()}"


def occupied(*texts: str) -> Occupied:
    book = Occupied()
    for number, text in enumerate(texts):
        book.add(span(text), f"network n{number} ({text})")
    return book


@pytest.mark.parametrize(("size", "rounded"), [(1, 1), (2, 2), (3, 4), (100, 128), (256, 256), (257, 512)])
def test_a_network_has_a_power_of_two_of_addresses(size: int, rounded: int) -> None:
    assert round_up_to_power_of_two(size) == rounded


@pytest.mark.parametrize(
    ("flat", "range_size", "count", "size"),
    [
        (True, 2**24, 1, 2**24),  # the chapter's flat networks: all of 10.0.0.0/8
        (True, 2**24, 3, 256),
        (True, 64, 2, 64),
        (False, 2**24, 1, 256),
        (False, 64, 1, 64),
    ],
)
def test_the_size_of_a_network_that_does_not_say(flat: bool, range_size: int, count: int, size: int) -> None:
    assert default_size(flat, range_size, count, 256) == size


@pytest.mark.parametrize(
    ("cidr", "size", "count", "bounds", "space"),
    [
        ("10.0.0.0/8", 256, 3, "0.0.0.0/0", "10.0.0.0-10.255.255.255"),
        ("10.0.0.0/24", 256, 1, "0.0.0.0/0", "10.0.0.0-10.0.0.255"),
        ("172.16.100.0/24", 256, 100, "172.16.0.0/12", "172.16.100.0-172.31.255.255"),
        ("172.16.100.0/24", 256, 100, "0.0.0.0/0", "172.16.100.0-255.255.255.255"),
    ],
)
def test_one_network_as_a_range_goes_on_upward(cidr: str, size: int, count: int, bounds: str, space: str) -> None:
    found = space_to_carve("cidr", span(cidr), size, count, span(bounds), bounds)
    assert f"{ipaddress.ip_address(found.first)}-{ipaddress.ip_address(found.last)}" == space


@pytest.mark.parametrize(
    ("cidr", "size", "count", "bounds", "reason"),
    [
        ("10.0.0.0/25", 256, 1, "0.0.0.0/0", "has 128 addresses, fewer than a network of 256"),
        ("10.0.0.0/23", 256, 3, "0.0.0.0/0", "is not big enough for 3 networks of 256 addresses"),
        ("172.16.100.0/24", 256, 2, "10.0.0.0/8", "would go on upward inside"),
        ("10.255.255.0/24", 256, 2, "10.0.0.0/8", "has room for 1 networks upward"),
    ],
)
def test_networks_that_cannot_fit_are_refused(cidr: str, size: int, count: int, bounds: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        space_to_carve("cidr", span(cidr), size, count, span(bounds), bounds)


@pytest.mark.parametrize(
    ("space", "size", "count", "existing", "found"),
    [
        ("192.168.0.0/16", 256, 3, [], ["192.168.0.0/24", "192.168.1.0/24", "192.168.2.0/24"]),
        ("10.0.0.0/8", 16, 3, [], ["10.0.0.0/28", "10.0.0.16/28", "10.0.0.32/28"]),
        # the same network exists already
        ("192.168.0.0/16", 256, 2, ["192.168.0.0/24"], ["192.168.1.0/24", "192.168.2.0/24"]),
        ("192.168.0.0/16", 256, 3, ["192.168.1.0/24"], ["192.168.0.0/24", "192.168.2.0/24", "192.168.3.0/24"]),
        # a smaller one lies inside
        ("192.168.0.0/16", 256, 2, ["192.168.0.64/26"], ["192.168.1.0/24", "192.168.2.0/24"]),
        # others lie elsewhere
        ("192.168.0.0/16", 256, 1, ["192.167.0.0/16", "192.169.0.0/16"], ["192.168.0.0/24"]),
    ],
)
def test_carving_steps_over_what_exists(
    space: str, size: int, count: int, existing: list[str], found: list[str]
) -> None:
    carved = carve("cidr", span(space), size, count, occupied(*existing), show)
    assert [show(part) for part in carved] == found


@pytest.mark.parametrize(
    ("space", "size", "count", "existing", "reason"),
    [
        ("10.1.0.0/16", 256, 1, ["10.0.0.0/8"], "10.1.0.0/24 overlaps network n0 .* which contains it"),
        ("10.0.0.0/24", 256, 1, ["10.0.0.0/24"], "overlaps network n0 .10.0.0.0/24."),
        ("10.0.0.0/24", 256, 1, ["10.0.0.16/28"], "overlaps network n0 .10.0.0.16/28."),
        ("10.0.0.0/23", 256, 2, ["10.0.1.0/24"], "has room for 1 more networks of 256 addresses, not 2; .*network n0"),
    ],
)
def test_an_overlap_names_both(space: str, size: int, count: int, existing: list[str], reason: str) -> None:
    with pytest.raises(Conflict, match=reason):
        carve("networks[1].cidr", span(space), size, count, occupied(*existing), show)


@given(
    st.lists(st.integers(0, 63), unique=True),
    st.integers(1, 20),
    st.sampled_from([1, 2, 4, 8]),
)
def test_carved_networks_are_disjoint_aligned_and_the_first_ones(taken: list[int], count: int, size: int) -> None:
    book = Occupied()
    for number in taken:
        book.add(Span(number, number), f"n{number}")
    blocks = [range(start, start + size) for start in range(0, 64, size)]
    free = [block for block in blocks if not set(block) & set(taken)]
    try:
        carved = carve("cidr", Span(0, 63), size, count, book, str)
    except Conflict:
        assert len(free) < count
        return
    assert [(part.first, part.last) for part in carved] == [(block[0], block[-1]) for block in free[:count]]


def test_a_network_that_is_gone_is_in_nobodys_way() -> None:
    book = occupied("10.0.0.0/24")
    book.remove(span("10.0.0.0/24"))
    assert book.clash(span("10.0.0.0/8")) is None


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 10)), max_size=6),
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 10)), max_size=6),
)
def test_subtracting_leaves_exactly_the_rest(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    whole: set[int] = set()
    spans = []
    for first, length in left:
        if not whole & set(range(first, first + length + 1)):
            spans.append(Span(first, first + length))
            whole |= set(range(first, first + length + 1))
    held = [Span(first, first + length) for first, length in right]
    rest = subtract(spans, held)
    expected = whole - {number for part in held for number in range(part.first, part.last + 1)}
    listed = [number for part in rest for number in range(part.first, part.last + 1)]
    assert listed == sorted(expected)


def test_numbers_go_on_from_the_start_and_skip_what_is_used() -> None:
    assert next_free("vlan_start", 100, 3, {101, 103}, 4094) == [100, 102, 104]


def test_the_last_vlan_is_4094() -> None:
    assert next_free("vlan_start", 3995, 100, (), 4094)[-1] == 4094
    with pytest.raises(InvalidInput, match="vlan_start 3996 with 100 networks ends at 4095, above 4094"):
        next_free("vlan_start 3996", 3996, 100, (), 4094)


def test_vlans_run_out() -> None:
    with pytest.raises(Exhausted, match="leaves 1 numbers up to 4094"):
        next_free("vlan_start", 4090, 2, {4090, 4091, 4092, 4093}, 4094)
