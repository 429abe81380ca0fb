# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from tests.lab.errors import LabError
from tests.lab.topology import HostSpec, Nic, Topology, Wire, address_commands, nic_commands, wire_commands

HOST = HostSpec(
    "h1",
    (Nic("eth0", "line", ("192.0.2.1/24", "2001:db8::1/64"), on_link=("10.9.0.0/29",)), Nic("eth1", "line", up=False)),
    (("default", "192.0.2.254"),),
)


def test_a_card_is_made_in_the_namespace_of_its_host_and_plugged_into_its_wire():
    lines = nic_commands(HostSpec("h1", (Nic("eth0", "line", mac="02:00:00:00:00:01"),)), {"h1": 4711}, 7)

    assert lines == [
        "link add port7 type veth peer name eth0 address 02:00:00:00:00:01 netns 4711",
        "link set port7 master line up",
    ]


def test_two_cards_get_two_ports_of_the_switch():
    lines = nic_commands(HOST, {"h1": 1}, 3)

    assert [line.split()[2] for line in lines] == ["port3", "port3", "port4", "port4"]


def test_addresses_come_before_the_card_is_up_and_routes_last():
    assert address_commands(HOST) == [
        "link set lo up",
        "address add 192.0.2.1/24 dev eth0",
        "address add 2001:db8::1/64 dev eth0 nodad",
        "link set eth0 up",
        "route add 10.9.0.0/29 dev eth0",
        "route add default via 192.0.2.254",
    ]


def test_a_wire_forwards_from_the_first_moment():
    assert "forward_delay 0" in wire_commands([Wire("line")])[0]


@pytest.mark.parametrize(
    ("hosts", "wires", "message"),
    [
        ((HostSpec("a"), HostSpec("a")), (), "host a: listed twice"),
        ((), (Wire("w"), Wire("w")), "wire w: listed twice"),
        ((HostSpec("switch"),), (), "host switch: this name is taken"),
        ((HostSpec("a", (Nic("eth0", "w"),)),), (), "host a, interface eth0: there is no wire w"),
        ((HostSpec("a", (Nic("e", "w"), Nic("e", "w"))),), (Wire("w"),), "interface of host a e: listed twice"),
        ((HostSpec("a", (Nic("a" * 16, "w"),)),), (Wire("w"),), "is no interface name"),
        ((HostSpec("a", (Nic("e", "w", ("10.0.0.1",)),)),), (Wire("w"),), "10.0.0.1 lacks its prefix length"),
        ((HostSpec("a", (Nic("e", "w", ("10.0.0.256/8",)),)),), (Wire("w"),), "host a, interface e: '10.0.0.256/8'"),
    ],
)
def test_a_topology_that_cannot_be_built_is_refused_by_name(hosts, wires, message):
    with pytest.raises(LabError) as caught:
        Topology(hosts, wires)
    assert message in str(caught.value)
