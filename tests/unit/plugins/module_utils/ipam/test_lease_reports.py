# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leases that came and went, and leases that nobody should have: recorded once, and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.acknowledge import acknowledge, forget_hosts
from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed_views import view_leases
from ansible_collections.novanet.network.plugins.module_utils.ipam.information import gather
from ansible_collections.novanet.network.plugins.module_utils.ipam.lease_reports import (
    MOST_CONTRADICTIONS,
    recorded_events,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import reading

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, gone, web

MAC = "fa:16:3e:00:00:0a"
OTHER = "fa:16:3e:00:00:0b"
LATER = 32503680000


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    cloud = SmallCloud(tmp_path)
    cloud.boot(web("a", nics=[{"network": "private", "address": "10.0.0.2", "mac": MAC}]))
    return cloud


def event(number: int, action: str = "add", mac: str = MAC, at: int | None = 1000, **more: Any) -> dict[str, Any]:
    return {
        "bridge": "br100", "number": number, "at": at, "action": action, "address": "10.0.0.2", "mac": mac,
        "hostname": "a", **more,
    }  # fmt: skip


def lease(address: str = "10.0.0.2", mac: str = MAC, expires: float = LATER) -> dict[str, Any]:
    return {"bridge": "br100", "address": address, "mac": mac, "hostname": "a", "expires": expires}


def tell(cloud: SmallCloud, *events: dict[str, Any], host: str = "net1", **more: Any) -> list[str]:
    """Let a host report; return the warnings."""
    with cloud.work() as work:
        acknowledge(work, [{"host": host, "generation": 1, "lease_events": list(events), **more}])
        assert work.changes == []
        return list(work.warnings)


def look(cloud: SmallCloud, *kinds: str, **more: Any) -> dict[str, Any]:
    with reading(cloud.url) as work:
        return gather(work, kinds, **more)


def leases_in_audit(cloud: SmallCloud) -> list[tuple[str, float, str]]:
    rows = [row for row in cloud.rows(schema.events) if row["kind"] == "DHCP lease"]
    return [(row["action"], row["at"], (row["after"] or row["before"])["mac"]) for row in rows]


def recorded(cloud: SmallCloud, *hosts: str) -> dict[str, list[dict[str, Any]]]:
    with cloud.work(check=True) as work:
        return recorded_events(work, hosts)


def test_the_audit_knows_who_held_a_lease_and_when(cloud: SmallCloud) -> None:
    tell(cloud, event(5, at=1000), event(6, "del", at=2000))
    tell(cloud, event(7, mac=OTHER, at=3000))
    newest, middle, oldest = look(cloud, "events", names=["10.0.0.2"], limit=3)["events"]
    assert (oldest["action"], oldest["at"], oldest["before"]) == ("create", "1970-01-01T00:16:40Z", None)
    assert oldest["after"] == {"mac": MAC, "hostname": "a", "instance": "a", "host": "net1", "bridge": "br100"}
    assert (middle["action"], middle["at"], middle["after"]) == ("delete", "1970-01-01T00:33:20Z", None)
    # Whoever has an address that is another one's does not become that one.
    assert (newest["after"]["mac"], newest["after"]["instance"]) == (OTHER, None)


def test_an_event_without_a_time_has_that_of_the_report(cloud: SmallCloud) -> None:
    with cloud.work() as work:
        acknowledge(work, [{"host": "net1", "generation": 1, "lease_events": [event(1, at=None)]}])
        now = work.now
    assert leases_in_audit(cloud) == [("create", now, MAC)]


def test_an_event_that_is_told_again_is_recorded_once(cloud: SmallCloud) -> None:
    tell(cloud, event(5))
    tell(cloud, event(5), event(6, "del"))
    tell(cloud, event(5), event(6, "del"))
    assert [action for action, _at, _mac in leases_in_audit(cloud)] == ["create", "delete"]


def test_each_bridge_of_each_host_counts_for_itself(cloud: SmallCloud) -> None:
    tell(cloud, event(9), event(3, bridge="br200"))
    tell(cloud, event(4), host="net2")
    assert len(leases_in_audit(cloud)) == 3
    assert recorded(cloud, "net1", "net3") == {
        "net1": [{"bridge": "br100", "number": 9}, {"bridge": "br200", "number": 3}]
    }
    assert recorded(cloud, "net2") == {"net2": [{"bridge": "br100", "number": 4}]}


def test_what_is_recorded_is_known_within_the_same_transaction(cloud: SmallCloud) -> None:
    with cloud.work() as work:
        report = {"host": "net1", "generation": 1, "lease_events": [event(5)]}
        acknowledge(work, [report])
        assert recorded_events(work, ["net1"]) == {"net1": [{"bridge": "br100", "number": 5}]}
        acknowledge(work, [report])
    assert len(leases_in_audit(cloud)) == 1


def test_a_host_with_nothing_new_to_tell_leaves_the_audit_alone(cloud: SmallCloud) -> None:
    tell(cloud, event(5), leases=[lease()])
    before = cloud.rows(schema.events)
    tell(cloud, leases=[lease()])
    tell(cloud, event(5), leases=[lease()])
    assert cloud.rows(schema.events) == before


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"action": "old"}, "action old is none of add, del"),
        ({"number": -1}, "number -1 is not the number of an event"),
        ({"number": True}, "number True is not the number of an event"),
        ({"at": "noon"}, "at noon is not a time"),
        ({"address": "fd00::1"}, "address fd00::1 is not an IPv4 address"),
        ({"mac": "x"}, "mac x is not a MAC address"),
        ({"ttl": 1}, "ttl is not known"),
    ],
)
def test_a_wrong_event_is_refused_with_its_position(cloud: SmallCloud, wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput, match=rf"acknowledgements\[0\]\.lease_events\[1\]\.{reason}"):
        tell(cloud, event(1), {**event(2), **wrong})
    assert leases_in_audit(cloud) == []


