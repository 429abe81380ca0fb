# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quotas: what each project may have, whatever takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins.modules.vlan_cloud import VlanCloud, guest, quota

UNLIMITED = {
    "networks": -1,
    "fixed_ips": -1,
    "floating_ips": -1,
    "security_groups": -1,
    "security_group_rules": -1,
}
NO_GROUPS = {"security_groups": 0, "security_group_rules": 0}


@pytest.fixture
def cloud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VlanCloud:
    return VlanCloud(tmp_path, capsys)


def test_a_quota_is_set_once_and_shown_with_what_is_used(cloud: VlanCloud) -> None:
    cloud.boot(guest("a"))
    preview = cloud.projects(quota(networks=2, floating_ips=10), check=True)
    assert preview["changes"] == ["update quotas of project red (networks default -> 2, floating_ips default -> 10)"]
    assert cloud.projects(quota(networks=2, floating_ips=10)) == preview
    assert not cloud.projects(quota(networks=2, floating_ips=10))["changed"]
    assert cloud.project("red") == {
        "name": "red",
        "quotas": {**UNLIMITED, "networks": 2, "floating_ips": 10},
        "own_quotas": ["floating_ips", "networks"],
        "used": {**NO_GROUPS, "networks": 1, "fixed_ips": 1, "floating_ips": 0},
        "origin": "operation",
    }


def test_a_project_that_nobody_named_before_is_made(cloud: VlanCloud) -> None:
    assert cloud.projects({"name": "red"})["changes"] == ["create project red"]
    assert not cloud.projects({"name": "red"})["changed"]
    assert cloud.project("red")["quotas"] == UNLIMITED


@pytest.mark.parametrize(
    ("quotas", "take", "message"),
    [
        (
            {"fixed_ips": 2},
            lambda cloud: cloud.boot(guest("a"), guest("b"), guest("c")),
            "project red has 0 fixed addresses, 3 more are asked for, its quota is 2. "
            "Give up some of them, or raise its quota of fixed_ips.",
        ),
        (
            {"networks": 0},
            lambda cloud: cloud.boot(guest("a")),
            "project red has 0 networks, 1 more is asked for, its quota is 0. "
            "Give up some of them, or raise its quota of networks.",
        ),
        (
            {"networks": 1},
            lambda cloud: cloud.boot(guest("a", nics=[{"network": "tenant_0"}, {"network": "tenant_1"}])),
            "project red has 0 networks, 2 more are asked for, its quota is 1. "
            "Give up some of them, or raise its quota of networks.",
        ),
        (
            {"networks": 2},
            lambda cloud: cloud.networks({"label": "tenant", "project": "red"}),
            "project red has 0 networks, 3 more are asked for, its quota is 2. "
            "Give up some of them, or raise its quota of networks.",
        ),
        (
            {"floating_ips": 1},
            lambda cloud: cloud.floating({"project": "red"}, {"project": "red"}),
            "project red has 0 floating addresses, 2 more are asked for, its quota is 1. "
            "Give up some of them, or raise its quota of floating_ips.",
        ),
        (
            {"floating_ips": 0},
            lambda cloud: cloud.boot(guest("a", floating_ip={})),
            "project red has 0 floating addresses, 1 more is asked for, its quota is 0. "
            "Give up some of them, or raise its quota of floating_ips.",
        ),
    ],
)
@pytest.mark.parametrize("set_quotas", ["own", "default"])
def test_what_would_exceed_a_quota_is_refused_and_changes_nothing(
    cloud: VlanCloud, quotas: dict[str, int], take: Any, message: str, set_quotas: str
) -> None:
    if set_quotas == "own":
        cloud.projects(quota(**quotas))
    else:
        cloud.default_quotas(**quotas)
    before = cloud.info("networks", "fixed", "floating", "instances", "hosts", "events")
    assert take(cloud)["msg"] == message
    assert cloud.info("networks", "fixed", "floating", "instances", "hosts", "events") == before


def test_a_quota_can_be_used_up_and_counts_what_was_released_as_free(cloud: VlanCloud) -> None:
    cloud.projects(quota(fixed_ips=2, floating_ips=1, networks=1))
    assert "failed" not in cloud.boot(guest("a", floating_ip={}), guest("b"))
    assert cloud.project("red")["used"] == {**NO_GROUPS, "networks": 1, "fixed_ips": 2, "floating_ips": 1}
    assert cloud.boot(guest("c"))["msg"].startswith("project red has 2 fixed addresses, 1 more is asked for")
    # The address of b is in quarantine, and so nobody's; in one list the order does not matter.
    assert "failed" not in cloud.boot(guest("c"), {"name": "b", "state": "absent"})
    assert cloud.project("red")["used"]["fixed_ips"] == 2


def test_automatic_floating_addresses_stay_out_of_the_quota(cloud: VlanCloud) -> None:
    cloud.projects(quota(floating_ips=0))
    assert "failed" not in cloud.boot(guest("a"), auto_assign_floating_ip=True)
    assert len(cloud.info("floating")["floating"]) == 1
    assert cloud.project("red")["used"]["floating_ips"] == 0


def test_a_quota_of_one_project_is_not_that_of_another(cloud: VlanCloud) -> None:
    cloud.projects(quota("red", networks=0))
    assert "failed" not in cloud.boot(guest("b", "blue"))


