# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What knocks at hosts while they boot: datagrams that must go on translated, or not at all. Pure.

Each carries what it is. Whatever a host lets through before its rules are in place shows on the wire behind it.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.lab.cloud import FLOATING_RANGE, OUTSIDE_ADDRESS
from tests.lab.frames import Frame, parse_frame

from .platform import PUBLIC, Platform

# No machine has it: what comes from here is a knock, what a host made of it comes from the host.
KNOCKER = "02:6b:6e:6f:63:6b"
PORT = 7099
# From a guests' network to the outside and to another network; from the outside to a fixed and to a floating address.
OUT, ACROSS, IN, FLOATING = "out", "across", "in", "floating"
MARK = "knock-"


@dataclass(frozen=True)
class Gateway:
    """A host's address in a guests' network.

    :param wire: where its frames come in, with tag ``vlan``.
    :param public_mac: MAC that the host has towards the outside.
    :param guests: addresses of guests that it knows.
    """

    host: str
    wire: str
    vlan: int | None
    mac: str
    public_mac: str
    network: ipaddress.IPv4Network
    guests: tuple[str, ...]


@dataclass(frozen=True)
class Knock:
    """One datagram."""

    kind: str
    host: str
    wire: str
    vlan: int | None
    mac: str
    source: str
    target: str

    @property
    def text(self) -> str:
        """What it carries."""
        return f"{MARK}{self.kind}-{self.host}-{self.target}-{self.vlan or 0};"

    @property
    def raw(self) -> bytes:
        """The frame."""
        tag = struct.pack("!HH", 0x8100, self.vlan) if self.vlan is not None else b""
        payload = self.text.encode()
        datagram = struct.pack("!HHHH", PORT, PORT, 8 + len(payload), 0) + payload
        addresses = ipaddress.IPv4Address(self.source).packed + ipaddress.IPv4Address(self.target).packed
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0) + addresses
        header = header[:10] + _checksum(header) + header[12:]
        return _octets(self.mac) + _octets(KNOCKER) + tag + b"\x08\x00" + header + datagram


def leased(leases: str) -> list[str]:
    """Return the addresses in the lines of DHCP servers' files."""
    return [line.split()[2] for line in leases.splitlines() if len(line.split()) == 5]


def gateways(
    platform: Platform, links: Sequence[Mapping[str, Any]], public: str, given: Sequence[str]
) -> Iterator[Gateway]:
    """Return the gateways on a host.

    :param links: what ``ip -j -d address`` shows there.
    :param public: interface of its default route.
    :param given: addresses of guests.
    """
    by_name = {link["ifname"]: link for link in links}
    for link in links:
        if link.get("linkinfo", {}).get("info_kind") != "bridge":
            continue
        uplink = next((each for each in links if each.get("master") == link["ifname"] and _card(each) in by_name), None)
        for address in _addresses(link):
            if uplink is not None:
                network = ipaddress.IPv4Interface(address).network
                guests = tuple(each for each in given if ipaddress.IPv4Address(each) in network)
                vlan = uplink["linkinfo"]["info_data"]["id"] if uplink.get("link") else None
                wire = platform.cards[int(_card(uplink)[3:]) - 1].wire
                public_mac = by_name[public]["address"]
                yield Gateway(platform.name, wire, vlan, link["address"], public_mac, network, guests)


def plan_knocks(found: Sequence[Gateway], floating: Mapping[str, str]) -> list[Knock]:
    """Return what knocks.

    :param floating: MAC of the host that has it by floating address.
    """
    knocks = []
    for one in found:
        stranger = str(one.network[-6])
        inside = (one.host, one.wire, one.vlan, one.mac, stranger)
        knocks.append(Knock(OUT, *inside, OUTSIDE_ADDRESS))
        others = [other for other in found if other.host == one.host and other.vlan != one.vlan and other.guests]
        knocks += [Knock(ACROSS, *inside, other.guests[0]) for other in others[:1]]
        knocks += [
            Knock(IN, one.host, PUBLIC, None, one.public_mac, OUTSIDE_ADDRESS, guest) for guest in one.guests[:1]
        ]
    hosts = {one.public_mac: one.host for one in found}
    knocks += [
        Knock(FLOATING, hosts[mac], PUBLIC, None, mac, OUTSIDE_ADDRESS, address) for address, mac in floating.items()
    ]
    return knocks


def floating_addresses(links: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the floating addresses of a host, each with the MAC that answers for it."""
    bound = ((address.partition("/")[0], link["address"]) for link in links for address in _addresses(link))
    range_ = ipaddress.ip_network(FLOATING_RANGE)
    return {address: mac for address, mac in bound if ipaddress.ip_address(address) in range_}


def parse_file(data: bytes) -> Iterator[tuple[Frame, bytes]]:
    """Return the frames in a file that tcpdump wrote."""
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    offset = 24
    while offset + 16 <= len(data):
        seconds, part, length, _original = struct.unpack_from(f"{order}IIII", data, offset)
        raw = data[offset + 16 : offset + 16 + length]
        if len(raw) == length:
            yield parse_frame(raw, seconds + part / 1e6), raw
        offset += 16 + length


def _card(link: Mapping[str, Any]) -> str:
    """Return the card behind an uplink."""
    name: str = link.get("link") or link["ifname"]
    return name if name.startswith("eth") else ""


def _addresses(link: Mapping[str, Any]) -> list[str]:
    return [f"{each['local']}/{each['prefixlen']}" for each in link.get("addr_info", ()) if each["family"] == "inet"]


def _octets(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def _checksum(header: bytes) -> bytes:
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF)
