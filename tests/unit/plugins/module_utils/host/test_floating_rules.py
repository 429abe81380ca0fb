# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ruleset of nova_floating_ip."""

from __future__ import annotations

import json

from ansible_collections.novanet.network.plugins.module_utils.host.floating_input import FloatingAddress
from ansible_collections.novanet.network.plugins.module_utils.host.floating_rules import render_table
from ansible_collections.novanet.network.plugins.module_utils.host.nft_diff import commands

from .nft_samples import ADDRESSES


def many(count: int) -> list[FloatingAddress]:
    return [FloatingAddress(f"198.18.{n // 256}.{n % 256}", f"10.0.{n // 256}.{n % 256}", "eth0") for n in range(count)]


def test_every_rule_that_changes_a_source_names_the_outgoing_interface():
    for chain in render_table("nova", ADDRESSES).chains.values():
        for rule in chain.rules:
            text = json.dumps(rule.expressions)
            assert '"snat"' not in text or "oifname" in text


def test_translation_comes_one_step_before_the_outbound_translation_of_networks():
    table = render_table("nova", ADDRESSES)

    assert {chain.name: (chain.hook, chain.priority) for chain in table.chains.values()} == {
        "prerouting": ("prerouting", -101),
        "output": ("output", -101),
        "postrouting": ("postrouting", 99),
    }


def test_both_directions_are_maps():
    table = render_table("nova", ADDRESSES)

    assert table.sets["to_fixed"].elements == {("10.46.169.225",): "10.0.0.3", ("10.46.169.226",): "10.0.0.4"}
    assert table.sets["to_floating"].elements == {
        ("eth0", "10.0.0.3"): "10.46.169.225",
        ("eth1", "10.0.0.4"): "10.46.169.226",
    }


def test_ten_thousand_addresses_have_the_rules_of_one():
    one, ten_thousand = render_table("nova", many(1)), render_table("nova", many(10000))

    assert ten_thousand.chains == one.chains
    assert len(ten_thousand.sets["to_fixed"].elements) == 10000


def test_one_more_of_ten_thousand_is_one_element_a_map():
    before, after = render_table("nova", many(9999)), render_table("nova", many(10000))

    assert [len(command["add"]["element"]["elem"]) for command in commands(after, before)] == [1, 1, 1]


def test_no_addresses_no_table():
    assert render_table("nova", []) is None
