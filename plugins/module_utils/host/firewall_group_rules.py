# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of security groups: groups and guarded ports in, sets and chains of family bridge out. Pure.

Every frame that leaves by a port is looked up once, in a map. So the cost does not grow with the number of ports. From
there it goes to the chain of the port's combination of groups, which ends with a drop.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from .firewall_group_values import ICMP
from .firewall_groups import Group, GroupRule, GuestPort
from .nft import VERDICT, Chain, ElementSet, Expression, Key, Rule
from .nft_build import (
    ACCEPT,
    COUNTER,
    DROP,
    ETHER_TYPE,
    IS_INVALID,
    IS_REPLY_OR_RELATED,
    L4PROTO,
    OIFNAME,
    SOURCE,
    SOURCE_V6,
    concat,
    dispatch,
    filter_hook,
    jump,
    match,
    payload,
    rule,
)
from .nft_names import PROTOCOLS

# Before br_netfilter hands the frame to the IP hooks, after which bridge chains up to 0 are skipped; and before what is
# said of hairpin ports and uplinks.
GUARDING = -200
EVERYWHERE = ("0.0.0.0/0", "::/0")
_LONGEST_NAME = 100

# Type of frame, family of addresses, and the field of the source.
_FAMILIES = {"v4": ("ip", "ipv4_addr", SOURCE), "v6": ("ip6", "ipv6_addr", SOURCE_V6)}
# Multicast listener queries, router advertisements, neighbour solicitations and advertisements (RFC 4861, RFC 2710).
_DISCOVERY = [130, 134, 135, 136]
_LINK_LOCAL = {"prefix": {"addr": "fe80::", "len": 10}}


def group_sets(groups: Sequence[Group], ports: Sequence[GuestPort]) -> Iterator[ElementSet]:
    """Yield what the rules know of ports, and of the members of groups that are a source."""
    if ports:
        chains: dict[Key, str] = {(port.name,): f"goto {combination_chain(port.groups)}" for port in ports}
        servers: dict[Key, str] = {(port.name, server): "" for port in ports for server in port.dhcp_servers}
        yield ElementSet("guests", ("ifname",), VERDICT, elements=chains)
        yield ElementSet("dhcp_servers", ("ifname", "ipv4_addr"), elements=servers)
    sources = {each.group for group in groups for each in group.rules}
    for group in groups:
        if group.name in sources:
            for family, (_frame, kind, _source) in _FAMILIES.items():
                members: dict[Key, str] = {
                    (address,): "" for address in group.members if (":" in address) == (family == "v6")
                }
                yield ElementSet(f"{group.name}_{family}", (kind,), elements=members)


def group_chains(groups: Sequence[Group], ports: Sequence[GuestPort]) -> Iterator[Chain]:
    """Yield the chains that decide what reaches guests. Those of groups are there for all groups of the host."""
    for group in groups:
        for family in _FAMILIES:
            yield Chain(_group_chain(group.name, family), tuple(_group_rules(group.rules, family)))
    if not ports:
        return
    yield _answers()
    for combination in sorted({port.groups for port in ports}):
        yield _combination(combination)
    for hook in ("forward", "output"):
        to_guests = rule(dispatch(OIFNAME, "guests"))
        yield Chain(f"guests_{hook}", (to_guests,), *filter_hook(hook, GUARDING))


def combination_chain(groups: Sequence[str]) -> str:
    """Return the name of the chain for ports in these groups. No name of a group has a dot."""
    name = ".".join(("into", *groups))
    if len(name) <= _LONGEST_NAME:
        return name
    return f"into.{len(groups)}.{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _group_chain(name: str, family: str) -> str:
    return f"rules_{name}_{family}"


def _answers() -> Chain:
    """Return the chain of what every guest gets, whatever its groups are.

    Connection tracking holds neighbour discovery for nothing of its own, so it comes before the state is asked for.
    """
    frames = {"set": sorted(["arp", "ip", "ip6"])}
    dhcp = (match(payload("udp", "sport"), 67), match(payload("udp", "dport"), 68))
    dhcp_v6 = (match(payload("udp", "sport"), 547), match(payload("udp", "dport"), 546))
    return Chain(
        "answers",
        (
            rule(match(ETHER_TYPE, frames, "!="), COUNTER, DROP, comment="tagged, or neither ARP nor IP"),
            rule(match(ETHER_TYPE, "arp"), ACCEPT),
            rule(match(payload("icmpv6", "type"), {"set": _DISCOVERY}), ACCEPT, comment="neighbour discovery"),
            rule(match(SOURCE_V6, _LINK_LOCAL), *dhcp_v6, ACCEPT, comment="DHCPv6"),
            rule(match(concat(OIFNAME, SOURCE), "@dhcp_servers"), *dhcp, ACCEPT, comment="DHCP of its own servers"),
            rule(IS_REPLY_OR_RELATED, ACCEPT),
            rule(IS_INVALID, COUNTER, DROP),
        ),
    )


def _combination(groups: Sequence[str]) -> Chain:
    by_family = (
        rule(match(ETHER_TYPE, frame), jump(_group_chain(name, family)))
        for name in groups
        for family, (frame, _kind, _source) in _FAMILIES.items()
    )
    last = rule(COUNTER, DROP, comment="no group lets it in")
    return Chain(combination_chain(groups), (rule(jump("answers")), *by_family, last))


def _group_rules(rules: Iterable[GroupRule], family: str) -> Iterator[Rule]:
    for each in rules:
        if _is_about(each, family):
            yield rule(*_from(each, family), *_about(each, family), ACCEPT)


def _is_about(each: GroupRule, family: str) -> bool:
    if each.cidr:
        return (":" in each.cidr) == (family == "v6")
    # Members have addresses of both families. Types of ICMP are others in ICMPv6, so one that is named is of ICMP.
    return family == "v4" or each.protocol != ICMP or each.from_port is None


def _from(each: GroupRule, family: str) -> Iterator[Expression]:
    _frame, _kind, source = _FAMILIES[family]
    if each.group:
        yield match(source, f"@{each.group}_{family}")
    elif each.cidr and each.cidr not in EVERYWHERE:
        address, length = each.cidr.split("/")
        alone = int(length) == (128 if family == "v6" else 32)
        yield match(source, address if alone else {"prefix": {"addr": address, "len": int(length)}})


def _about(each: GroupRule, family: str) -> Iterator[Expression]:
    if each.protocol == ICMP:
        name = ICMP if family == "v4" else "icmpv6"
        if each.from_port is None:
            yield match(L4PROTO, PROTOCOLS[ICMP if family == "v4" else "ipv6-icmp"])
        else:
            yield match(payload(name, "type"), each.from_port)
        if each.to_port is not None:
            yield match(payload(name, "code"), each.to_port)
    elif each.protocol and each.from_port is None:
        yield match(L4PROTO, PROTOCOLS[each.protocol])
    elif each.protocol:
        ports = [each.from_port, each.to_port]
        yield match(payload(each.protocol, "dport"), ports[0] if ports[0] == ports[1] else {"range": ports})
