# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules that guard the ports of guests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_bridge import render_bridge_table
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_group_rules import combination_chain
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_groups import Group, GroupRule, GuestPort
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_input import Settings
from ansible_collections.novanet.network.plugins.module_utils.host.nft import Table
from ansible_collections.novanet.network.plugins.module_utils.host.nft_diff import commands, differences
from ansible_collections.novanet.network.plugins.module_utils.host.nft_text import describe_rule
from hypothesis import given

from .nft_samples import GUARDED, SETTINGS, load
from .test_firewall_groups import settings


def table_of(settings: Settings) -> Table:
    table = render_bridge_table("nova", settings)
    assert table is not None
    return table


def rules_of(table: Table, chain: str) -> list[str]:
    return [describe_rule(rule) for rule in table.chains[chain].rules]


def test_what_leaves_by_a_port_is_looked_up_once_before_br_netfilter_and_all_other_rules() -> None:
    both = table_of(replace(GUARDED, hairpin_ports=SETTINGS.hairpin_ports, isolated=SETTINGS.isolated))
    hooked = {chain.name: (chain.hook, chain.priority) for chain in both.chains.values() if chain.hook}

    assert (hooked["guests_forward"], hooked["guests_output"]) == (("forward", -200), ("output", -200))
    assert hooked["forward"] == ("forward", -199)
    for name in ("guests_forward", "guests_output"):
        assert rules_of(both, name) == ["oifname vmap @guests"]


def test_a_thousand_ports_have_the_rules_of_one() -> None:
    ports = tuple(GuestPort(f"tap{number}", ("web",), ("10.0.0.1",)) for number in range(1000))
    one, many = (table_of(replace(GUARDED, guest_ports=ports[:count])) for count in (1, 1000))

    assert one.chains == many.chains
    assert len(many.sets["guests"].elements) == len(many.sets["dhcp_servers"].elements) == 1000
    assert set(many.sets["guests"].elements.values()) == {"goto into.web"}


def test_a_thousand_members_have_the_rules_of_one() -> None:
    members = tuple(f"10.0.{number // 250}.{number % 250 + 1}" for number in range(1000))
    one, many = (
        table_of(Settings(groups=(Group("a", "a", (GroupRule(group="a"),), members[:count]),))) for count in (1, 1000)
    )

    assert one.chains == many.chains
    assert len(many.sets["a_v4"].elements) == 1000


def test_a_port_gets_answers_first_then_what_its_groups_let_in_and_nothing_else() -> None:
    table = table_of(GUARDED)

    assert rules_of(table, "into.admin.web") == [
        "jump answers",
        "ether type ip jump rules_admin_v4",
        "ether type ip6 jump rules_admin_v6",
        "ether type ip jump rules_web_v4",
        "ether type ip6 jump rules_web_v6",
        "counter drop",
    ]
    assert rules_of(table, "into") == ["jump answers", "counter drop"]


def test_neighbour_discovery_is_let_in_before_connections_are_asked_for() -> None:
    assert rules_of(table_of(GUARDED), "answers") == [
        "ether type != { arp, ip, ip6 } counter drop",
        "ether type arp accept",
        "icmpv6 type { 130, 134, 135, 136 } accept",
        "ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept",
        "oifname . ip saddr @dhcp_servers udp sport 67 udp dport 68 accept",
        "ct state established,related accept",
        "ct state invalid counter drop",
    ]


@pytest.mark.parametrize(
    ("rule", "v4", "v6"),
    [
        (GroupRule(cidr="0.0.0.0/0"), "accept", None),
        (GroupRule(cidr="::/0"), None, "accept"),
        (GroupRule("tcp", 80, 80, cidr="0.0.0.0/0"), "tcp dport 80 accept", None),
        (GroupRule("udp", 1, 9, cidr="fd00::/64"), None, "ip6 saddr fd00::/64 udp dport 1-9 accept"),
        (GroupRule("udp", cidr="10.0.0.1/32"), "ip saddr 10.0.0.1 meta l4proto 17 accept", None),
        (GroupRule("icmp", cidr="10.0.0.0/8"), "ip saddr 10.0.0.0/8 meta l4proto 1 accept", None),
        (GroupRule("icmp", 128, cidr="::/0"), None, "icmpv6 type 128 accept"),
        (GroupRule("icmp", 8, 0, cidr="0.0.0.0/0"), "icmp type 8 icmp code 0 accept", None),
        (GroupRule("icmp", 8, group="a"), "ip saddr @a_v4 icmp type 8 accept", None),
        (GroupRule(group="a"), "ip saddr @a_v4 accept", "ip6 saddr @a_v6 accept"),
        (
            GroupRule("icmp", group="a"),
            "ip saddr @a_v4 meta l4proto 1 accept",
            "ip6 saddr @a_v6 meta l4proto 58 accept",
        ),
    ],
)
def test_a_rule_is_written_for_the_kind_of_addresses_that_its_source_has(
    rule: GroupRule, v4: str | None, v6: str | None
) -> None:
    table = table_of(Settings(groups=(Group("a", "a", (rule,)),)))

    assert rules_of(table, "rules_a_v4") == ([v4] if v4 else [])
    assert rules_of(table, "rules_a_v6") == ([v6] if v6 else [])


def test_members_are_known_only_of_groups_that_are_a_source() -> None:
    table = table_of(GUARDED)

    assert [name for name in table.sets if name.endswith(("_v4", "_v6"))] == ["admin_v4", "admin_v6"]
    assert list(table.sets["admin_v6"].elements) == [("fd00::f816:3eff:fe00:1",)]


def test_groups_without_a_port_hook_nothing_in() -> None:
    chains = table_of(replace(GUARDED, guest_ports=())).chains.values()

    assert [chain.name for chain in chains if chain.hook] == []


def test_chains_of_many_groups_have_short_names_that_differ() -> None:
    many = tuple(f"group_{number:026d}" for number in range(20))

    assert combination_chain(many[:2]) == f"into.{many[0]}.{many[1]}"
    names = {combination_chain(many[:count]) for count in range(4, 21)}
    assert len(names) == 17
    assert max(map(len, names)) <= 100


@given(settings(), settings())
def test_commands_make_any_ruleset_into_any_other(before: Settings, after: Settings) -> None:
    old, new = (render_bridge_table("nova", each) for each in (before, after))
    made = load(old, commands(new, old))

    assert differences(new, made) == ()
