# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The subsystem behind nova_floating_ip, on a host in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import (
    Conflict,
    HostError,
    NotFound,
    RolledBack,
)
from ansible_collections.novanet.network.plugins.module_utils.host.floating import Floating
from ansible_collections.novanet.network.plugins.module_utils.host.floating_addresses import parse_interfaces
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Outcome, Request, reconcile

from .nat_host import NatHost

FIRST = {"address": "192.0.2.11", "fixed_address": "10.0.0.3", "interface": "eth0"}
SECOND = {"address": "192.0.2.12", "fixed_address": "10.0.0.4", "interface": "eth0"}
BOTH = {"addresses": [FIRST, SECOND], "purge": True, "send_arp": True, "send_arp_count": 2}
NOTHING: dict[str, Any] = {"addresses": [], "purge": True}
CONNECTION = "tcp 6 9 src=198.51.100.1 dst=192.0.2.11 sport=1 dport=2 src=10.0.0.3 dst=198.51.100.1 sport=2 dport=1\n"


class Site:
    """A host, a memory for it, and an announcer that writes down what it was told."""

    def __init__(self, path: Path) -> None:
        self.host = NatHost(lo=[], eth0=["192.0.2.2/24"], eth1=[])
        self.path = str(path)
        self.journal = f"{self.path}/nova/floating.json"

    def announce(self, addresses: Mapping[str, Sequence[str]], count: int) -> None:
        self.host.log += [
            f"announce {each} on {name} x{count}" for name, listed in addresses.items() for each in listed
        ]

    def apply(self, options: dict[str, Any], check: bool = False) -> Outcome:
        self.host.log.clear()
        return reconcile(Floating("nova", self), options, self.host, Request("nova", self.path, check=check))

    def changes(self, options: dict[str, Any], check: bool = False) -> list[str]:
        return [change.describe() for change in self.apply(options, check).changes]

    def edit(self, name: str, elements: Mapping[tuple[str, ...], str]) -> None:
        table = self.host.tables["ip", "nova_floating"]
        sets = {**table.sets, name: replace(table.sets[name], elements=elements)}
        self.host.tables["ip", "nova_floating"] = replace(table, sets=sets)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_check_mode_predicts_what_the_run_does_and_the_next_run_does_nothing(site):
    predicted = site.apply(BOTH, check=True)
    assert site.host.log == []

    assert site.apply(BOTH) == predicted
    assert site.changes(BOTH) == []
    assert site.host.log == []
    assert site.changes(BOTH, check=True) == []


def test_the_translation_is_there_before_the_address_and_the_address_before_its_announcement(site):
    assert site.changes(BOTH) == [
        "create floating IP 192.0.2.11 (-> 10.0.0.3 on eth0)",
        "create floating IP 192.0.2.12 (-> 10.0.0.4 on eth0)",
    ]
    assert site.host.log == [
        "nft",
        "add 192.0.2.11/32 eth0",
        "add 192.0.2.12/32 eth0",
        "announce 192.0.2.11 on eth0 x2",
        "announce 192.0.2.12 on eth0 x2",
    ]


def test_an_address_goes_before_its_translation_and_its_connections_go_last(site):
    site.apply(BOTH)
    site.host.connections = CONNECTION

    assert site.changes({"addresses": [{"address": "192.0.2.11", "state": "absent"}]}) == [
        "delete floating IP 192.0.2.11 (-> 10.0.0.3 on eth0)"
    ]
    assert site.host.log == ["delete 192.0.2.11/32 eth0", "nft", "conntrack -D -f ipv4 -d 192.0.2.11 -r 10.0.0.3"]


def test_a_moved_address_stays_on_its_interface_and_cuts_old_connections(site):
    site.apply(BOTH)
    site.host.connections = CONNECTION
    moved = {**BOTH, "addresses": [{**FIRST, "fixed_address": "10.0.0.5"}, SECOND]}

    assert site.changes(moved) == ["update floating IP 192.0.2.11 (10.0.0.3 -> 10.0.0.5)"]
    assert site.host.log == [
        "nft",
        "conntrack -D -f ipv4 -d 192.0.2.11 -r 10.0.0.3",
        "announce 192.0.2.11 on eth0 x2",
    ]


def test_an_address_that_changes_its_interface_is_taken_off_and_put_on(site):
    site.apply(BOTH)

    assert site.changes({"addresses": [{**FIRST, "interface": "eth1"}]}) == [
        "update floating IP 192.0.2.11 (eth0 -> eth1)"
    ]
    assert site.host.log == ["delete 192.0.2.11/32 eth0", "nft", "add 192.0.2.11/32 eth1"]


def test_two_guests_change_their_addresses_at_one_instant(site):
    site.apply(BOTH)
    swapped = [{**FIRST, "fixed_address": "10.0.0.4"}, {**SECOND, "fixed_address": "10.0.0.3"}]

    assert len(site.changes({**BOTH, "addresses": swapped})) == 2
    assert site.host.log[0] == "nft"


def test_an_address_that_was_there_is_used_and_not_removed(site):
    site.host.addresses["eth0"].append("192.0.2.11/32")
    site.apply(BOTH)
    site.apply(NOTHING)

    assert site.host.addresses["eth0"] == ["192.0.2.2/24", "192.0.2.11/32"]
    assert site.host.tables == {}


@pytest.mark.parametrize(
    ("interface", "address", "message"),
    [
        ("eth0", "192.0.2.11/24", r"addresses\[0\].address 192.0.2.11 is this host's own address on eth0"),
        ("eth1", "192.0.2.11/32", r"addresses\[0\].address 192.0.2.11 is on eth1 already, where somebody else put it"),
    ],
)
def test_an_address_that_is_something_else_on_this_host_is_refused(site, interface, address, message):
    site.host.addresses[interface].append(address)

    with pytest.raises(Conflict, match=message):
        site.apply(BOTH)
    assert site.host.log == []


