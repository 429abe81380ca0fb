# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab: hosts and wires that exist as long as the ``with`` block lasts."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from .errors import LabError
from .frames import Frame, parse_capture
from .guest import CARD, Guest
from .host import Host
from .node import Node, Running
from .state import create_state, remove
from .topology import (
    SWITCH,
    HostSpec,
    Topology,
    address_commands,
    check_host,
    check_interface_name,
    nic_commands,
    switch_port,
    wire_commands,
)

BRIDGE_CALLS = ("iptables", "ip6tables", "arptables")


class Capture:
    """Frames that an interface sees. ``frames`` has those up to now."""

    def __init__(self, running: Running) -> None:
        self._running = running

    @property
    def frames(self) -> list[Frame]:
        """What was seen so far."""
        return parse_capture(self._running.output)

    def stop(self) -> list[Frame]:
        """End the capture and return what was seen."""
        self._running.stop()
        return self.frames


class Lab:
    """Hosts and wires after a topology. Leaving the ``with`` block takes all of it away, whatever happened.

    :param keep: leave it up afterwards (``tests/lab/clean`` removes it).
    """

    def __init__(self, topology: Topology, *, keep: bool = False) -> None:
        self.topology = topology
        self.keep = keep
        self.hosts: dict[str, Host] = {}
        self.guests: dict[str, Guest] = {}
        self.state = Path()
        self._ports = 0
        self._cables: dict[str, list[str]] = {}
        self._switch: Node | None = None
        self._restore: Callable[[], None] = lambda: None

    def __enter__(self) -> Lab:
        self._restore = _ask_to_be_told()
        self.state = create_state()
        try:
            self._build()
        except BaseException:
            self.keep = False
            self.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def id(self) -> str:
        """What tells this lab from others on the machine."""
        return self.state.name

    def host(self, name: str) -> Host:
        """Return a host by name."""
        try:
            return self.hosts[name]
        except KeyError:
            raise LabError(f"there is no host {name} in this lab") from None

    def close(self) -> None:
        """Take the lab away, unless it is to be kept. A second interruption does not stop this."""
        with _deaf_to_interruptions():
            if not self.keep and self.state.exists():
                remove(self.state)
                for node in (*self.guests.values(), *self.hosts.values(), self._switch):
                    if node is not None:
                        node.abandon()
        self._restore()

    def _build(self) -> None:
        switch = Node(SWITCH, self.state)
        self._switch = switch
        nodes = [Host(spec.name, self.state) for spec in self.topology.hosts]
        for node in (switch, *nodes):
            node.begin()
        switch.finish()
        switch.batch(["link set lo up", *wire_commands(self.topology.wires)])
        for node, spec in zip(nodes, self.topology.hosts):
            node.finish()
            self.hosts[node.name] = node
            self._plug_in(spec)

    def add_host(self, spec: HostSpec) -> Host:
        """Add one more host to a running lab."""
        check_host(spec, {wire.name for wire in self.topology.wires})
        self._refuse_taken(spec.name)
        node = Host(spec.name, self.state)
        node.begin()
        node.finish()
        self.hosts[spec.name] = node
        self._plug_in(spec)
        return node

    def _plug_in(self, spec: HostSpec) -> None:
        assert self._switch is not None
        pids = {spec.name: self.hosts[spec.name].pid}
        self._switch.batch(nic_commands(spec, pids, self._ports))
        self._cables[spec.name] = [switch_port(self._ports + number) for number in range(len(spec.nics))]
        self._ports += len(spec.nics)
        self.hosts[spec.name].batch(address_commands(spec))

    def set_cables(self, host: str, plugged: bool) -> None:
        """Pull the cables of a host, or plug them in again. All that it sees of that is its carrier."""
        assert self._switch is not None
        self._switch.batch([f"link set {port} {'up' if plugged else 'down'}" for port in self._cables[host]])

    def plug(
        self, name: str, host: str, *, port: str, mac: str, bridge: str | None = None, hairpin: bool = False
    ) -> Guest:
        """Boot a guest on a host: a card with a MAC, whose other end ``port`` is plugged into ``bridge`` there.

        Without a bridge the port is left alone, for someone else to plug in.
        """
        return self.plug_all([(name, host, port, mac)], bridge=bridge, hairpin=hairpin)[0]

    def plug_all(
        self, guests: list[tuple[str, str, str, str]], *, bridge: str | None = None, hairpin: bool = False
    ) -> list[Guest]:
        """Boot several guests at once; each is (name, host, port, mac)."""
        booted = []
        for name, host, port, mac in guests:
            check_interface_name(f"guest {name}", port)
            self._refuse_taken(name)
            guest = Guest(name, self.state, self.host(host), port, mac)
            guest.begin()
            self.guests[name] = guest
            booted.append(guest)
        for guest in booted:
            guest.finish()
            guest.host.batch(_port_commands(guest, bridge, hairpin, (guest.port, CARD, guest.mac)))
            guest.batch(["link set lo up", f"link set {CARD} up"])
        return booted

    def add_card(self, guest: Guest, *, port: str, mac: str, bridge: str, hairpin: bool = False) -> str:
        """Give a guest one more card, plugged into a bridge of its host, and return the card's name in the guest."""
        check_interface_name(f"guest {guest.name}", port)
        card = f"eth{len(guest.ports)}"
        guest.host.batch(_port_commands(guest, bridge, hairpin, (port, card, mac)))
        guest.ports.append(port)
        guest.batch([f"link set {card} up"])
        return card

    def unplug(self, guest: Guest) -> None:
        """Destroy a guest: its processes, its card, the port on the host."""
        del self.guests[guest.name]
        # Ends its processes and so its namespaces; the kernel removes both ends of the card, some time later.
        for port in guest.ports:
            guest.host.run(["ip", "link", "delete", port], check=False)
        guest.end()

    def _refuse_taken(self, name: str) -> None:
        if name in self.hosts or name in self.guests or name == SWITCH:
            raise LabError(f"node {name}: this lab has one of that name already")

    @contextlib.contextmanager
    def capture(self, node: Node, interface: str, *, seconds: float = 60.0, count: int = 100000) -> Iterator[Capture]:
        """See every frame on an interface of a node while the block lasts."""
        running = node.traffic("capture", interface, "--seconds", str(seconds), "--count", str(count))
        running.wait_for("ready")
        capture = Capture(running)
        try:
            yield capture
        finally:
            capture.stop()

    def set_bridge_calls(self, on: bool) -> None:
        """Make bridged packets of all hosts pass the hooks of routed ones, or not (Docker turns this on)."""
        for host in self.hosts.values():
            for kind in BRIDGE_CALLS:
                host.write_sysctl(f"net/bridge/bridge-nf-call-{kind}", "1" if on else "0")


def _port_commands(guest: Guest, bridge: str | None, hairpin: bool, card: tuple[str, str, str]) -> list[str]:
    """Return the lines for ``ip -batch`` on the host that make a card.

    :param card: its end on the host, its name in the guest, its MAC.
    """
    port, name, mac = card
    lines = [f"link add {port} type veth peer name {name} address {mac} netns {guest.pid}"]
    if bridge:
        lines.append(f"link set {port} master {bridge}")
    if bridge and hairpin:
        lines.append(f"link set {port} type bridge_slave hairpin on")
    return [*lines, f"link set {port} up"]


def _ask_to_be_told() -> Callable[[], None]:
    """Turn the wish that this process should end into an exception, so that labs are taken away."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    before = {
        number: signal.getsignal(number)
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is signal.SIG_DFL
    }
    for number in before:
        signal.signal(number, _leave)

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


@contextlib.contextmanager
def _deaf_to_interruptions() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before):
            signal.signal(number, handler)
