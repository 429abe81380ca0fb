# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of security groups and of the ports that they guard, in the words of people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..change import Change
from .firewall_group_values import ICMP
from .firewall_groups import Group, GroupRule, GuestPort

# More than these are counted: a group may have thousands of members.
_SHOWN = 5


def group_changes(before: Sequence[Group], after: Sequence[Group]) -> Iterator[Change]:
    """Yield what becomes of groups."""
    old, new = ({group.name: group for group in groups} for groups in (before, after))
    for name in sorted({*old, *new}):
        if name not in old:
            yield Change("create", "security group", new[name].title, _size(new[name]))
        elif name not in new:
            yield Change("delete", "security group", old[name].title)
        else:
            titles = {**_titles(old), **_titles(new)}
            if detail := "; ".join(_group_details(old[name], new[name], titles)):
                yield Change("update", "security group", new[name].title, detail)


def port_changes(
    before: tuple[Sequence[Group], Sequence[GuestPort]], after: tuple[Sequence[Group], Sequence[GuestPort]]
) -> Iterator[Change]:
    """Yield what becomes of the filters of ports; each side is groups and ports."""
    titles = {group.name: group.title for groups, _ports in (before, after) for group in groups}
    old, new = ({port.name: port for port in ports} for _groups, ports in (before, after))
    for name in sorted({*old, *new}):
        if name not in old:
            yield Change("create", "filter of port", name, f"groups {_named(new[name], titles)}")
        elif name not in new:
            yield Change("delete", "filter of port", name)
        elif old[name] != new[name]:
            yield Change("update", "filter of port", name, "; ".join(_port_details(old[name], new[name], titles)))


def _titles(groups: Mapping[str, Group]) -> dict[str, str]:
    return {name: group.title for name, group in groups.items()}


def _size(group: Group) -> str:
    return f"{len(group.rules)} rule{'' if len(group.rules) == 1 else 's'}"


def _group_details(old: Group, new: Group, titles: Mapping[str, str]) -> Iterator[str]:
    rules = ([_rule(each, titles) for each in group.rules] for group in (old, new))
    yield from _both("rules", *rules)
    yield from _both("members", old.members, new.members)


def _port_details(old: GuestPort, new: GuestPort, titles: Mapping[str, str]) -> Iterator[str]:
    if old.groups != new.groups:
        yield f"groups {_named(old, titles)} -> {_named(new, titles)}"
    yield from _both("DHCP servers", old.dhcp_servers, new.dhcp_servers)


def _both(what: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for word, some, others in (("added", new, set(old)), ("removed", old, set(new))):
        listed = [each for each in some if each not in others]
        if listed:
            more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
            yield f"{what} {word}: {', '.join(listed[:_SHOWN])}{more}"


def _named(port: GuestPort, titles: Mapping[str, str]) -> str:
    return ", ".join(titles.get(name, name) for name in port.groups) or "none"


def _rule(each: GroupRule, titles: Mapping[str, str]) -> str:
    source = titles.get(each.group, each.group) if each.group else each.cidr
    return f"{_what(each)} from {source}"


def _what(each: GroupRule) -> str:
    if each.protocol is None:
        return "everything"
    if each.from_port is None:
        return each.protocol
    if each.protocol == ICMP:
        return f"icmp type {each.from_port}" + (f" code {each.to_port}" if each.to_port is not None else "")
    last = "" if each.from_port == each.to_port else f"-{each.to_port}"
    return f"{each.protocol} {each.from_port}{last}"
