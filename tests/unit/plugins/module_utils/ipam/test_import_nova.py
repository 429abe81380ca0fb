# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A nova database taken over: what comes along and how it then looks in the IPAM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.ipam.information import KINDS

from tests.unit.plugins.module_utils.ipam.nova_cloud import BLUE, RED, NovaCloud
from tests.unit.plugins.module_utils.ipam.nova_import import Import


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    return Import(tmp_path)


@pytest.fixture
def nova(imported: Import) -> NovaCloud:
    return imported.nova


VIF_UUIDS = "UUIDs of virtual interfaces: a NIC is known by its MAC address here"


def _plain_cloud(nova: NovaCloud) -> str:
    """Fill a nova database with what all has a place here, and return the UUID of the instance web."""
    private = nova.network(1, label="private", priority=5, mtu=1450, dns2="9.9.9.9")
    second = nova.network(2, label="network2", cidr="20.20.0.0/28", gateway="20.20.0.1", dhcp_server="20.20.0.1",
                          dhcp_start="20.20.0.3", bridge="br101", host=None)  # fmt: skip
    web = nova.boot("web", {second: "20.20.0.3", private: "10.0.0.14"})
    nova.boot("db", {private: "10.0.0.5"}, BLUE, "c2")
    nova.floating("192.0.2.9", "10.0.0.14")
    nova.floating("192.0.2.10", project=BLUE)
    nova.floating("192.0.2.11", project=None)
    return web


def test_a_cloud_keeps_its_addresses_macs_and_uuids(imported: Import, nova: NovaCloud) -> None:
    web = _plain_cloud(nova)
    done = imported()
    assert (done.warnings, done.left_behind) == ([], [VIF_UUIDS])
    assert done.carried_over == {
        "networks": 2, "reservations": 0, "security_groups": 0, "instances": 2, "nics": 3,
        "host_addresses": 0, "floating_pools": 1, "floating_addresses": 2,
    }  # fmt: skip
    lists = imported.look(*KINDS)
    assert [
        tuple(row[key] for key in ("label", "uuid", "cidr", "gateway", "dhcp_server", "dhcp_start", "bridge",
                                   "bridge_interface", "dns1", "dns2", "mtu", "priority", "host", "manager"))
        for row in lists["networks"]
    ] == [
        ("network2", "00000000-0000-4000-8000-000000000002", "20.20.0.0/28", "20.20.0.1", "20.20.0.1", "20.20.0.3",
         "br101", "eth2", "8.8.4.4", None, None, None, None, "flatdhcp"),
        ("private", "00000000-0000-4000-8000-000000000001", "10.0.0.0/28", "10.0.0.1", "10.0.0.1", "10.0.0.2",
         "br100", "eth2", "8.8.4.4", "9.9.9.9", 1450, 5, "net1", "flatdhcp"),
    ]  # fmt: skip
    assert imported.nics() == {
        "db": [("private", "fa:16:3e:00:00:03", "10.0.0.5")],
        "web": [("network2", "fa:16:3e:00:00:01", "20.20.0.3"), ("private", "fa:16:3e:00:00:02", "10.0.0.14")],
    }
    db, first = lists["instances"]
    assert (first["uuid"], first["project"], first["host"], first["hostname"]) == (web, RED, "c1", "web")
    assert (db["project"], db["host"]) == (BLUE, "c2")
    assert first["networks"] == "network2=20.20.0.3; private=10.0.0.14, 192.0.2.9"
    assert [(row["address"], row["instance"], row["project"], row["host"]) for row in lists["floating"]] == [
        ("192.0.2.9", "web", RED, "net1"),
        ("192.0.2.10", None, BLUE, None),
    ]
    assert [(row["name"], row["interface"], row["ranges"], row["free"]) for row in lists["pools"]] == [
        ("nova", "eth0", ["192.0.2.9-192.0.2.11"], 1)
    ]


def test_a_second_import_changes_nothing_and_says_the_same(imported: Import, nova: NovaCloud) -> None:
    _odd_cloud(nova)
    first = imported()
    second = imported()
    assert first.changes
    assert second.changes == []
    assert (second.left_behind, second.carried_over) == (first.left_behind, first.carried_over)


def test_a_preview_says_what_the_import_then_does_and_stores_nothing(imported: Import, nova: NovaCloud) -> None:
    _odd_cloud(nova)
    preview = imported(check=True)
    assert not imported.path.exists()
    assert imported() == preview


def test_nova_is_not_written(imported: Import, nova: NovaCloud) -> None:
    _odd_cloud(nova)
    before = nova.path.read_bytes()
    imported()
    assert nova.path.read_bytes() == before


