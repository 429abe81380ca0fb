# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups through the subsystem behind nova_firewall: changes in words, phases, drift, the kernel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.novanet.network.plugins.module_utils.errors import HostError
from ansible_collections.novanet.network.plugins.module_utils.host.firewall import Firewall
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_forwarding import IPV6
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_input import Settings, merge, parse_want
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_phases import close, let_go
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Outcome, Request, reconcile
from ansible_collections.novanet.network.plugins.modules import nova_firewall
from hypothesis import given

from .nat_host import NatHost
from .test_firewall_groups import settings

WEB = {
    "name": "group_12",
    "title": "web of project red",
    "rules": [
        {"protocol": "tcp", "from_port": 80, "to_port": 80, "cidr": "0.0.0.0/0"},
        {"protocol": "icmp", "from_port": 8, "group": "group_15"},
    ],
}
FRIENDS = {"name": "group_15", "title": "friends of project red", "members": ["10.0.0.5", "fd00::5"]}
ONE = {"name": "tap1", "groups": ["group_12"], "dhcp_servers": ["10.0.0.1"]}
TWO = {"name": "tap2", "groups": ["group_12", "group_15"], "dhcp_servers": []}
BOTH: dict[str, Any] = {"networks": [], "groups": [WEB, FRIENDS], "guest_ports": [ONE, TWO], "purge": True}
NOTHING: dict[str, Any] = {"networks": [], "purge": True}
TABLE = ("bridge", "nova_firewall")


class Site:
    """A host and a memory for it."""

    def __init__(self, path: Path) -> None:
        self.host = NatHost()
        self.path = str(path)

    def apply(self, options: dict[str, Any], phase: str = "all", check: bool = False) -> Outcome:
        self.host.log.clear()
        request = Request("nova", self.path, check=check)
        return reconcile(Firewall("nova", self.path, phase), options, self.host, request)

    def changes(self, options: dict[str, Any], phase: str = "all", check: bool = False) -> list[str]:
        return [change.describe() for change in self.apply(options, phase, check).changes]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_preview_foretells_the_run_and_the_next_run_does_nothing(site: Site) -> None:
    predicted = site.apply(BOTH, check=True)
    assert site.host.tables == {}

    assert site.apply(BOTH) == predicted
    assert site.changes(BOTH) == site.changes(BOTH, check=True) == site.host.log == []


def test_changes_are_told_by_the_titles_of_groups(site: Site) -> None:
    assert site.changes(BOTH) == [
        "create security group web of project red (2 rules)",
        "create security group friends of project red (0 rules)",
        "create filter of port tap1 (groups web of project red)",
        "create filter of port tap2 (groups web of project red, friends of project red)",
    ]
    rules = [{"protocol": "udp", "cidr": "fd00::/64"}, WEB["rules"][1]]
    groups = [{**WEB, "rules": rules}, {**FRIENDS, "members": ["10.0.0.6", "fd00::5"]}]
    ports = [{**ONE, "dhcp_servers": ["10.0.0.2"]}, {**TWO, "groups": []}]
    assert site.changes({**BOTH, "groups": groups, "guest_ports": ports}) == [
        "update security group web of project red "
        "(rules added: udp from fd00::/64; rules removed: tcp 80 from 0.0.0.0/0)",
        "update security group friends of project red (members added: 10.0.0.6; members removed: 10.0.0.5)",
        "update filter of port tap1 (DHCP servers added: 10.0.0.2; DHCP servers removed: 10.0.0.1)",
        "update filter of port tap2 (groups web of project red, friends of project red -> none)",
    ]
    assert site.changes(NOTHING) == [
        "delete security group web of project red",
        "delete security group friends of project red",
        "delete filter of port tap1",
        "delete filter of port tap2",
    ]
    assert site.host.tables == {}


def test_many_members_are_counted(site: Site) -> None:
    site.apply(BOTH)
    many = {**FRIENDS, "members": [*FRIENDS["members"], *(f"10.1.0.{number}" for number in range(1, 9))]}

    (change,) = site.changes({**BOTH, "groups": [WEB, many]})
    assert change.endswith("(members added: 10.1.0.1, 10.1.0.2, 10.1.0.3, 10.1.0.4, 10.1.0.5 and 3 more)")


def test_one_more_port_or_member_changes_elements_only(site: Site) -> None:
    site.apply({**BOTH, "guest_ports": [ONE]})
    chains = site.host.tables[TABLE].chains
    more = {**FRIENDS, "members": ["10.0.0.7"]}
    site.apply({**BOTH, "groups": [WEB, more], "guest_ports": [ONE, {**ONE, "name": "tap3"}]})

    assert site.host.tables[TABLE].chains == chains
    assert site.host.tables[TABLE].sets["group_15_v4"].elements == {("10.0.0.7",): ""}


def test_what_is_there_afterwards_is_returned(site: Site) -> None:
    after = site.apply(BOTH).after

    assert after["guest_ports"] == [ONE, TWO]
    assert [group["title"] for group in after["groups"]] == ["web of project red", "friends of project red"]
    everything = {"protocol": "tcp", "from_port": 80, "to_port": 80, "cidr": "0.0.0.0/0", "group": None}
    assert everything in after["groups"][0]["rules"]


