# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that nft lists for numbers. Which ones it knows differs between releases and hosts, so numbers are compared.

Protocols, for one, have names only where there is a file ``/etc/protocols``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "ipv6-icmp": 58}

_ICMP_TYPES = {
    "echo-reply": 0,
    "destination-unreachable": 3,
    "source-quench": 4,
    "redirect": 5,
    "echo-request": 8,
    "router-advertisement": 9,
    "router-solicitation": 10,
    "time-exceeded": 11,
    "parameter-problem": 12,
    "timestamp-request": 13,
    "timestamp-reply": 14,
    "info-request": 15,
    "info-reply": 16,
    "address-mask-request": 17,
    "address-mask-reply": 18,
}
_ICMP_CODES = {
    "net-unreachable": 0,
    "host-unreachable": 1,
    "prot-unreachable": 2,
    "port-unreachable": 3,
    "frag-needed": 4,
    "net-prohibited": 9,
    "host-prohibited": 10,
    "admin-prohibited": 13,
}
_ICMPV6_TYPES = {
    "destination-unreachable": 1,
    "packet-too-big": 2,
    "time-exceeded": 3,
    "parameter-problem": 4,
    "echo-request": 128,
    "echo-reply": 129,
    "mld-listener-query": 130,
    "mld-listener-report": 131,
    "mld-listener-done": 132,
    "mld-listener-reduction": 132,
    "nd-router-solicit": 133,
    "nd-router-advert": 134,
    "nd-neighbor-solicit": 135,
    "nd-neighbor-advert": 136,
    "nd-redirect": 137,
    "router-renumbering": 138,
    "ind-neighbor-solicit": 141,
    "ind-neighbor-advert": 142,
    "mld2-listener-report": 143,
}
_ICMPV6_CODES = {
    "no-route": 0,
    "admin-prohibited": 1,
    "addr-unreachable": 3,
    "port-unreachable": 4,
    "policy-fail": 5,
    "reject-route": 6,
}
_FIELDS: Mapping[tuple[str, str], Mapping[str, int]] = {
    ("icmp", "type"): _ICMP_TYPES,
    ("icmp", "code"): _ICMP_CODES,
    ("icmpv6", "type"): _ICMPV6_TYPES,
    ("icmpv6", "code"): _ICMPV6_CODES,
}


def with_numbers(comparison: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content of a ``match`` with numbers for the names of protocols and of types and codes of ICMP."""
    left = comparison.get("left")
    if not isinstance(left, Mapping):
        return comparison
    if left == {"meta": {"key": "l4proto"}}:
        names: Mapping[str, int] = PROTOCOLS
    else:
        field = left.get("payload")
        header = field if isinstance(field, Mapping) else {}
        names = _FIELDS.get((str(header.get("protocol")), str(header.get("field"))), {})
    return {**comparison, "right": _number(comparison.get("right"), names)} if names else comparison


def _number(value: Any, names: Mapping[str, int]) -> Any:
    if isinstance(value, Mapping) and isinstance(value.get("set"), list):
        numbers = [_number(part, names) for part in value["set"]]
        return {"set": sorted(numbers) if all(isinstance(each, int) for each in numbers) else numbers}
    return names.get(value, value) if isinstance(value, str) else value