def test_what_nova_has_deleted_is_not_there(imported: Import, nova: NovaCloud) -> None:
    network = nova.network()
    web = nova.boot("web", {network: "10.0.0.5"})
    gone = nova.network(2, label="gone", cidr="10.1.0.0/28", bridge="br101")
    for table in ("networks", "fixed_ips"):
        nova.change(table, f"{'id' if table == 'networks' else 'network_id'} = {gone}", deleted=gone)
    nova.boot("old", {})
    nova.change("instances", "display_name = 'old'", deleted=2)
    nova.floating("192.0.2.9")
    nova.change("floating_ips", "address = '192.0.2.9'", deleted=1)
    nova.add("virtual_interfaces", address="fa:16:3e:00:00:99", network_id=network, instance_uuid=web, deleted=99)
    assert imported().left_behind == [VIF_UUIDS]
    assert imported.nics() == {"web": [("public", "fa:16:3e:00:00:01", "10.0.0.5")]}
    assert [row["label"] for row in imported.look("networks")["networks"]] == ["public"]
    assert imported.look("floating", "pools") == {"floating": [], "pools": []}


def test_names_that_several_have_get_a_part_of_the_uuid_but_for_the_oldest(imported: Import, nova: NovaCloud) -> None:
    network = nova.network()
    nova.boot("web", {network: "10.0.0.5"})
    nova.boot("web", {network: "10.0.0.6"})
    nova.boot(None, {network: "10.0.0.7"}, hostname="server-7.example")
    nova.network(2, cidr="10.1.0.0/28", bridge="br101", gateway=None, dhcp_server=None, dhcp_start=None)
    done = imported()
    nameless = "00000003-aaaa-4bbb-8ccc-000000000000"
    assert sorted(imported.nics()) == [nameless, "web", "web-00000002"]
    assert sorted(row["label"] for row in imported.look("networks")["networks"]) == ["public", "public-00000000"]
    assert done.warnings == [
        "network public (00000000-0000-4000-8000-000000000002) is called public-00000000: that name is taken",
        "instance web (00000002-aaaa-4bbb-8ccc-000000000000) is called web-00000002: that name is taken",
        f"instance (no name) ({nameless}) is called {nameless}: it had no name that can be had here",
        f"instance {nameless}: host name server-7.example is not a host name, it becomes {nameless}",
    ]


def test_projects_and_hosts_get_the_names_that_they_have_here(imported: Import, nova: NovaCloud) -> None:
    network = nova.network(project_id=RED, host="net1.example.org")
    nova.boot("web", {network: "10.0.0.5"}, host="c1.example.org")
    nova.floating("192.0.2.9", "10.0.0.5")
    imported(projects={RED: "red"}, hosts={"c1.example.org": "compute1", "net1.example.org": "network1"})
    lists = imported.look("networks", "instances", "floating")
    assert [(row["project"], row["host"]) for row in lists["networks"]] == [("red", "network1")]
    assert [(row["project"], row["host"]) for row in lists["instances"]] == [("red", "compute1")]
    assert [(row["project"], row["host"]) for row in lists["floating"]] == [("red", "network1")]


def test_what_is_of_projects_and_on_hosts_that_do_not_exist_is_left_behind(imported: Import, nova: NovaCloud) -> None:
    network = nova.network(host="net9")
    nova.network(2, label="blues", cidr="10.1.0.0/28", bridge="br101", project_id=BLUE)
    nova.boot("web", {network: "10.0.0.5"})
    blue = nova.boot("blue", {network: "10.0.0.6"}, BLUE)
    far = nova.boot("far", {network: "10.0.0.7"}, host="c9")
    nowhere = nova.boot("nowhere", {network: "10.0.0.8"}, host=None)
    nova.floating("192.0.2.9", "10.0.0.6", BLUE)
    nova.floating("192.0.2.10", "10.0.0.7")
    done = imported(projects={RED: "red"}, hosts={"c1": "c1"})
    strange = f"it belongs to project {BLUE}, which is not among projects"
    assert done.left_behind == [
        f"network blues (10.1.0.0/28): {strange}",
        f"instance blue ({blue}): {strange}; its addresses stay reserved",
        f"instance far ({far}): it runs on c9, which is not among hosts; its addresses stay reserved",
        f"instance nowhere ({nowhere}): it runs on no host; its addresses stay reserved",
        VIF_UUIDS,
        f"floating IP 192.0.2.9: its project {BLUE} is not among projects; it is free here",
        "association of floating IP 192.0.2.10: its fixed IP is not carried over",
    ]
    assert done.warnings == [
        "network public has no host: net9 is not among hosts; a network host gets it in the next run"
    ]
    assert sorted(imported.nics()) == ["web"]
    assert imported.reserved() == [
        ("10.0.0.6", "10.0.0.6", f"in nova of instance {blue}"),
        ("10.0.0.7", "10.0.0.7", f"in nova of instance {far}"),
        ("10.0.0.8", "10.0.0.8", f"in nova of instance {nowhere}"),
    ]