def test_a_lease_that_contradicts_the_ipam_is_shown_until_the_host_has_it_no_more(cloud: SmallCloud) -> None:
    wrong = [lease(mac=OTHER), lease("10.0.0.9")]
    assert len(tell(cloud, leases=wrong)) == 2
    assert [tuple(item.values()) for item in look(cloud, "contradictions")["contradictions"]] == [
        ("net1", "10.0.0.2", OTHER, f"in the IPAM it is of instance a with {MAC}", "3000-01-01T00:00:00Z"),
        ("net1", "10.0.0.9", MAC, "which nobody has in the IPAM", "3000-01-01T00:00:00Z"),
    ]
    # A host that says nothing about leases says nothing about these.
    tell(cloud)
    assert len(look(cloud, "contradictions")["contradictions"]) == 2
    tell(cloud, leases=[lease()])
    assert look(cloud, "contradictions")["contradictions"] == []


def test_a_lease_that_contradicts_the_ipam_is_in_the_audit_once(cloud: SmallCloud) -> None:
    for _unused in range(3):
        tell(cloud, leases=[lease(mac=OTHER)])
    reports = [row for row in cloud.rows(schema.events) if row["kind"] == "lease report"]
    assert [(row["name"], len(row["after"]["contradictions"])) for row in reports] == [("net1", 1)]


def test_a_lease_that_is_over_contradicts_nothing(cloud: SmallCloud) -> None:
    assert tell(cloud, leases=[lease(mac=OTHER, expires=1000)]) == []
    assert look(cloud, "contradictions")["contradictions"] == []


def test_what_a_forgotten_host_had_is_shown_no_more(cloud: SmallCloud) -> None:
    tell(cloud, leases=[lease("10.0.0.9")])
    with cloud.work() as work:
        forget_hosts(work, ["net1", "never-seen"])
    assert look(cloud, "contradictions")["contradictions"] == []


def test_a_host_full_of_wrong_leases_does_not_fill_the_audit(cloud: SmallCloud) -> None:
    many = [lease(f"10.9.{number // 256}.{number % 256}") for number in range(MOST_CONTRADICTIONS + 5)]
    assert len(tell(cloud, leases=many)) == MOST_CONTRADICTIONS + 5
    assert len(look(cloud, "contradictions")["contradictions"]) == MOST_CONTRADICTIONS


def test_lists_say_until_when_an_address_is_leased(cloud: SmallCloud) -> None:
    def shown() -> list[str | None]:
        with reading(cloud.url) as work:
            leases = [row["leased_until"] for row in view_leases(work)]
        return [*leases, look(cloud, "fixed")["fixed"][0]["leased_until"]]

    assert shown() == [None]
    tell(cloud, leases=[lease()])
    assert shown() == ["3000-01-01T00:00:00Z"] * 2
    tell(cloud, leases=[lease(expires=0)])
    assert shown() == ["9999-12-31T23:59:59Z"] * 2
    cloud.boot(gone("a"))
    tell(cloud, leases=[lease(expires=1000)])
    assert set(shown()) <= {None}


def test_quarantine_is_over_when_its_host_has_confirmed_and_has_the_lease_no_more(cloud: SmallCloud) -> None:
    def waits() -> bool:
        return [row["state"] for row in look(cloud, "fixed")["fixed"]] == ["released"]

    def report(generation: int, *events: dict[str, Any], **more: Any) -> list[str]:
        with cloud.work() as work:
            own = {"host": "net1", "generation": generation, "lease_events": list(events), **more}
            return acknowledge(work, [own, {"host": "c1", "generation": generation}])

    tell(cloud, event(1, at=1000), leases=[lease()])
    cloud.boot(gone("a"))
    newest = cloud.generation()
    # Confirmed, but leased: the guest may still use it.
    assert report(newest, leases=[lease()]) == []
    assert waits()
    # What came and went is history: a guest may have got another lease since.
    assert report(newest, event(2, "del", at=2000), event(3, at=3000)) == []
    assert waits()
    assert report(newest, event(4, "del", at=4000), leases=[]) == ["10.0.0.2"]
    assert not waits()
    story = [(item["action"], item["kind"]) for item in look(cloud, "events", names=["10.0.0.2"])["events"]]
    assert story[:2] == [("delete", "fixed IP"), ("delete", "DHCP lease")]
    assert leases_in_audit(cloud) == [
        ("create", 1000, MAC), ("delete", 2000, MAC), ("create", 3000, MAC), ("delete", 4000, MAC)
    ]  # fmt: skip


def test_a_lease_that_is_gone_frees_nothing_before_the_host_has_confirmed(cloud: SmallCloud) -> None:
    tell(cloud, event(1), leases=[lease()])
    earlier = cloud.generation()
    cloud.boot(gone("a"))
    with cloud.work() as work:
        report = {"host": "net1", "generation": earlier, "lease_events": [event(2, "del")], "leases": []}
        assert acknowledge(work, [report]) == []
    assert cloud.confirm("net1", "c1") == ["10.0.0.2"]
