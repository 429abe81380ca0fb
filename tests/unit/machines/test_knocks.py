# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What knocks at hosts while they boot, and what was recorded."""

from __future__ import annotations

import struct

import pytest

from tests.lab.frames import parse_frame
from tests.machines.knocks import (
    ACROSS,
    FLOATING,
    IN,
    KNOCKER,
    OUT,
    floating_addresses,
    gateways,
    leased,
    parse_file,
    plan_knocks,
)
from tests.machines.platform import Platform, parse_platforms

PLATFORM = {"name": "network1", "image": "debian12", "cards": [{"wire": "admin"}, {"wire": "trunk"}]}


def bridge(vlan: int) -> list[dict[str, object]]:
    mac = f"52:54:00:00:01:{vlan % 100:02}"
    address = {"family": "inet", "local": f"172.16.{vlan}.1", "prefixlen": 24}
    return [
        {"ifname": f"br{vlan}", "address": mac, "linkinfo": {"info_kind": "bridge"}, "addr_info": [address]},
        {"ifname": f"tap{vlan}", "master": f"br{vlan}", "linkinfo": {"info_kind": "veth"}},
        {
            "ifname": f"vlan{vlan}",
            "link": "eth2",
            "master": f"br{vlan}",
            "linkinfo": {"info_kind": "vlan", "info_data": {"id": vlan}},
        },
    ]


PUBLIC_LINK = {
    "ifname": "vlan100",
    "address": "52:54:00:00:01:02",
    "addr_info": [{"family": "inet", "local": "10.46.169.226", "prefixlen": 32}],
}
LINKS = [{"ifname": "eth2", "address": "52:54:00:00:01:02"}, PUBLIC_LINK, *bridge(169), *bridge(170)]
LEASES = (
    "1790000000 fa:16:3e:00:00:01 172.16.169.2 red1 *\nduid 00:01\n1790000000 fa:16:3e:00:00:02 172.16.170.2 blue1 *\n"
)


@pytest.fixture
def platform() -> Platform:
    return parse_platforms([PLATFORM])[0]


def test_there_is_a_knock_at_every_door(platform: Platform) -> None:
    found = list(gateways(platform, LINKS, "vlan100", leased(LEASES)))
    assert [(one.wire, one.vlan, one.guests) for one in found] == [
        ("trunk", 169, ("172.16.169.2",)),
        ("trunk", 170, ("172.16.170.2",)),
    ]
    knocks = plan_knocks(found, floating_addresses(LINKS))
    assert sorted((knock.kind, knock.wire, knock.vlan, knock.target) for knock in knocks) == sorted(
        [
            (OUT, "trunk", 169, "192.0.2.1"),
            (OUT, "trunk", 170, "192.0.2.1"),
            (ACROSS, "trunk", 169, "172.16.170.2"),
            (ACROSS, "trunk", 170, "172.16.169.2"),
            (IN, "public", None, "172.16.169.2"),
            (IN, "public", None, "172.16.170.2"),
            (FLOATING, "public", None, "10.46.169.226"),
        ]
    )
    assert len({knock.text for knock in knocks}) == len(knocks)


def test_a_knock_is_a_frame_that_hosts_take(platform: Platform) -> None:
    knock = plan_knocks(list(gateways(platform, LINKS, "vlan100", leased(LEASES))), {})[0]
    frame = parse_frame(knock.raw)
    assert (frame.source_mac, frame.target_mac, frame.vlan, frame.kind) == (KNOCKER, knock.mac, 169, "udp")
    assert (frame.source, frame.target) == (knock.source, "192.0.2.1")
    header = struct.unpack("!10H", knock.raw[18:38])
    total = sum(header)
    assert (total & 0xFFFF) + (total >> 16) == 0xFFFF
    assert knock.text.encode() in knock.raw


def test_a_recording_that_is_cut_short_ends_with_its_last_whole_frame(platform: Platform) -> None:
    raw = plan_knocks(list(gateways(platform, LINKS, "vlan100", leased(LEASES))), {})[0].raw
    record = struct.pack("<IIII", 7, 500000, len(raw), len(raw)) + raw
    data = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + record + record[:-1]
    assert [(frame.time, found) for frame, found in parse_file(data)] == [(7.5, raw)]