def test_another_title_alone_is_no_change(site: Site) -> None:
    site.apply(BOTH)

    assert site.changes({**BOTH, "groups": [{**WEB, "title": "web of project blue"}, FRIENDS]}) == []


def test_drift_is_named_and_repaired(site: Site) -> None:
    site.apply(BOTH)
    table = site.host.tables[TABLE]
    guests = replace(table.sets["guests"], elements={("tap1",): "accept", ("tap2",): "goto into.group_12.group_15"})
    site.host.tables[TABLE] = replace(table, sets={**table.sets, "guests": guests})

    assert site.apply(BOTH, check=True).before["drift"] == [
        "different element in bridge nova_firewall guests: tap1 : accept -> goto into.group_12"
    ]
    assert site.changes(BOTH) == ["update element bridge nova_firewall guests (tap1 : accept -> goto into.group_12)"]
    assert site.host.tables[TABLE] == table


def test_a_lost_journal_is_no_change_when_the_rules_are_right(site: Site) -> None:
    site.apply(BOTH)
    del site.host.files[f"{site.path}/nova/firewall.json"]

    assert site.changes(BOTH) == []


def test_a_port_that_goes_is_filtered_as_it_was_until_it_is_gone(site: Site) -> None:
    site.apply(BOTH)
    tighter = {**FRIENDS, "members": []}
    less = {**BOTH, "groups": [tighter], "guest_ports": [{**TWO, "groups": ["group_15"]}]}
    foreseen = [site.changes(less, phase, check=True) for phase in ("make", "remove")]

    made = site.apply(less, "make")
    assert made.pending
    assert [group["name"] for group in made.after["groups"]] == ["group_12", "group_15"]
    assert made.after["guest_ports"] == [ONE, {**TWO, "groups": ["group_15"]}]
    removed = site.apply(less, "remove")
    assert ([group["name"] for group in removed.after["groups"]], len(removed.after["guest_ports"])) == (
        ["group_15"],
        1,
    )

    told = [[change.describe() for change in each.changes] for each in (made, removed)]
    assert (
        told
        == foreseen
        == [
            [
                "update security group friends of project red (members removed: 10.0.0.5, fd00::5)",
                "update filter of port tap2 "
                "(groups web of project red, friends of project red -> friends of project red)",
            ],
            ["delete security group web of project red", "delete filter of port tap1"],
        ]
    )
    assert not site.apply(less, "make").pending
    assert site.changes(less) == []


@given(settings(), settings())
def test_no_port_is_ever_open_between_the_calls_and_the_end_is_what_one_call_makes(
    known: Settings, wanted: Settings
) -> None:
    groups = [{"name": group.name, "rules": [vars(rule) for rule in group.rules]} for group in wanted.groups]
    ports = [{"name": port.name, "groups": port.groups} for port in wanted.guest_ports]
    want = parse_want({"networks": [], "groups": groups, "guest_ports": ports, "purge": True})

    middle, final = close(want, known), merge(want, known)
    assert {port.name for port in middle.guest_ports} == {
        port.name for port in (*known.guest_ports, *final.guest_ports)
    }
    assert set(final.guest_ports) <= set(middle.guest_ports)
    assert {name for port in middle.guest_ports for name in port.groups} <= {group.name for group in middle.groups}
    assert let_go(merge(want, middle), middle) == final


@pytest.mark.parametrize("check", [True, False], ids=["preview", "run"])
def test_a_kernel_that_does_not_track_bridged_connections_is_refused_before_anything_is_changed(
    site: Site, check: bool
) -> None:
    site.host.tracks_bridges = False

    with pytest.raises(HostError, match="this kernel has no connection tracking for bridges"):
        site.apply(BOTH, check=check)
    assert (site.host.tables, site.host.log) == ({}, [])
    # The control: nothing else needs it.
    assert site.changes({**BOTH, "guest_ports": []})


@pytest.mark.parametrize("known_by", ["loaded", "there to be loaded"])
def test_a_module_that_is_there_is_not_tried(site: Site, known_by: str) -> None:
    site.host.tracks_bridges = False
    if known_by == "loaded":
        site.host.files["/sys/module/nf_conntrack_bridge/refcnt"] = "0\n"
    else:
        site.host.modules = {"nf_conntrack_bridge"}
        site.host.programs.add("modprobe")

    assert site.changes(BOTH, check=True)


def test_the_examples_of_the_module_can_be_applied_one_after_the_other(site: Site) -> None:
    site.host.files[IPV6.path] = "0\n"
    guarded = 0
    for task in yaml.safe_load(nova_firewall.EXAMPLES):
        options = task.get("novanet.network.nova_firewall")
        if options:
            after = site.apply(options, options.get("phase", "all")).after
            guarded += len(after["guest_ports"])
    assert guarded > 0
    assert site.host.tables == {}
