# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is routed to guests, the same for both kinds of addresses: sets and chains of ``nova_firewall``. Pure.

Guests are reached from their own network, and by answers to what they asked for themselves. What one kind of address
lets in besides is said by its own rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .nft import Chain, ElementSet, Expression, Key, Rule
from .nft_build import (
    ACCEPT,
    COUNTER,
    DROP,
    IIFNAME,
    IS_REPLY_OR_RELATED,
    OIFNAME,
    RETURN,
    concat,
    filter_hook,
    goto,
    jump,
    match,
    rule,
)
from .nft_values import element

TO_BRIDGE = match(OIFNAME, "@bridges")
_FROM_AND_TO = concat(IIFNAME, OIFNAME)


def guest_sets(kind: str, networks: Sequence[tuple[str, str]]) -> Iterator[ElementSet]:
    """Yield what the rules know of networks.

    :param kind: nftables type of their addresses.
    :param networks: pairs of a range and the bridge that it is on.
    """
    ranges, bridges = zip(*networks) if networks else ((), ())
    parts = [element(text) for text in ranges]
    fixed: dict[Key, str] = {(part,): "" for part in parts}
    pairs: dict[Key, str] = {(part, part): "" for part in parts}
    names = sorted(set(bridges))
    yield ElementSet("bridges", ("ifname",), elements={(name,): "" for name in names})
    yield ElementSet("same_bridge", ("ifname", "ifname"), elements={(name, name): "" for name in names})
    yield ElementSet("fixed", (kind,), interval=True, elements=fixed)
    yield ElementSet("same_network", (kind, kind), interval=True, elements=pairs)


def closed_sets(bridges: Sequence[str]) -> Iterator[ElementSet]:
    """Yield what the rules know of bridges that are about to go; nothing where there are none."""
    if bridges:
        yield ElementSet("closed", ("ifname",), elements={(bridge,): "" for bridge in bridges})
        yield ElementSet("bridged", ("ifname", "ifname"), elements={(bridge, bridge): "" for bridge in bridges})


def guest_chains(
    source: Expression, destination: Expression, with_closed: bool, welcome: Sequence[Rule] = ()
) -> tuple[Chain, ...]:
    """Return the chains that decide what is routed to guests.

    :param source: field of the source address.
    :param destination: field of the destination address.
    :param with_closed: True when bridges are about to go.
    :param welcome: rules that let in what is welcome besides.
    """
    to_closed = (rule(match(each, "@closed"), jump("closed")) for each in (IIFNAME, OIFNAME) if with_closed)
    closed = (
        rule(match(_FROM_AND_TO, "@bridged"), RETURN, comment="bridged frames, when br_netfilter shows them"),
        rule(COUNTER, DROP, comment="this bridge is about to go"),
    )
    to_guests = (
        rule(IS_REPLY_OR_RELATED, ACCEPT),
        *welcome,
        rule(match(_FROM_AND_TO, "@same_bridge"), goto("same_bridge")),
        rule(COUNTER, DROP, comment="fixed addresses are reached from their own network only"),
    )
    other = (match(source, "@fixed"), match(destination, "@fixed"), COUNTER, DROP)
    same_bridge = (
        rule(match(concat(source, destination), "@same_network"), ACCEPT),
        rule(*other, comment="another network of this bridge"),
        rule(ACCEPT, comment="bridged frames, when br_netfilter shows them: DHCP, multicast"),
    )
    return (
        Chain("forward", (*to_closed, rule(TO_BRIDGE, jump("to_guests"))), *filter_hook("forward", 0)),
        *([Chain("closed", closed)] if with_closed else []),
        Chain("to_guests", to_guests),
        Chain("same_bridge", same_bridge),
    )
