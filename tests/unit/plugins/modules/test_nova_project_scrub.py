# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scrubbing: a project that is over gives back what it has, and nothing of it goes by accident."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins.modules.vlan_cloud import VlanCloud, guest, quota

SCRUBBED: dict[str, Any] = {"name": "red", "state": "scrubbed"}
WITH_INSTANCES: dict[str, Any] = {**SCRUBBED, "remove_instances": True}
GONE = [{"name": "a", "state": "absent"}]


@pytest.fixture
def cloud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VlanCloud:
    return VlanCloud(tmp_path, capsys)


def owners(cloud: VlanCloud) -> dict[str, str | None]:
    return {network["label"]: network["project"] for network in cloud.info("networks")["networks"]}


def test_networks_and_floating_addresses_are_released_and_quotas_stay(cloud: VlanCloud) -> None:
    cloud.projects(quota(networks=2))
    cloud.networks({"label": "tenant_1", "project": "red"})
    cloud.floating({"project": "red", "address": "192.0.2.3"}, {"project": "blue", "address": "192.0.2.4"})
    preview = cloud.projects(SCRUBBED, check=True)
    assert preview["changes"] == [
        "delete floating IP 192.0.2.3 (pool nova, project red)",
        "update network tenant_1 (project red -> none)",
    ]
    assert cloud.projects(SCRUBBED) == preview
    assert not cloud.projects(SCRUBBED)["changed"]
    assert owners(cloud) == {"tenant_0": None, "tenant_1": None, "tenant_2": None}
    assert [ip["project"] for ip in cloud.info("floating")["floating"]] == ["blue"]
    assert (cloud.project("red")["quotas"]["networks"], cloud.project("red")["used"]["networks"]) == (2, 0)


def test_a_project_that_nobody_knows_is_scrubbed_already(cloud: VlanCloud) -> None:
    # It once claimed a network in order to release it.
    assert not cloud.projects(SCRUBBED)["changed"]
    assert cloud.info("projects")["projects"] == []


def test_while_instances_live_it_is_refused_naming_the_first_of_them(cloud: VlanCloud) -> None:
    cloud.boot(*(guest(f"web{number}") for number in range(7)))
    assert cloud.projects(SCRUBBED)["msg"] == (
        "projects[0].name red cannot be scrubbed: it has instances web0, web1, web2, web3, web4 and 2 more. "
        "Delete them first, or set remove_instances to true: they are removed then, and their addresses released."
    )
    assert owners(cloud)["tenant_0"] == "red"
    assert len(cloud.info("instances")["instances"]) == 7


def test_consent_removes_the_instances_and_says_exactly_what_goes(cloud: VlanCloud) -> None:
    cloud.boot(guest("a", floating_ip={}), guest("b"), guest("c", "blue"), auto_assign_floating_ip=True)
    cloud.floating({"project": "red", "address": "192.0.2.9"})
    result = cloud.projects(WITH_INSTANCES)
    assert result["changes"] == [
        "delete floating IP 192.0.2.1 (pool nova, project red, instance a 10.0.0.3)",
        "delete floating IP 192.0.2.2 (pool nova, project red, instance b 10.0.0.4)",
        "delete floating IP 192.0.2.9 (pool nova, project red)",
        "delete fixed IP 10.0.0.3 (a, into quarantine)",
        "delete instance a (host c1)",
        "delete fixed IP 10.0.0.4 (b, into quarantine)",
        "delete instance b (host c1)",
        "update network tenant_0 (project red -> none)",
    ]
    assert [instance["name"] for instance in cloud.info("instances")["instances"]] == ["c"]
    assert {row["state"] for row in cloud.info("fixed")["fixed"] if row["network"] == "tenant_0"} == {"released"}
    assert {row["project"] for row in cloud.info("floating")["floating"]} == {"blue"}
    assert cloud.project("red")["used"] == {
        "networks": 0,
        "fixed_ips": 0,
        "floating_ips": 0,
        "security_groups": 0,
        "security_group_rules": 0,
    }


def test_a_network_is_another_projects_once_the_hosts_have_let_go_of_the_old_guests(cloud: VlanCloud) -> None:
    cloud.networks({"label": "tenant_1", "project": "x"}, {"label": "tenant_2", "project": "x"})
    cloud.boot(guest("a"))
    cloud.projects(WITH_INSTANCES)
    refused = cloud.boot(guest("b", "blue"))
    assert refused["msg"] == (
        "instances[0].nics: project blue has no network: network tenant_0 is free, but hosts c1, net1 have not yet "
        "confirmed that the guests of the last project are gone. Converge the hosts, then run again."
    )
    named = cloud.boot(guest("b", "blue", nics=[{"network": "tenant_0"}]))
    assert named["msg"].startswith("instances[0].nics[0].network tenant_0 is free, but hosts c1, net1 have not yet")
    cloud.networks({"label": "tenant_1", "project": ""})
    cloud.boot(guest("c", "green"))
    assert owners(cloud)["tenant_1"] == "green", "the next one is free at once"
    cloud.confirm("c1", "net1")
    assert "failed" not in cloud.boot(guest("b", "blue"))
    assert owners(cloud)["tenant_0"] == "blue"


def test_a_run_can_remove_the_last_instances_and_scrub(cloud: VlanCloud) -> None:
    cloud.plan(instances=[guest("a")])
    result = cloud.plan(projects=[SCRUBBED], instances=[], purge=True, allow_empty_purge=True)
    assert "update network tenant_0 (project red -> none)" in result["changes"]
    again = cloud.plan(projects=[SCRUBBED], instances=[], purge=True, allow_empty_purge=True)
    assert not again["changed"]


@pytest.mark.parametrize(
    ("lists", "what"),
    [
        ({"instances": [guest("a")]}, "instance a"),
        ({"networks": [{"label": "tenant_0", "project": "red"}]}, "network tenant_0"),
        ({"floating_addresses": [{"project": "red"}]}, "a floating address"),
    ],
)
def test_lists_that_scrub_a_project_and_give_it_something_are_refused(
    cloud: VlanCloud, lists: dict[str, Any], what: str
) -> None:
    result = cloud.plan(projects=[WITH_INSTANCES], **lists)
    assert result["msg"] == (
        f"projects[0].name red shall be scrubbed, and gets {what} in this run. "
        "Take it out of the other list, or do not scrub the project."
    )
    assert owners(cloud) == {"tenant_0": None, "tenant_1": None, "tenant_2": None}


def test_a_network_of_each_compute_host_gives_their_addresses_back(cloud: VlanCloud) -> None:
    cloud.networks({"label": "wide", "cidr": "10.1.0.0/28", "multi_host": True, "project": "red"})
    cloud.boot(guest("a", nics=[{"network": "wide"}]))
    changes = cloud.projects(WITH_INSTANCES)["changes"]
    assert "delete fixed IP 10.1.0.4 (host c1, into quarantine)" in changes
    assert "update network wide (project red -> none)" in changes
