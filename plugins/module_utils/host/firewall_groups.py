# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups and the ports of guests that they guard: options in, checked data out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from ..errors import Conflict, InvalidInput
from .firewall_group_values import (
    protocol_fields,
    require_source,
    require_title,
    sort_addresses,
)
from .nft_values import require_address, require_interface, require_member

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True)
class GroupRule:
    """What one rule lets in.

    :param protocol: ``tcp``, ``udp`` or ``icmp``; None for everything.
    :param from_port: first port, or type of ICMP; None for all.
    :param to_port: last port, or code of ICMP; None for all.
    :param cidr: network that it comes from; None when a group is the source.
    :param group: name of the group that it comes from.
    """

    protocol: str | None = None
    from_port: int | None = None
    to_port: int | None = None
    cidr: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Group:
    """A security group.

    :param title: how people call it.
    :param rules: what may come in.
    :param members: addresses of its guests, for rules that name it as their source.
    """

    name: str
    title: str
    rules: tuple[GroupRule, ...] = ()
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class GuestPort:
    """A port that only what its groups say may leave by, towards the guest.

    :param groups: names of groups.
    :param dhcp_servers: who may answer the guest's DHCP.
    """

    name: str
    groups: tuple[str, ...] = ()
    dhcp_servers: tuple[str, ...] = ()


def parse_groups(items: Iterable[Mapping[str, Any]]) -> tuple[Group, ...]:
    """Return the option ``groups`` in the order in which it was given.

    :raises InvalidInput: an item cannot be right.
    :raises Conflict: two items have one name.
    """
    found: dict[str, Group] = {}
    for index, item in enumerate(items):
        position = f"groups[{index}]"
        name = require_group_name(item.get("name"), f"{position}.name")
        if name in found:
            raise Conflict(f"{position}.name {name}", f"is already used by groups[{list(found).index(name)}]")
        rules = [_parse_rule(rule, f"{position}.rules[{place}]") for place, rule in enumerate(item.get("rules") or ())]
        members = [
            require_member(each, f"{position}.members[{place}]") for place, each in enumerate(item.get("members") or ())
        ]
        title = require_title(item.get("title") or name, f"{position}.title")
        found[name] = Group(name, title, tuple(rules), tuple(members))
    return tuple(found.values())


def _parse_rule(item: Mapping[str, Any], position: str) -> GroupRule:
    cidr, group = item.get("cidr") or None, item.get("group") or None
    if (cidr is None) == (group is None):
        reason = "names no source" if cidr is None else f"names two sources, cidr {cidr} and group {group}"
        raise InvalidInput(position, reason, "Give exactly one of cidr and group.")
    return GroupRule(
        *protocol_fields(item, position),
        cidr=require_source(cidr, f"{position}.cidr") if cidr else None,
        group=require_group_name(group, f"{position}.group") if group else None,
    )


def require_group_name(value: Any, position: str) -> str:
    """Return the name of a group, which becomes a part of names of chains and sets.

    :raises InvalidInput: it cannot be one.
    """
    if not value:
        raise InvalidInput(position, "is missing")
    name = str(value)
    if not _NAME.fullmatch(name):
        hint = "It is a lower case letter, then lower case letters, digits and underscores, at most 32 in all."
        raise InvalidInput(f"{position} {name}", "is no name of a group", hint)
    return name


def parse_guest_ports(items: Iterable[Mapping[str, Any]]) -> tuple[GuestPort, ...]:
    """Return the option ``guest_ports`` in the order in which it was given.

    :raises InvalidInput: an item cannot be right.
    :raises Conflict: two items have one name.
    """
    found: dict[str, GuestPort] = {}
    for index, item in enumerate(items):
        position = f"guest_ports[{index}]"
        for key in ("name", "groups"):
            if item.get(key) is None:
                raise InvalidInput(f"{position}.{key}", "is missing")
        name = require_interface(item["name"], f"{position}.name")
        if name in found:
            raise Conflict(f"{position}.name {name}", f"is already used by guest_ports[{list(found).index(name)}]")
        groups = [require_group_name(each, f"{position}.groups[{at}]") for at, each in enumerate(item["groups"])]
        servers = [
            require_address(each, f"{position}.dhcp_servers[{at}]")
            for at, each in enumerate(item.get("dhcp_servers") or ())
        ]
        found[name] = GuestPort(name, tuple(groups), tuple(servers))
    return tuple(found.values())


def refuse_unknown(
    groups: Sequence[Group],
    ports: Sequence[GuestPort],
    given_groups: Sequence[Group] | None,
    given_ports: Sequence[GuestPort] | None,
) -> None:
    """Refuse ports and rules that name a group which is not there.

    :param groups: all groups as they shall be, with :param ports: which they guard.
    :param given_groups: those that were asked for, in their order, for positions in messages.
    :raises Conflict: there is no such group.
    """
    names = {group.name for group in groups}
    places = {group.name: f"groups[{index}]" for index, group in enumerate(given_groups or ())}
    for group in given_groups or groups:
        for at, rule in enumerate(group.rules):
            if rule.group and rule.group not in names:
                place = places.get(group.name, f"group {group.name}")
                raise _unknown(f"{place}.rules[{at}].group {rule.group}")
    port_places = {port.name: f"guest_ports[{index}]" for index, port in enumerate(given_ports or ())}
    for port in given_ports or ports:
        for at, name in enumerate(port.groups):
            if name not in names:
                raise _unknown(f"{port_places.get(port.name, f'guest port {port.name}')}.groups[{at}] {name}")


def _unknown(subject: str) -> Conflict:
    return Conflict(subject, "is no group of this host", "List it in groups, with its rules, or name another one.")


def arrange_groups(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Return groups in one order, whatever the order was: two that mean the same are the same."""
    return tuple(
        replace(
            group, rules=tuple(sorted(set(group.rules), key=_rule_order)), members=tuple(sort_addresses(group.members))
        )
        for group in sorted(groups, key=lambda group: group.name)
    )


def _rule_order(rule: GroupRule) -> tuple[str, ...]:
    numbers = (f"{-1 if number is None else number:06d}" for number in (rule.from_port, rule.to_port))
    return (rule.protocol or "", *numbers, rule.cidr or "", rule.group or "")


def arrange_ports(ports: Iterable[GuestPort]) -> tuple[GuestPort, ...]:
    """Return ports in one order, whatever the order was."""
    return tuple(
        replace(port, groups=tuple(sorted(set(port.groups))), dhcp_servers=tuple(sort_addresses(port.dhcp_servers)))
        for port in sorted(ports, key=lambda port: port.name)
    )


def plain_group(group: Group) -> dict[str, Any]:
    """Return a group as plain data, for the journal and for people."""
    return {**asdict(group), "rules": [asdict(rule) for rule in group.rules], "members": list(group.members)}


def plain_port(port: GuestPort) -> dict[str, Any]:
    """Return a port as plain data."""
    return {"name": port.name, "groups": list(port.groups), "dhcp_servers": list(port.dhcp_servers)}


def group_of(content: Mapping[str, Any]) -> Group:
    """Return the group in plain data; the inverse of :func:`plain_group`."""
    known = [each.name for each in fields(GroupRule)]
    rules = tuple(GroupRule(**{name: rule.get(name) for name in known}) for rule in content["rules"])
    return Group(content["name"], content["title"], rules, tuple(content["members"]))


def port_of(content: Mapping[str, Any]) -> GuestPort:
    """Return the port in plain data; the inverse of :func:`plain_port`."""
    return GuestPort(content["name"], tuple(content["groups"]), tuple(content["dhcp_servers"]))
