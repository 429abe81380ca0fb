# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules as people read them."""

from __future__ import annotations

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_rules import render_ip_table
from ansible_collections.novanet.network.plugins.module_utils.host.nft import Rule
from ansible_collections.novanet.network.plugins.module_utils.host.nft_text import describe_element, describe_rule

from .nft_samples import SETTINGS, listed


def test_foreign_rules_read_as_their_authors_wrote_them():
    rules = listed("foreign", "ip", "foreign").chains["input"].rules

    assert [describe_rule(rule) for rule in rules][:9] == [
        "tcp dport 22 accept",
        "ip saddr 10.0.0.0/8 udp sport != 53 counter drop",
        "tcp dport { 22, 80-90 } reject with icmp port-unreachable",
        "ip daddr vmap { 10.0.0.1 : drop, 10.0.0.2 : jump extra }",
        'counter name hits limit rate 3/second log prefix "x"',
        "ct state established,related accept",
        "meta mark & 3 == 1 meta mark set meta mark | 4",
        "return",
        "iifname . oifname { eth0 . eth1 } goto extra",
    ]


def test_our_own_rules_read_like_a_ruleset():
    table = render_ip_table("nova", SETTINGS)

    assert [describe_rule(rule) for rule in table.chains["prerouting"].rules + table.chains["postrouting"].rules] == [
        "iifname @bridges ip daddr 169.254.169.254 tcp dport 80 dnat to 192.0.2.20:8775",
        "oifname @bridges ct status dnat snat to ip saddr map @sources",
        "oifname @bridges ct status dnat ip saddr . ip daddr @same_network masquerade",
        "snat to oifname . ip saddr . ip daddr map @outbound",
    ]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [(("10.0.0.3",), "", "10.0.0.3"), (("eth0", "10.0.0.3"), "192.0.2.3", "eth0 . 10.0.0.3 : 192.0.2.3")],
)
def test_an_element_reads_as_in_a_ruleset(key, value, text):
    assert describe_element(key, value) == text


def test_what_is_not_known_is_shown_as_nft_gave_it():
    assert describe_rule(Rule(({"tproxy": {"port": 3}}, {"xt": None}))) == '{"tproxy": {"port": 3}} {"xt": null}'