def test_fixed_addresses_without_an_owner_are_told(imported: Import, nova: NovaCloud) -> None:
    network = nova.network()
    web = nova.boot("web", {network: "10.0.0.5"})
    nova.take("10.0.0.6", None, None)
    nova.take("10.0.0.7", "11111111-aaaa-4bbb-8ccc-000000000000", None)
    nova.take("10.0.0.8", web, None)
    nova.change("fixed_ips", "address = '10.0.0.9'", instance_uuid=web, allocated=0, leased=1)
    nova.add("fixed_ips", address="10.9.0.1", network_id=99, allocated=0, reserved=0)
    nova.add("virtual_interfaces", address="fa:16:3e:00:00:77", network_id=network, instance_uuid="nobody")
    assert imported().left_behind == [
        "NIC fa:16:3e:00:00:77: its instance nobody does not exist",
        VIF_UUIDS,
        "fixed IP 10.0.0.6: it is allocated to no instance; it stays reserved",
        "fixed IP 10.0.0.7: its instance 11111111-aaaa-4bbb-8ccc-000000000000 does not exist; it stays reserved",
        "fixed IP 10.0.0.8: instance web has it, but no NIC for it; it stays reserved",
        f"fixed IP 10.0.0.9: instance {web} has given it up, and the guest may still have a lease; it is free here",
        "fixed IP 10.9.0.1: its network 99 does not exist",
    ]
    assert imported.look("networks")["networks"][0]["utilisation"] == {
        "size": 16, "free": 9, "reserved": 6, "allocated": 1, "hosts": 0, "quarantined": 0,
    }  # fmt: skip


def test_reserved_addresses_stay_reserved_and_what_nova_did_not_list_too(imported: Import, nova: NovaCloud) -> None:
    nova.network(addresses=12)
    nova.change("fixed_ips", "address IN ('10.0.0.4', '10.0.0.5')", reserved=1)
    imported()
    assert imported.reserved() == [
        ("10.0.0.4", "10.0.0.5", "reserved in nova"),
        ("10.0.0.11", "10.0.0.14", "reserved in nova"),
    ]


@pytest.mark.parametrize(
    ("network", "address", "start", "told"),
    [
        ({"dhcp_start": "10.0.0.8"}, "10.0.0.5", "10.0.0.2", True),
        ({"gateway": "10.0.0.14", "dhcp_server": "10.0.0.14", "dhcp_start": "10.0.0.1"}, "10.0.0.1", "10.0.0.1", False),
        ({"gateway": "10.0.0.2", "dhcp_server": "10.0.0.2", "dhcp_start": None}, "10.0.0.15", None, False),
    ],
    ids=["below dhcp_start", "the first address", "the last address"],
)
def test_an_instance_keeps_an_address_that_the_settings_of_its_network_leave_out(
    imported: Import, nova: NovaCloud, network: dict[str, Any], address: str, start: str | None, told: bool
) -> None:
    number = nova.network(**network)
    nova.boot("web", {number: address})
    done = imported()
    if start is None:
        assert done.left_behind[-1].startswith(
            "NIC fa:16:3e:00:00:01 of instance web: network public needs its address"
        )
        return
    assert imported.nics() == {"web": [("public", "fa:16:3e:00:00:01", address)]}
    assert imported.look("networks")["networks"][0]["dhcp_start"] == start
    assert any("since instances have addresses below it" in warning for warning in done.warnings) is told


def test_a_nic_that_has_the_address_of_the_gateway_is_left_behind(imported: Import, nova: NovaCloud) -> None:
    network = nova.network(gateway="10.0.0.9", dhcp_server=None)
    nova.boot("web", {network: "10.0.0.9"})
    assert imported().left_behind == [
        VIF_UUIDS,
        "NIC fa:16:3e:00:00:01 of instance web: network public needs its address 10.0.0.9 itself, for its gateway or "
        "the like",
    ]
    assert imported.nics() == {"web": []}


