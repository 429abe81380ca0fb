# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of a scenario, as molecule.yml lists them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.lab.cloud import FLOATING_RANGE, OUTSIDE, OUTSIDE_ADDRESS
from tests.lab.topology import HostSpec, Nic, Topology, Wire

from .errors import MachineError
from .recipe import RECIPES

PUBLIC = "public"
FIRST_PORT = 2201
# The network between a machine and QEMU's own forwarder, the same for all: nothing is reached through it.
MANAGEMENT_ADDRESS = "10.0.2.15/24"


@dataclass(frozen=True)
class Card:
    """A network card of a host on one of the wires.

    :param gateway: next hop of the default route; empty for none.
    """

    wire: str
    address: str = ""
    gateway: str = ""


@dataclass(frozen=True)
class Tagged:
    """A VLAN interface of a host, which the cloud makes and the host's operator gives an address to.

    :param id: VLAN; the interface is named after it.
    :param trunk: wire that carries it.
    :param wire: wire on which its frames have no tag.
    """

    id: int
    trunk: str
    wire: str
    address: str
    gateway: str = ""

    @property
    def name(self) -> str:
        """Name of the interface."""
        return f"vlan{self.id}"


@dataclass(frozen=True)
class AccessPort:
    """Where a VLAN of one wire goes on as another wire, on a switch whose kernel need not know VLANs."""

    number: int
    vlan: int
    trunk: str
    wire: str

    @property
    def ends(self) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
        """For each wire: its name, the port in it, and the other end of that port."""
        ports = [f"access{self.number}{letter}" for letter in "tu"]
        return (self.trunk, ports[0], f"{ports[0]}0"), (self.wire, ports[1], f"{ports[1]}0")


@dataclass(frozen=True)
class Platform:
    """A host.

    :param number: counts hosts from 1; names, ports and MACs follow from it.
    :param cards: ``eth1`` and so on; ``eth0`` is how Ansible reaches it.
    :param late: card that appears late when the host boots again; empty for none.
    """

    name: str
    number: int
    image: str
    memory: int
    cards: tuple[Card, ...]
    vlans: tuple[Tagged, ...] = ()
    late: str = ""

    @property
    def port(self) -> int:
        """Where its SSH server is reached on the loopback of the wires' namespace."""
        return FIRST_PORT + self.number - 1

    def tap(self, card: int) -> str:
        """Return the name of the wire's end of a card."""
        return f"tap{self.number}-{card}"

    def mac(self, card: int) -> str:
        """Return the MAC of a card; card 0 is the one towards Ansible."""
        return f"52:54:00:00:{self.number:02x}:{card:02x}"


def parse_platforms(documents: Sequence[Mapping[str, Any]]) -> tuple[Platform, ...]:
    """Return the hosts in a scenario's list of platforms.

    :raises MachineError: an image that nobody knows.
    """
    platforms = []
    for number, document in enumerate(documents, 1):
        if document["image"] not in RECIPES:
            raise MachineError(
                f"platform {document['name']}: image {document['image']} is none of {', '.join(RECIPES)}"
            )
        cards = tuple(Card(**card) for card in document["cards"])
        vlans = tuple(Tagged(**vlan) for vlan in document.get("vlans", ()))
        memory, late = int(document.get("memory", 512)), document.get("late", "")
        platforms.append(Platform(document["name"], number, document["image"], memory, cards, vlans, late))
    return tuple(platforms)


def topology(platforms: Sequence[Platform]) -> Topology:
    """Return what lies around the machines: the wires, and the world outside on the public one."""
    wires = dict.fromkeys((PUBLIC, *(card.wire for platform in platforms for card in platform.cards)))
    nic = Nic("eth0", PUBLIC, (f"{OUTSIDE_ADDRESS}/24",), on_link=(FLOATING_RANGE,))
    return Topology((HostSpec(OUTSIDE, (nic,)),), tuple(Wire(name) for name in wires))


def access_ports(platforms: Sequence[Platform]) -> tuple[AccessPort, ...]:
    """Return what leads from one wire to another, each once."""
    found = dict.fromkeys((vlan.id, vlan.trunk, vlan.wire) for platform in platforms for vlan in platform.vlans)
    return tuple(AccessPort(number, *each) for number, each in enumerate(found, 1))


def access_commands(ports: Sequence[AccessPort]) -> list[str]:
    """Return lines for ``ip -batch`` in the wires' namespace that make the ends of access ports."""
    return [
        line
        for access in ports
        for wire, port, end in access.ends
        for line in (
            f"link add {port} type veth peer name {end}",
            f"link set {port} addrgenmode none master {wire} up",
            f"link set {end} addrgenmode none up",
        )
    ]


def tap_commands(platforms: Sequence[Platform]) -> list[str]:
    """Return lines for ``ip -batch`` in the wires' namespace that make the ends of all cards."""
    return [
        line
        for platform in platforms
        for number, card in enumerate(platform.cards, 1)
        for line in (
            f"tuntap add {platform.tap(number)} mode tap",
            f"link set {platform.tap(number)} addrgenmode none",
            f"link set {platform.tap(number)} master {card.wire} up",
        )
    ]
