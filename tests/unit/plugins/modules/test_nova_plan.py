# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapter's VLAN examples, translated one to one, from the wish to the plans of the hosts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.modules import nova_plan

from .module_run import run_module

Nova = Callable[..., dict[str, Any]]

PROJECT = "a421ae28356b4cc3a25e1429a0b02e98"
# network_manager=nova.network.manager.VlanManager, vlan_interface=eth0, fixed_range=172.16.0.0/12, network_size=256
CONFIGURATION: dict[str, Any] = {
    "manager": "vlan",
    "defaults": {"vlan_interface": "eth0", "fixed_range": "172.16.0.0/12", "network_size": 256},
    "hosts": [
        {"name": "network1", "network": True, "public_interface": "eth1", "my_ip": "192.0.2.10"},
        {"name": "compute1", "compute": True, "public_interface": "eth1"},
        {"name": "compute2", "compute": True, "public_interface": "eth1"},
    ],
}
EXAMPLE_NET = {
    "label": "example-net",
    "cidr": "172.16.169.0/24",
    "vlan": 169,
    "bridge": "br169",
    "project": PROJECT,
}


@pytest.fixture
def nova(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Nova:
    """Return a function that plans the cloud of the chapter, with other options where given."""

    def plan(check: bool = False, **options: Any) -> dict[str, Any]:
        values = {"database": f"sqlite:///{tmp_path}/ipam.sqlite", **CONFIGURATION, **options}
        return run_module(nova_plan, capsys, check, **values)

    return plan


def wires(result: dict[str, Any], host: str) -> list[tuple[int, str, str, list[str]]]:
    """Return id, VLAN interface, bridge and addresses of every network on a host."""
    plan = result["plans"][host]
    bridges = {bridge["interface"]: bridge for bridge in plan["bridges"]}
    return [
        (item["id"], item["name"], bridges[item["name"]]["name"], bridges[item["name"]]["addresses"])
        for item in plan["vlans"]
    ]


def test_one_network_for_one_project_makes_br169_on_the_network_host(nova: Nova) -> None:
    result = nova(networks=[EXAMPLE_NET])
    assert wires(result, "network1") == [(169, "vlan169", "br169", ["172.16.169.1/24"])]
    assert (wires(result, "compute1"), wires(result, "compute2")) == ([], [])


def test_a_hundred_networks_have_generated_ids_and_bridges(nova: Nova) -> None:
    result = nova(networks=[{"label": "tenants", "cidr": "172.16.100.0/24", "num_networks": 100}])
    expected = [(n, f"vlan{n}", f"br{n}", [f"172.16.{n}.1/24"]) for n in range(100, 200)]
    assert wires(result, "network1") == expected


def test_three_networks_of_sixteen_addresses(nova: Nova) -> None:
    # nova-manage network create 10.0.0.0/8 3 16
    defaults = {"vlan_interface": "eth0"}
    networks = [{"label": "small", "cidr": "10.0.0.0/8", "num_networks": 3, "network_size": 16}]
    result = nova(networks=networks, defaults=defaults)
    assert [addresses for _id, _vlan, _bridge, addresses in wires(result, "network1")] == [
        ["10.0.0.1/28"],
        ["10.0.0.17/28"],
        ["10.0.0.33/28"],
    ]


def test_a_project_without_a_network_claims_a_free_one_and_its_host_gets_the_vlan(nova: Nova) -> None:
    networks = [EXAMPLE_NET, {"label": "pool", "cidr": "172.16.100.0/24", "num_networks": 3}]
    booted = nova(networks=networks, instances=[{"name": "a", "project": "blue", "host": "compute2"}])
    assert (wires(booted, "compute1"), wires(booted, "compute2")) == ([], [(100, "vlan100", "br100", [])])
    moved = nova(networks=networks, instances=[{"name": "a", "project": "blue", "host": "compute1"}])
    assert (wires(moved, "compute1"), wires(moved, "compute2")) == ([(100, "vlan100", "br100", [])], [])
    gone = nova(networks=networks, instances=[], purge=True, allow_empty_purge=True, origin="operation")
    assert wires(gone, "compute1") == []


def test_the_vlan_of_the_public_interface_is_left_out_and_refused(nova: Nova) -> None:
    # public_interface=vlan100
    hosts = [{**CONFIGURATION["hosts"][0], "public_interface": "vlan100", "public_vlan_interface": "eth0"}]
    defaults = {**CONFIGURATION["defaults"], "reserved_vlans": [100]}
    result = nova(
        networks=[{"label": "t", "cidr": "172.16.100.0/24", "num_networks": 2}], hosts=hosts, defaults=defaults
    )
    assert [item["name"] for item in result["plans"]["network1"]["vlans"]] == ["vlan100", "vlan101", "vlan102"]
    asked = nova(networks=[{**EXAMPLE_NET, "vlan": 100}], hosts=hosts, defaults=defaults)
    assert "networks[0].vlan 100 is reserved" in asked["msg"]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        # The bound of 4094: a start plus a number that ends at 4094 still fits.
        ({"num_networks": 3, "vlan_start": 4093}, "networks[0].vlan_start 4093"),
        ({"cidr": "10.0.0.0/24", "num_networks": 2, "network_size": 256, "vlan": None}, "networks[0].cidr 10.0.0.0/24"),
    ],
)
def test_what_does_not_fit_is_a_clear_error(nova: Nova, network: dict[str, Any], message: str) -> None:
    item = {"label": "t", "cidr": "172.16.0.0/16", **network}
    result = nova(networks=[{key: value for key, value in item.items() if value is not None}])
    assert result["failed"]
    assert message in result["msg"]


