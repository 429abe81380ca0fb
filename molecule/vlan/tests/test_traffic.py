# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two projects on one trunk: each has its network, and never sees a frame of the other's."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.lab.cloud import GATEWAY_ADDRESS, METADATA_ADDRESS, OUTSIDE_ADDRESS, Instance
from tests.lab.host import Host
from tests.lab.probes import METADATA_TOKEN, OUTSIDE_TOKEN
from tests.machines.guests import Guest
from tests.machines.running import Attached

ROUTERS = {"red": "172.16.169.1", "blue": "172.16.170.1"}
VLANS = {"red": 169, "blue": 170}
GUESTS = ("red1", "red2", "blue1", "blue2")
FLOATING = "10.46.169.226"
SHARED_MAC = "02:00:00:00:00:aa"


@pytest.mark.parametrize("name", GUESTS)
def test_a_guest_gets_an_address_of_its_projects_network(
    name: str, guests: dict[str, Guest], instances: dict[str, Instance]
) -> None:
    lease, one = guests[name].lease(), instances[name]
    assert (lease.address, lease.prefix, lease.router) == (one.address, 24, ROUTERS[one.project])
    assert (lease.hostname, lease.server) == (name, ROUTERS[one.project])


@pytest.mark.parametrize(("one", "other"), [("red1", "red2"), ("blue2", "blue1")])
def test_guests_of_a_project_reach_each_other_across_hosts(one: str, other: str, guests: dict[str, Guest]) -> None:
    target = guests[other].instance
    answer = guests[one].request(target.address)
    assert (answer.token, answer.peer) == (target.token, guests[one].instance.address), answer.error


@pytest.mark.parametrize(
    ("name", "source"), [("red1", FLOATING), ("red2", GATEWAY_ADDRESS), ("blue1", GATEWAY_ADDRESS)]
)
def test_the_outside_sees_a_guest_under_its_public_address(name: str, source: str, guests: dict[str, Guest]) -> None:
    answer = guests[name].request(OUTSIDE_ADDRESS)
    assert (answer.token, answer.peer) == (OUTSIDE_TOKEN, source), answer.error


def test_the_outside_reaches_a_floating_address_and_no_fixed_one(outside: Host, guests: dict[str, Guest]) -> None:
    guest = guests["red1"].instance
    assert outside.request(FLOATING, timeout=5).token == guest.token
    assert not outside.request(guest.address, timeout=2)


@pytest.mark.parametrize("name", GUESTS)
def test_the_metadata_service_sees_the_fixed_address(name: str, guests: dict[str, Guest]) -> None:
    answer = guests[name].fetch(f"http://{METADATA_ADDRESS}/latest/meta-data/")
    assert (answer.token, answer.peer) == (METADATA_TOKEN, guests[name].instance.address), answer.error


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
