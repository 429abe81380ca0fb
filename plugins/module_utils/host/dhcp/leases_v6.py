# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The leases by DHCPv6 in the lease file of dnsmasq, and how those of guests that went are ended. Pure.

As long as there is one, its address is for its client alone: a guest with the same MAC address and another client
identifier, as after a new installation, would get nothing (RFC 8415, 11). Asking the server to end one takes a second
each (``dhcp_release6`` sleeps), so they are taken out of the file while the server is restarted.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from .model import DhcpServer, LeaseV6

# Expiry, identity association (T: for a temporary address), IPv6 address, host name, client identifier (DUID).
_LEASE = re.compile(r"\d+ T?\d+ (?P<address>[0-9A-Fa-f.]*:[0-9A-Fa-f:.]+) \S+ (?P<client>\S+)")


def parse_lease_v6(line: str) -> LeaseV6 | None:
    """Return the lease in a line; None for a line about something else (IPv4, the server's own identity)."""
    match = _LEASE.fullmatch(line)
    return LeaseV6(match["address"], match["client"]) if match else None


def stale_leases_v6(text: str | None, server: DhcpServer) -> tuple[LeaseV6, ...]:
    """Return the leases in a lease file's text whose address no host of a server has."""
    served = {host.address for prefix in server.prefixes for host in prefix.hosts}
    found = (parse_lease_v6(line) for line in (text or "").splitlines())
    return tuple(lease for lease in found if lease is not None and lease.address not in served)


def without_leases_v6(text: str, ended: Collection[LeaseV6]) -> str:
    """Return a lease file's text without some leases. Only for a server that does not run: it keeps its own copy."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if parse_lease_v6(line.rstrip("\n")) not in ended)
