# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of nova_firewall for frames on bridges."""

from __future__ import annotations

import json
from dataclasses import replace

from ansible_collections.novanet.network.plugins.module_utils.host.firewall_bridge import (
    render_bridge_table,
    returning_mac,
)
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_input import Isolated, Settings
from ansible_collections.novanet.network.plugins.module_utils.host.nft_text import describe_rule

from .nft_samples import SETTINGS


def test_there_is_a_table_only_for_what_is_asked_for():
    guard, isolation = replace(SETTINGS, isolated=()), replace(SETTINGS, hairpin_ports=())

    assert list(render_bridge_table("nova", guard).chains) == ["forward", "returning"]
    assert list(render_bridge_table("nova", isolation).chains) == ["from_uplinks", "to_uplinks"]
    assert render_bridge_table("nova", replace(guard, hairpin_ports=())) is None


def test_a_host_that_is_no_gateway_has_its_guard_too():
    assert render_bridge_table("nova", Settings(hairpin_ports=("eth2",))) is not None


def test_hooks_come_before_br_netfilter():
    chains = render_bridge_table("nova", SETTINGS).chains.values()

    assert {chain.hook: chain.priority for chain in chains if chain.hook} == {
        "forward": -199,
        "prerouting": -300,
        "postrouting": -199,
    }


def test_both_ways_arp_is_dropped_by_uplink_and_address_and_dhcp_by_uplink():
    chains = render_bridge_table("nova", SETTINGS).chains

    for name, interface in (("from_uplinks", "iifname"), ("to_uplinks", "oifname")):
        assert [describe_rule(rule) for rule in chains[name].rules] == [
            f"{interface} . arp saddr ip @isolated counter drop",
            f"{interface} . arp daddr ip @isolated counter drop",
            f"{interface} @uplinks udp dport 67-68 counter drop",
        ]


def test_a_thousand_isolated_addresses_have_the_rules_of_one():
    listed = tuple(
        Isolated(f"br{number}", f"vlan{number}", f"10.{number // 256}.{number % 256}.1") for number in range(1000)
    )
    one, many = (render_bridge_table("nova", Settings(isolated=listed[:count])) for count in (1, 1000))

    assert one.chains == many.chains
    assert (len(many.sets["isolated"].elements), len(many.sets["uplinks"].elements)) == (1000, 1000)


def test_two_addresses_behind_one_uplink_make_one_uplink():
    table = render_bridge_table(
        "nova", Settings(isolated=(Isolated("br0", "eth2", "10.0.0.1"), Isolated("br0", "eth2", "10.1.0.1")))
    )

    assert list(table.sets["uplinks"].elements) == [("eth2",)]


def test_frames_that_go_back_carry_a_mac_of_nobody():
    first = int(returning_mac("nova")[:2], 16)

    assert first & 2 and not first & 1
    assert returning_mac("nova") != returning_mac("other")
    assert returning_mac("nova") in json.dumps(
        [rule.expressions for rule in render_bridge_table("nova", SETTINGS).chains["returning"].rules]
    )
