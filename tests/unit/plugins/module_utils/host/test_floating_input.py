# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nova_floating_ip is asked for."""

from __future__ import annotations

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.host.floating_input import (
    FloatingAddress,
    merge,
    parse_want,
)

FIRST = {"address": "192.0.2.1", "fixed_address": "10.0.0.1", "interface": "eth0"}
SECOND = {"address": "192.0.2.2", "fixed_address": "10.0.0.2", "interface": "eth0"}
KNOWN = {"192.0.2.9": FloatingAddress("192.0.2.9", "10.0.0.9", "eth0")}


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"address": "192.0.2.1"}, r"addresses\[1\].address 192.0.2.1 is already listed at addresses\[0\]"),
        ({"address": "fd00::1"}, r"addresses\[1\].address fd00::1 is no IPv4 address"),
        ({"address": "224.0.0.9"}, r"addresses\[1\].address 224.0.0.9 is no unicast address"),
        ({"address": ""}, r"addresses\[1\].address is missing"),
        ({"fixed_address": None}, r"addresses\[1\].fixed_address is missing"),
        ({"fixed_address": "10.0.0.1"}, r"addresses\[1\].fixed_address 10.0.0.1 already has the floating address of"),
        ({"fixed_address": "192.0.2.2"}, r"addresses\[1\].fixed_address 192.0.2.2 is the floating address itself"),
        ({"fixed_address": "192.0.2.1"}, r"addresses\[1\].fixed_address 192.0.2.1 is itself a floating address"),
        ({"fixed_address": "127.0.0.1"}, r"addresses\[1\].fixed_address 127.0.0.1 is a loopback address"),
        ({"interface": ""}, r"addresses\[1\].interface is missing"),
        ({"interface": "eth 0"}, r"addresses\[1\].interface eth 0 is no name of an interface"),
    ],
)
def test_a_value_that_can_never_be_right_is_named_with_its_place(second, message):
    with pytest.raises(InvalidInput, match=message):
        parse_want({"addresses": [FIRST, {**SECOND, **second}]})


def test_a_count_of_announcements_has_its_bounds():
    with pytest.raises(InvalidInput, match="send_arp_count 101 is outside 0 to 100"):
        parse_want({"addresses": [], "send_arp": True, "send_arp_count": 101})


def test_announcing_is_off_unless_asked_for():
    assert parse_want({"addresses": [], "send_arp_count": 3}).send_arp_count == 0
    assert parse_want({"addresses": [], "send_arp": True, "send_arp_count": 3}).send_arp_count == 3


def test_addresses_that_are_not_spoken_of_stay_in_the_order_that_people_count():
    want = parse_want({"addresses": [{**SECOND, "address": "192.0.2.10"}, FIRST]})

    assert list(merge(want, KNOWN)) == ["192.0.2.1", "192.0.2.9", "192.0.2.10"]


def test_purge_leaves_what_is_listed():
    assert list(merge(parse_want({"addresses": [FIRST], "purge": True}), KNOWN)) == ["192.0.2.1"]


def test_an_absent_address_needs_nothing_but_itself():
    assert merge(parse_want({"addresses": [{"address": "192.0.2.9", "state": "absent"}]}), KNOWN) == {}


def test_a_fixed_address_does_not_get_a_second_floating_address_unnoticed():
    want = parse_want({"addresses": [FIRST, {**SECOND, "fixed_address": "10.0.0.9"}]})

    with pytest.raises(
        Conflict, match=r"addresses\[1\].fixed_address 10.0.0.9 already has the floating address 192.0.2.9"
    ):
        merge(want, KNOWN)
