# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lab consists of, as plain data, and the commands that make its wires. Nothing here touches the machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .errors import LabError

SWITCH = "switch"
LONGEST_INTERFACE_NAME = 15


@dataclass(frozen=True)
class Wire:
    """A wire: everything plugged into it is on one layer 2 segment."""

    name: str


@dataclass(frozen=True)
class Nic:
    """A network card of a host.

    :param name: name of the interface inside the host.
    :param wire: name of the wire it is plugged into.
    :param addresses: addresses with prefix length.
    :param mac: hardware address; None for one that the kernel chooses.
    :param on_link: further destinations that this host looks for on the wire itself.
    """

    name: str
    wire: str
    addresses: tuple[str, ...] = ()
    mac: str | None = None
    up: bool = True
    on_link: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostSpec:
    """A host: a network, mount, UTS, IPC and PID namespace with cards.

    :param routes: pairs of destination and next hop.
    """

    name: str
    nics: tuple[Nic, ...] = ()
    routes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Topology:
    """All hosts of a lab and the wires between them."""

    hosts: tuple[HostSpec, ...]
    wires: tuple[Wire, ...] = ()

    def __post_init__(self) -> None:
        _refuse_duplicates("host", (host.name for host in self.hosts))
        _refuse_duplicates("wire", (wire.name for wire in self.wires))
        wires = {wire.name for wire in self.wires}
        for host in self.hosts:
            check_host(host, wires)


def check_host(host: HostSpec, wires: Iterable[str]) -> None:
    """Refuse a host that cannot be built.

    :raises LabError: naming the host and what is wrong with it.
    """
    known = set(wires)
    if host.name == SWITCH:
        raise LabError(f"host {host.name}: this name is taken by the namespace of the wires")
    _refuse_duplicates(f"interface of host {host.name}", (nic.name for nic in host.nics))
    for nic in host.nics:
        check_interface_name(f"host {host.name}", nic.name)
        if nic.wire not in known:
            raise LabError(f"host {host.name}, interface {nic.name}: there is no wire {nic.wire}")
        for address in nic.addresses:
            _check_address(f"host {host.name}, interface {nic.name}", address)


def check_interface_name(subject: str, name: str) -> None:
    """Refuse a name that the kernel would refuse."""
    if not name or len(name) > LONGEST_INTERFACE_NAME or "/" in name or any(letter.isspace() for letter in name):
        raise LabError(f"{subject}: {name!r} is no interface name (1 to 15 characters, no space, no slash)")


def switch_port(number: int) -> str:
    """Return the name of the end of a wire that lies in the switch."""
    return f"port{number}"


def wire_commands(wires: Iterable[Wire]) -> list[str]:
    """Return lines for ``ip -batch`` in the switch's namespace that make the segments."""
    return [
        line
        for wire in wires
        for line in (
            # Forwards at once and says nothing of its own: a wire, not a device that takes part.
            f"link add {wire.name} type bridge forward_delay 0 stp_state 0 mcast_snooping 0",
            f"link set {wire.name} addrgenmode none",
            f"link set {wire.name} up",
        )
    ]


def nic_commands(host: HostSpec, pids: Mapping[str, int], first_port: int) -> list[str]:
    """Return lines for ``ip -batch`` in the switch's namespace that put the cards of a host in place.

    :param pids: process that holds each node's namespaces, by name.
    """
    lines = []
    for number, nic in enumerate(host.nics, first_port):
        port = switch_port(number)
        mac = f"address {nic.mac} " if nic.mac else ""
        lines += [
            f"link add {port} type veth peer name {nic.name} {mac}netns {pids[host.name]}",
            f"link set {port} master {nic.wire} up",
        ]
    return lines


def address_commands(host: HostSpec) -> list[str]:
    """Return lines for ``ip -batch`` in the host's namespace that give it its addresses and routes."""
    lines = ["link set lo up"]
    for nic in host.nics:
        lines += [f"address add {address} dev {nic.name}{_no_detection(address)}" for address in nic.addresses]
        if nic.up:
            lines.append(f"link set {nic.name} up")
        lines += [f"route add {destination} dev {nic.name}" for destination in nic.on_link]
    lines += [f"route add {destination} via {hop}" for destination, hop in host.routes]
    return lines


def _no_detection(address: str) -> str:
    # A tentative address would make the first packets of a test fail for a second.
    return " nodad" if ":" in address else ""


def _refuse_duplicates(kind: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise LabError(f"{kind} {name}: listed twice")
        seen.add(name)


def _check_address(subject: str, address: str) -> None:
    try:
        ipaddress.ip_interface(address)
    except ValueError as error:
        raise LabError(f"{subject}: {error}") from error
    if "/" not in address:
        raise LabError(f"{subject}: address {address} lacks its prefix length")
