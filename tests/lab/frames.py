# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Frames as people read them: parsing what a capture saw. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace

IPV4, ARP, VLAN = 0x0800, 0x0806, 0x8100
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp"}


@dataclass(frozen=True)
class Frame:
    """One Ethernet frame.

    :param time: seconds since the epoch.
    :param direction: ``in`` or ``out``, as the interface saw it.
    :param kind: ``arp-request``, ``arp-reply``, ``tcp``, ``udp``, ``icmp``, or the EtherType in hexadecimal.
    :param source: sender's protocol address (of ARP: the sender's), empty when unknown.
    :param target: receiver's protocol address (of ARP: the target's), empty when unknown.
    """

    time: float
    direction: str
    source_mac: str
    target_mac: str
    kind: str
    source: str = ""
    target: str = ""
    source_port: int = 0
    target_port: int = 0
    vlan: int | None = None

    @property
    def is_gratuitous(self) -> bool:
        """Tell whether this announces an address: an ARP packet whose sender and target address are the same."""
        return self.kind.startswith("arp-") and self.source == self.target


def parse_capture(text: str) -> list[Frame]:
    """Return the frames in the output of ``traffic.py capture``. A last line that is not complete yet is left out."""
    frames = []
    for line in text.splitlines(keepends=True):
        words = line.split()
        if line.endswith("\n") and len(words) == 3 and words[1] in ("in", "out"):
            frames.append(parse_frame(bytes.fromhex(words[2]), float(words[0]), words[1]))
    return frames


def parse_frame(raw: bytes, time: float = 0.0, direction: str = "in") -> Frame:
    """Return what a frame says. Of what is cut short, as much as is there."""
    target_mac, source_mac = _mac(raw[0:6]), _mac(raw[6:12])
    vlan, offset, kind = None, 14, int.from_bytes(raw[12:14], "big")
    if kind == VLAN and len(raw) >= 18:
        vlan, offset, kind = int.from_bytes(raw[14:16], "big") & 0x0FFF, 18, int.from_bytes(raw[16:18], "big")
    base = Frame(time, direction, source_mac, target_mac, f"{kind:04x}", vlan=vlan)
    payload = raw[offset:]
    if kind == ARP and len(payload) >= 28:
        return _arp(base, payload)
    if kind == IPV4 and len(payload) >= 20:
        return _ipv4(base, payload)
    return base


def _arp(base: Frame, payload: bytes) -> Frame:
    name = "arp-request" if int.from_bytes(payload[6:8], "big") == 1 else "arp-reply"
    return _with(base, name, _address(payload[14:18]), _address(payload[24:28]))


def _ipv4(base: Frame, payload: bytes) -> Frame:
    name = PROTOCOLS.get(payload[9], f"ip-{payload[9]}")
    header = (payload[0] & 0x0F) * 4
    ports = payload[header : header + 4] if name in ("tcp", "udp") else b""
    source_port, target_port = int.from_bytes(ports[0:2], "big"), int.from_bytes(ports[2:4], "big")
    return _with(base, name, _address(payload[12:16]), _address(payload[16:20]), source_port, target_port)


def _with(base: Frame, kind: str, source: str, target: str, source_port: int = 0, target_port: int = 0) -> Frame:
    return replace(base, kind=kind, source=source, target=target, source_port=source_port, target_port=target_port)


def _mac(raw: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in raw)


def _address(raw: bytes) -> str:
    return str(ipaddress.IPv4Address(raw))