def test_what_a_nic_cannot_have_here_is_told(imported: Import, nova: NovaCloud) -> None:
    network = nova.network(project_id=RED)
    web = nova.boot("web", {network: None})
    nova.boot("foreign", {network: "10.0.0.6"}, BLUE)
    vif = nova.plug(web, network, "10.0.0.7", tag="backup")
    nova.take("10.0.0.8", web, vif)
    nova.plug(web, 77, None)
    nova.plug(web, network, "10.0.0.9", mac="01:00:5e:00:00:01")
    assert imported().left_behind == [
        "NIC fa:16:3e:00:00:01 of instance web: it has no fixed IP in network public",
        f"NIC fa:16:3e:00:00:02 of instance foreign: network public belongs to project {RED}, the instance to {BLUE}",
        "fixed IP 10.0.0.8 of NIC fa:16:3e:00:00:03 of instance web: a NIC has one address here; it stays reserved",
        "tag backup of NIC fa:16:3e:00:00:03 of instance web: NICs have no tags here",
        "NIC fa:16:3e:00:00:04 of instance web: its network is not carried over",
        "NIC 01:00:5e:00:00:01 of instance web: 01:00:5e:00:00:01 is not the MAC address of a single interface",
        VIF_UUIDS,
    ]
    assert imported.nics() == {"foreign": [], "web": [("public", "fa:16:3e:00:00:03", "10.0.0.7")]}
    notes = {note for _first, _last, note in imported.reserved()}
    assert notes == {"in nova of instance foreign", "in nova of instance web"}


def test_floating_addresses_keep_what_the_ipam_can_say(imported: Import, nova: NovaCloud) -> None:
    network = nova.network()
    nova.boot("web", {network: "10.0.0.5"})
    nova.floating("192.0.2.9", "10.0.0.5", auto_assigned=1)
    nova.floating("192.0.2.10", "10.0.0.5")
    nova.floating("192.0.2.20", "10.0.0.5", BLUE, interface="eth9")
    nova.floating("10.0.0.5", pool="inside")
    nova.floating("10.0.0.1", pool="inside")
    nova.floating("10.0.0.12", pool="inside", interface=None)
    nova.floating("224.0.0.1")
    done = imported()
    assert done.left_behind[1:] == [
        "association of floating IP 192.0.2.10: NIC fa:16:3e:00:00:01 of instance web has another floating IP, and can "
        "have one here",
        f"association of floating IP 192.0.2.20: instance web belongs to project {RED}",
        "floating IP 10.0.0.5: it is that of NIC fa:16:3e:00:00:01 of instance web as well",
        "floating IP 10.0.0.1: it is one of network public itself as well",
        "floating IP 224.0.0.1: has addresses that no host on a network can have",
        "interfaces of floating pool nova: a pool has one here, these are eth0, eth9; the public interface of hosts is "
        "used",
    ]
    assert any("lies inside network public" in warning for warning in done.warnings)
    lists = imported.look("floating", "pools")
    assert [(row["address"], row["instance"], row["auto_assigned"]) for row in lists["floating"]] == [
        ("10.0.0.12", None, False),
        ("192.0.2.9", "web", True),
        ("192.0.2.10", None, False),
        ("192.0.2.20", None, False),
    ]
    assert [(row["name"], row["interface"], row["ranges"]) for row in lists["pools"]] == [
        ("inside", None, ["10.0.0.12"]),
        ("nova", None, ["192.0.2.9-192.0.2.10", "192.0.2.20"]),
    ]


def _odd_cloud(nova: NovaCloud) -> None:
    """Fill a nova database with a bit of everything, much of it odd."""
    public = nova.network(dhcp_start="10.0.0.8")
    vlan = nova.network(2, 16, 3, label="tenant", vlan=100, cidr="10.1.0.0/28", bridge="br100x", gateway="10.1.0.1",
                        dhcp_server="10.1.0.1", dhcp_start="10.1.0.3", project_id=RED)  # fmt: skip
    many = nova.network(3, label="many", multi_host=1, host=None, cidr="10.2.0.0/28", bridge="br102",
                        gateway="10.2.0.1", dhcp_server="10.2.0.1", dhcp_start="10.2.0.2")  # fmt: skip
    nova.boot("web", {public: "10.0.0.5", vlan: "10.1.0.9"})
    nova.boot("web", {public: "10.0.0.6", many: "10.2.0.7"}, host="c2")
    nova.boot("lost", {public: "10.0.0.7"}, host=None)
    nova.change("fixed_ips", "address = '10.2.0.3'", host="c2")
    nova.floating("192.0.2.9", "10.0.0.5", auto_assigned=1)
    nova.floating("192.0.2.10", "10.0.0.7")
    nova.add("security_groups", name="default", project_id=RED)
