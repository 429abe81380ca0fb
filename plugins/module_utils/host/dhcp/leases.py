# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lease file of dnsmasq: what it says, what should not be in it, and how that is ended before its time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable

from ...errors import NovaError
from ..runner import Runner
from .model import DhcpServer, Lease, Unreleased

# Expiry, hardware address (with its type where it is not Ethernet), IPv4 address, host name, client identifier.
_LEASE = re.compile(
    r"(?P<expires>\d+) (?P<mac>[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}) (?P<address>\d+(?:\.\d+){3})"
    r" (?P<hostname>\S+)(?: .*)?"
)
RELEASE_TIMEOUT = 3.0
_PAUSE = 0.02


def parse_lease(line: str) -> Lease | None:
    """Return the lease in a line; None for a line about something else (IPv6, the server's own identity)."""
    match = _LEASE.fullmatch(line)
    if match is None:
        return None
    hostname = match["hostname"]
    return Lease(int(match["expires"]), match["mac"].lower(), match["address"], None if hostname == "*" else hostname)


def parse_leases(text: str | None) -> tuple[Lease, ...]:
    """Return the IPv4 leases in a lease file's text, in its order."""
    found = (parse_lease(line) for line in (text or "").splitlines())
    return tuple(lease for lease in found if lease is not None)


def stale_leases(leases: Iterable[Lease], server: DhcpServer) -> tuple[Lease, ...]:
    """Return the leases that no host of a server may have: another address, or a host that is gone."""
    served = {(host.mac, host.address) for network in server.networks for host in network.hosts}
    return tuple(lease for lease in leases if (lease.mac, lease.address) not in served)


def without_leases(text: str, ended: Iterable[Lease]) -> str:
    """Return a lease file's text without some leases. Only for a server that does not run: it keeps its own copy."""
    gone = {(lease.mac, lease.address) for lease in ended}
    kept = []
    for line in text.splitlines(keepends=True):
        lease = parse_lease(line.rstrip("\n"))
        if lease is None or (lease.mac, lease.address) not in gone:
            kept.append(line)
    return "".join(kept)


def release(runner: Runner, bridge: str, path: str, leases: Iterable[Lease]) -> tuple[Unreleased, ...]:
    """End leases of a running server, and look whether it wrote that down.

    :returns: those that could not be ended. That is no error: they end by themselves when their time is over.
    """
    reasons: dict[Lease, str] = {}
    asked = tuple(leases)
    for lease in asked:
        try:
            runner.run(("dhcp_release", bridge, lease.address, lease.mac))
        except NovaError as error:
            reasons[lease] = str(error)
    left = _still_held(runner, path, [lease for lease in asked if lease not in reasons])
    return tuple(
        Unreleased(bridge, lease, reasons.get(lease, "the server did not answer the release"))
        for lease in asked
        if lease in reasons or lease in left
    )


def _still_held(runner: Runner, path: str, asked: list[Lease]) -> frozenset[Lease]:
    """Wait until leases are gone from the lease file; return those that stayed."""
    pairs = {(lease.mac, lease.address): lease for lease in asked}

    def held() -> frozenset[Lease]:
        now = ((lease.mac, lease.address) for lease in parse_leases(runner.read(path)))
        return frozenset(pairs[pair] for pair in now if pair in pairs)

    wait_until(lambda: not held(), RELEASE_TIMEOUT)
    return held()


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask until the answer is yes or the time is over; return the last answer."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(_PAUSE)
    return True
