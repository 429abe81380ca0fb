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
from .nft import Chain, ElementSet, Key, Table, make_table
from .nft_build import (
    ACCEPT,
    COUNTER,
    DESTINATION_V6,
    DROP,
    IIFNAME,
    IS_REPLY_OR_RELATED,
    OIFNAME,
    RETURN,
    SOURCE_V6,
    concat,
    filter_hook,
    goto,
    jump,
    match,
    rule,
)
from .nft_values import require_interface, require_prefix

_SAME_NETWORK = match(concat(SOURCE_V6, DESTINATION_V6), "@same_network")
_PAIR = concat(IIFNAME, OIFNAME)


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
    chains = [
        Chain(
            "forward",
            (*_to_closed(closed), rule(match(OIFNAME, "@bridges"), jump("to_guests"))),
            *filter_hook("forward", 0),
        ),
        *([_closed_chain()] if closed else []),
        _to_guests(),
        _same_bridge(),
    ]
    return make_table("ip6", name, _sets(prefixes, closed), chains)


def _to_closed(closed: Sequence[str]) -> list[Any]:
    return [rule(match(each, "@closed"), jump("closed")) for each in (IIFNAME, OIFNAME) if closed]


def _sets(prefixes: Sequence[Prefix], closed: Sequence[str]) -> list[ElementSet]:
    bridges = sorted({prefix.bridge for prefix in prefixes})
    fixed: dict[Key, str] = {(prefix.cidr,): "" for prefix in prefixes}
    pairs: dict[Key, str] = {(prefix.cidr, prefix.cidr): "" for prefix in prefixes}
    sets = [
        ElementSet("bridges", ("ifname",), elements={(bridge,): "" for bridge in bridges}),
        ElementSet("same_bridge", ("ifname", "ifname"), elements={(bridge, bridge): "" for bridge in bridges}),
        ElementSet("fixed", ("ipv6_addr",), interval=True, elements=fixed),
        ElementSet("same_network", ("ipv6_addr", "ipv6_addr"), interval=True, elements=pairs),
    ]
    if closed:
        sets.append(ElementSet("closed", ("ifname",), elements={(bridge,): "" for bridge in closed}))
        sets.append(ElementSet("bridged", ("ifname", "ifname"), elements={(bridge, bridge): "" for bridge in closed}))
    return sets


def _closed_chain() -> Chain:
    bridged = rule(match(_PAIR, "@bridged"), RETURN, comment="bridged frames, when br_netfilter shows them")
    return Chain("closed", (bridged, rule(COUNTER, DROP, comment="this bridge is about to go")))


def _to_guests() -> Chain:
    return Chain(
        "to_guests",
        (
            rule(IS_REPLY_OR_RELATED, ACCEPT),
            rule(match(_PAIR, "@same_bridge"), goto("same_bridge")),
            rule(COUNTER, DROP, comment="fixed addresses are reached from their own network only"),
        ),
    )


def _same_bridge() -> Chain:
    other = (match(SOURCE_V6, "@fixed"), match(DESTINATION_V6, "@fixed"), COUNTER, DROP)
    return Chain(
        "same_bridge",
        (
            rule(_SAME_NETWORK, ACCEPT),
            rule(*other, comment="another network of this bridge"),
            rule(ACCEPT, comment="bridged frames, when br_netfilter shows them: neighbours, routers, multicast"),
        ),
    )
