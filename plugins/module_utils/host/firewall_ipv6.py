# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IPv6 prefixes of ``nova_firewall``: what is asked for, and the table of family ip6. Pure.

Nothing is translated in IPv6. As with fixed addresses of IPv4, guests are reached from their own network, and by
answers to what they asked for themselves.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import Conflict, InvalidInput
from .firewall_guests import closed_sets, guest_chains, guest_sets
from .nft import Table, make_table
from .nft_build import DESTINATION_V6, SOURCE_V6
from .nft_values import require_interface, require_prefix


@dataclass(frozen=True)
class Prefix:
    """An IPv6 network that this host is the router of."""

    label: str
    cidr: str
    bridge: str


def parse_prefixes(items: Iterable[Mapping[str, Any]]) -> tuple[Prefix, ...]:
    """Return the option ``prefixes``, sorted by label.

    :raises InvalidInput: an item cannot be right.
    :raises Conflict: two items have a label or addresses in common.
    """
    found: list[Prefix] = []
    for index, item in enumerate(items):
        position = f"prefixes[{index}]"
        for key in ("label", "cidr", "bridge"):
            if not item.get(key):
                raise InvalidInput(f"{position}.{key}", "is missing")
        one = Prefix(
            label=str(item["label"]),
            cidr=require_prefix(item["cidr"], f"{position}.cidr"),
            bridge=require_interface(item["bridge"], f"{position}.bridge"),
        )
        for number, other in enumerate(found):
            if other.label == one.label:
                raise Conflict(f"{position}.label {one.label}", f"is already used by prefixes[{number}]")
            if overlap(one, [other]):
                raise Conflict(f"{position}.cidr {one.cidr}", f"overlaps {other.cidr} of prefixes[{number}]")
        found.append(one)
    return tuple(sorted(found, key=lambda one: one.label))


def overlap(one: Prefix, others: Iterable[Prefix]) -> bool:
    """Tell whether a prefix has addresses in common with one of others."""
    network = ipaddress.IPv6Network(one.cidr)
    return any(network.overlaps(ipaddress.IPv6Network(other.cidr)) for other in others)


def render_ip6_table(name: str, prefixes: Sequence[Prefix], closed: Sequence[str]) -> Table | None:
    """Return the table of family ip6; None when this host is router of no prefix.

    :param closed: bridges that are about to go: nothing is routed from or to them any more.
    """
    if not prefixes:
        return None
    sets = [*guest_sets("ipv6_addr", [(each.cidr, each.bridge) for each in prefixes]), *closed_sets(closed)]
    return make_table("ip6", name, sets, guest_chains(SOURCE_V6, DESTINATION_V6, bool(closed)))
