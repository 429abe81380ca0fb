# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may come in to which port of a host, computed from security groups."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.errors import NovaError
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_groups import parse_groups
from ansible_collections.novanet.network.plugins.module_utils.ipam.group_inputs import read_rule
from ansible_collections.novanet.network.plugins.module_utils.plan.compile import compile_plans
from ansible_collections.novanet.network.plugins.module_utils.plan.model import (
    GroupRule,
    HostAddress,
    Instance,
    Network,
    SecurityGroup,
    Snapshot,
)
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.plan.test_compile import HOSTS, PUBLIC, SETTINGS, instance

SSH = GroupRule("tcp", 22, 22, "0.0.0.0/0", None)
FROM_WEB = GroupRule(None, None, None, None, 5)
WEB = SecurityGroup(5, "red", "web", (SSH,), ("10.1.0.1", "10.1.0.2"))
DATABASE = SecurityGroup(7, "red", "data base", (FROM_WEB,), ())


def member(number: int, *groups: int, **more: Any) -> Instance:
    return replace(instance(number), groups=groups, **more)


def firewalls(*guests: Instance, network: Network = PUBLIC, **more: Any) -> dict[str, dict[str, Any]]:
    snapshot = Snapshot("ipam-1", 7, (network,), guests, (), (), security_groups=(WEB, DATABASE), **more)
    settings = replace(SETTINGS, metadata_host="192.0.2.1")
    return {plan.host: plan.firewall for plan in compile_plans(snapshot, settings, HOSTS)}


def test_a_host_filters_its_own_guests_by_the_rules_that_they_need() -> None:
    found = firewalls(member(1, 5), member(2, 5, 7, host="compute2"), member(3))
    assert found["compute1"]["guest_ports"] == [
        {"name": "tap0001", "groups": ["group_5"], "dhcp_servers": ["10.0.0.1"]}
    ]
    rule = {"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr": "0.0.0.0/0"}
    web = {"name": "group_5", "title": "web of project red", "rules": [rule]}
    assert found["compute1"]["groups"] == [{**web, "members": []}], "no rule there names it"
    assert found["compute2"]["groups"] == [
        {**web, "members": ["10.1.0.1", "10.1.0.2"]},
        {"name": "group_7", "title": "data base of project red", "rules": [{"group": "group_5"}], "members": []},
    ]


def test_of_a_group_that_is_only_named_a_host_needs_its_members_and_no_rules() -> None:
    found = firewalls(member(1, 7))
    named = found["compute1"]["groups"][0]
    assert (named["name"], named["rules"], named["members"]) == ("group_5", [], ["10.1.0.1", "10.1.0.2"])


def test_a_host_without_such_guests_filters_nobody_though_it_serves_their_network() -> None:
    found = firewalls(member(1, 5))
    for name in ("network1", "compute2"):
        assert (found[name]["groups"], found[name]["guest_ports"]) == ([], [])


def test_a_guest_that_moves_is_filtered_on_both_hosts() -> None:
    found = firewalls(member(1, 5, next_host="compute2"))
    assert found["compute1"]["guest_ports"] == found["compute2"]["guest_ports"] != []
    assert found["compute1"]["groups"] == found["compute2"]["groups"] != []


def test_every_server_that_a_guest_can_have_may_answer_its_dhcp_and_nobody_where_there_is_none() -> None:
    wide = replace(PUBLIC, host=None, multi_host=True)
    own = (HostAddress("public", "compute1", "10.0.0.3"), HostAddress("public", "compute2", "10.0.0.4"))
    moving = member(1, 5, next_host="compute2")
    found = firewalls(moving, network=wide, host_addresses=own)
    assert found["compute1"]["guest_ports"][0]["dhcp_servers"] == ["10.0.0.3", "10.0.0.4"]
    static = firewalls(member(1, 5), network=replace(PUBLIC, enable_dhcp=False))
    assert static["compute1"]["guest_ports"][0]["dhcp_servers"] == []


@given(st.permutations([member(number, 5 + number % 2 * 2) for number in range(6)]))
def test_the_order_of_instances_means_nothing(guests: list[Instance]) -> None:
    first = firewalls(*sorted(guests, key=lambda guest: guest.name))
    assert {key: first["compute1"][key] for key in ("groups", "guest_ports")} == {
        key: firewalls(*guests)["compute1"][key] for key in ("groups", "guest_ports")
    }


RANGES = st.sampled_from(
    [
        "0.0.0.0/0",
        "::/0",
        "::/96",
        "::1",
        "::2",
        "::ffff:0:0/96",
        "::ffff:10.0.0.1",
        "ff00::/8",
        "224.0.0.0/4",
        "0.0.0.0",
    ]
) | st.ip_addresses().map(str)
NUMBERS = st.none() | st.integers(-2, 300) | st.sampled_from([65535, 65536])


@given(
    st.fixed_dictionaries(
        {"protocol": st.sampled_from([None, "tcp", "udp", "icmp"]), "from_port": NUMBERS, "to_port": NUMBERS},
        optional={"cidr": RANGES},
    )
)
def test_every_rule_that_the_ipam_takes_is_one_to_the_hosts(item: dict[str, Any]) -> None:
    try:
        rule = read_rule(item, "rule")
    except NovaError:
        assume(False)
    stored = GroupRule(rule.protocol, rule.from_port, rule.to_port, rule.cidr, None)
    group = replace(WEB, rules=(stored,))
    snapshot = Snapshot("ipam-1", 7, (PUBLIC,), (member(1, 5),), (), (), security_groups=(group,))
    plans = {plan.host: plan for plan in compile_plans(snapshot, SETTINGS, HOSTS)}
    (taken,) = parse_groups(plans["compute1"].firewall["groups"])
    (held,) = taken.rules
    assert (held.protocol, held.from_port, held.to_port, held.cidr) == (
        rule.protocol,
        rule.from_port,
        rule.to_port,
        rule.cidr,
    )
