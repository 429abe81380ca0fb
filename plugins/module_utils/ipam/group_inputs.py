# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups as people write them, checked without a look at the database."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidInput
from .arguments_groups import PROTOCOLS, RULE_ITEM, SECURITY_GROUP_ITEM
from .inputs import read_item, read_items, read_number, read_optional_text, read_present, read_text, shown

EVERYWHERE = "0.0.0.0/0"
# Any type, or any code, of ICMP, as nova's clients wrote it.
ANY = -1
LONGEST_DESCRIPTION = 255


@dataclass(frozen=True)
class Rule:
    """What may come in: from a range of addresses, or from the members of a group of the same project.

    :param protocol: ``tcp``, ``udp`` or ``icmp``; None for everything.
    :param from_port: the first port, or the type of ICMP; None for any.
    :param to_port: the last port, or the code of ICMP; None for any.
    :param cidr: IPv4 or IPv6; None when a group is the source.
    :param group: name of the group that is the source.
    """

    protocol: str | None
    from_port: int | None
    to_port: int | None
    cidr: str | None
    group: str | None

    def describe(self) -> str:
        """Return the rule in words, such as ``tcp 80-81 from 0.0.0.0/0`` or ``icmp 8/0 from group web``."""
        ports = [str(port) for port in (self.from_port, self.to_port) if port is not None]
        # One port is written once; a code that equals its type is still a code.
        span = "/".join(ports) if self.protocol == "icmp" else "-".join(dict.fromkeys(ports))
        what = " ".join([self.protocol or "everything", *([span] if span else [])])
        return f"{what} from {self.cidr or f'group {self.group}'}"


@dataclass(frozen=True)
class WantedGroup:
    """A security group that was asked for. None stands for what was not given: of an existing group it stays.

    :param rules: all that it has.
    """

    where: str
    project: str
    name: str
    description: str | None
    rules: tuple[Rule, ...] | None
    present: bool

    @property
    def key(self) -> tuple[str, str]:
        """Return what tells groups apart."""
        return (self.project, self.name)


def read_security_groups(items: Any, where: str = "security_groups") -> tuple[WantedGroup, ...]:
    """Check and normalise the security groups that were asked for.

    :raises InvalidInput: a value is wrong, or a group or a rule of a group is listed twice.
    """
    wanted = tuple(
        _read_group(item, position) for position, item in read_items(items, where, list(SECURITY_GROUP_ITEM))
    )
    seen: dict[tuple[str, str], str] = {}
    for item in wanted:
        if item.key in seen:
            reason = f"is listed twice for project {shown(item.project)}, first at {seen[item.key]}"
            raise InvalidInput(f"{item.where}.name {shown(item.name)}", reason)
        seen[item.key] = f"{item.where}.name"
    return wanted


def _read_group(item: Mapping[str, Any], where: str) -> WantedGroup:
    description = item.get("description")
    if description is not None and description != "":
        description = read_text(description, f"{where}.description", LONGEST_DESCRIPTION)
    return WantedGroup(
        where=where,
        project=read_text(item.get("project"), f"{where}.project"),
        name=read_text(item.get("name"), f"{where}.name"),
        description=description,
        rules=_read_rules(item.get("rules"), f"{where}.rules"),
        present=read_present(item.get("state"), f"{where}.state"),
    )


def _read_rules(value: Any, where: str) -> tuple[Rule, ...] | None:
    if value is None:
        return None
    rules: dict[Rule, str] = {}
    for position, item in read_items(value, where, list(RULE_ITEM)):
        rule = read_rule(item, position)
        if rule in rules:
            raise InvalidInput(f"{position}: {shown(rule.describe())}", f"is listed twice, first at {rules[rule]}")
        rules[rule] = position
    return tuple(rules)


def read_rule(item: Any, where: str) -> Rule:
    """Return a rule when it is right; without a source it holds for all of IPv4, as in nova."""
    item = read_item(item, where, list(RULE_ITEM))
    protocol = item.get("protocol")
    if protocol is not None and protocol not in PROTOCOLS:
        raise InvalidInput(f"{where}.protocol {shown(protocol)}", f"is none of {', '.join(PROTOCOLS)}")
    group = read_optional_text(item.get("group"), f"{where}.group")
    cidr = item.get("cidr")
    if group is not None and cidr is not None:
        raise InvalidInput(where, "has both a cidr and a group as its source", "Write two rules.")
    if group is None:
        cidr = _read_cidr(EVERYWHERE if cidr is None else cidr, f"{where}.cidr")
    first, last = _read_ports(item, protocol, where)
    return Rule(protocol, first, last, cidr, group)


def _read_ports(item: Mapping[str, Any], protocol: str | None, where: str) -> tuple[int | None, int | None]:
    first, last = item.get("from_port"), item.get("to_port")
    if protocol == "icmp":
        return _read_icmp(first, last, where)
    if first is None and last is None:
        return None, None
    if protocol is None:
        raise InvalidInput(where, "has ports, but no protocol", "Name tcp or udp, or leave the ports out.")
    if first is None:
        raise InvalidInput(f"{where}.from_port", "is missing", "Name both ports, or none of them for all ports.")
    first = read_number(first, f"{where}.from_port", 1, 65535)
    last = first if last is None else read_number(last, f"{where}.to_port", 1, 65535)
    if last < first:
        raise InvalidInput(f"{where}.to_port {last}", f"is below from_port {first}")
    return first, last


def _read_icmp(kind: Any, code: Any, where: str) -> tuple[int | None, int | None]:
    """Return type and code; None for any."""
    kind = ANY if kind is None else read_number(kind, f"{where}.from_port", ANY, 255)
    code = ANY if code is None else read_number(code, f"{where}.to_port", ANY, 255)
    if kind == ANY and code != ANY:
        raise InvalidInput(f"{where}.to_port {code}", "is a code of ICMP without a type", "Name the type in from_port.")
    return (None if kind == ANY else kind), (None if code == ANY else code)


def _read_cidr(value: Any, where: str) -> str:
    try:
        # A number would be read as an address.
        interface = ipaddress.ip_interface(value if isinstance(value, str) else "")
    except ValueError as error:
        raise InvalidInput(
            f"{where} {shown(value)}", "is no range of addresses", "Write it as 192.0.2.0/24."
        ) from error
    if "%" in str(interface):
        raise InvalidInput(f"{where} {shown(value)}", "names an interface, which is another one on every host")
    network = interface.network
    if interface.ip != network.network_address:
        raise InvalidInput(f"{where} {shown(value)}", "has host bits set", f"The range is {network}.")
    number = int(network.network_address)
    if network.version == 6 and network.prefixlen >= 96 and (number >> 32 == 0xFFFF or 1 < number <= 0xFFFFFFFF):
        raise InvalidInput(f"{where} {shown(value)}", "is IPv4 written as IPv6", "Write it as IPv4.")
    return str(network)
