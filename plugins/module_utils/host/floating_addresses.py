# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floating addresses on the interfaces of a host: read them, plan them, add and remove them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import CommandFailed, Conflict, HostError, NotFound
from .floating_input import FloatingAddress
from .runner import Runner

# Address to the interfaces on which we put it: one, or two after a crash in the middle of a move.
Assigned = Mapping[str, tuple[str, ...]]

_FAILED_LINE = re.compile(r"Command failed -:(\d+)")


@dataclass(frozen=True)
class Interfaces:
    """The interfaces of a host.

    :param names: all of them.
    :param addresses: IPv4 address to the (interface, prefix length) of each place that it is at.
    """

    names: frozenset[str] = frozenset()
    addresses: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """Lines for ``ip -batch``, and the lines that undo them one by one."""

    lines: tuple[str, ...] = ()
    inverse: tuple[str, ...] = ()


def read_interfaces(runner: Runner) -> Interfaces:
    """Read names and IPv4 addresses of all interfaces."""
    return parse_interfaces(runner.run(("ip", "-j", "address", "show")).out)


def parse_interfaces(text: str) -> Interfaces:
    """Return the interfaces in what ``ip -j address show`` printed."""
    try:
        links = [link for link in json.loads(text or "[]") if link]
    except ValueError as error:
        raise HostError("addresses of this host", f"cannot be read: ip printed no JSON ({error})") from error
    places: dict[str, list[tuple[str, int]]] = {}
    for link in links:
        for entry in link.get("addr_info", ()):
            if entry.get("family") == "inet" and "local" in entry:
                places.setdefault(entry["local"], []).append((link["ifname"], entry["prefixlen"]))
    return Interfaces(
        frozenset(link["ifname"] for link in links), {address: tuple(each) for address, each in places.items()}
    )


def require_interfaces(
    wanted: Mapping[str, FloatingAddress], positions: Mapping[str, str], interfaces: Interfaces
) -> None:
    """Check that the interfaces of all addresses exist.

    :raises NotFound: one does not.
    """
    for address, each in wanted.items():
        if each.interface not in interfaces.names:
            raise NotFound(
                f"{positions.get(address, f'floating IP {address}')}.interface {each.interface}",
                "does not exist on this host",
                f"It has {', '.join(sorted(interfaces.names))}.",
            )


def missing_addresses(wanted: Mapping[str, FloatingAddress], interfaces: Interfaces) -> tuple[str, ...]:
    """Return the floating addresses that are not on their interface."""
    return tuple(
        address for address, each in wanted.items() if (each.interface, 32) not in interfaces.addresses.get(address, ())
    )


def refuse_foreign(
    wanted: Mapping[str, FloatingAddress],
    positions: Mapping[str, str],
    interfaces: Interfaces,
    ours: Assigned,
) -> None:
    """Check that no floating address is something else on this host already.

    :raises Conflict: one is an address of the host itself, or somebody else's on another interface.
    """
    for address, each in wanted.items():
        subject = f"{positions[address]}.address {address}" if address in positions else f"floating IP {address}"
        for interface, length in interfaces.addresses.get(address, ()):
            if length != 32:
                raise Conflict(
                    subject,
                    f"is this host's own address on {interface} ({address}/{length})",
                    "Translating it would make the host unreachable.",
                )
            if interface not in (each.interface, *ours.get(address, ())):
                raise Conflict(subject, f"is on {interface} already, where somebody else put it")


def plan_batches(
    wanted: Mapping[str, FloatingAddress], interfaces: Interfaces, ours: Assigned
) -> tuple[Batch, Batch, Assigned]:
    """Return what to take off, what to put on, and what is ours afterwards."""
    off = [
        (address, interface)
        for address, places in ours.items()
        for interface in places
        if (address not in wanted or wanted[address].interface != interface)
        and (interface, 32) in interfaces.addresses.get(address, ())
    ]
    on = [(address, wanted[address].interface) for address in missing_addresses(wanted, interfaces)]
    kept = [(address, wanted[address].interface) for address, places in ours.items() if _stays(wanted, address, places)]
    return (
        Batch(_lines("delete", off), _lines("add", off)),
        Batch(_lines("add", on), _lines("delete", on)),
        {address: (interface,) for address, interface in (*kept, *on)},
    )


def _stays(wanted: Mapping[str, FloatingAddress], address: str, places: tuple[str, ...]) -> bool:
    return address in wanted and wanted[address].interface in places


def _lines(action: str, places: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"address {action} {address}/32 dev {interface}" for address, interface in places)


def run_batch(runner: Runner, batch: Batch) -> None:
    """Run a batch; when a line fails, undo those before it.

    :raises HostError: a line failed.
    """
    if not batch.lines:
        return
    try:
        runner.run(("ip", "-batch", "-"), stdin=_text(batch.lines))
    except CommandFailed as error:
        found = _FAILED_LINE.search(error.output)
        done = int(found.group(1)) - 1 if found else 0
        undo(runner, batch.inverse[:done])
        line = batch.lines[done]
        raise HostError(f"ip {line}", f"failed: {error.output}", "What was done before it was undone.") from error


def undo(runner: Runner, inverse: Sequence[str]) -> None:
    """Run lines that undo others, the last one first; one that is not needed any more is no reason to stop."""
    if inverse:
        runner.run(("ip", "-force", "-batch", "-"), stdin=_text(tuple(reversed(inverse))), accept=(0, 1, 2))


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
