# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An access port: what it does to frames, and where it is."""

from __future__ import annotations

from tests.lab.frames import parse_frame
from tests.machines.access import NEEDS_CHECKSUM, OFFLOAD, with_tag
from tests.machines.platform import access_commands, access_ports, parse_platforms
from tests.machines.qemu import kernel_words

VLAN = {"id": 100, "trunk": "trunk", "wire": "public", "address": "192.0.2.11/24", "gateway": "192.0.2.1"}
HOSTS = [
    {"name": name, "image": "debian12", "cards": [{"wire": "admin"}, {"wire": "trunk"}], "vlans": [VLAN]}
    for name in ("network1", "network2")
]
FRAME = bytes.fromhex("ffffffffffff 020000000001 0800") + b"payload"


def test_a_tag_goes_behind_the_addresses() -> None:
    tagged = with_tag(OFFLOAD.pack(0, 0, 0, 0, 0, 0) + FRAME, 100)
    assert tagged[OFFLOAD.size :] == FRAME[:12] + bytes.fromhex("81000064") + FRAME[12:]
    assert parse_frame(tagged[OFFLOAD.size :]).vlan == 100


def test_what_the_card_is_to_do_moves_with_the_tag() -> None:
    tagged = with_tag(OFFLOAD.pack(NEEDS_CHECKSUM, 0, 54, 0, 34, 16) + FRAME, 100)
    assert OFFLOAD.unpack_from(tagged) == (NEEDS_CHECKSUM, 0, 58, 0, 38, 16)


def test_one_port_serves_all_hosts_on_a_vlan() -> None:
    (port,) = access_ports(parse_platforms(HOSTS))
    assert (port.vlan, port.trunk, port.wire) == (100, "trunk", "public")
    lines = access_commands([port])
    assert [line.split()[6] for line in lines if "master" in line] == ["trunk", "public"]


def test_the_operator_of_a_host_knows_its_address_on_the_vlan() -> None:
    words = kernel_words(parse_platforms(HOSTS)[0], "key").split()
    assert "machine.address=vlan100,192.0.2.11/24,192.0.2.1" in words