def test_an_interface_that_does_not_exist_is_refused_before_anything_changes(site):
    with pytest.raises(
        NotFound, match=r"addresses\[1\].interface eth7 does not exist on this host. It has eth0, eth1, lo"
    ):
        site.apply({"addresses": [FIRST, {**SECOND, "interface": "eth7"}]})
    assert site.host.log == []


def test_a_host_without_conntrack_is_refused_before_anything_changes(site):
    site.host.programs.discard("conntrack")

    with pytest.raises(HostError, match="program conntrack is not installed on this host"):
        site.apply(BOTH)
    assert site.host.log == []


def test_a_deleted_address_comes_back_and_is_announced(site):
    site.apply(BOTH)
    site.host.addresses["eth0"].remove("192.0.2.11/32")

    outcome = site.apply(BOTH, check=True)
    assert [change.describe() for change in outcome.changes] == ["create address 192.0.2.11/32 (on eth0)"]
    assert outcome.before["drift"] == ["missing address 192.0.2.11/32 on eth0"]
    site.apply(BOTH)
    assert site.host.log == ["add 192.0.2.11/32 eth0", "announce 192.0.2.11 on eth0 x2"]


def test_a_deleted_element_comes_back(site):
    site.apply(BOTH)
    site.edit("to_fixed", {("192.0.2.12",): "10.0.0.4"})

    assert site.changes(BOTH) == ["create element ip nova_floating to_fixed (192.0.2.11 : 10.0.0.3)"]
    assert site.changes(BOTH) == []


def test_a_foreign_element_goes_and_so_do_its_connections(site):
    site.apply(BOTH)
    elements = {("192.0.2.11",): "10.0.0.3", ("192.0.2.12",): "10.0.0.4", ("192.0.2.13",): "10.0.0.9"}
    site.edit("to_fixed", elements)
    site.host.connections = CONNECTION.replace("192.0.2.11", "192.0.2.13").replace("10.0.0.3", "10.0.0.9")

    assert site.changes(BOTH) == ["delete foreign element ip nova_floating to_fixed (192.0.2.13 : 10.0.0.9)"]
    assert site.host.log == ["nft", "conntrack -D -f ipv4 -d 192.0.2.13 -r 10.0.0.9"]


def test_a_deleted_table_comes_back(site):
    site.apply(BOTH)
    site.host.tables.clear()

    assert site.changes(BOTH) == ["create table ip nova_floating"]


def test_a_lost_journal_is_no_change_when_the_host_is_right(site):
    site.apply(BOTH)
    del site.host.files[site.journal]

    assert site.changes(BOTH) == []


def test_what_a_crash_left_half_done_is_finished(site):
    site.host.broken, site.host.broken_line = "ip", 2
    with pytest.raises(RolledBack):
        site.apply(BOTH)

    assert len(site.changes(BOTH)) == 2
    assert site.changes(BOTH) == []


def test_a_refused_address_leaves_the_host_as_it_was(site):
    site.apply({"addresses": [FIRST]})
    tables, site.host.broken, site.host.broken_line = dict(site.host.tables), "ip", 2
    third = {"address": "192.0.2.13", "fixed_address": "10.0.0.5", "interface": "eth1"}
    options = {"addresses": [SECOND, third], "purge": True}
    # The first batch takes one address off; the second, which puts two on, fails at its second line.
    with pytest.raises(RolledBack, match="ip address add 192.0.2.13/32 dev eth1 failed: .*already assigned"):
        site.apply(options)

    assert site.host.addresses == {"lo": [], "eth0": ["192.0.2.2/24", "192.0.2.11/32"], "eth1": []}
    assert site.host.tables == tables
    assert site.changes({"addresses": [FIRST], "purge": True}) == []


def test_a_refused_ruleset_puts_addresses_back(site):
    site.apply(BOTH)
    site.host.broken = "nft"

    with pytest.raises(RolledBack, match="the rules are as they were"):
        site.apply({"addresses": [FIRST], "purge": True})
    assert sorted(site.host.addresses["eth0"]) == ["192.0.2.11/32", "192.0.2.12/32", "192.0.2.2/24"]


def test_after_a_lost_journal_our_table_still_says_which_addresses_are_ours(site):
    site.apply(BOTH)
    site.host.addresses["eth0"].append("192.0.2.99/32")
    del site.host.files[site.journal]
    changes = site.changes({"addresses": [FIRST], "purge": True})

    assert "delete address 192.0.2.12/32 (on eth0)" in changes
    assert site.host.addresses["eth0"] == ["192.0.2.2/24", "192.0.2.11/32", "192.0.2.99/32"]
    site.apply(NOTHING)
    assert site.host.addresses["eth0"] == ["192.0.2.2/24", "192.0.2.99/32"]


def test_with_journal_and_table_lost_an_address_is_not_ours_to_remove(site):
    site.apply(BOTH)
    del site.host.files[site.journal]
    site.host.tables.clear()
    site.apply(BOTH)
    site.apply(NOTHING)

    assert "192.0.2.11/32" in site.host.addresses["eth0"]


def test_interfaces_without_addresses_and_other_families_are_read():
    link_local = '{"family": "inet6", "local": "fe80::1", "prefixlen": 64}'
    text = f'[{{}}, {{"ifname": "lo"}}, {{"ifname": "eth0", "addr_info": [{link_local}]}}]'

    assert parse_interfaces(text).names == {"lo", "eth0"}
    assert parse_interfaces(text).addresses == {}
    with pytest.raises(HostError, match="ip printed no JSON"):
        parse_interfaces("Object eth9 does not exist")
