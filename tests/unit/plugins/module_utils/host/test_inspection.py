# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is concluded from what a host answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.model import Places
from ansible_collections.novanet.network.plugins.module_utils.host.inspection import (
    Report,
    describe_missing,
    inspect_host,
)
from ansible_collections.novanet.network.plugins.module_utils.host.runner import Completed

from tests.unit.plugins.module_utils.host.dhcp_host import FakeHost

PLACES = Places("/var/lib/novanet", "nova")
ALL = ("ip", "ss", "nft", "conntrack", "dnsmasq", "dhcp_release", "modprobe", "unshare")


class Answers(FakeHost):
    """A host on which commands end as told: by program, (exit code, output)."""

    def __init__(self, programs: Sequence[str] = ALL, **answers: tuple[int, str]) -> None:
        super().__init__({})
        self.programs = set(programs)
        self.answers = answers
        self.asked: list[str] = []

    def run(self, argv: Sequence[str], stdin: str | None = None, accept: Sequence[int] = (0,)) -> Completed:
        assert argv[0] in self.programs
        self.asked.append(argv[0])
        code, out = self.answers.get(argv[0], (0, "[]"))
        assert code in accept
        return Completed(tuple(argv), code, out, "")


def look(host: Answers, *features: str, interfaces: Sequence[str] = ()) -> Report:
    return inspect_host(host, PLACES, features, interfaces)


@pytest.mark.parametrize(
    ("version", "missing"),
    [
        ("Dnsmasq version 2.90  Copyright (c) 2000-2024 Simon Kelley", []),
        ("Dnsmasq version 2.79", []),
        ("Dnsmasq version 2.100", []),
        ("Dnsmasq version 2.76", ["program dnsmasq 2.79 or later (it has 2.76)"]),
        ("Dnsmasq version UNKNOWN", []),
    ],
)
def test_a_dnsmasq_that_is_too_old_counts_as_missing(version: str, missing: list[str]) -> None:
    assert look(Answers(dnsmasq=(0, version)), "dhcp").missing == missing


@pytest.mark.parametrize(
    ("loaded", "modprobe", "unshare", "found"),
    [(True, 1, 1, True), (False, 0, 1, True), (False, 1, 0, True), (False, 1, 1, False), (False, 1, 2, False)],
)
def test_a_kind_of_interface_is_there_when_any_way_of_asking_says_so(
    loaded: bool, modprobe: int, unshare: int, found: bool
) -> None:
    host = Answers(modprobe=(modprobe, ""), unshare=(unshare, ""))
    if loaded:
        host.files["/sys/module/8021q/refcnt"] = "0\n"
    expected = [] if found else ["kernel support for 802.1Q VLAN interfaces (module 8021q)"]
    assert look(host, "vlan").missing == expected


def test_each_missing_program_is_named_once_and_not_blamed_on_the_kernel() -> None:
    assert look(Answers(programs=()), "bridge", "dhcp", "nat", interfaces=["eth0"]).missing == [
        "program ip (package iproute2)",
        "program ss (package iproute2)",
        "program dnsmasq (package dnsmasq-base)",
        "program dhcp_release (package dnsmasq-utils)",
        "program nft (package nftables)",
        "program conntrack (package conntrack)",
        "interface eth0",
    ]


def test_what_nftables_refuses_is_missing_in_the_kernel() -> None:
    assert look(Answers(nft=(1, "")), "nat").missing == [
        "kernel support for address translation by nftables maps",
        "kernel support for nftables rules for bridges",
    ]


@pytest.mark.parametrize(
    ("loaded", "modprobe", "nft", "found"),
    [(True, 1, 1, True), (False, 0, 1, True), (False, 1, 0, True), (False, 1, 1, False)],
)
def test_security_groups_need_the_connections_of_bridged_frames(
    loaded: bool, modprobe: int, nft: int, found: bool
) -> None:
    host = Answers(modprobe=(modprobe, ""), nft=(nft, ""))
    if loaded:
        host.files["/sys/module/nf_conntrack_bridge/refcnt"] = "0\n"
    expected = [] if found else ["kernel support for connection tracking of bridges (module nf_conntrack_bridge)"]
    assert look(host, "groups").missing == expected


def test_images_of_guests_need_the_program_that_makes_them() -> None:
    assert look(Answers(), "injection").missing == ["program xorriso (package xorriso)"]
    assert look(Answers(programs=(*ALL, "xorriso")), "injection").missing == []


def test_nothing_is_needed_unless_asked_for() -> None:
    host = Answers(nft=(1, ""), modprobe=(1, ""), unshare=(1, ""))
    assert look(host).missing == [] and "unshare" not in host.asked


@pytest.mark.parametrize(
    ("answer", "address"),
    [
        ((0, '[{"dst": "8.8.8.8", "gateway": "192.0.2.1", "dev": "eth0", "prefsrc": "192.0.2.10"}]'), "192.0.2.10"),
        ((0, '[{"dst": "8.8.8.8", "dev": "tun0"}]'), None),
        ((1, ""), None),
    ],
)
def test_the_address_of_a_host_is_that_from_which_it_reaches_the_world(
    answer: tuple[int, str], address: str | None
) -> None:
    assert look(Answers(ip=answer)).source_address == address


def journal(**changed: Any) -> str:
    return json.dumps({"schema": 1, "ipam_uuid": "a", "generation": 4, "slice": {}, "owned": {}, **changed})


def test_the_smallest_generation_counts_and_damage_is_named() -> None:
    host = Answers()
    host.files = {
        "/var/lib/novanet/nova/dhcp.json": journal(generation=7),
        "/var/lib/novanet/nova/link.json": journal(),
        "/var/lib/novanet/nova/hand.json": journal(generation=None, ipam_uuid=None),
        "/var/lib/novanet/nova/floating.json": "{",
        "/var/lib/novanet/nova/newer.json": journal(schema=99),
        "/var/lib/novanet/nova/dhcp.lock": "",
        "/var/lib/novanet/other/dhcp.json": journal(generation=1),
    }
    report = look(host)
    assert (report.generation, report.ipam_uuid) == (4, "a")
    assert [item.split(" (")[0] for item in report.missing] == [
        "a sound state file /var/lib/novanet/nova/floating.json",
        "a sound state file /var/lib/novanet/nova/newer.json",
    ]


def test_everything_is_in_one_message() -> None:
    error = describe_missing(["program nft (package nftables)", "interface eth2"])
    assert str(error) == "this host lacks program nft (package nftables), interface eth2. Nothing was changed."
