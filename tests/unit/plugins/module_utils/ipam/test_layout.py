# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.ipam.allocation import Span
from ansible_collections.novanet.network.plugins.module_utils.ipam.layout import Layout, LayoutWish, lay_out
from hypothesis import assume, given
from hypothesis import strategies as st

BASE = 10 << 24


def layout(size: int = 256, **wish: Any) -> Layout:
    """Lay out 10.0.0.0 and up; addresses are given by their last part."""
    numbers = {
        name: BASE + value if name not in ("vpn", "vpn_clients", "fixed") else value for name, value in wish.items()
    }
    return lay_out("networks[0]", Span(BASE, BASE + size - 1), "10.0.0.0/24", LayoutWish(**numbers))


def held(found: Layout) -> set[int]:
    return {number - BASE for item in found.held for number in range(item.span.first, item.span.last + 1)}


@pytest.mark.parametrize(
    ("wish", "gateway", "dhcp_server", "dhcp_start", "vpn"),
    [
        ({}, 1, 1, 2, None),
        ({"vpn": True}, 1, 1, 3, 2),
        ({"gateway": 254}, 254, 254, 1, None),
        ({"gateway": 1}, 1, 1, 2, None),
        ({"dhcp_server": 2}, 1, 2, 3, None),
        ({"gateway": 1, "dhcp_server": 2}, 1, 2, 3, None),
        ({"dhcp_server": 9}, 1, 9, 2, None),
        ({"allowed_start": 10}, 10, 10, 11, None),
        ({"allowed_start": 10, "vpn": True}, 10, 10, 12, 11),
        ({"dhcp_start": 100}, 1, 1, 100, None),
        ({"vpn": True, "dhcp_server": 3}, 1, 3, 4, 2),
    ],
)
def test_where_things_are(
    wish: dict[str, Any], gateway: int, dhcp_server: int, dhcp_start: int, vpn: int | None
) -> None:
    found = layout(**wish)
    assert (found.gateway - BASE, found.dhcp_server - BASE, found.dhcp_start - BASE) == (
        gateway,
        dhcp_server,
        dhcp_start,
    )
    assert found.vpn_private_address == (None if vpn is None else BASE + vpn)


@pytest.mark.parametrize(
    ("size", "wish", "reserved"),
    [
        (256, {}, {0, 1, 255}),
        (256, {"vpn": True}, {0, 1, 2, 255}),
        (32, {"vpn": True, "vpn_clients": 5}, {0, 1, 2, 26, 27, 28, 29, 30, 31}),
        (256, {"gateway": 254}, {0, 1, 254, 255}),
        (256, {"dhcp_server": 9}, {0, 1, 9, 255}),
        (256, {"allowed_start": 10, "allowed_end": 250}, {*range(11), *range(251, 256)}),
        (256, {"allowed_start": 10, "gateway": 20}, {*range(10), 20, 255}),
        (256, {"dhcp_start": 5}, {0, 1, 2, 3, 4, 255}),
        (16, {"fixed": Span(BASE + 8, BASE + 15)}, {*range(10), 15}),
    ],
)
def test_what_no_instance_may_get(size: int, wish: dict[str, Any], reserved: set[int]) -> None:
    assert held(layout(size, **wish)) == reserved


def test_the_reason_that_says_most_is_given() -> None:
    found = layout(gateway=254, vpn=True)
    reasons = {(item.span.first - BASE, item.span.last - BASE): item.reason for item in found.held}
    assert reasons == {
        (0, 0): "network",
        (1, 1): "vpn",
        (2, 2): "bottom",
        (254, 254): "gateway",
        (255, 255): "broadcast",
    }


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"gateway": 257}, r"networks\[0\].gateway 10.0.1.1 is outside 10.0.0.0/24"),
        ({"dhcp_server": 256}, r"networks\[0\].dhcp_server 10.0.1.0 is outside 10.0.0.0/24"),
        ({"allowed_start": 300}, r"networks\[0\].allowed_start 10.0.1.44 is outside"),
        ({"allowed_start": 20, "allowed_end": 19}, r"allowed_end 10.0.0.19 is before allowed_start 10.0.0.20"),
        ({"gateway": 0}, "gateway 10.0.0.0 is the network address of"),
        ({"dhcp_start": 255}, "dhcp_start 10.0.0.255 is the broadcast address of"),
        ({"fixed": Span(BASE, BASE + 511)}, "fixed_cidr 10.0.0.0 is outside"),
        ({"allowed_start": 5, "allowed_end": 5}, "has no address left for instances"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(wish: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        layout(**wish)


@pytest.mark.parametrize(("size", "vpn"), [(2, False), (4, True), (1, False)])
def test_a_network_without_room_for_an_instance_is_refused(size: int, vpn: bool) -> None:
    with pytest.raises(InvalidInput, match="has no address left"):
        layout(size, vpn=vpn)


ADDRESS = st.one_of(st.none(), st.integers(1, 62))


@given(ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, st.booleans(), st.integers(0, 10))
def test_held_and_free_are_all_of_the_network_and_never_both(
    gateway: int | None,
    dhcp_server: int | None,
    dhcp_start: int | None,
    start: int | None,
    end: int | None,
    vpn: bool,
    clients: int,
) -> None:
    wish = {"gateway": gateway, "dhcp_server": dhcp_server, "dhcp_start": dhcp_start}
    wish |= {"allowed_start": start, "allowed_end": end}
    given_ones = {name: value for name, value in wish.items() if value is not None}
    try:
        found = layout(64, vpn=vpn, vpn_clients=clients, **given_ones)
    except InvalidInput:
        assume(False)
    parts = [item.span for item in found.held] + list(found.free)
    numbers = [number - BASE for part in parts for number in range(part.first, part.last + 1)]
    assert sorted(numbers) == list(range(64))
    taken = {found.gateway, found.dhcp_server, found.vpn_private_address, BASE, BASE + 63}
    assert not taken & {number for part in found.free for number in range(part.first, part.last + 1)}
