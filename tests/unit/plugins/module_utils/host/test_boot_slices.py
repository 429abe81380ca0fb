# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes up, and what stays down because of what."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host import boot_memory
from ansible_collections.novanet.network.plugins.module_utils.host.boot_slices import (
    LISTS,
    Memory,
    bridges_without_rules,
    known_bridges,
    lost_subsystems,
    moved_addresses,
    needed_interfaces,
    select,
    single_items,
    tables_of_failed,
)
from ansible_collections.novanet.network.plugins.module_utils.host.journal import Journal, remembered_slice

SLICES: dict[str, Any] = {
    "firewall": [{"label": "front", "cidr": "10.0.0.0/16", "bridge": "br100"}],
    "vlans": [{"name": "vlan101", "id": 101, "parent": "eth1"}],
    "bridges": [
        {"name": "br100", "interface": "eth2", "addresses": ["10.0.0.1/16"]},
        {"name": "br101", "interface": "vlan101"},
        {"name": "br102"},
    ],
    "dhcp": [{"bridge": "br100"}],
    "floating": [{"address": "192.0.2.225", "fixed_address": "10.0.0.3", "interface": "eth0"}],
}
OWNED: dict[str, Any] = {"bridges": {"bridges": {"br100": {"found": None, "uplink": None}}}}
CARDS = frozenset({"lo", "eth0", "eth1", "eth2"})


def memory(failed: dict[str, str] | None = None, owned: dict[str, Any] | None = None) -> Memory:
    journals = {
        name: Journal("ipam", 7, {LISTS[name]: items, "purge": True}, {**OWNED, **(owned or {})}.get(name, {}))
        for name, items in SLICES.items()
        if name not in (failed or {})
    }
    return Memory("nova", journals, failed or {})


def applied(known: Memory, name: str, interfaces: frozenset[str]) -> list[str]:
    """Return the names of what is applied."""
    chosen = select(known, name, interfaces)
    items = chosen.slice[LISTS[name]] if chosen.slice else ()
    return [str(item.get("name") or item.get("bridge") or item.get("address")) for item in items]


def test_rules_come_before_links_and_floating_addresses_at_the_end() -> None:
    assert list(LISTS) == ["firewall", "vlans", "bridges", "dhcp", "floating"]
    order = list(LISTS)
    stored = [order.index(name) for name in boot_memory.STORED]
    assert stored == sorted(stored)


def test_what_is_whole_is_applied_as_it_was_stored() -> None:
    everything = CARDS | {"vlan101", "br100", "br101", "br102"}
    for name in LISTS:
        chosen = select(memory(), name, everything)
        assert (chosen.slice, chosen.part, chosen.down) == (memory().journals[name].slice, False, ())


@pytest.mark.parametrize(
    ("damaged", "down"),
    [
        ("firewall", {"br100", "br101", "br102"}),
        ("floating", {"br100"}),
        ("dhcp", set()),
        ("vlans", set()),
        ("bridges", set()),
    ],
)
def test_bridges_stay_down_without_their_rules(damaged: str, down: set[str]) -> None:
    known = memory({damaged: "it is damaged"})
    assert set(bridges_without_rules(known)) == (down if damaged != "bridges" else set())
    if damaged != "bridges":
        assert set(applied(known, "bridges", CARDS | {"vlan101"})) == {"br100", "br101", "br102"} - down
    assert set(known_bridges(known)) >= {"br100"}


def test_a_bridge_of_ipv6_alone_is_known_by_its_rules() -> None:
    prefix = {"label": "six", "cidr": "fd00:1::/64", "bridge": "br106"}
    rules = Journal("ipam", 7, {"networks": [], "prefixes": [prefix]})
    assert known_bridges(Memory("nova", {"firewall": rules})) == ("br106",)
    assert known_bridges(Memory("nova", {"firewall": rules}, {"firewall": "it is damaged"})) == ()


@pytest.mark.parametrize(
    ("addresses", "tables"),
    [
        ([], {("ip", "nova_firewall")}),
        (["10.0.0.1/16"], {("ip", "nova_firewall")}),
        (["fd00:1::1/64"], {("ip6", "nova_firewall")}),
        (["10.0.0.1/16", "fd00:1::1/64"], {("ip", "nova_firewall"), ("ip6", "nova_firewall")}),
    ],
)
def test_a_host_whose_rules_cannot_be_read_needs_a_table_in_the_kernel_for_each_kind_of_address(
    addresses: list[str], tables: set[tuple[str, str]]
) -> None:
    bridges = Journal("ipam", 7, {"bridges": [{"name": "br100", "addresses": addresses}, {"name": "br101"}]})
    assert tables_of_failed(Memory("nova", {"bridges": bridges}, {"firewall": "it is damaged"})) == tables
    assert tables_of_failed(Memory("nova", {"bridges": bridges})) == frozenset()
    floating = Memory("nova", {"bridges": bridges}, {"floating": "it is damaged"})
    assert tables_of_failed(floating) == {("ip", "nova_floating")}