def test_defaults_that_limit_nobody_are_no_change(cloud: VlanCloud) -> None:
    assert not cloud.default_quotas(networks=-1, fixed_ips=-1, floating_ips=-1)["changed"]
    cloud.default_quotas(networks=1)
    lifted = cloud.default_quotas(networks=-1)
    assert lifted["changes"] == ["update quotas of all other projects (networks 1 -> -1)"]
    assert "failed" not in cloud.networks({"label": "tenant", "project": "red"})


def test_own_quotas_go_before_the_defaults_and_come_back_to_them(cloud: VlanCloud) -> None:
    assert cloud.default_quotas(networks=1, floating_ips=2)["changes"] == [
        "update quotas of all other projects (networks -1 -> 1, floating_ips -1 -> 2)"
    ]
    cloud.projects(quota(networks=-1))
    assert cloud.project("red")["quotas"] == {**UNLIMITED, "floating_ips": 2}
    # What an item names is all that the project has of its own.
    assert cloud.projects(quota(floating_ips=5))["changes"] == [
        "update quotas of project red (networks -1 -> default, floating_ips default -> 5)"
    ]
    assert cloud.project("red")["quotas"] == {**UNLIMITED, "networks": 1, "floating_ips": 5}
    assert not cloud.projects({"name": "red"})["changed"], "quotas that are omitted stay"


def test_a_quota_below_what_is_used_takes_nothing_and_gives_nothing_more(cloud: VlanCloud) -> None:
    cloud.boot(guest("a"), guest("b"), guest("c", "blue"))
    lowered = cloud.projects(quota(fixed_ips=1))
    assert "quota of fixed_ips below what is used: red has 2, its quota is 1." in str(lowered["warnings"])
    assert cloud.project("red")["used"]["fixed_ips"] == 2
    assert cloud.boot(guest("d"))["msg"].startswith("project red has 2 fixed addresses, 1 more is asked for")
    # With no more than before it may change, and it may shrink.
    assert "failed" not in cloud.boot(guest("a", nics=[{"network": "tenant_0", "address": "10.0.0.9"}]))
    assert "failed" not in cloud.boot({"name": "b", "state": "absent"})
    assert "failed" in cloud.boot(guest("d"))


def test_lowered_defaults_name_the_first_few_projects_that_have_more(cloud: VlanCloud) -> None:
    for number in range(7):
        cloud.floating({"project": f"p{number}"})
    warnings = str(cloud.default_quotas(floating_ips=0)["warnings"])
    assert "below what is used: p0 has 1, its quota is 0, p1 has 1" in warnings
    assert "p4 has 1, its quota is 0 and 2 more." in warnings


def test_a_purge_takes_own_quotas_of_the_same_origin_and_nothing_else(cloud: VlanCloud) -> None:
    cloud.boot(guest("a"))
    cloud.projects(quota("red", networks=5), quota("blue", networks=6), origin="inventory")
    cloud.projects(quota("green", networks=7))
    result = cloud.projects(quota("blue", networks=6), purge=True, origin="inventory")
    assert result["changes"] == ["update quotas of project red (networks 5 -> default)"]
    assert cloud.project("green")["own_quotas"] == ["networks"]
    assert cloud.project("red")["used"]["networks"] == 1
    assert "would remove everything" in cloud.projects(purge=True, origin="inventory")["msg"]


def test_the_whole_cloud_is_planned_within_its_quotas(cloud: VlanCloud) -> None:
    projects = [quota(fixed_ips=2)]
    refused = cloud.plan(projects=projects, instances=[guest("a"), guest("b"), guest("c")])
    assert refused["subject"] == "project red"
    assert cloud.info("instances", "projects")["projects"] == []
    first = cloud.plan(projects=projects, instances=[guest("a"), guest("b")], check=True)
    assert cloud.plan(projects=projects, instances=[guest("a"), guest("b")]) == first
    # One goes, one comes: two at any time, although what comes is made before the quota is looked at.
    assert "failed" not in cloud.plan(projects=projects, instances=[guest("b"), guest("c")], purge=True)
    # The first quota of all counts what the same run gives back.
    assert "failed" not in cloud.plan(default_quotas={"networks": 1}, instances=[guest("b")], purge=True)
    assert "networks" in cloud.networks({"label": "tenant_1", "project": "red"})["msg"]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"name": ""}, "projects[0].name is empty"),
        ({"name": "x" * 256}, "is longer than 255 characters"),
        (
            {"name": "red", "quotas": {"networks": -2}},
            "projects[0].quotas.networks -2 is not between -1 and 2147483647",
        ),
        ({"name": "red", "quotas": {"fixed_ips": 1 << 31}}, "projects[0].quotas.fixed_ips 2147483648 is not between"),
        (
            {"name": "red", "remove_instances": True},
            "projects[0].remove_instances has no meaning without state scrubbed",
        ),
    ],
)
def test_bad_projects_are_refused_with_their_position(cloud: VlanCloud, item: dict[str, Any], message: str) -> None:
    assert message in cloud.projects(item)["msg"]
    assert cloud.info("projects")["projects"] == []


def test_a_project_is_listed_once(cloud: VlanCloud) -> None:
    assert cloud.projects({"name": "red"}, {"name": "red"})["msg"] == (
        "projects[1].name red is listed twice, first at projects[0].name"
    )
