# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ruleset of ``nova_floating_ip``: addresses in, one table out. Pure.

However many addresses there are, each packet costs one look into a map.
"""

from __future__ import annotations

from collections.abc import Iterable

from .floating_input import FloatingAddress
from .nft import Chain, ElementSet, Key, Table, make_table
from .nft_build import DESTINATION, IS_DNATED, OIFNAME, SOURCE, concat, dnat, lookup, match, rule, snat

TO_FIXED = "to_fixed"
TO_FLOATING = "to_floating"
SOURCES = "sources"
INTERFACES = "interfaces"


def table_name(owner: str) -> str:
    """Return the name of an owner's table."""
    return f"{owner}_floating"


def render_table(owner: str, addresses: Iterable[FloatingAddress]) -> Table | None:
    """Return the table; None when there are no addresses."""
    listed = tuple(addresses)
    if not listed:
        return None
    to_fixed: dict[Key, str] = {(each.address,): each.fixed_address for each in listed}
    to_floating: dict[Key, str] = {(each.interface, each.fixed_address): each.address for each in listed}
    sources: dict[Key, str] = {(each.fixed_address,): each.address for each in listed}
    interfaces: dict[Key, str] = {(name,): "" for name in sorted({each.interface for each in listed})}
    sets = [
        ElementSet(TO_FIXED, ("ipv4_addr",), "ipv4_addr", elements=to_fixed),
        ElementSet(TO_FLOATING, ("ifname", "ipv4_addr"), "ipv4_addr", elements=to_floating),
        ElementSet(SOURCES, ("ipv4_addr",), "ipv4_addr", elements=sources),
        ElementSet(INTERFACES, ("ifname",), elements=interfaces),
    ]
    return make_table("ip", table_name(owner), sets, _chains())


def _chains() -> tuple[Chain, ...]:
    to_fixed = dnat(lookup(DESTINATION, TO_FIXED))
    outgoing = (
        rule(snat(lookup(concat(OIFNAME, SOURCE), TO_FLOATING)), comment="to the outside"),
        # Without it a neighbour would answer the fixed address directly, and the asker would not know the answer.
        rule(
            match(OIFNAME, "@interfaces", "!="),
            IS_DNATED,
            snat(lookup(SOURCE, SOURCES)),
            comment="to its own or another floating address here",
        ),
    )
    # One step before the outbound NAT of networks (-100 and 100): the first that translates wins.
    return (
        Chain("prerouting", (rule(to_fixed),), "nat", "prerouting", -101, "accept"),
        Chain("output", (rule(to_fixed, comment="from this host itself"),), "nat", "output", -101, "accept"),
        Chain("postrouting", outgoing, "nat", "postrouting", 99, "accept"),
    )
