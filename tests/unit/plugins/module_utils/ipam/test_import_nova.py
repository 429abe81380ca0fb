# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A nova database taken over: what comes along and how it then looks in the IPAM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, NovaError, StoreError
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed_views import view_reservations
from ansible_collections.novanet.network.plugins.module_utils.ipam.import_nova import import_nova
from ansible_collections.novanet.network.plugins.module_utils.ipam.information import KINDS, gather
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import reading

from tests.unit.plugins.module_utils.ipam.nova_cloud import BLUE, RED, NovaCloud
from tests.unit.plugins.module_utils.ipam.scratch import Scratch


@dataclass(frozen=True)
class Imported:
    changes: list[str]
    warnings: list[str]
    left_behind: list[str]
    carried_over: dict[str, int]


class Import(Scratch):
    """An IPAM beside a nova database."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.nova = NovaCloud(directory)

    def __call__(self, check: bool = False, **options: Any) -> Imported:
        given = {
            "database": self.url,
            "nova_database": self.nova.url,
            "manager": "flatdhcp",
            "projects": {},
            "hosts": {},
        }
        with self.work(check) as work:
            result = import_nova(work, {**given, **options})
            left = [f"{entry['thing']}: {entry['reason']}" for entry in result["left_behind"]]
            changes = [change.describe() for change in work.changes]
            return Imported(changes, list(work.warnings), left, result["carried_over"])

    def look(self, *kinds: str) -> dict[str, Any]:
        with reading(self.url) as work:
            return gather(work, kinds)

    def nics(self) -> dict[str, list[tuple[str, str, str]]]:
        return {
            view["name"]: [(nic["network"], nic["mac"], nic["address"]) for nic in view["nics"]]
            for view in self.look("instances")["instances"]
        }

    def reserved(self) -> list[tuple[str, str, str]]:
        """Return what operators reserved, which is what the import says on top of the layout."""
        with reading(self.url) as work:
            return [
                (row["first"], row["last"], row["note"])
                for row in view_reservations(work)
                if row["reason"] == "operator"
            ]


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    return Import(tmp_path)


@pytest.fixture
def nova(imported: Import) -> NovaCloud:
    return imported.nova


VIF_UUIDS = "UUIDs of virtual interfaces: a NIC is known by its MAC address here"


def test_a_cloud_keeps_its_addresses_macs_and_uuids(imported: Import, nova: NovaCloud) -> None:
    private = nova.network(1, label="private", priority=5, mtu=1450, dns2="9.9.9.9")
    second = nova.network(2, label="network2", cidr="20.20.0.0/28", gateway="20.20.0.1", dhcp_server="20.20.0.1",
                          dhcp_start="20.20.0.3", bridge="br101", host=None)  # fmt: skip
    web = nova.boot("web", {second: "20.20.0.3", private: "10.0.0.14"})
    nova.boot("db", {private: "10.0.0.5"}, BLUE, "c2")
    nova.floating("192.0.2.9", "10.0.0.14")
    nova.floating("192.0.2.10", project=BLUE)
    nova.floating("192.0.2.11", project=None)

    done = imported()
    assert (done.warnings, done.left_behind) == ([], [VIF_UUIDS])
    assert done.carried_over == {
        "networks": 2, "reservations": 0, "instances": 2, "nics": 3,
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


def test_hosts_keep_their_addresses_in_multi_host_networks(imported: Import, nova: NovaCloud) -> None:
    network = nova.network(multi_host=1, host=None)
    nova.boot("web", {network: "10.0.0.5"})
    for address, host in (("10.0.0.9", "c1"), ("10.0.0.10", "c2")):
        nova.change("fixed_ips", f"address = '{address}'", host=host, allocated=1)
    plain = nova.network(2, label="plain", cidr="10.1.0.0/28", bridge="br101", gateway="10.1.0.1", dhcp_server=None,
                         dhcp_start=None)  # fmt: skip
    nova.change("fixed_ips", f"address = '10.1.0.9' AND network_id = {plain}", host="c1")
    done = imported()
    assert done.left_behind[1:] == [
        "fixed IP 10.0.0.10 of host c2: it serves no instance in network public",
        "fixed IP 10.1.0.9 of host c1: hosts have no addresses of their own in network plain",
    ]
    assert done.carried_over["host_addresses"] == 1
    fixed = imported.look("fixed")["fixed"]
    assert [(row["address"], row["instance"], row["host"], row["state"]) for row in fixed] == [
        ("10.0.0.5", "web", "c1", "allocated"),
        ("10.0.0.9", None, "c1", "host"),
    ]


def test_vlans_keep_their_number_and_belong_to_whoever_is_in_them(imported: Import, nova: NovaCloud) -> None:
    common = {"bridge_interface": "eth1", "host": "net1"}
    used = nova.network(1, 16, 3, label="used", vlan=105, bridge="br105", vpn_private_address="10.0.0.2",
                        dhcp_start="10.0.0.3", vpn_public_port=1005, **common)  # fmt: skip
    nova.network(2, 16, 3, label="free", vlan=7, cidr="10.1.0.0/28", bridge="br7", gateway="10.1.0.1",
                 dhcp_server="10.1.0.1", dhcp_start="10.1.0.4", vpn_private_address="10.1.0.3",
                 vpn_public_address="192.0.2.250", vpn_public_port=1000, **common)  # fmt: skip
    nova.boot("web", {used: "10.0.0.5"})
    nova.boot("blue", {used: "10.0.0.6"}, BLUE)
    done = imported()
    assert done.left_behind[0] == "VPN address 192.0.2.250 of network free: there is no cloudpipe here"
    assert done.left_behind[1].startswith("NIC fa:16:3e:00:00:02 of instance blue: network used belongs to project")
    assert done.warnings == ["network free: its VPN address 10.1.0.3 becomes 10.1.0.2"]
    networks = imported.look("networks")["networks"]
    keys = ("label", "manager", "vlan", "bridge", "project", "vpn_private_address", "vpn_public_port")
    assert [tuple(row[key] for key in keys) for row in networks] == [
        ("free", "vlan", 7, "br7", None, "10.1.0.2", 1000),
        ("used", "vlan", 105, "br105", RED, "10.0.0.2", 1005),
    ]


def test_ipv6_is_carried_over_where_guests_can_make_their_addresses(imported: Import, nova: NovaCloud) -> None:
    only = {"cidr": None, "gateway": None, "dhcp_server": None, "dhcp_start": None}
    six = nova.network(1, label="six", cidr_v6="fd00:1::/64", gateway_v6="fd00:1::7", **only)
    nova.network(2, label="narrow", cidr_v6="fd00:2::/120", bridge="br2", **only)
    nova.network(3, label="both", cidr_v6="fd00:3::/48", gateway_v6="fe80::1", bridge="br3")
    nova.boot("web", {six: None})
    done = imported()
    assert done.left_behind == ["network narrow (fd00:2::/120): its IPv6 range is smaller than a /64", VIF_UUIDS]
    assert done.warnings == ["IPv6 range fd00:3::/48 of network both: its first /64 is carried over"]
    assert [(row["label"], row["cidr_v6"], row["gateway_v6"]) for row in imported.look("networks")["networks"]] == [
        ("both", "fd00:3::/64", "fd00:3::1"),
        ("six", "fd00:1::/64", "fd00:1::7"),
    ]
    (web,) = imported.look("instances")["instances"]
    assert web["nics"][0]["address_v6"] == "fd00:1::f816:3eff:fe00:1"


def test_flat_networks_come_without_a_dhcp_server(imported: Import, nova: NovaCloud) -> None:
    nova.network(multi_host=1, host=None)
    done = imported(manager="flat")
    assert done.left_behind == [
        "multi_host of network public: hosts of a flat network with an address each serve nobody"
    ]
    (network,) = imported.look("networks")["networks"]
    assert (network["manager"], network["enable_dhcp"], network["multi_host"]) == ("flat", False, False)


def test_networks_that_nobody_could_serve_and_security_groups_are_left_behind(
    imported: Import, nova: NovaCloud
) -> None:
    nova.network(1, label="bare", bridge=None)
    nova.network(2, label="loose", cidr="10.1.0.0/28", vlan=9, bridge_interface=None)
    nova.network(3, label="empty", cidr=None)
    nova.network(
        4, 0, label="odd", cidr="10.3.0.0/28", bridge="br3", gateway="10.9.0.1", dhcp_server=None, dhcp_start=None
    )
    group = nova.add("security_groups", name="default", project_id=RED)
    nova.add("security_group_rules", parent_group_id=group, protocol="tcp", from_port=22, to_port=22)
    done = imported()
    assert done.left_behind == [
        "network bare (10.0.0.0/28): it has no bridge",
        "network loose (10.1.0.0/28): it has VLAN 9 and no bridge_interface",
        "network empty (None): it has no range",
        "gateway 10.9.0.1 of network odd: no guest could have it in 10.3.0.0/28",
        f"security group default of project {RED} with 1 rules: there are no security groups here",
    ]
    assert done.warnings == ["network odd has no fixed IPs in nova: all its addresses are free here"]


def _move_instance(nova: NovaCloud) -> None:
    nova.change("instances", "display_name = 'web'", host="c2")


def _exchange_uuid(nova: NovaCloud) -> None:
    nova.change("networks", "label = 'public'", uuid="99999999-0000-4000-8000-000000000001")


def _widen_pool(nova: NovaCloud) -> None:
    nova.floating("192.0.2.100", project=None)


def _give_floating_away(nova: NovaCloud) -> None:
    nova.change("floating_ips", "address = '192.0.2.9'", project_id=BLUE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_move_instance, "instance web exists already and differs from nova's: host c1 -> c2. Remove it here"),
        (_exchange_uuid, "network public: uuid 99999999-0000-4000-8000-000000000001 does not fit what exists"),
        (_widen_pool, "floating pool nova exists already and differs from nova's"),
        (_give_floating_away, f"floating IP 192.0.2.9 is of project {RED} and instance web here, and not so in nova"),
    ],
)
def test_what_exists_and_differs_is_refused_and_nothing_is_changed(
    imported: Import, nova: NovaCloud, change: Callable[[NovaCloud], None], message: str
) -> None:
    network = nova.network()
    nova.boot("web", {network: "10.0.0.5"})
    nova.floating("192.0.2.9", "10.0.0.5")
    imported()
    before = imported.look(*KINDS, "events")
    change(nova)
    nova.network(2, label="new", cidr="10.1.0.0/28", bridge="br101", gateway=None, dhcp_server=None, dhcp_start=None)
    with pytest.raises(Conflict, match="^" + message.replace("'", ".")):
        imported()
    assert imported.look(*KINDS, "events") == before


def test_a_host_with_another_address_than_in_nova_is_a_clash(imported: Import, nova: NovaCloud) -> None:
    network = nova.network(multi_host=1, host=None)
    nova.boot("web", {network: "10.0.0.5"})
    nova.change("fixed_ips", "address = '10.0.0.9'", host="c1")
    imported()
    nova.change("fixed_ips", "address = '10.0.0.9'", host=None)
    nova.change("fixed_ips", "address = '10.0.0.10'", host="c1")
    with pytest.raises(Conflict, match="host c1 in network public: address 10.0.0.10 cannot be had: it has 10.0.0.9"):
        imported()


def test_it_goes_beside_what_the_ipam_has_as_long_as_nothing_clashes(imported: Import, nova: NovaCloud) -> None:
    imported.apply({"label": "ours", "cidr": "172.16.0.0/24", "bridge": "br9"})
    nova.network()
    imported()
    assert [row["label"] for row in imported.look("networks")["networks"]] == ["ours", "public"]
    nova.network(
        2, label="clash", cidr="172.16.0.0/28", bridge="br101", gateway=None, dhcp_server=None, dhcp_start=None
    )
    with pytest.raises(NovaError, match="network clash: cidr 172.16.0.0/28 .*ours"):
        imported()


def test_a_database_that_is_none_of_nova_is_an_error_that_says_so(imported: Import, tmp_path: Path) -> None:
    for url, message in (
        (f"sqlite:///{tmp_path}/none.sqlite", "none.sqlite does not exist"),
        (imported.url, "nova_database is the database of the IPAM itself"),
        ("nonsense", "nova_database is not understood"),
        ("oddsql://x/y", "has a kind that is not known"),
    ):
        with pytest.raises(NovaError, match=message):
            imported(nova_database=url)
    assert not (tmp_path / "none.sqlite").exists()
    imported.nova.sql("ALTER TABLE networks DROP COLUMN mtu")
    with pytest.raises(StoreError, match="has no column mtu in table networks. Bring it to the schema"):
        imported()
    imported.nova.sql("DROP TABLE floating_ips")
    with pytest.raises(StoreError, match="is no nova database: it has no table floating_ips"):
        imported()
    assert imported.count(schema.networks) == 0


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
