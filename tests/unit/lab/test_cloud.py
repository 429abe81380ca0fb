# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from tests.lab.cloud import Instance, changed_cloud, first_cloud, topology
from tests.lab.host import Answer
from tests.lab.probes import Probe, plan_probes

EXAMPLE = {
    "nova_networks": [{"label": "public"}],
    "nova_instances": [{"name": name, "project": "red", "host": "compute1"} for name in ("web1", "db1", "web2", "db2")],
    "nova_floating_addresses": [{"address": "10.46.169.226", "project": "red", "instance": "web1"}],
}


def test_the_change_takes_one_instance_away_moves_its_address_and_adds_one():
    first = first_cloud(EXAMPLE)
    changed = changed_cloud(first)

    assert {item["name"] for item in changed["nova_instances"]} == {"db1", "web2", "db2", "web3"}
    assert {item["address"]: item["instance"] for item in changed["nova_floating_addresses"]} == {
        "10.46.169.226": "db1",
        "10.46.169.227": "db2",
    }
    assert changed["nova_networks"] == EXAMPLE["nova_networks"]
    assert first["nova_instances"] == EXAMPLE["nova_instances"]


def test_the_outside_knows_the_floating_range_and_nothing_else_of_the_cloud():
    outside = next(host for host in topology().hosts if host.name == "outside")

    assert outside.routes == ()
    assert [nic.on_link for nic in outside.nics] == [("10.46.169.224/29",)]


ONE = Instance("one", "red", "compute1", "10.0.0.2", "fa:16:3e:00:00:01", "nova1", "br100", "10.46.169.226")
TWO = Instance("two", "red", "compute2", "10.0.0.3", "fa:16:3e:00:00:02", "nova2", "br100")


def test_every_way_between_guests_and_the_outside_is_probed():
    probes = {
        (item.sender, item.how, item.target): (item.token, item.peer) for item in plan_probes({"one": ONE, "two": TWO})
    }

    assert probes["one", "tcp", "10.0.0.3"] == ("token-of-two", "10.0.0.2")
    assert probes["one", "tcp", "192.0.2.1"] == ("token-of-outside", "10.46.169.226")
    assert probes["two", "tcp", "192.0.2.1"] == ("token-of-outside", "192.0.2.11")
    assert probes["outside", "tcp", "10.46.169.226"] == ("token-of-one", "192.0.2.1")
    assert probes["one", "tcp", "10.46.169.226"] == ("token-of-one", "10.46.169.226")
    assert probes["two", "http", "169.254.169.254"] == ("token-of-metadata", "10.0.0.3")
    assert probes["outside", "tcp", "10.0.0.2"] == ("", "")


def test_an_answer_from_the_wrong_guest_or_seen_from_the_wrong_address_fails():
    probe = Probe("", "one", "tcp", "10.0.0.3", "token-of-two", "10.0.0.2")

    assert probe.is_answered_by(Answer("token-of-two", "10.0.0.2"))
    assert not probe.is_answered_by(Answer("token-of-one", "10.0.0.2"))
    assert not probe.is_answered_by(Answer("token-of-two", "10.0.0.1"))
    assert not probe.is_answered_by(Answer(error="timed out"))


def test_nothing_is_what_must_come_back_where_there_is_no_way():
    probe = Probe("", "outside", "tcp", "10.0.0.2")

    assert probe.is_answered_by(Answer(error="timed out"))
    assert not probe.is_answered_by(Answer("token-of-one", "192.0.2.1"))
