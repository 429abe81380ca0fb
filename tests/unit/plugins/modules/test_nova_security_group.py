# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups as people keep them: what a list makes, what is refused, and what goes with a project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.novanet.network.plugins.modules import nova_security_group

from tests.unit.plugins.modules.vlan_cloud import VlanCloud, guest, quota

SSH = {"protocol": "tcp", "from_port": 22, "cidr": "192.0.2.0/24"}
PING = {"protocol": "icmp", "from_port": 8, "to_port": 0}


@pytest.fixture
def cloud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VlanCloud:
    return VlanCloud(tmp_path, capsys)


def group(name: str = "web", *rules: Any, project: str = "red", **more: Any) -> dict[str, Any]:
    return {"project": project, "name": name, "rules": list(rules), **more}


def absent(name: str = "web", project: str = "red") -> dict[str, Any]:
    return {"project": project, "name": name, "state": "absent"}


def shown(protocol: str | None, first: int | None, last: int | None, **source: str) -> dict[str, Any]:
    return {"protocol": protocol, "from_port": first, "to_port": last, "cidr": None, "group": None, **source}


def test_a_group_is_made_once_and_shown_with_its_instances(cloud: VlanCloud) -> None:
    wanted = group("web", SSH, PING, {"group": "web"}, description="Web servers")
    preview = cloud.groups(wanted, check=True)
    assert preview["changes"] == ["create security group web of project red (3 rules)"]
    assert cloud.groups(wanted)["changes"] == preview["changes"]
    assert not cloud.groups(wanted)["changed"]
    cloud.boot(guest("b", security_groups=["web"]), guest("a", security_groups=["web"]), guest("c"))
    assert cloud.info("security_groups")["security_groups"] == [
        {
            "project": "red",
            "name": "web",
            "description": "Web servers",
            "rules": [
                shown("tcp", 22, 22, cidr="192.0.2.0/24"),
                shown("icmp", 8, 0, cidr="0.0.0.0/0"),
                shown(None, None, None, group="web"),
            ],
            "origin": "operation",
            "instances": ["a", "b"],
        }
    ]


def test_what_is_not_given_stays_and_an_empty_list_takes_all_rules(cloud: VlanCloud) -> None:
    cloud.groups(group("web", SSH, PING, description="Web servers"))
    assert not cloud.groups({"project": "red", "name": "web"})["changed"]
    assert not cloud.groups(group("web", PING, SSH))["changed"], "rules have no order"
    changed = cloud.groups(group("web", PING, {"protocol": "udp", "from_port": 1, "to_port": 9}, description=""))
    assert changed["changes"] == [
        "update security group web of project red (rule removed: tcp 22 from 192.0.2.0/24, "
        "rule added: udp 1-9 from 0.0.0.0/0, description Web servers -> none)"
    ]
    assert cloud.groups(group("web"))["security_groups"][0]["rules"] == []


@pytest.mark.parametrize(
    ("rule", "stored"),
    [
        ({}, shown(None, None, None, cidr="0.0.0.0/0")),
        ({"protocol": "tcp"}, shown("tcp", None, None, cidr="0.0.0.0/0")),
        ({"protocol": "udp", "from_port": 80, "to_port": 81}, shown("udp", 80, 81, cidr="0.0.0.0/0")),
        ({"protocol": "icmp", "from_port": 3, "to_port": 3}, shown("icmp", 3, 3, cidr="0.0.0.0/0")),
        ({"protocol": "icmp"}, shown("icmp", None, None, cidr="0.0.0.0/0")),
        ({"protocol": "icmp", "from_port": -1, "to_port": -1}, shown("icmp", None, None, cidr="0.0.0.0/0")),
        ({"protocol": "icmp", "from_port": 3, "cidr": "::/0"}, shown("icmp", 3, None, cidr="::/0")),
        ({"cidr": "FD00::0/64"}, shown(None, None, None, cidr="fd00::/64")),
        ({"cidr": "192.0.2.7"}, shown(None, None, None, cidr="192.0.2.7/32")),
    ],
)
def test_a_rule_means_what_nova_made_of_it(cloud: VlanCloud, rule: dict[str, Any], stored: dict[str, Any]) -> None:
    assert cloud.groups(group("web", rule))["security_groups"][0]["rules"] == [stored]
    assert not cloud.groups(group("web", rule))["changed"]
    assert not cloud.groups(group("web", stored))["changed"], "what a list shows can be given back"


