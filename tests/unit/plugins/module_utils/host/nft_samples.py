# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of rulesets share: settings, what a real nft listed for them, and a kernel that lives in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.host.firewall_groups import Group, GroupRule, GuestPort
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_input import (
    FirewallNetwork,
    Isolated,
    Metadata,
    Settings,
)
from ansible_collections.novanet.network.plugins.module_utils.host.floating_input import FloatingAddress
from ansible_collections.novanet.network.plugins.module_utils.host.nft import (
    VERDICT,
    Chain,
    ElementSet,
    Rule,
    Table,
    parse_key,
    parse_table,
    parse_value,
)

FIXTURES = Path(__file__).parent / "fixtures"

SETTINGS = Settings(
    (
        FirewallNetwork(
            "blue",
            "10.0.0.0/24",
            "br100",
            "eth0",
            "192.0.2.10",
            ("10.128.0.0/24", "10.128.1.0/24"),
            ("198.51.100.0/24", "203.0.113.7/32"),
        ),
        FirewallNetwork("green", "10.0.1.0/24", "br100"),
        FirewallNetwork("red", "10.0.2.0/24", "br101", "eth0", "192.0.2.10"),
    ),
    Metadata("192.0.2.20", 8775),
    ("eth2", "nova0001"),
    isolated=(Isolated("br100", "eth2", "10.0.0.1"), Isolated("br101", "vlan101", "10.0.2.1")),
)
# One rule of each kind, from each kind of source.
GUARDED = Settings(
    groups=(
        Group(
            "admin",
            "administration of project red",
            (GroupRule(group="admin"), GroupRule("icmp", group="admin"), GroupRule("icmp", 8, 0, group="admin")),
            ("10.0.0.5", "10.0.0.6", "fd00::f816:3eff:fe00:1"),
        ),
        Group("closed", "closed"),
        Group(
            "web",
            "web of project red",
            (
                GroupRule(cidr="10.1.0.0/16"),
                GroupRule(cidr="10.2.0.1/32"),
                GroupRule(cidr="fd01::/64"),
                GroupRule(cidr="fd02::1/128"),
                GroupRule("icmp", cidr="0.0.0.0/0"),
                GroupRule("icmp", cidr="::/0"),
                GroupRule("icmp", 3, 13, cidr="10.0.0.0/8"),
                GroupRule("icmp", 42, cidr="10.0.0.0/8"),
                GroupRule("icmp", 1, 6, cidr="fd00::/8"),
                GroupRule("icmp", 128, cidr="fd00::/8"),
                GroupRule("tcp", 80, 80, cidr="0.0.0.0/0"),
                GroupRule("tcp", 80, 80, cidr="::/0"),
                GroupRule("tcp", 8000, 8010, cidr="10.0.0.0/9"),
                GroupRule("tcp", group="admin"),
                GroupRule("udp", cidr="10.0.0.0/8"),
                GroupRule("udp", 1, 65535, cidr="fd00::/8"),
                GroupRule("udp", 53, 53, group="admin"),
            ),
        ),
    ),
    guest_ports=(
        GuestPort("tap1b2c3d4e5-f6", ("admin", "web"), ("10.0.0.1", "10.0.0.2")),
        GuestPort("tap2b2c3d4e5-f6", ("web",), ("10.0.0.1",)),
        GuestPort("tap3b2c3d4e5-f6"),
    ),
)
ADDRESSES = (
    FloatingAddress("10.46.169.225", "10.0.0.3", "eth0"),
    FloatingAddress("10.46.169.226", "10.0.0.4", "eth1"),
)


def listing(name: str) -> str:
    """Return what nft 1.0.6 printed for a table."""
    return (FIXTURES / f"nft_{name}.json").read_text(encoding="utf-8")


def listed(name: str, family: str, table: str) -> Table:
    """Return the table in a listing."""
    return parse_table(listing(name), family, table)


def load(table: Table | None, commands: Iterable[Mapping[str, Any]]) -> Table | None:
    """Return what a table becomes by commands, as the kernel would do it; refuse what the kernel would refuse."""
    for command in commands:
        ((action, content),) = command.items()
        ((kind, thing),) = content.items()
        table = _load_one(table, action, kind, thing)
        assert table is None or _targets(table) <= set(table.chains), "the kernel knows no such chain, or it is in use"
    return table


def _targets(table: Table) -> set[str]:
    """Return the chains that rules and verdicts lead to."""
    verdicts = {value for each in table.sets.values() if each.value_type == VERDICT for value in each.elements.values()}
    leading = [
        expression[word]["target"]
        for chain in table.chains.values()
        for rule in chain.rules
        for expression in rule.expressions
        for word in ("jump", "goto")
        if word in expression
    ]
    return {*leading, *(verdict.split()[1] for verdict in verdicts if " " in verdict)}


def _load_one(table: Table | None, action: str, kind: str, thing: Mapping[str, Any]) -> Table | None:
    if kind == "table":
        return None if action == "delete" else Table(thing["family"], thing["name"])
    assert table is not None, f"{action} {kind} without a table"
    if kind == "rule":
        chain = table.chains[thing["chain"]]
        rule = Rule(tuple(thing["expr"]), thing.get("comment", ""))
        return _with_chain(table, replace(chain, rules=(*chain.rules, rule)))
    if kind == "element":
        return _with_set(table, _change_elements(table.sets[thing["name"]], action, thing["elem"]))
    if kind == "chain":
        return _load_chain(table, action, thing)
    if kind in ("set", "map") and action == "add":
        types = thing["type"] if isinstance(thing["type"], list) else [thing["type"]]
        empty = ElementSet(thing["name"], tuple(types), thing.get("map", ""), "flags" in thing)
        return _with_set(table, _change_elements(empty, "add", thing.get("elem", [])))
    assert action == "delete"
    if kind in ("set", "map"):
        assert table.sets[thing["name"]].kind == kind
        return replace(table, sets={key: each for key, each in table.sets.items() if key != thing["name"]})
    return replace(table, others=tuple(other for other in table.others if other != (kind, thing["name"])))


def _load_chain(table: Table, action: str, thing: Mapping[str, Any]) -> Table:
    name = thing["name"]
    if action == "flush":
        return _with_chain(table, replace(table.chains[name], rules=()))
    if action == "delete":
        assert not table.chains[name].rules, "the kernel deletes empty chains only"
        return replace(table, chains={key: chain for key, chain in table.chains.items() if key != name})
    base = (thing.get("type", ""), thing.get("hook", ""), thing.get("prio", 0), thing.get("policy", ""))
    return _with_chain(table, Chain(name, (), *base))


def _change_elements(each: ElementSet, action: str, elements: list[Any]) -> ElementSet:
    present = dict(each.elements)
    for item in elements:
        key, value = (parse_key(item[0]), parse_value(item[1])) if each.value_type else (parse_key(item), "")
        if action == "delete":
            assert present.pop(key) == value
        else:
            assert key not in present, "the kernel refuses an element that is there with another value"
            present[key] = value
    return replace(each, elements=present)


def _with_chain(table: Table, chain: Chain) -> Table:
    return replace(table, chains={**table.chains, chain.name: chain})


def _with_set(table: Table, each: ElementSet) -> Table:
    return replace(table, sets={**table.sets, each.name: each})
