# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Differences of tables: named exactly, repaired exactly, and nothing done where there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_rules import render_ip_table
from ansible_collections.novanet.network.plugins.module_utils.host.floating_input import FloatingAddress
from ansible_collections.novanet.network.plugins.module_utils.host.floating_rules import render_table
from ansible_collections.novanet.network.plugins.module_utils.host.nft import Chain, ElementSet, Rule, Table
from ansible_collections.novanet.network.plugins.module_utils.host.nft_build import (
    ACCEPT,
    DESTINATION,
    DROP,
    match,
    rule,
)
from ansible_collections.novanet.network.plugins.module_utils.host.nft_diff import commands, differences
from hypothesis import given
from hypothesis import strategies as st

from .nft_samples import SETTINGS, listed, load

FOREIGN = rule(match(DESTINATION, "10.0.0.9"), ACCEPT)


def table_of(*chains: Chain, sets: tuple[ElementSet, ...] = (), others: tuple[tuple[str, str], ...] = ()) -> Table:
    return Table("ip", "nova_x", {chain.name: chain for chain in chains}, {each.name: each for each in sets}, others)


BASE = Chain("forward", (rule(DROP),), "filter", "forward", 0, "accept")
SET = ElementSet("bridges", ("ifname",), elements={("br100",): ""})
MAP = ElementSet("to_fixed", ("ipv4_addr",), "ipv4_addr", elements={("192.0.2.1",): "10.0.0.1"})
WANT = table_of(BASE, Chain("to_guests", (rule(ACCEPT),)), sets=(SET, MAP))


def changed(**parts) -> Table:
    return replace(WANT, **parts)


def with_chain(chain: Chain) -> Table:
    return changed(chains={**WANT.chains, chain.name: chain})


def with_set(each: ElementSet) -> Table:
    return changed(sets={**WANT.sets, each.name: each})


def without(part: str, name: str) -> Table:
    return replace(WANT, **{part: {key: each for key, each in getattr(WANT, part).items() if key != name}})


DRIFTS = {
    "a foreign rule in front": (
        with_chain(replace(BASE, rules=(FOREIGN, rule(DROP)))),
        ["foreign rule in ip nova_x forward: ip daddr 10.0.0.9 accept"],
    ),
    "a foreign rule at the end": (
        with_chain(replace(BASE, rules=(rule(DROP), FOREIGN))),
        ["foreign rule in ip nova_x forward: ip daddr 10.0.0.9 accept"],
    ),
    "a deleted rule": (with_chain(replace(BASE, rules=())), ["missing rule in ip nova_x forward: drop"]),
    "a changed rule": (
        with_chain(replace(BASE, rules=(rule(ACCEPT),))),
        ["foreign rule in ip nova_x forward: accept", "missing rule in ip nova_x forward: drop"],
    ),
    "a rule that is there twice": (
        with_chain(replace(BASE, rules=(rule(DROP), rule(DROP)))),
        ["foreign rule in ip nova_x forward: drop"],
    ),
    "a chain hooked in elsewhere": (
        with_chain(replace(BASE, priority=7)),
        [
            "different chain in ip nova_x forward: type filter hook forward priority 7 policy accept"
            " -> type filter hook forward priority 0 policy accept"
        ],
    ),
    "a foreign chain": (with_chain(Chain("extra", (FOREIGN,))), ["foreign chain in ip nova_x extra"]),
    "a deleted chain": (without("chains", "to_guests"), ["missing chain in ip nova_x to_guests"]),
    "a deleted element": (
        with_set(replace(SET, elements={})),
        ["missing element in ip nova_x bridges: br100"],
    ),
    "a foreign element": (
        with_set(replace(MAP, elements={**MAP.elements, ("192.0.2.9",): "10.0.0.9"})),
        ["foreign element in ip nova_x to_fixed: 192.0.2.9 : 10.0.0.9"],
    ),
    "an element that points elsewhere": (
        with_set(replace(MAP, elements={("192.0.2.1",): "10.0.0.9"})),
        ["different element in ip nova_x to_fixed: 192.0.2.1 : 10.0.0.9 -> 10.0.0.1"],
    ),
    "a set of another type": (
        with_set(replace(SET, key_types=("ipv4_addr",), elements={})),
        ["different set in ip nova_x bridges"],
    ),
    "a foreign map": (
        with_set(ElementSet("extra", ("ipv4_addr",), "verdict", elements={("10.0.0.1",): '{"drop": null}'})),
        ["foreign map in ip nova_x extra"],
    ),
    "a deleted map": (without("sets", "to_fixed"), ["missing map in ip nova_x to_fixed"]),
    "a foreign counter": (changed(others=(("counter", "hits"),)), ["foreign counter in ip nova_x hits"]),
    "no table at all": (None, ["missing table in ip nova_x"]),
}


