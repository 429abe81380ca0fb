# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from tests.lab.frames import parse_capture, parse_frame

ETHERNET = bytes.fromhex("ffffffffffff020000000001")


def arp(operation: int, sender: str, target: str) -> bytes:
    def address(text: str) -> bytes:
        return bytes(map(int, text.split(".")))

    head = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation)
    body = bytes.fromhex("020000000001") + address(sender) + bytes(6) + address(target)
    return ETHERNET + b"\x08\x06" + head + body


def udp(source: bytes, target: bytes) -> bytes:
    header = bytes([0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0]) + source + target
    return ETHERNET + b"\x08\x00" + header + struct.pack("!HHHH", 68, 67, 12, 0)


def test_an_announcement_has_the_same_address_twice():
    for operation, kind in ((1, "arp-request"), (2, "arp-reply")):
        frame = parse_frame(arp(operation, "10.46.169.226", "10.46.169.226"))

        assert frame.is_gratuitous
        assert (frame.kind, frame.source, frame.source_mac) == (kind, "10.46.169.226", "02:00:00:00:00:01")
    assert not parse_frame(arp(1, "10.0.0.1", "10.0.0.2")).is_gratuitous


def test_a_datagram_shows_its_addresses_and_ports():
    frame = parse_frame(udp(bytes([10, 0, 0, 2]), bytes([10, 0, 0, 1])))

    assert (frame.kind, frame.source, frame.source_port) == ("udp", "10.0.0.2", 68)
    assert (frame.target, frame.target_port, frame.vlan) == ("10.0.0.1", 67, None)


def test_a_tag_is_read_and_what_is_in_it_too():
    plain = udp(bytes([10, 0, 0, 2]), bytes([10, 0, 0, 1]))
    frame = parse_frame(plain[:12] + struct.pack("!HH", 0x8100, 0x6000 | 100) + plain[12:])

    assert (frame.vlan, frame.kind, frame.target_port) == (100, "udp", 67)


def test_the_line_that_is_being_written_is_not_read_yet():
    text = "ready\n1.5 in " + arp(1, "10.0.0.1", "10.0.0.2").hex() + "\n2.5 out ffff"

    frames = parse_capture(text)

    assert [(frame.time, frame.direction, frame.target) for frame in frames] == [(1.5, "in", "10.0.0.2")]


@given(st.binary(max_size=80))
def test_no_frame_is_too_strange_to_be_read(raw):
    assert parse_frame(raw).target_mac == ":".join(f"{byte:02x}" for byte in raw[:6])
