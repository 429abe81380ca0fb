# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests that have their addresses from the files of the injection. Each answer is a token that one guest alone has."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.lab.cloud import FREE_FLOATING, GATEWAY_ADDRESS, METADATA_ADDRESS, OUTSIDE_ADDRESS, Instance
from tests.lab.host import Host
from tests.lab.probes import METADATA_TOKEN, OUTSIDE_TOKEN
from tests.machines.guests import Guest

GUESTS = ("web1", "db1")
FLOATING = "10.46.169.226"
# The operator's own address on the bridge of compute1.
OWN = "192.168.100.253"


@pytest.mark.parametrize("name", GUESTS)
def test_a_guest_has_the_address_that_the_ipam_holds(
    name: str, guests: dict[str, Guest], instances: dict[str, Instance]
) -> None:
    told = guests[name].lease()
    assert (told.address, told.prefix, told.router) == (instances[name].address, 24, "192.168.100.1")
    assert told.options["event"] == "file"


@pytest.mark.parametrize(("one", "other"), permutations(GUESTS, 2))
def test_guests_reach_each_other_across_hosts(one: str, other: str, guests: dict[str, Guest]) -> None:
    target = guests[other].instance
    answer = guests[one].request(target.address)
    assert (answer.token, answer.peer) == (target.token, guests[one].instance.address), answer.error


@pytest.mark.parametrize(("name", "source"), [("web1", FLOATING), ("db1", GATEWAY_ADDRESS)])
def test_the_outside_sees_a_guest_under_its_public_address(name: str, source: str, guests: dict[str, Guest]) -> None:
    answer = guests[name].request(OUTSIDE_ADDRESS)
    assert (answer.token, answer.peer) == (OUTSIDE_TOKEN, source), answer.error


def test_the_outside_reaches_a_floating_address_and_nothing_else(outside: Host, guests: dict[str, Guest]) -> None:
    guest = guests["web1"].instance
    answer = outside.request(FLOATING, timeout=5)
    assert (answer.token, answer.peer) == (guest.token, OUTSIDE_ADDRESS), answer.error
    assert not outside.request(FREE_FLOATING, timeout=2)
    assert not outside.request(guest.address, timeout=2)


@pytest.mark.parametrize("name", GUESTS)
def test_the_metadata_service_sees_the_fixed_address(name: str, guests: dict[str, Guest]) -> None:
    answer = guests[name].fetch(f"http://{METADATA_ADDRESS}/latest/meta-data/")
    assert (answer.token, answer.peer) == (METADATA_TOKEN, guests[name].instance.address), answer.error


def test_a_guest_reaches_the_address_that_the_operator_gave_the_bridge(guests: dict[str, Guest]) -> None:
    guests["web1"].run(f"ping -n -q -c 1 -W 10 {OWN}")
