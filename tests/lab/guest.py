# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest: a namespace whose network card is plugged into a bridge of a host, with a real DHCP client."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError
from .host import Host
from .node import HERE, PATH, Node, Running

CARD = "eth0"
RECORD = "/run/dhcp.lease"


@dataclass(frozen=True)
class Lease:
    """What a DHCP server gave.

    :param options: everything that the client was told, by udhcpc's names.
    """

    address: str
    prefix: int
    router: str | None
    server: str
    dns: tuple[str, ...]
    domain: str | None
    hostname: str | None
    mtu: int | None
    seconds: int
    options: Mapping[str, str]


def record_of(card: str) -> str:
    """Return the file in which the client's script writes down the lease of a card."""
    return RECORD if card == CARD else f"{RECORD}.{card}"


def parse_lease(text: str) -> Lease:
    """Return the lease in a record that the client's script wrote (one ``name=value`` a line)."""
    options = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return Lease(
        address=options["ip"],
        prefix=int(options["mask"]),
        router=(options.get("router") or "").partition(" ")[0] or None,
        server=options.get("serverid", ""),
        dns=tuple(options.get("dns", "").split()),
        domain=options.get("domain"),
        hostname=options.get("hostname"),
        mtu=int(options["mtu"]) if options.get("mtu") else None,
        seconds=int(options.get("lease", "0")),
        options=options,
    )


class Guest(Host):
    """A guest of a host.

    :ivar host: node that runs it.
    :ivar port: name of its first card's end in the host.
    :ivar ports: those of all its cards, ``eth0`` first.
    """

    def __init__(self, name: str, state: Path, host: Node, port: str, mac: str) -> None:
        super().__init__(name, state)
        self.host = host
        self.port = port
        self.ports = [port]
        self.mac = mac
        self.clients: dict[str, Running] = {}

    def begin_dhcp(self, card: str = CARD) -> None:
        """Start the DHCP client of a card; :meth:`dhcp` waits for what it gets."""
        self.end_dhcp(card)
        # Its environment ends up in the record of the lease, so there is nothing in it but what it needs.
        argv = ["env", "-i", f"PATH={PATH}", "udhcpc", "-f", "-i", card, "-s", str(HERE / "udhcpc.sh")]
        patience = ["-t", "4", "-T", "1", "-A", "1"]
        options = ["-x", f"hostname:{self.name}", "-O", "mtu", "-O", "staticroutes"]
        self.clients[card] = self.start([*argv, *patience, *options])

    def dhcp(self, timeout: float = 30.0, card: str = CARD) -> Lease:
        """Get an address for a card by DHCP. The client goes on and renews its lease.

        :raises LabError: nobody gave one in time.
        """
        if card not in self.clients or not self.clients[card].is_running():
            self.begin_dhcp(card)
        client = self.clients[card]
        deadline = time.monotonic() + timeout
        record = self.path(record_of(card))
        while not record.exists():
            if time.monotonic() > deadline or not client.is_running():
                raise LabError(f"guest {self.name}: no address by DHCP on {card}: {client.output.strip()}")
            time.sleep(0.02)
        return parse_lease(record.read_text())

    def end_dhcp(self, card: str = CARD) -> None:
        """Kill the client of a card without a word to the server, as a guest that is switched off."""
        if card in self.clients:
            self.clients.pop(card).stop()
            self.run(["rm", "-f", record_of(card)])

    def configure(self, address: str, router: str | None = None, card: str = CARD) -> None:
        """Give a card an address by hand (with prefix length), in place of DHCP."""
        lines = [f"address replace {address} dev {card}"]
        if router:
            lines.append(f"route replace default via {router} dev {card}")
        self.batch(lines)
