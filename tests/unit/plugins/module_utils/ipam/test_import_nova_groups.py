# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups of nova taken over: what they let in, and who is in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins.module_utils.ipam.nova_cloud import BLUE, RED, NovaCloud
from tests.unit.plugins.module_utils.ipam.nova_import import Import

ANY = {"protocol": None, "from_port": None, "to_port": None, "cidr": None, "group": None}


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    return Import(tmp_path)


@pytest.fixture
def nova(imported: Import) -> NovaCloud:
    return imported.nova


def group(nova: NovaCloud, name: str = "default", project: str | None = RED, **values: Any) -> int:
    return nova.add("security_groups", **{"name": name, "description": name, "project_id": project, **values})


def rule(nova: NovaCloud, parent: int, *what: Any, cidr: str | None = None, source: int | None = None) -> int:
    protocol, first, last = what
    values = {"protocol": protocol, "from_port": first, "to_port": last, "cidr": cidr, "group_id": source}
    return nova.add("security_group_rules", parent_group_id=parent, **values)


def join(nova: NovaCloud, number: int, instance: str, **values: Any) -> None:
    nova.add("security_group_instance_association", security_group_id=number, instance_uuid=instance, **values)


def test_groups_come_with_their_rules_and_instances(imported: Import, nova: NovaCloud) -> None:
    network = nova.network()
    web, other = nova.boot("web", {network: "10.0.0.5"}), nova.boot("other", {network: "10.0.0.6"})
    default, admin = group(nova), group(nova, "admin", description="for\nthe  admins")
    rule(nova, default, "tcp", 22, 22, cidr="0.0.0.0/0")
    rule(nova, default, "ICMP", -1, -1, cidr="10.0.0.9/8")
    rule(nova, default, "icmp", 8, -1, cidr="fd00::/64")
    rule(nova, default, None, None, None, source=admin)
    rule(nova, admin, "udp", 1, 65535, source=default)
    join(nova, default, web)
    join(nova, default, web)
    join(nova, admin, web)
    join(nova, default, other, deleted=4)
    done = imported()
    groups = {each["name"]: each for each in imported.look("security_groups")["security_groups"]}
    assert groups["default"]["rules"] == [
        {**ANY, "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr": "0.0.0.0/0"},
        {**ANY, "protocol": "icmp", "cidr": "10.0.0.0/8"},
        {**ANY, "protocol": "icmp", "from_port": 8, "cidr": "fd00::/64"},
        {**ANY, "group": "admin"},
    ]
    assert groups["admin"]["rules"] == [
        {**ANY, "protocol": "udp", "from_port": 1, "to_port": 65535, "group": "default"}
    ]
    assert groups["admin"]["description"] == "for the admins"
    assert [(name, groups[name]["instances"]) for name in sorted(groups)] == [("admin", ["web"]), ("default", ["web"])]
    assert done.carried_over["security_groups"] == 2
    assert [text for text in done.warnings if "allow_same_net_traffic" in text], "nova let neighbours in"
    assert not imported().changes


def test_what_cannot_be_a_rule_or_a_member_here_is_named(imported: Import, nova: NovaCloud) -> None:
    network = nova.network()
    web = nova.boot("web", {network: "10.0.0.5"})
    red, blue, old = group(nova), group(nova, project=BLUE), group(nova, "old", deleted=9)
    nobodys = group(nova, "nobodys", project=None)
    numbers = [
        rule(nova, red, "tcp", 0, 70000, cidr="0.0.0.0/0"),
        rule(nova, red, "sctp", 1, 2, cidr="0.0.0.0/0"),
        rule(nova, red, "tcp", 22, 22, source=blue),
        rule(nova, red, "tcp", 22, 22, source=old),
        rule(nova, red, "tcp", 22, 22, cidr="nonsense"),
    ]
    rule(nova, red, "tcp", 80, 80, cidr="0.0.0.0/0")
    rule(nova, red, "TCP", 80, 80, cidr="0.0.0.0/0")
    join(nova, blue, web)
    join(nova, nobodys, web)
    done = imported()
    of_red = f"of security group default of project {RED}"
    foreign = "its source is no security group of this project that is carried over"
    assert done.left_behind[1:] == [
        "security group nobodys of project (none): it has no project",
        f"rule {numbers[0]} {of_red}: rule.from_port 0 is not between 1 and 65535",
        f"rule {numbers[1]} {of_red}: rule.protocol sctp is none of tcp, udp, icmp",
        f"rule {numbers[2]} {of_red}: {foreign}",
        f"rule {numbers[3]} {of_red}: {foreign}",
        f"rule {numbers[4]} {of_red}: rule.cidr nonsense is no range of addresses",
        f"instance web in security group default of project {BLUE}: the instance belongs to project {RED}",
    ]
    groups = {each["project"]: each for each in imported.look("security_groups")["security_groups"]}
    assert [each["from_port"] for each in groups[RED]["rules"]] == [80], "the same twice is once"
    assert groups[BLUE]["instances"] == groups[RED]["instances"] == []
    assert not any("allow_same_net_traffic" in text for text in done.warnings), "nobody is in a group"


def test_a_group_that_is_there_and_differs_is_a_clash(imported: Import, nova: NovaCloud) -> None:
    nova.network()
    rule(nova, group(nova), "tcp", 22, 22, cidr="0.0.0.0/0")
    imported()
    nova.change("security_group_rules", "from_port = 22", from_port=23, to_port=23)
    with pytest.raises(Exception, match=f"security group default of project {RED} exists already and differs"):
        imported()


def test_names_that_cannot_be_had_become_such(imported: Import, nova: NovaCloud) -> None:
    nova.network()
    first, second = group(nova, "a\nb"), group(nova, "a b")
    done = imported()
    assert [each["name"] for each in imported.look("security_groups")["security_groups"]] == [
        "a b",
        f"a b-group-{second}",
    ]
    assert any(f"(group-{first}) is called a b" in text for text in done.warnings)
