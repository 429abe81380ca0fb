# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of ``nova_firewall`` for what is routed: settings in, the table of family ip out. Pure.

The rules are the same for one network and for a thousand: what differs between networks is in sets and maps.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from .firewall_bridge import DNATED_BIT, table_name
from .firewall_guests import TO_BRIDGE, closed_sets, guest_chains, guest_sets
from .firewall_input import FirewallNetwork, Metadata, Settings
from .nft import Chain, ElementSet, Key, Rule, Table, make_table
from .nft_build import (
    ACCEPT,
    DESTINATION,
    IIFNAME,
    IS_DNATED,
    MARK,
    OIFNAME,
    RETURN,
    SOURCE,
    assign,
    concat,
    dnat,
    filter_hook,
    lookup,
    match,
    payload,
    rule,
    snat,
)
from .nft_values import collapse, element

METADATA_ADDRESS = "169.254.169.254"
EVERYWHERE = "0.0.0.0/0"
# Multicast, reserved and limited broadcast: never meant for one machine outside.
NOT_UNICAST = {"prefix": {"addr": "224.0.0.0", "len": 3}}

_SOURCE_AND_DESTINATION = concat(SOURCE, DESTINATION)
_FROM_BRIDGE = match(IIFNAME, "@bridges")
_TO_FLOATING = rule(IS_DNATED, ACCEPT, comment="to a floating address")
_SAME_NETWORK = match(_SOURCE_AND_DESTINATION, "@same_network")


def render_ip_table(owner: str, settings: Settings) -> Table | None:
    """Return the table of family ip; None when this host is gateway of no network."""
    if not settings.networks and not settings.closed:
        return None
    chains = [
        _prerouting(settings.metadata),
        *([_mark_dnated()] if settings.hairpin_ports else []),
        *guest_chains(SOURCE, DESTINATION, bool(settings.closed), [_TO_FLOATING]),
        _untranslated(),
        _postrouting(),
    ]
    return make_table("ip", table_name(owner), _sets(settings), chains)


def _nat(hook: str, priority: int) -> tuple[str, str, int, str]:
    return ("nat", hook, priority, "accept")


def _sets(settings: Settings) -> list[ElementSet]:
    networks = settings.networks
    addresses = ("ipv4_addr", "ipv4_addr")
    sources: dict[Key, str] = {
        (element(network.cidr),): network.source_address for network in networks if network.source_address
    }
    return [
        *guest_sets("ipv4_addr", [(network.cidr, network.bridge) for network in networks]),
        ElementSet("untranslated", addresses, interval=True, elements=dict(_untranslated_pairs(settings))),
        ElementSet("sources", ("ipv4_addr",), "ipv4_addr", True, sources),
        ElementSet("outbound", ("ifname", *addresses), "ipv4_addr", True, dict(_outbound(networks))),
        *closed_sets(settings.closed),
    ]


def _untranslated_pairs(settings: Settings) -> Iterator[tuple[Key, str]]:
    metadata = settings.metadata
    server = [f"{metadata.address}/32"] if metadata and not _is_loopback(metadata) else []
    for network in settings.networks:
        for destination in collapse([*network.no_snat, *server]):
            yield (element(network.cidr), element(destination)), ""


def _outbound(networks: tuple[FirewallNetwork, ...]) -> Iterator[tuple[Key, str]]:
    for network in networks:
        if network.public_interface and network.source_address:
            for destination in collapse(list(network.force_snat)) or [EVERYWHERE]:
                key = (network.public_interface, element(network.cidr), element(destination))
                yield key, network.source_address


def _is_loopback(metadata: Metadata) -> bool:
    return ipaddress.IPv4Address(metadata.address).is_loopback


def _prerouting(metadata: Metadata | None) -> Chain:
    rules: tuple[Rule, ...] = ()
    if metadata:
        asked = (_FROM_BRIDGE, match(DESTINATION, METADATA_ADDRESS), match(payload("tcp", "dport"), 80))
        # What comes in from a link never reaches a loopback address; this host's address on the bridge is the nearest.
        redirect = {"redirect": {"port": metadata.port}}
        to_server = redirect if _is_loopback(metadata) else dnat(metadata.address, metadata.port)
        rules = (rule(*asked, to_server, comment="metadata service"),)
    return Chain("prerouting", rules, *_nat("prerouting", -100))


def _mark_dnated() -> Chain:
    marking = assign(MARK, {"|": [MARK, DNATED_BIT]})
    return Chain("mark", (rule(_FROM_BRIDGE, IS_DNATED, marking),), *filter_hook("prerouting", -50))


def _untranslated() -> Chain:
    """Before all translation: whoever is translated to itself here is left alone by what comes later (99 and 100)."""
    itself = snat(SOURCE)
    rules = (
        rule(
            match(_SOURCE_AND_DESTINATION, "@untranslated"), itself, comment="no_snat and metadata see fixed addresses"
        ),
        rule(IS_DNATED, RETURN),
        rule(TO_BRIDGE, _SAME_NETWORK, itself, comment="inside a network"),
        rule(TO_BRIDGE, match(DESTINATION, NOT_UNICAST), itself),
    )
    return Chain("untranslated", rules, *_nat("postrouting", 98))


def _postrouting() -> Chain:
    outbound = lookup(concat(OIFNAME, SOURCE, DESTINATION), "outbound")
    rules = (
        rule(TO_BRIDGE, IS_DNATED, snat(lookup(SOURCE, "sources")), comment="to a floating address of a guest here"),
        rule(TO_BRIDGE, IS_DNATED, _SAME_NETWORK, {"masquerade": None}, comment="the answer must come back this way"),
        rule(snat(outbound), comment="to the outside"),
    )
    return Chain("postrouting", rules, *_nat("postrouting", 100))
