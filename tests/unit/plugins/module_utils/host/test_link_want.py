# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wanted bridges: what is refused, with its position, and what becomes of the rest."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.host.link.want import parse_want
from hypothesis import given
from hypothesis import strategies as st

REFUSED: list[tuple[list[dict[str, Any]], str]] = [
    ([{"name": ""}], "bridges[0].name is empty"),
    (
        [{"name": "a-bridge-too-far"}],
        "bridges[0].name a-bridge-too-far has 16 characters; an interface name has at most 15",
    ),
    (
        [{"name": "br 1"}],
        "bridges[0].name 'br 1' is no interface name: it may have letters, digits, dots, dashes and underscores",
    ),
    (
        [{"name": "br0", "interface": "eth/0"}],
        "bridges[0].interface 'eth/0' is no interface name: it may have letters, digits, dots, dashes and underscores",
    ),
    ([{"name": "br0", "interface": "br0"}], "bridges[0].interface br0 is the bridge itself"),
    ([{"name": "br0"}, {"name": "br0"}], "bridges[1].name br0 is listed at bridges[0].name already"),
    (
        [{"name": "br0", "state": "absent"}, {"name": "br0"}],
        "bridges[1].name br0 is listed at bridges[0].name already",
    ),
    (
        [{"name": "br0", "interface": "eth0"}, {"name": "br1", "interface": "eth0"}],
        "bridges[1].interface eth0 is the uplink of bridges[0] already",
    ),
    (
        [{"name": "br0"}, {"name": "br1", "interface": "br0"}],
        "bridges[1].interface br0 is a bridge; it cannot be a port",
    ),
    (
        [{"name": "br0", "addresses": ["10.0.0.1"]}],
        "bridges[0].addresses[0] 10.0.0.1 lacks its prefix length. Write it like 10.0.0.1/8.",
    ),
    (
        [{"name": "br0", "addresses": ["10.0.0.1/8", "10.0.0.300/8"]}],
        "bridges[0].addresses[1] 10.0.0.300/8 is no address with a prefix length",
    ),
    (
        [{"name": "br0", "addresses": ["10.0.0.0/8"]}],
        "bridges[0].addresses[0] 10.0.0.0/8 is the network itself, not an address in it",
    ),
    (
        [{"name": "br0", "addresses": ["10.255.255.255/8"]}],
        "bridges[0].addresses[0] 10.255.255.255/8 is the broadcast address of its network",
    ),
    ([{"name": "br0", "addresses": ["224.0.0.1/8"]}], "224.0.0.1/8 is no address that a bridge can have"),
    ([{"name": "br0", "addresses": ["::1/128"]}], "::1/128 is no address that a bridge can have"),
    (
        [{"name": "br0", "addresses": ["10.0.0.1/8"]}, {"name": "br1", "addresses": ["10.0.0.1/24"]}],
        "bridges[1].addresses[0] 10.0.0.1 is listed at bridges[0].addresses[0] already",
    ),
    (
        [{"name": "br0", "addresses": ["fe80::1/64", "fe80::1/64"]}],
        "bridges[0].addresses[1] fe80::1 is listed at bridges[0].addresses[0] already",
    ),
    ([{"name": "br0", "mtu": 67}], "bridges[0].mtu 67 is outside 68 to 65535"),
    ([{"name": "br0", "mtu": 1279, "addresses": ["fd00::1/64"]}], "bridges[0].mtu 1279 is outside 1280 to 65535"),
    ([{"name": "br0", "mac": "2:0:0:0:0:1"}], "bridges[0].mac 2:0:0:0:0:1 is no MAC address"),
    ([{"name": "br0", "mac": "01:00:5e:00:00:01"}], "01:00:5e:00:00:01 is no MAC address of a single station"),
    ([{"name": "br0", "hairpin_ports": ["tap0", "tap 1"]}], "bridges[0].hairpin_ports[1] 'tap 1' is no interface name"),
]


@pytest.mark.parametrize(("bridges", "message"), REFUSED)
def test_what_can_never_be_right_is_refused_with_its_position(bridges: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse_want({"bridges": bridges})
    assert message in str(error.value)


def test_options_are_normalised() -> None:
    item = {"name": "br0", "addresses": ["FD00:0::1/64", "10.0.0.1/8"], "mac": "02:00:5E:10:00:01", "mtu": None}
    want = parse_want({"bridges": [item, {"name": "br1", "state": "absent"}]})
    (bridge,) = want.bridges
    assert [address.text for address in bridge.addresses] == ["fd00::1/64", "10.0.0.1/8"]
    assert bridge.addresses[1].words("br0") == "10.0.0.1/8 broadcast 10.255.255.255 dev br0"
    assert (bridge.primary, bridge.mac, bridge.interface) == ("10.0.0.1/8", "02:00:5e:10:00:01", "")
    assert [bridge.name for bridge in want.absent] == ["br1"]


def test_a_link_local_address_may_be_on_each_bridge() -> None:
    item = {"addresses": ["fe80::1/64"]}
    want = parse_want({"bridges": [{"name": "br0", **item}, {"name": "br1", **item}]})
    assert [bridge.addresses[0].text for bridge in want.bridges] == ["fe80::1/64", "fe80::1/64"]


@pytest.mark.parametrize("text", ["10.0.0.0/31", "10.0.0.1/31", "10.0.0.1/32", "fd00::/64", "fe80::1/64"])
def test_addresses_that_look_odd_and_are_right(text: str) -> None:
    (address,) = parse_want({"bridges": [{"name": "br0", "addresses": [text]}]}).bridges[0].addresses
    assert (address.text, address.broadcast) == (text, "")


@given(st.lists(st.fixed_dictionaries({"name": st.text(max_size=20), "interface": st.text(max_size=17)}), max_size=3))
def test_names_are_either_taken_as_they_are_or_refused_and_never_break_a_line(bridges: list[dict[str, str]]) -> None:
    try:
        want = parse_want({"bridges": bridges})
    except InvalidInput:
        return
    for bridge, item in zip(want.bridges, bridges):
        assert (bridge.name, bridge.interface) == (item["name"], item["interface"])
        assert bridge.name.isascii() and not set(bridge.name + bridge.interface) & set(" \n\t#\"'\\/")
