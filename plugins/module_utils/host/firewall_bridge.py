# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of ``nova_firewall`` for frames on bridges: settings in, the table of family bridge out. Pure.

Three things are done here. Ports in hairpin mode send back nothing but translated frames. Addresses that every host has
for itself are kept from the uplinks, so that guests find the one of their own host. Guests get what their security
groups let in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from .firewall_group_rules import group_chains, group_sets
from .firewall_input import Isolated, Settings
from .nft import Chain, ElementSet, Key, Table, make_table
from .nft_build import (
    COUNTER,
    DROP,
    IIFNAME,
    OIFNAME,
    assign,
    concat,
    filter_hook,
    goto,
    mark_has,
    match,
    payload,
    rule,
)

# Set on packets whose destination was translated, for the bridge family, which cannot ask conntrack on every kernel.
DNATED_BIT = 0x2000
# Before everything else on the bridge, and before br_netfilter shows the frame to the IP hooks (0).
INCOMING = -300
# Before br_netfilter hands the frame to the IP hooks, after which bridge chains up to 0 are skipped.
OUTGOING = -199

_ARP_SENDER = payload("arp", "saddr ip")
_ARP_TARGET = payload("arp", "daddr ip")
# Both ports as destination: what clients ask, and what servers answer.
_DHCP = match(payload("udp", "dport"), {"range": [67, 68]})


def table_name(owner: str) -> str:
    """Return the name of both tables of an owner."""
    return f"{owner}_firewall"


def render_bridge_table(owner: str, settings: Settings) -> Table | None:
    """Return the table of family bridge; None when there is nothing to guard and nothing to isolate."""
    sets: list[ElementSet] = [*group_sets(settings.groups, settings.guest_ports)]
    chains: list[Chain] = [*group_chains(settings.groups, settings.guest_ports)]
    if settings.hairpin_ports:
        sets.append(_hairpin_set(settings.hairpin_ports))
        chains += _hairpin_chains(owner)
    if settings.isolated:
        sets += _isolation_sets(settings.isolated)
        chains += _isolation_chains()
    return make_table("bridge", table_name(owner), sets, chains) if chains else None


def returning_mac(owner: str) -> str:
    """Return the MAC that frames carry which this host sends back; locally administered, and nobody answers to it."""
    digest = hashlib.sha256(f"novanet {owner}".encode()).digest()
    return ":".join(f"{octet:02x}" for octet in (0x02, *digest[:5]))


def _hairpin_set(ports: tuple[str, ...]) -> ElementSet:
    return ElementSet("hairpin", ("ifname", "ifname"), elements={(port, port): "" for port in ports})


def _hairpin_chains(owner: str) -> Iterator[Chain]:
    to_itself = rule(match(concat(IIFNAME, OIFNAME), "@hairpin"), goto("returning"))
    yield Chain("forward", (to_itself,), *filter_hook("forward", OUTGOING))
    yield Chain(
        "returning",
        (
            rule(match(mark_has(DNATED_BIT), 0), COUNTER, DROP, comment="only translated frames go back"),
            # Switches would otherwise learn the sender's MAC where this host is, and lose the sender.
            rule(
                assign(payload("ether", "saddr"), returning_mac(owner)), comment="switches keep the sender where it is"
            ),
        ),
    )


def _isolation_sets(isolated: tuple[Isolated, ...]) -> Iterator[ElementSet]:
    yield ElementSet("uplinks", ("ifname",), elements={(each.uplink,): "" for each in isolated})
    pairs: dict[Key, str] = {(each.uplink, each.address): "" for each in isolated}
    yield ElementSet("isolated", ("ifname", "ipv4_addr"), elements=pairs)


def _isolation_chains() -> Iterator[Chain]:
    """What comes in is dropped before the bridge looks at it; what goes out, forwarded or our own, port by port."""
    for name, interface, hook, priority in (
        ("from_uplinks", IIFNAME, "prerouting", INCOMING),
        ("to_uplinks", OIFNAME, "postrouting", OUTGOING),
    ):
        arp = (match(concat(interface, field), "@isolated") for field in (_ARP_SENDER, _ARP_TARGET))
        rules = (
            *(rule(each, COUNTER, DROP, comment="every host has this address for itself") for each in arp),
            rule(match(interface, "@uplinks"), _DHCP, COUNTER, DROP, comment="every host serves its own guests"),
        )
        yield Chain(name, rules, *filter_hook(hook, priority))