@pytest.mark.parametrize(("have", "sentences"), DRIFTS.values(), ids=DRIFTS.keys())
def test_drift_is_named_exactly(have, sentences):
    assert [difference.sentence() for difference in differences(WANT, have)] == sentences


@pytest.mark.parametrize("have", [have for have, _sentences in DRIFTS.values()], ids=DRIFTS.keys())
def test_drift_is_repaired_exactly(have):
    assert load(have, commands(WANT, have)) == WANT


def test_a_table_that_is_right_is_left_alone():
    assert differences(WANT, WANT) == ()
    assert commands(WANT, WANT) == []
    assert differences(None, None) == ()
    assert commands(None, None) == []


def test_a_table_that_nobody_wants_goes_whole():
    assert [difference.sentence() for difference in differences(None, WANT)] == ["foreign table in ip nova_x"]
    assert commands(None, WANT) == [{"delete": {"table": {"family": "ip", "name": "nova_x"}}}]


def test_the_words_for_people_tell_ours_from_foreign():
    have = with_chain(replace(BASE, rules=(FOREIGN,)))

    assert [difference.change().describe() for difference in differences(WANT, have)] == [
        "delete foreign rule ip nova_x forward (ip daddr 10.0.0.9 accept)",
        "create rule ip nova_x forward (drop)",
    ]


def test_one_more_element_touches_nothing_else():
    have = with_set(replace(MAP, elements={}))

    assert commands(WANT, have) == [
        {
            "add": {
                "element": {"family": "ip", "table": "nova_x", "name": "to_fixed", "elem": [["192.0.2.1", "10.0.0.1"]]}
            }
        }
    ]


def test_a_whole_foreign_table_under_our_name_becomes_ours():
    want, have = replace(render_ip_table("nova", SETTINGS), name="foreign"), listed("foreign", "ip", "foreign")

    assert load(have, commands(want, have)) == want


ADDRESSES = st.integers(0, 30).map(lambda number: f"192.0.2.{number}")
FIXED = st.integers(0, 30).map(lambda number: f"10.0.0.{number}")
FLOATING = st.builds(FloatingAddress, ADDRESSES, FIXED, st.sampled_from(["eth0", "eth1"]))
LISTS = st.lists(FLOATING, max_size=12, unique_by=(lambda each: each.address, lambda each: each.fixed_address))
RULES = st.lists(st.sampled_from([FOREIGN, rule(DROP), rule(ACCEPT)]), max_size=4).map(tuple)


@given(LISTS, LISTS)
def test_any_list_of_addresses_becomes_any_other(one, other):
    want, have = render_table("nova", other), render_table("nova", one)

    after = load(have, commands(want, have))

    assert after == want
    assert differences(want, after) == ()


@given(RULES, RULES)
def test_any_rules_become_any_others(one: tuple[Rule, ...], other: tuple[Rule, ...]):
    want, have = with_chain(replace(BASE, rules=other)), with_chain(replace(BASE, rules=one))

    assert load(have, commands(want, have)) == want
    assert bool(differences(want, have)) == (one != other)
