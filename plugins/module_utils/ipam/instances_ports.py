# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network interfaces of instances: which of them stay, and the MACs and port names of new ones, without any chance."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence

from ..errors import Exhausted
from .instances_inputs import WantedNic
from .instances_rows import StoredPort

# A MAC has 23 bits to choose: with a million ports one try in eight fails, so this many never do.
ATTEMPTS = 32

Known = Callable[[Collection[str]], set[str]]


def match_nics(wanted: Sequence[WantedNic], ports: Sequence[StoredPort]) -> list[StoredPort | None]:
    """Return, for each NIC that is wanted, the port that it is already; None for a new one.

    A NIC with a MAC is the port with that MAC, one with an address the port with that address; the others are the ports
    of their network in order.
    """
    found: list[StoredPort | None] = [None] * len(wanted)
    left = sorted(ports, key=lambda port: port.position)
    tests: tuple[Callable[[WantedNic, StoredPort], bool], ...] = (
        lambda nic, port: nic.mac == port.mac,
        lambda nic, port: nic.mac is None and nic.address is not None and nic.address == port.address,
        lambda nic, port: nic.mac is None,
    )
    for test in tests:
        for index, nic in enumerate(wanted):
            if found[index] is not None:
                continue
            port = next((port for port in left if port.network == nic.network and test(nic, port)), None)
            if port is not None:
                found[index] = port
                left.remove(port)
    return found


def choose_macs(owners: Sequence[tuple[str, str]], reserved: Collection[str], known: Known) -> list[str]:
    """Return a MAC for each (instance, UUID of the network), each different from all others.

    :param reserved: MACs that are asked for by name.
    :param known: which of some MACs other ports have.
    """
    return _choose(
        [f"{instance}|{network}" for instance, network in owners],
        mac_for,
        set(reserved),
        known,
        "MAC addresses",
    )


def choose_port_names(macs: Sequence[str], known: Known) -> list[str]:
    """Return the name of the host's end of each port, made of its MAC."""
    return _choose(list(macs), port_name_for, set(), known, "port names")


def mac_for(owner: str, attempt: int) -> str:
    """Return a MAC as nova made them, ``fa:16:3e:00:00:00`` to ``fa:16:3e:7f:ff:ff``.

    Starting with fa it is higher than any real card's: a bridge does not take it for its own.
    """
    digest = hashlib.sha256(f"{owner}|{attempt}".encode()).digest()
    return f"fa:16:3e:{digest[0] & 0x7F:02x}:{digest[1]:02x}:{digest[2]:02x}"


def port_name_for(mac: str, attempt: int) -> str:
    """Return a port name of 14 characters; Linux allows 15."""
    return f"tap{hashlib.sha256(f'{mac}|{attempt}'.encode()).hexdigest()[:11]}"


def _choose(
    owners: Sequence[str], make: Callable[[str, int], str], taken: set[str], known: Known, what: str
) -> list[str]:
    chosen: list[str] = [""] * len(owners)
    open_ones = list(range(len(owners)))
    for attempt in range(ATTEMPTS):
        candidates = {index: make(owners[index], attempt) for index in open_ones}
        occupied = known(set(candidates.values()))
        open_ones = []
        for index, candidate in candidates.items():
            if candidate in occupied or candidate in taken:
                open_ones.append(index)
            else:
                taken.add(candidate)
                chosen[index] = candidate
        if not open_ones:
            return chosen
    raise Exhausted(what, f"for {owners[open_ones[0]]} are all taken after {ATTEMPTS} attempts")
