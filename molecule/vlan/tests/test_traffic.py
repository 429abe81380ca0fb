# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Projects on one trunk: each has its network and its way to the outside, and never sees a frame of another's."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.cloud import METADATA_ADDRESS, OUTSIDE_ADDRESS
from tests.lab.host import Host
from tests.lab.probes import METADATA_TOKEN, OUTSIDE_TOKEN
from tests.machines.expected import gateway_hosts, routers_of
from tests.machines.guests import Guest, each
from tests.machines.running import Attached
from tests.machines.ssh import PATIENCE

VLANS = {"red": 169, "blue": 170}
# Where the outside sees a host's guests come from.
PUBLIC = {"network1": "192.0.2.11", "compute1": "192.0.2.21", "compute2": "192.0.2.22"}
SHARED_MAC = "02:00:00:00:00:aa"


def test_guests_get_addresses_of_their_networks_and_their_routers(
    guests: dict[str, Guest], ipam: dict[str, Any]
) -> None:
    routers = routers_of(ipam)
    leases = each(guests, Guest.lease)
    assert {name: (lease.address, lease.prefix, lease.hostname) for name, lease in leases.items()} == {
        name: (guest.instance.address, 24, name) for name, guest in guests.items()
    }
    assert {name: (lease.router, lease.server) for name, lease in leases.items()} == {
        name: (router, router) for name, router in routers.items()
    }
    # Each host has its own address in one multi_host network, and all have the same in the other.
    assert routers["amber1"] != routers["amber2"]
    assert routers["violet1"] == routers["violet2"]


def test_guests_of_a_project_reach_each_other_across_hosts(guests: dict[str, Guest]) -> None:
    pairs = {"red1": "red2", "blue2": "blue1", "amber1": "amber2", "violet1": "violet2"}
    askers = {name: guests[name] for name in pairs}
    answers = each(askers, lambda guest: guest.request(guests[pairs[guest.name]].instance.address))
    assert {name: (answer.token, answer.peer) for name, answer in answers.items()} == {
        name: (guests[other].instance.token, guests[name].instance.address) for name, other in pairs.items()
    }


def test_the_outside_sees_guests_under_their_public_addresses(guests: dict[str, Guest], ipam: dict[str, Any]) -> None:
    hosts = gateway_hosts(ipam)
    answers = each(guests, lambda guest: guest.request(OUTSIDE_ADDRESS))
    assert {name: (answer.token, answer.peer) for name, answer in answers.items()} == {
        name: (OUTSIDE_TOKEN, guest.instance.floating or PUBLIC[hosts[name]]) for name, guest in guests.items()
    }


def test_the_outside_reaches_floating_addresses_and_no_fixed_ones(outside: Host, guests: dict[str, Guest]) -> None:
    floating = {name: guest.instance for name, guest in guests.items() if guest.instance.floating}
    assert len(floating) == 3
    for instance in floating.values():
        answer = outside.request(instance.floating, timeout=20)
        assert (answer.token, answer.peer) == (instance.token, OUTSIDE_ADDRESS), answer.error
        assert not outside.request(instance.address, timeout=1)


def test_a_floating_address_is_bound_on_the_gateway_of_its_instance(machine: Any, ipam: dict[str, Any]) -> None:
    hosts = gateway_hosts(ipam)
    wanted = {(one["address"], hosts[one["instance"]]) for one in ipam["floating"] if one["instance"]}
    bound = {
        (address, name)
        for name in PUBLIC
        for address in re.findall(r"10\.46\.169\.\d+", machine(name).check_output("ip -o -4 address show"))
    }
    assert bound == wanted


def test_the_metadata_service_sees_fixed_addresses(guests: dict[str, Guest]) -> None:
    answers = each(guests, lambda guest: guest.fetch(f"http://{METADATA_ADDRESS}/latest/meta-data/"))
    assert {name: (answer.token, answer.peer) for name, answer in answers.items()} == {
        name: (METADATA_TOKEN, guest.instance.address) for name, guest in guests.items()
    }


def test_a_shared_address_is_each_hosts_own_affair(switch: Attached, guests: dict[str, Guest], machine: Any) -> None:
    one, other = guests["violet1"], guests["violet2"]
    router = one.lease().router
    with switch.start(["tcpdump", "-i", "trunk", "-e", "-nn", "-l", "arp"], limit=int(PATIENCE)) as capture:
        capture.wait_for("listening on", 30)
        for guest in (one, other):
            said = guest.run(f"arping -c 3 -I eth0 {router}")
            mac = machine(guest.instance.host).check_output("cat /sys/class/net/%s/address", guest.instance.bridge)
            assert {word.lower() for word in re.findall(r"\[([0-9A-Fa-f:]{17})\]", said)} == {mac}
        # The control: what is not the router's is asked for over the trunk.
        one.run(f"arping -c 3 -I eth0 {other.instance.address}")
        seen = [line for line in capture.stop().splitlines() if "vlan 173," in line]
    assert [line for line in seen if other.instance.address in line]
    assert [line for line in seen if f" {router} " in f"{line} ".replace(",", " ")] == []


def flood_and_compare(guests: dict[str, Guest]) -> None:
    """Flood from one guest of each project on one host; the far guests see their own project's frames, no other's."""
    far = {"red": guests["red2"], "blue": guests["blue2"]}
    macs = [guest.instance.mac for guest in far.values()]
    for guest in far.values():
        guest.begin_capture(45)
    for project in far:
        guests[f"{project}1"].flood(f"marker-of-{project}", *macs)
    time.sleep(1)
    for project, guest in far.items():
        seen = guest.captured()
        # The control: frames to everybody and to this guest, of every round.
        assert seen.count(f"marker-of-{project}".encode()) >= 40
        assert [other for other in far if other != project and f"marker-of-{other}".encode() in seen] == []


def test_projects_never_see_each_others_frames(guests: dict[str, Guest]) -> None:
    flood_and_compare(guests)


@pytest.fixture
def one_mac(guests: dict[str, Guest]) -> Iterator[None]:
    """The guests of both projects on one host have the same MAC, set by hand."""
    for name in ("red1", "blue1"):
        guests[name].set_mac(SHARED_MAC)
    yield
    for name in ("red1", "blue1"):
        guests[name].set_mac(guests[name].instance.mac)


@pytest.mark.usefixtures("one_mac")
def test_the_same_mac_in_both_projects_confuses_neither(guests: dict[str, Guest]) -> None:
    flood_and_compare(guests)


def test_frames_of_a_project_carry_its_tag_on_the_trunk(switch: Attached, guests: dict[str, Guest]) -> None:
    for project, vlan in VLANS.items():
        with switch.start(["tcpdump", "-i", "trunk", "-e", "-nn", "-l", "-c", "400"], limit=60) as capture:
            capture.wait_for("listening on")
            guests[f"{project}1"].flood(f"marker-of-{project}", rounds=5)
            time.sleep(1)
            flooded = [line for line in capture.stop().splitlines() if "0x88b5" in line]
        assert len(flooded) >= 10
        assert [line for line in flooded if f"vlan {vlan}," not in line] == []