def test_a_code_of_icmp_that_equals_its_type_is_told_from_any_code(cloud: VlanCloud) -> None:
    cloud.groups(group("web", {"protocol": "icmp", "from_port": 3}))
    assert cloud.groups(group("web", {"protocol": "icmp", "from_port": 3, "to_port": 3}))["changes"] == [
        "update security group web of project red (rule removed: icmp 3 from 0.0.0.0/0, "
        "rule added: icmp 3/3 from 0.0.0.0/0)"
    ]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"protocol": "tcp", "to_port": 80}, "rules[0].from_port is missing. Name both ports"),
        ({"protocol": "tcp", "from_port": 0}, "rules[0].from_port 0 is not between 1 and 65535"),
        ({"protocol": "udp", "from_port": 9, "to_port": 65536}, "rules[0].to_port 65536 is not between 1 and 65535"),
        ({"protocol": "udp", "from_port": 9, "to_port": 8}, "rules[0].to_port 8 is below from_port 9"),
        ({"from_port": 9}, "rules[0] has ports, but no protocol. Name tcp or udp, or leave the ports out."),
        ({"protocol": "icmp", "from_port": 256}, "rules[0].from_port 256 is not between -1 and 255"),
        ({"protocol": "icmp", "to_port": 1}, "rules[0].to_port 1 is a code of ICMP without a type"),
        ({"cidr": "192.0.2.0/24", "group": "web"}, "rules[0] has both a cidr and a group as its source"),
        ({"group": "db"}, "rules[0].group db is no security group of project red. List it too, or name one that"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_and_nothing_is_made(
    cloud: VlanCloud, rule: dict[str, Any], message: str
) -> None:
    refused = cloud.groups(group("other"), group("web", rule))
    assert f"security_groups[1].{message}" in refused["msg"]
    assert cloud.info("security_groups")["security_groups"] == []


def test_the_same_rule_or_the_same_group_twice_is_refused(cloud: VlanCloud) -> None:
    twice = cloud.groups(group("web", PING, {**PING, "cidr": "0.0.0.0/0"}))
    assert "rules[1]: icmp 8/0 from 0.0.0.0/0 is listed twice, first at security_groups[0].rules[0]" in twice["msg"]
    again = cloud.groups(group("web"), group("web"))
    assert "security_groups[1].name web is listed twice for project red, first at" in again["msg"]
    assert "failed" not in cloud.groups(group("web"), group("web", project="blue")), "names are those of a project"


def test_groups_name_each_other_in_any_order_and_go_together(cloud: VlanCloud) -> None:
    assert "failed" not in cloud.groups(group("a", {"group": "b"}), group("b", {"group": "a"}))
    refused = cloud.groups(absent("a"))
    assert refused["msg"] == (
        "security_groups[0].name a is the source of rules of group b. Remove those rules first, or in the same run."
    )
    assert cloud.groups(absent("b"), absent("a"))["changes"] == [
        "delete security group a of project red",
        "delete security group b of project red",
    ]
    assert not cloud.groups(absent("a"))["changed"]


def test_a_group_goes_only_after_the_last_instance_has_left_it(cloud: VlanCloud) -> None:
    cloud.groups(group("web"))
    cloud.boot(guest("a", security_groups=["web"]), guest("b", security_groups=["web"]))
    assert cloud.groups(absent())["msg"] == "security_groups[0].name web is in use by instances a, b"
    left = cloud.boot(guest("a", security_groups=[]), {"name": "b", "state": "absent"})
    assert "update instance a (security groups web -> none)" in left["changes"]
    assert cloud.groups(absent())["changes"] == ["delete security group web of project red"]


def test_an_instance_is_in_groups_of_its_own_project_only(cloud: VlanCloud) -> None:
    cloud.groups(group("web"), group("db", project="blue"))
    assert cloud.boot(guest("a", security_groups=["web", "db"]))["msg"] == (
        "instances[0].security_groups[1] db is no security group of project red. "
        "List it in security_groups, or make it with nova_security_group."
    )
    cloud.boot(guest("a", security_groups=["web"]))
    assert not cloud.boot(guest("a"))["changed"], "an omitted list stays as it is"
    assert cloud.info("instances")["instances"][0]["security_groups"] == ["web"]


def test_a_purge_removes_the_groups_of_its_origin_only(cloud: VlanCloud) -> None:
    cloud.groups(group("kept"), origin="operation")
    cloud.groups(group("old"), group("new"), origin="inventory")
    assert cloud.groups(group("new"), origin="inventory", purge=True)["changes"] == [
        "delete security group old of project red"
    ]
    refused = cloud.groups(origin="inventory", purge=True)
    assert "security_groups [] together with purge would remove everything" in refused["msg"]
    assert [each["name"] for each in cloud.info("security_groups")["security_groups"]] == ["kept", "new"]


@pytest.mark.parametrize("default", [True, False], ids=["default", "own"])
def test_quotas_limit_the_groups_of_a_project_and_the_rules_of_each(cloud: VlanCloud, default: bool) -> None:
    if default:
        cloud.default_quotas(security_groups=2, security_group_rules=1)
    else:
        cloud.projects(quota(security_groups=2, security_group_rules=1))
    assert cloud.groups(group("a"), group("b"), group("c"))["msg"] == (
        "project red has 0 security groups, 3 more are asked for, its quota is 2. "
        "Give up some of them, or raise its quota of security_groups."
    )
    assert "failed" not in cloud.groups(group("a", PING), group("b", PING)), "each has one rule"
    assert cloud.groups(group("a", PING, SSH))["msg"].startswith(
        "project red has 1 rules in one security group, 1 more is asked for, its quota is 1."
    )
    assert cloud.project("red")["used"]["security_groups"] == 2
    assert "failed" not in cloud.groups(absent("a"), group("c", SSH)), "in one list the order does not matter"


def test_scrubbing_a_project_removes_its_groups_and_nobody_elses(cloud: VlanCloud) -> None:
    cloud.groups(group("a", {"group": "b"}), group("b", {"group": "a"}), group("a", project="blue"))
    cloud.boot(guest("web1", security_groups=["a"]))
    scrub = {"name": "red", "state": "scrubbed"}
    assert "cannot be scrubbed: it has instance web1" in cloud.projects(scrub)["msg"]
    assert len(cloud.info("security_groups")["security_groups"]) == 3
    changes = cloud.projects({**scrub, "remove_instances": True})["changes"]
    assert changes[-2:] == ["delete security group a of project red", "delete security group b of project red"]
    (left,) = cloud.info("security_groups")["security_groups"]
    assert (left["project"], left["name"]) == ("blue", "a")


def test_one_list_cannot_scrub_what_another_one_makes(cloud: VlanCloud) -> None:
    refused = cloud.plan(projects=[{"name": "red", "state": "scrubbed"}], security_groups=[group("web")])
    assert "shall be scrubbed, and gets security group web in this run" in refused["msg"]


def test_a_run_makes_groups_before_their_instances_and_removes_them_after(cloud: VlanCloud) -> None:
    made = cloud.plan(security_groups=[group("web", SSH)], instances=[guest("a", security_groups=["web"])], purge=True)
    assert "failed" not in made, made
    firewall = made["plans"]["c1"]["firewall"]
    assert [port["groups"] for port in firewall["guest_ports"]] == [[firewall["groups"][0]["name"]]]
    gone = cloud.plan(security_groups=[], instances=[], purge=True, allow_empty_purge=True)
    assert "delete security group web of project red" in gone["changes"]
    assert gone["plans"]["c1"]["firewall"]["groups"] == gone["plans"]["c1"]["firewall"]["guest_ports"] == []
    assert not cloud.plan(security_groups=[], instances=[], purge=True, allow_empty_purge=True)["changed"]


def test_the_audit_says_who_let_what_in(cloud: VlanCloud) -> None:
    cloud.groups(group("web", SSH), actor="alice")
    cloud.groups(group("web"), actor="bob")
    events = [event for event in cloud.info("events")["events"] if event["kind"] == "security group"]
    assert [(event["actor"], event["name"], event["after"]["rules"]) for event in events] == [
        ("bob", "web of project red", []),
        ("alice", "web of project red", ["tcp 22 from 192.0.2.0/24"]),
    ]


def test_the_examples_do_what_they_say(cloud: VlanCloud) -> None:
    for task in yaml.safe_load(nova_security_group.EXAMPLES):
        result = cloud.groups(*task["novanet.network.nova_security_group"]["security_groups"])
        assert result["changed"], task["name"]
    assert [each["name"] for each in cloud.info("security_groups")["security_groups"]] == ["default", "web"]
