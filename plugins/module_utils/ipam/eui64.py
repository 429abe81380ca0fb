# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IPv6 address that follows from a MAC: guests choose it themselves, so it is computed and never stored."""

from __future__ import annotations

import ipaddress


def eui64_address(cidr_v6: str | None, mac: str) -> str | None:
    """Return the IPv6 address that a guest gives itself (RFC 4291, appendix A); None in a network without IPv6."""
    if cidr_v6 is None:
        return None
    octets = bytes.fromhex(mac.replace(":", ""))
    identifier = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    prefix = int(ipaddress.IPv6Network(cidr_v6, strict=False).network_address)
    return str(ipaddress.IPv6Address(prefix | int.from_bytes(identifier, "big")))
