# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import StoreError
from ansible_collections.novanet.network.plugins.module_utils.ipam.information import KINDS, gather
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import reading

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, gone, web


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    cloud = SmallCloud(tmp_path)
    cloud.boot(web("b", floating_ip={}), web("a"), web("old"))
    cloud.boot(gone("old"))
    cloud.confirm("c1")
    return cloud


def look(cloud: SmallCloud, *kinds: str, **more: Any) -> dict[str, Any]:
    with reading(cloud.url) as work:
        return gather(work, kinds, **more)


def test_all_lists_can_be_had_at_once_and_no_others_are_returned(cloud: SmallCloud) -> None:
    assert set(look(cloud, *KINDS, "events")) == {*KINDS, "events"}
    assert set(look(cloud, "hosts")) == {"hosts"}


def test_networks_show_what_they_are_used_for(cloud: SmallCloud) -> None:
    (network,) = look(cloud, "networks")["networks"]
    assert (network["label"], network["gateway"]) == ("private", "10.0.0.1")
    assert network["utilisation"] == {
        "size": 16,
        "free": 10,
        "reserved": 3,
        "allocated": 2,
        "hosts": 0,
        "quarantined": 1,
    }


def test_fixed_addresses_show_who_has_them_and_who_had_them(cloud: SmallCloud) -> None:
    rows = look(cloud, "fixed")["fixed"]
    assert [(row["address"], row["instance"], row["host"], row["state"]) for row in rows] == [
        ("10.0.0.2", "b", "c1", "allocated"),
        ("10.0.0.3", "a", "c1", "allocated"),
        ("10.0.0.4", "old", None, "released"),
    ]
    assert [row["released_at"] is None for row in rows] == [True, True, False]


def test_instances_are_listed_by_name_with_the_line_that_nova_printed(cloud: SmallCloud) -> None:
    cloud.apply({"label": "network2", "cidr": "20.20.0.0/24", "bridge": "br2"})
    cloud.boot(web("c", nics=[{"network": "private"}, {"network": "network2"}]))
    rows = look(cloud, "instances")["instances"]
    assert [(row["name"], row["networks"]) for row in rows] == [
        ("a", "private=10.0.0.3"),
        ("b", "private=10.0.0.2, 192.0.2.1"),
        ("c", "network2=20.20.0.2; private=10.0.0.5"),
    ]


def test_floating_addresses_and_pools(cloud: SmallCloud) -> None:
    lists = look(cloud, "floating", "pools")
    assert [(row["address"], row["instance"], row["host"]) for row in lists["floating"]] == [("192.0.2.1", "b", "net1")]
    assert [(row["name"], row["total"], row["free"]) for row in lists["pools"]] == [("nova", 6, 5)]


def test_hosts_show_how_far_they_are_and_what_they_are_to_give_up(cloud: SmallCloud) -> None:
    lists = look(cloud, "hosts", "withdrawals")
    assert [(row["name"], row["generation"], row["withdrawals"]) for row in lists["hosts"]] == [
        ("c1", cloud.generation(), 0),
        ("net1", None, 1),
    ]
    assert [(row["kind"], row["address"], row["host"]) for row in lists["withdrawals"]] == [
        ("fixed", "10.0.0.4", "net1")
    ]


def test_events_are_the_newest_first_and_can_be_asked_for_by_name(cloud: SmallCloud) -> None:
    events = look(cloud, "events", limit=2)["events"]
    assert [(row["action"], row["kind"], row["name"]) for row in events] == [
        ("delete", "instance", "old"),
        ("delete", "fixed IP", "10.0.0.4"),
    ]
    asked = look(cloud, "events", names=["192.0.2.1"])["events"]
    assert [(row["actor"], row["after"]["instance"]) for row in asked] == [("tester", "b")]


def test_looking_changes_nothing(cloud: SmallCloud) -> None:
    before = cloud.path.read_bytes()
    look(cloud, *KINDS, "events")
    assert cloud.path.read_bytes() == before


def test_a_database_that_does_not_exist_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match="does not exist. It is made by the first module that changes something"),
        reading(f"sqlite:///{tmp_path}/none.sqlite"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_ipam_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "text.sqlite").write_text("this is not a database, however long it is made " * 50)
    (tmp_path / "empty.sqlite").touch()
    for name, reason in (("text", "cannot be used: file is not a database"), ("empty", "holds no IPAM")):
        with pytest.raises(StoreError, match=reason), reading(f"sqlite:///{tmp_path}/{name}.sqlite"):
            pass
