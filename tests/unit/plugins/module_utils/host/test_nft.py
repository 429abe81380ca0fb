# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables as data: what nft lists is what was rendered, and nothing of it is lost."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import CommandFailed, HostError
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_bridge import render_bridge_table
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_rules import render_ip_table
from ansible_collections.novanet.network.plugins.module_utils.host.floating_rules import render_table
from ansible_collections.novanet.network.plugins.module_utils.host.nft import (
    VERDICT,
    normalise,
    parse_key,
    parse_table,
    parse_value,
    read_table,
    render_key,
    render_value,
    write_tables,
)
from ansible_collections.novanet.network.plugins.module_utils.host.runner import Completed

from .nft_samples import ADDRESSES, GUARDED, SETTINGS, listed, listing


class OneAnswer:
    """A runner on which every command ends in the same way."""

    def __init__(self, code: int, out: str = "", err: str = "") -> None:
        self.answer = (code, out, err)
        self.asked: list[tuple[Any, ...]] = []

    def run(self, argv: Any, stdin: str | None = None, accept: Any = (0,)) -> Completed:
        self.asked.append((tuple(argv), stdin))
        if self.answer[0] not in accept:
            raise CommandFailed(tuple(argv), self.answer[0], self.answer[2])
        return Completed(tuple(argv), *self.answer)


def compared(field: str, value: Any) -> Any:
    """Return a comparison as nft lists it."""
    protocol, _space, name = field.partition(" ")
    left = {"payload": {"protocol": protocol, "field": name}} if name else {"meta": {"key": field}}
    return {"match": {"op": "==", "left": left, "right": value}}


def test_the_firewall_that_nft_lists_is_the_one_that_was_rendered():
    assert listed("firewall_ip", "ip", "nova_firewall") == render_ip_table("nova", SETTINGS)
    assert listed("firewall_bridge", "bridge", "nova_firewall") == render_bridge_table("nova", SETTINGS)
    assert listed("firewall_groups", "bridge", "nova_firewall") == render_bridge_table("nova", GUARDED)


def test_the_floating_table_that_nft_lists_is_the_one_that_was_rendered():
    assert listed("floating", "ip", "nova_floating") == render_table("nova", ADDRESSES)


def test_objects_that_we_never_make_are_seen():
    assert listed("foreign", "ip", "foreign").others == (("counter", "hits"),)


@pytest.mark.parametrize("text", ["", "nothing", "[]", '{"nftables": 3}', '{"nftables": [[]]}', '{"nftables": [{}]}'])
def test_what_is_no_listing_is_an_error_and_no_empty_table(text):
    with pytest.raises(HostError, match="table ip nova_firewall cannot be read"):
        parse_table(text, "ip", "nova_firewall")


def test_a_table_that_is_not_there_is_none():
    runner = OneAnswer(1, err="Error: No such file or directory\nlist table ip nova_firewall\n")

    assert read_table(runner, "ip", "nova_firewall") is None
    assert runner.asked == [(("nft", "-j", "list", "table", "ip", "nova_firewall"), None)]


def test_any_other_failure_of_nft_is_an_error():
    with pytest.raises(CommandFailed, match="Operation not permitted"):
        read_table(OneAnswer(1, err="Error: Operation not permitted (you must be root)"), "ip", "nova_firewall")


def test_only_our_own_table_is_asked_for():
    runner = OneAnswer(0, out=listing("floating"))

    assert read_table(runner, "ip", "nova_floating") == render_table("nova", ADDRESSES)
    assert [argv for argv, _stdin in runner.asked] == [("nft", "-j", "list", "table", "ip", "nova_floating")]


def test_a_refused_transaction_says_that_nothing_changed():
    with pytest.raises(HostError, match="refused, the rules are as they were: Error: Could not process rule"):
        write_tables(OneAnswer(1, err="Error: Could not process rule: Operation not supported"), [])


@pytest.mark.parametrize(
    ("key", "types", "parts"),
    [
        ("10.0.0.3", ("ipv4_addr",), ("10.0.0.3",)),
        ({"prefix": {"addr": "10.0.0.0", "len": 8}}, ("ipv4_addr",), ("10.0.0.0/8",)),
        ({"range": ["10.0.0.1", "10.0.0.9"]}, ("ipv4_addr",), ("10.0.0.1-10.0.0.9",)),
        ({"concat": ["eth-0", "10.0.0.3"]}, ("ifname", "ipv4_addr"), ("eth-0", "10.0.0.3")),
    ],
)
def test_a_key_survives_the_way_there_and_back(key, types, parts):
    assert parse_key(key) == parts
    assert render_key(parts, types) == key


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"goto": {"target": "into.web"}}, "goto into.web"),
        ({"jump": {"target": "a-b"}}, "jump a-b"),
        ({"drop": None}, "drop"),
        ({"accept": None}, "accept"),
    ],
)
def test_a_verdict_survives_the_way_there_and_back(value, text):
    assert parse_value(value) == text
    assert render_value(text, VERDICT) == value


def test_a_network_of_one_address_is_that_address():
    assert parse_key({"prefix": {"addr": "10.0.0.3", "len": 32}}) == ("10.0.0.3",)


def test_what_somebody_wrote_beside_an_element_does_not_make_it_another():
    assert parse_key({"elem": {"val": "10.0.0.3", "comment": "hello"}}) == ("10.0.0.3",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"counter": {"packets": 7, "bytes": 9}}, {"counter": None}),
        ({"match": {"right": ["related", "established"]}}, {"match": {"right": ["established", "related"]}}),
        ({"match": {"right": ["dnat"]}}, {"match": {"right": "dnat"}}),
        (compared("l4proto", "ipv6-icmp"), compared("l4proto", 58)),
        (compared("icmp type", "echo-request"), compared("icmp type", 8)),
        (compared("icmp code", "admin-prohibited"), compared("icmp code", 13)),
        (compared("icmpv6 type", {"set": ["nd-router-advert", 130]}), compared("icmpv6 type", {"set": [130, 134]})),
    ],
)
def test_what_is_no_part_of_the_meaning_is_left_out(one, other):
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"counter": "hits"}, {"counter": None}),
        (compared("icmp code", "admin-prohibited"), compared("icmpv6 code", "admin-prohibited")),
        (compared("icmp type", "echo-request"), compared("icmp type", "echo-reply")),
        ({"concat": ["b", "a"]}, {"concat": ["a", "b"]}),
        ({"range": ["10.0.0.9", "10.0.0.10"]}, {"range": ["10.0.0.10", "10.0.0.9"]}),
    ],
)
def test_what_differs_in_meaning_stays_different(one, other):
    assert normalise(one) != normalise(other)
