# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that go into rulesets."""

from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.host.nft_values import (
    collapse,
    element,
    require_address,
    require_interface,
    require_network,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("name", ["eth0", "br-lan", "vlan100@eth0", "enp0s31f6.100", "a" * 15])
def test_names_of_interfaces_are_taken(name):
    assert require_interface(name, "here") == name


@pytest.mark.parametrize("name", ["", "a" * 16, "eth*", "eth 0", "a/b", "..", ".", 'eth"', "eth{0}", "éth0"])
def test_what_cannot_be_a_name_is_refused(name):
    with pytest.raises(InvalidInput, match="here .* is no name of an interface"):
        require_interface(name, "here")


@pytest.mark.parametrize("value", ["10.0.0.1", "192.0.2.255", "169.254.169.254"])
def test_addresses_are_taken(value):
    assert require_address(value, "here") == value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("10.0.0.256", "is no IPv4 address"),
        ("10.0.0.1/32", "is no IPv4 address"),
        ("fd00::1", "is no IPv4 address"),
        ("010.0.0.1", "is no IPv4 address"),
        ("0.0.0.0", "is no unicast address"),
        ("0.1.2.3", "is no unicast address"),
        ("224.0.0.1", "is no unicast address"),
        ("255.255.255.255", "is no unicast address"),
        ("127.0.0.1", "is a loopback address"),
    ],
)
def test_what_no_host_can_have_is_refused(value, reason):
    with pytest.raises(InvalidInput, match=f"here .* {reason}"):
        require_address(value, "here")


def test_a_loopback_address_is_welcome_where_it_makes_sense():
    assert require_address("127.0.0.1", "here", loopback=True) == "127.0.0.1"


def test_host_bits_are_refused_with_the_network_that_was_meant():
    with pytest.raises(InvalidInput, match=r"here 10.0.0.1/24 has host bits set. The network is 10.0.0.0/24."):
        require_network("10.0.0.1/24", "here")


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(8, 32)), max_size=8))
def test_collapsed_networks_hold_the_same_addresses_and_do_not_overlap(numbers):
    networks = [str(ipaddress.ip_network(pair, strict=False)) for pair in numbers]

    collapsed = [ipaddress.ip_network(each) for each in collapse(networks)]

    assert all(any(ipaddress.ip_network(each).subnet_of(whole) for whole in collapsed) for each in networks)
    assert all(not a.overlaps(b) for a in collapsed for b in collapsed if a != b)
    assert sum(each.num_addresses for each in collapsed) <= sum(ipaddress.ip_network(n).num_addresses for n in networks)


def test_one_address_goes_without_its_length():
    assert element("10.0.0.1/32") == "10.0.0.1"
    assert element("10.0.0.0/8") == "10.0.0.0/8"
