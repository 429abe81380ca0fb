# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ruleset of nova_firewall."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.host.firewall_input import (
    FirewallNetwork,
    Metadata,
    Settings,
)
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_rules import render_ip_table
from ansible_collections.novanet.network.plugins.module_utils.host.nft import Rule, Table
from ansible_collections.novanet.network.plugins.module_utils.host.nft_build import SOURCE
from ansible_collections.novanet.network.plugins.module_utils.host.nft_text import describe_rule
from hypothesis import given
from hypothesis import strategies as st

from .nft_samples import SETTINGS


def networks(count: int) -> tuple[FirewallNetwork, ...]:
    return tuple(
        FirewallNetwork(
            f"net{number:04}", f"10.{number // 256}.{number % 256}.0/24", f"br{number}", "eth0", "192.0.2.1"
        )
        for number in range(count)
    )


def rules(table: Table) -> Iterator[Rule]:
    return (rule for chain in table.chains.values() for rule in chain.rules)


def statements(rule: Rule, kind: str) -> list[Mapping[str, Any]]:
    return [expression[kind] for expression in rule.expressions if kind in expression]


FLAGS = st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans())


@given(st.integers(1, 5), FLAGS)
def test_every_rule_that_changes_a_source_names_the_outgoing_interface(count, flags):
    with_metadata, with_ports, with_source, with_force = flags
    listed = tuple(
        replace(network, source_address="192.0.2.1" if with_source else None, force_snat=("10.9.0.0/16",) * with_force)
        for network in networks(count)
    )
    settings = Settings(listed, Metadata("192.0.2.9", 80) if with_metadata else None, ("eth2",) * with_ports)

    for rule in rules(render_ip_table("nova", settings)):
        changes_source = [
            *(each for each in statements(rule, "snat") if each["addr"] != SOURCE),
            *statements(rule, "masquerade"),
        ]
        assert not changes_source or "oifname" in json.dumps(rule.expressions)


def test_a_thousand_networks_have_the_rules_of_one():
    one, many = (render_ip_table("nova", replace(SETTINGS, networks=networks(count))) for count in (1, 1000))

    assert one.chains == many.chains
    assert len(many.sets["outbound"].elements) == 1000


def test_outbound_traffic_is_translated_by_interface_network_and_destination():
    assert render_ip_table("nova", SETTINGS).sets["outbound"].elements == {
        ("eth0", "10.0.0.0/24", "198.51.100.0/24"): "192.0.2.10",
        ("eth0", "10.0.0.0/24", "203.0.113.7"): "192.0.2.10",
        ("eth0", "10.0.2.0/24", "0.0.0.0/0"): "192.0.2.10",
    }


def test_the_metadata_server_and_no_snat_destinations_see_fixed_addresses():
    assert set(render_ip_table("nova", SETTINGS).sets["untranslated"].elements) == {
        ("10.0.0.0/24", "10.128.0.0/23"),
        ("10.0.0.0/24", "192.0.2.20"),
        ("10.0.1.0/24", "192.0.2.20"),
        ("10.0.2.0/24", "192.0.2.20"),
    }


def test_a_metadata_server_inside_a_no_snat_range_is_no_second_element():
    blue = replace(SETTINGS.networks[0], no_snat=("192.0.2.0/24",))
    settings = Settings((blue,), SETTINGS.metadata)

    assert set(render_ip_table("nova", settings).sets["untranslated"].elements) == {("10.0.0.0/24", "192.0.2.0/24")}


def test_a_metadata_server_on_loopback_is_reached_on_the_bridge():
    table = render_ip_table("nova", replace(SETTINGS, metadata=Metadata("127.0.0.1", 8775)))

    assert [describe_rule(rule) for rule in table.chains["prerouting"].rules] == [
        "iifname @bridges ip daddr 169.254.169.254 tcp dport 80 redirect to :8775"
    ]
    assert "127.0.0.1" not in json.dumps([list(key) for each in table.sets.values() for key in each.elements])


def test_without_a_metadata_server_nothing_is_redirected():
    assert render_ip_table("nova", replace(SETTINGS, metadata=None)).chains["prerouting"].rules == ()


def test_packets_are_marked_only_where_the_guard_looks():
    assert "mark" in render_ip_table("nova", SETTINGS).chains
    assert "mark" not in render_ip_table("nova", replace(SETTINGS, hairpin_ports=())).chains


def test_hooks_have_the_priorities_of_the_design():
    table = render_ip_table("nova", SETTINGS)
    hooks = {chain.name: (chain.hook, chain.priority) for chain in table.chains.values() if chain.hook}

    assert hooks == {
        "prerouting": ("prerouting", -100),
        "mark": ("prerouting", -50),
        "forward": ("forward", 0),
        "untranslated": ("postrouting", 98),
        "postrouting": ("postrouting", 100),
    }


def test_a_host_that_is_no_gateway_has_no_table():
    assert render_ip_table("nova", Settings(hairpin_ports=("eth2",))) is None