def test_the_last_vlan_id_is_4094(nova: Nova) -> None:
    result = nova(networks=[{"label": "t", "cidr": "172.16.0.0/16", "num_networks": 2, "vlan_start": 4093}])
    assert [number for number, *_rest in wires(result, "network1")] == [4093, 4094]


def test_a_network_is_given_to_a_project_and_a_host_and_taken_away_again(nova: Nova) -> None:
    # nova-manage network modify, with --project, --host, --disassociate-project, --disassociate-host
    hosts = [*CONFIGURATION["hosts"], {**CONFIGURATION["hosts"][0], "name": "network2", "my_ip": "192.0.2.11"}]
    free = {key: value for key, value in EXAMPLE_NET.items() if key != "project"}
    assert wires(nova(networks=[free], hosts=hosts), "network1")

    given = nova(networks=[{"label": "example-net", "project": PROJECT, "host": "network2"}], hosts=hosts)
    assert f"update network example-net (host network1 -> network2, project none -> {PROJECT})" in given["changes"]
    other = {"name": "a", "project": "blue", "host": "compute1", "nics": [{"network": "example-net"}]}
    refused = nova(instances=[other], hosts=hosts)
    assert f"belongs to project {PROJECT}, not to blue" in refused["msg"]

    taken = nova(networks=[{"label": "example-net", "project": "", "host": ""}], hosts=hosts)
    assert f"update network example-net (host network2 -> none, project {PROJECT} -> none)" in taken["changes"]
    # A host is chosen anew, the first; it gets the gateway once the other one has given it up.
    assert taken["plans"]["network1"]["waiting"] == ["172.16.169.1"]
    assert not nova(instances=[other], hosts=hosts).get("failed")


def test_a_network_that_a_project_holds_is_not_deleted_until_it_lets_go(nova: Nova) -> None:
    nova(networks=[EXAMPLE_NET])
    refused = nova(networks=[{"label": "example-net", "state": "absent"}])
    assert f"belongs to project {PROJECT}" in refused["msg"]
    done = nova(networks=[{"label": "example-net", "state": "absent", "project": ""}])
    assert wires(done, "network1") == []


def test_a_preview_plans_the_same_wires(nova: Nova) -> None:
    foreseen = nova(check=True, networks=[EXAMPLE_NET])
    assert wires(foreseen, "network1") == wires(nova(networks=[EXAMPLE_NET]), "network1")


@pytest.mark.parametrize("check", [True, False])
def test_the_cloud_that_was_planned_is_returned_when_asked_for_in_a_preview_too(nova: Nova, check: bool) -> None:
    wish = {"name": "web1", "project": PROJECT, "host": "compute1"}
    result = nova(check, networks=[EXAMPLE_NET], instances=[wish], gather=["networks", "instances"])
    assert [(item["name"], item["nics"][0]["network"]) for item in result["instances"]] == [("web1", "example-net")]
    assert [item["cidr"] for item in result["networks"]] == ["172.16.169.0/24"]
    assert not {"networks", "instances"} & set(nova(check, networks=[EXAMPLE_NET]))


def test_lease_events_that_a_host_tells_are_recorded_and_the_next_plan_says_so(nova: Nova) -> None:
    nova(networks=[EXAMPLE_NET])
    event = {"bridge": "br169", "number": 1767225600000000, "at": 1767225600, "action": "add", "hostname": None}
    lease = {"address": "172.16.169.9", "mac": "fa:16:3e:00:00:0a"}
    told = {"host": "network1", "generation": 1, "lease_events": [{**event, **lease}], "leases": []}
    assert nova(targets=[], acknowledgements=[told])["changed"] is False
    later = nova()
    assert later["recorded_events"] == {"network1": [{"bridge": "br169", "number": event["number"]}]}
    assert nova(targets=["compute1"])["recorded_events"] == {}


def test_the_plan_of_one_host_is_that_of_the_whole_cloud(nova: Nova) -> None:
    instance = {"project": PROJECT, "host": "compute1"}
    lists = {"networks": [EXAMPLE_NET], "instances": [{"name": "a", **instance}, {"name": "b", **instance}]}
    everything = nova(**lists)
    for host in ("network1", "compute1", "compute2"):
        alone = nova(targets=[host])
        assert alone["plans"] == {host: everything["plans"][host]}
        assert (alone["awaiting"], alone["unconfirmed"]) == (everything["awaiting"], everything["unconfirmed"])