def test_a_damaged_firewall_leaves_floating_addresses_as_they_are() -> None:
    chosen = select(memory({"firewall": "it is damaged"}), "floating", CARDS | {"br100"})
    assert chosen.slice is None
    assert chosen.down == ("floating IP 192.0.2.225 is left as it is: it is damaged",)


def test_a_missing_uplink_keeps_down_what_stands_on_it() -> None:
    here = CARDS - {"eth2"} | {"vlan101"}
    chosen = select(memory(), "bridges", here)
    assert chosen.down == ("bridge br100 stays down: interface eth2 does not exist",)
    assert chosen.part and chosen.slice is not None and chosen.slice["purge"] is False
    assert applied(memory(), "bridges", here) == ["br101", "br102"]
    assert applied(memory(), "dhcp", here) == [] == applied(memory(), "floating", here)


def test_a_missing_parent_keeps_its_vlan_down() -> None:
    assert select(memory(), "vlans", CARDS - {"eth1"}).down == (
        "VLAN interface vlan101 stays down: interface eth1 does not exist",
    )


def test_a_bridge_that_somebody_else_makes_is_not_made_in_its_place() -> None:
    known = memory(owned={"bridges": {"bridges": {"br102": {"found": {"mac": "x"}, "uplink": None}}}})
    assert needed_interfaces(known) == {"eth0", "eth1", "eth2", "br102"}
    assert applied(known, "bridges", CARDS | {"vlan101"}) == ["br100", "br101"]
    assert applied(known, "bridges", CARDS | {"vlan101", "br102"}) == ["br100", "br101", "br102"]


def test_only_what_others_bring_is_waited_for() -> None:
    assert needed_interfaces(memory()) == {"eth0", "eth1", "eth2"}
    uplink = {"name": "eth2", "addresses": [{"local": "192.0.2.5"}]}
    known = memory(owned={"bridges": {"bridges": {"br100": {"found": None, "uplink": uplink}}}})
    assert moved_addresses(known) == {"br100": ("eth2", frozenset({"192.0.2.5"}))}


def test_a_plan_says_something_for_each_so_none_may_be_missing() -> None:
    by_plan, by_hand = Journal("ipam", 7, {}), Journal(slice={})
    assert lost_subsystems({"bridges": by_plan}) == ("firewall", "vlans", "dhcp", "floating")
    assert lost_subsystems({"bridges": by_hand}) == ()


def test_items_are_tried_one_by_one_without_removing_the_others() -> None:
    parts = single_items({"bridges": SLICES["bridges"], "purge": True}, "bridges")
    assert [title for title, _part in parts] == ["bridge br100", "bridge br101", "bridge br102"]
    assert all(len(part["bridges"]) == 1 and part["purge"] is False for _title, part in parts)


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        (None, {"bridges": [{"name": "a"}]}, ["a"]),
        ({"bridges": [{"name": "a"}]}, {"bridges": [{"name": "b"}]}, ["a", "b"]),
        ({"bridges": [{"name": "a"}]}, {"bridges": [{"name": "b"}], "purge": True}, ["b"]),
        ({"bridges": [{"name": "a"}]}, {"bridges": [{"name": "a", "state": "absent"}]}, []),
        ({"bridges": [{"name": "a", "mtu": 1}]}, {"bridges": [{"name": "a"}]}, ["a"]),
        ({"bridges": [{"name": "a"}]}, {"bridges": []}, ["a"]),
    ],
)
def test_what_is_remembered_is_what_shall_be(before: Any, now: Any, after: list[str]) -> None:
    remembered = remembered_slice(before, now)
    assert [item["name"] for item in remembered["bridges"]] == after
    assert not any("mtu" in item for item in remembered["bridges"])


def test_a_lease_that_was_taken_over_is_not_told_again() -> None:
    server = {"bridge": "br100", "listen_addresses": ["10.0.0.1"]}

    remembered = remembered_slice(None, {"servers": [{**server, "leases": [{"address": "10.0.0.2"}]}]})
    assert remembered == {"servers": [server]}
