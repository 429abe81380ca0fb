# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gratuitous ARP: tells the machines on a link that an address is here now."""

from __future__ import annotations

import errno
import socket
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from ..errors import HostError

ETHERTYPE_ARP = 0x0806
BROADCAST = b"\xff" * 6
# Between two rounds, so that a switch that loses one burst sees the next.
PAUSE = 0.2
# A full transmit queue empties within this many pauses, or something is wrong with the interface.
PATIENCE = 50


class Announcer(Protocol):
    """Who announces addresses. Tests pass one that writes down what it was told."""

    def announce(self, addresses: Mapping[str, Sequence[str]], count: int) -> None:
        """Announce addresses, ``count`` times each.

        :param addresses: interface to the IPv4 addresses that are on it.
        """


def gratuitous_arp(mac: bytes, address: str) -> Iterator[bytes]:
    """Yield the two frames that announce an address: some machines listen to requests, some to replies only."""
    own = socket.inet_aton(address)
    for operation, target in ((1, b"\0" * 6), (2, mac)):
        ethernet = BROADCAST + mac + struct.pack("!H", ETHERTYPE_ARP)
        yield ethernet + struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + mac + own + target + own


class PacketAnnouncer:
    """Announces by packet sockets of the kernel."""

    def announce(self, addresses: Mapping[str, Sequence[str]], count: int) -> None:
        for turn in range(count):
            if turn:
                time.sleep(PAUSE)
            for interface, listed in addresses.items():
                self._announce_on(interface, listed)

    def _announce_on(self, interface: str, addresses: Sequence[str]) -> None:
        try:
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
                sender.bind((interface, ETHERTYPE_ARP))
                mac = sender.getsockname()[4][:6]
                for address in addresses:
                    for frame in gratuitous_arp(mac, address):
                        _send(sender, frame)
        except OSError as error:
            # Nobody listens on a link that is down; when it comes up, everybody asks anyway.
            if error.errno != errno.ENETDOWN:
                raise HostError(
                    f"gratuitous ARP for {addresses[0]} on {interface}", f"could not be sent: {error.strerror}"
                ) from error


def _send(sender: socket.socket, frame: bytes) -> None:
    for _attempt in range(PATIENCE):
        try:
            sender.send(frame)
            return
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            time.sleep(PAUSE / 10)
    sender.send(frame)
