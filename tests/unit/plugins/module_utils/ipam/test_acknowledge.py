# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.acknowledge import (
    FOREVER,
    acknowledge,
    forget_hosts,
    read_reports,
)

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, gone, web

MAC = "fa:16:3e:00:00:0a"
LATER = 32503680000


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    cloud = SmallCloud(tmp_path)
    cloud.boot(web("a", nics=[{"network": "private", "address": "10.0.0.2", "mac": MAC}]))
    return cloud


def lease(address: str = "10.0.0.2", mac: str = MAC, expires: float = LATER) -> dict[str, Any]:
    return {"bridge": "br100", "address": address, "mac": mac, "hostname": "a", "expires": expires}


def expiry(cloud: SmallCloud, instance: str = "a") -> float | None:
    return next(row["lease_expires"] for row in cloud.rows(schema.fixed_ips) if row["instance"] == instance)


def test_a_lease_is_noted_and_forgotten_when_the_serving_host_has_it_no_more(cloud: SmallCloud) -> None:
    cloud.confirm("net1", net1=[lease()])
    assert expiry(cloud) == LATER
    cloud.confirm("c1")
    assert expiry(cloud) == LATER
    cloud.confirm("net1")
    assert expiry(cloud) is None


def test_a_lease_without_an_end_lasts_for_ever(cloud: SmallCloud) -> None:
    cloud.confirm("net1", net1=[lease(expires=0)])
    assert expiry(cloud) == FOREVER


def test_a_host_that_says_nothing_about_leases_takes_none_away(cloud: SmallCloud) -> None:
    cloud.confirm("net1", net1=[lease()])
    with cloud.work() as work:
        acknowledge(work, [{"host": "net1", "generation": 1}])
    assert expiry(cloud) == LATER


def test_a_lease_that_another_host_of_the_same_call_has_is_not_gone(cloud: SmallCloud) -> None:
    cloud.confirm("net2", "net1", net2=[lease()])
    assert expiry(cloud) == LATER


def test_an_address_with_a_lease_stays_in_quarantine_until_the_lease_is_over(cloud: SmallCloud) -> None:
    cloud.confirm("net1", net1=[lease()])
    cloud.boot(gone("a"))
    assert cloud.confirm("net1", "c1", net1=[lease()]) == []
    assert cloud.confirm("net1", net1=[lease(expires=time.time() - 1)]) == ["10.0.0.2"]


def test_a_released_lease_ends_the_quarantine_at_once(cloud: SmallCloud) -> None:
    cloud.confirm("net1", net1=[lease()])
    cloud.boot(gone("a"))
    assert cloud.confirm("net1", "c1") == ["10.0.0.2"]
    assert cloud.rows(schema.fixed_ips) == []


@pytest.mark.parametrize(
    ("reported", "said"),
    [
        (lease(mac="fa:16:3e:00:00:99"), "in the IPAM it is of instance a with fa:16:3e:00:00:0a"),
        (lease(address="10.0.0.9"), "which nobody has in the IPAM"),
        (lease(address="172.16.0.1"), "which nobody has in the IPAM"),
    ],
)
def test_a_lease_that_contradicts_the_ipam_is_a_warning_and_is_not_adopted(
    cloud: SmallCloud, reported: dict[str, Any], said: str
) -> None:
    before = cloud.rows(schema.fixed_ips)
    with cloud.work() as work:
        acknowledge(work, [{"host": "net1", "generation": 1, "leases": [reported]}])
        assert work.warnings == [
            f"host net1 has a lease of {reported['address']} for {reported['mac']}, {said}",
        ]
    assert cloud.rows(schema.fixed_ips) == before


def test_nothing_of_it_counts_as_a_change_but_the_audit_knows_it(cloud: SmallCloud) -> None:
    cloud.boot(gone("a"))
    before = cloud.generation()
    with cloud.work() as work:
        assert acknowledge(work, [{"host": host, "generation": before, "leases": []} for host in ("net1", "c1")])
        assert work.changes == []
    assert cloud.generation() == before
    last = cloud.rows(schema.events)[-1]
    assert (last["kind"], last["name"]) == ("fixed IP", "10.0.0.2")


