# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups of the inventory on two machines: db2 lets in TCP of the members of group web, that is of web1."""

from __future__ import annotations

import pytest

from tests.lab.cloud import OUTSIDE_ADDRESS, Instance
from tests.lab.probes import OUTSIDE_TOKEN
from tests.machines.guests import Guest

MEMBER, OTHERS = "web1", ("web2", "db1")
BLOCKED_SECONDS = 2


@pytest.fixture
def database(guests: dict[str, Guest]) -> Instance:
    return guests["db2"].instance


def test_a_member_of_the_group_that_a_rule_names_is_let_in(guests: dict[str, Guest], database: Instance) -> None:
    answer = guests[MEMBER].request(database.address)
    assert (answer.token, answer.peer) == (database.token, guests[MEMBER].instance.address), answer.error


def test_what_no_rule_names_does_not_come_in(guests: dict[str, Guest], database: Instance) -> None:
    assert not guests[MEMBER].request(database.address, udp=True, timeout=BLOCKED_SECONDS)
    # The control: they reach its neighbour in no group, and each other, all the time (test_traffic).
    for name in OTHERS:
        assert not guests[name].request(database.address, timeout=BLOCKED_SECONDS), name
    ping = f"ping -n -q -c 1 -W {BLOCKED_SECONDS} {database.address} >/dev/null && echo yes || echo no"
    assert guests[MEMBER].on_host(ping) == "no\n"


def test_a_guest_in_a_group_has_its_address_by_dhcp_and_gets_the_answers_to_what_it_asks(
    guests: dict[str, Guest], database: Instance
) -> None:
    lease = guests["db2"].lease()
    assert (lease.address, lease.server) == (database.address, "10.0.0.1")
    for name in (MEMBER, *OTHERS):
        target = guests[name].instance
        answer = guests["db2"].request(target.address)
        assert (answer.token, answer.peer) == (target.token, database.address), answer.error
    assert guests["db2"].request(OUTSIDE_ADDRESS).token == OUTSIDE_TOKEN