def test_a_generation_never_goes_back(cloud: SmallCloud) -> None:
    newest = cloud.generation()
    cloud.confirm("net1")
    with cloud.work() as work:
        acknowledge(work, [{"host": "net1", "generation": 1}])
    assert [row["generation"] for row in cloud.rows(schema.hosts)] == [newest]


def test_an_older_generation_confirms_no_newer_withdrawal(cloud: SmallCloud) -> None:
    before = cloud.generation()
    cloud.boot(gone("a"))
    with cloud.work() as work:
        assert acknowledge(work, [{"host": host, "generation": before} for host in ("net1", "c1")]) == []
    assert len(cloud.withdrawn()) == 2


def test_a_generation_that_the_ipam_does_not_have_is_not_counted(cloud: SmallCloud) -> None:
    cloud.boot(gone("a"))
    future = cloud.generation() + 1
    with cloud.work() as work:
        assert acknowledge(work, [{"host": host, "generation": future} for host in ("net1", "c1")]) == []
        assert "was the database restored from an old copy?" in work.warnings[0]
    assert cloud.rows(schema.hosts) == []


def test_in_a_multi_host_network_each_host_answers_for_its_own_guests(cloud: SmallCloud) -> None:
    cloud.apply({"label": "multi", "cidr": "10.2.0.0/24", "bridge": "br102", "multi_host": True})
    for number, name in enumerate("mn"):
        nics = [{"network": "multi", "address": f"10.2.0.{number + 5}", "mac": f"fa:16:3e:00:01:0{number}"}]
        cloud.boot(web(name, host=f"c{number + 1}", nics=nics))
    one = lease("10.2.0.5", "fa:16:3e:00:01:00")
    two = lease("10.2.0.6", "fa:16:3e:00:01:01")
    cloud.confirm("c1", "c2", c1=[one], c2=[two])
    cloud.confirm("c1")
    assert (expiry(cloud, "m"), expiry(cloud, "n")) == (None, LATER)
    cloud.boot(gone("n"))
    cloud.confirm("c1")
    assert expiry(cloud, "n") == LATER
    # Its last guest is gone, and so is the address that the host had there.
    assert cloud.confirm("c2") == ["10.2.0.3", "10.2.0.6"]


def test_a_forgotten_host_is_not_waited_for(cloud: SmallCloud) -> None:
    cloud.floating({"instance": "a"})
    cloud.confirm("net1")
    cloud.boot(gone("a"))
    cloud.floating({"address": "192.0.2.1", "state": "absent"})
    with cloud.work() as work:
        assert forget_hosts(work, ["c1", "net1", "never-seen"]) == ["10.0.0.2", "192.0.2.1"]
        assert work.changes == []
    assert cloud.rows(schema.hosts) == []
    assert cloud.withdrawn() == set()


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ({}, "acknowledgements {} is not a list"),
        ([{"generation": 1}], r"acknowledgements\[0\].host None is missing"),
        ([{"host": "h", "generation": "x"}], r"acknowledgements\[0\].generation x is not a generation"),
        ([{"host": "h", "generation": True}], "is not a generation"),
        ([{"host": "h", "generation": -1}], "is not a generation"),
        ([{"host": "h"}, {"host": "h"}], r"acknowledgements\[1\].host h is listed twice"),
        ([{"host": "h", "leases": 3}], r"acknowledgements\[0\].leases 3 is not a list"),
        ([{"host": "h", "leases": [{"address": "x"}]}], r"leases\[0\].expires None is not a time"),
        ([{"host": "h", "leases": [lease("x")]}], r"acknowledgements\[0\].leases\[0\].address x is not an IPv4"),
        ([{"host": "h", "leases": [lease(mac="x")]}], r"leases\[0\].mac x is not a MAC address"),
        ([{"host": "h", "leases": [lease(expires=float("inf"))]}], "is not a time"),
        ([{"host": "h", "leases": [lease(expires=float("nan"))]}], "is not a time"),
    ],
)
def test_bad_reports_are_refused_with_their_position(items: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_reports(items)
