# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, InUse, InvalidInput, NovaError
from ansible_collections.novanet.network.plugins.module_utils.ipam import fixed, networks, schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.reservations import reserve
from sqlalchemy import insert

from tests.unit.plugins.module_utils.ipam.scratch import Scratch, apply_in, free_addresses, make_port

PUBLIC = {"label": "public", "cidr": "10.0.0.0/24"}
TENANTS = {"label": "tenant", "cidr": "172.16.100.0/24", "num_networks": 3}


@pytest.fixture
def ipam(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


def allocate(ipam: Scratch, label: str, name: str = "vm1", project: str = "red") -> str:
    with ipam.work() as work:
        network = networks.network_by_label(work, label)
        return fixed.allocate(work, network, *make_port(work, network, name, project))


def test_the_chapters_flat_network_is_one_network_of_all_addresses(ipam: Scratch) -> None:
    view = ipam.apply({"label": "public", "cidr": "10.0.0.0/8", "dhcp_start": "10.0.0.2"}).views[0]
    expected = {"label": "public", "cidr": "10.0.0.0/8", "netmask": "255.0.0.0", "broadcast": "10.255.255.255"}
    expected |= {"gateway": "10.0.0.1", "dhcp_server": "10.0.0.1", "dhcp_start": "10.0.0.2", "dns1": "8.8.4.4"}
    expected |= {"bridge": "br100", "bridge_interface": "eth2", "manager": "flatdhcp", "vlan": None, "project": None}
    expected |= {"host": None, "multi_host": False, "enable_dhcp": True, "vpn_private_address": None, "mtu": None}
    assert {key: view[key] for key in expected} == expected


def test_the_chapters_hundred_networks_go_on_upward(ipam: Scratch) -> None:
    item = {"label": "tenant", "cidr": "172.16.100.0/24", "num_networks": 100}
    views = ipam.apply(item, manager="vlan", fixed_range="172.16.0.0/12").views
    assert [view["cidr"] for view in views] == [f"172.16.{number}.0/24" for number in range(100, 200)]
    assert [view["vlan"] for view in views] == list(range(100, 200))
    assert [view["label"] for view in views] == [f"tenant_{number}" for number in range(100)]
    assert [view["vpn_public_port"] for view in views] == list(range(1000, 1100))
    assert views[7]["bridge"] == "br107"
    assert (views[7]["vpn_private_address"], views[7]["dhcp_start"]) == ("172.16.107.2", "172.16.107.3")


def test_the_chapters_three_networks_of_sixteen(ipam: Scratch) -> None:
    item = {"label": "small", "cidr": "10.0.0.0/8", "num_networks": 3, "network_size": 16}
    views = ipam.apply(item, manager="vlan").views
    assert [view["cidr"] for view in views] == ["10.0.0.0/28", "10.0.0.16/28", "10.0.0.32/28"]


def test_the_chapters_network_for_one_tenant(ipam: Scratch) -> None:
    item = {"label": "example-net", "cidr": "172.16.169.0/24", "vlan": 169, "bridge": "br169", "project": "a421"}
    view = ipam.apply(item, manager="vlan").views[0]
    assert (view["vlan"], view["bridge"], view["project"]) == (169, "br169", "a421")


def test_vlan_ids_go_on_where_the_first_free_one_is(ipam: Scratch) -> None:
    ipam.apply(TENANTS, {"label": "x", "cidr": "10.9.0.0/24", "vlan": 104}, manager="vlan")
    views = ipam.apply({"label": "more", "cidr": "10.8.0.0/16", "num_networks": 3}, manager="vlan").views
    assert [view["vlan"] for view in views] == [103, 105, 106]


def test_host_bits_are_ignored_with_a_warning(ipam: Scratch) -> None:
    applied = ipam.apply({"label": "a", "cidr": "192.168.3.1/24"})
    assert applied.views[0]["cidr"] == "192.168.3.0/24"
    assert applied.warnings == ["networks[0].cidr 192.168.3.1/24 has host bits, 192.168.3.0/24 is used."]


def test_ipv6_networks_are_never_smaller_than_64(ipam: Scratch) -> None:
    item = {"label": "six", "cidr": "10.0.0.0/16", "cidr_v6": "fd00::/48", "num_networks": 2, "network_size": 256}
    views = ipam.apply(item).views
    assert [view["cidr_v6"] for view in views] == ["fd00::/64", "fd00:0:0:1::/64"]
    assert [view["gateway_v6"] for view in views] == ["fd00::1", "fd00:0:0:1::1"]
    assert views[0]["netmask_v6"] == "ffff:ffff:ffff:ffff::"


def test_a_network_can_have_ipv6_alone(ipam: Scratch) -> None:
    view = ipam.apply({"label": "six", "cidr_v6": "fd00::/64", "gateway_v6": "fe80::1"}).views[0]
    assert (view["cidr"], view["cidr_v6"], view["gateway_v6"]) == (None, "fd00::/64", "fe80::1")


def test_defaults_of_nova_conf_hold_for_new_networks(ipam: Scratch) -> None:
    more = {"multi_host": True, "share_dhcp_address": True, "flat_network_dns": ""}
    view = ipam.apply(PUBLIC, **more).views[0]
    assert (view["multi_host"], view["share_address"], view["dns1"]) == (True, True, None)


def test_reserved_addresses_come_with_a_reason(ipam: Scratch) -> None:
    reserved = ipam.apply({"label": "v", "cidr": "10.0.0.0/24"}, manager="vlan", cnt_vpn_clients=5).reserved
    assert [(item["first"], item["last"], item["reason"]) for item in reserved] == [
        ("10.0.0.0", "10.0.0.0", "network"),
        ("10.0.0.1", "10.0.0.1", "gateway"),
        ("10.0.0.2", "10.0.0.2", "vpn"),
        ("10.0.0.250", "10.0.0.254", "vpn_clients"),
        ("10.0.0.255", "10.0.0.255", "broadcast"),
    ]


BAD = [
    ({"cidr": "10.9.0.0/24"}, {}, "label is missing"),
    ({"label": "", "cidr": "10.9.0.0/24"}, {}, "label is empty"),
    ({"label": "x" * 256, "cidr": "10.9.0.0/24"}, {}, "is longer than 255 characters"),
    ({"label": "a\nb", "cidr": "10.9.0.0/24"}, {}, "cannot be printed"),
    ({"label": "b"}, {}, "has neither cidr nor cidr_v6"),
    ({"label": "b", "cidr": "10.9.0.0/24"}, {"flat_network_bridge": None}, "bridge is missing"),
    ({"label": "b", "cidr": "10.9.0.0/24"}, {"manager": "vlan", "vlan_interface": None}, "bridge_interface is missing"),
    ({"label": "b", "cidr": "10.9.0"}, {}, "is not an IPv4 range"),
    ({"label": "b", "cidr": "fd00::/64"}, {}, "is not an IPv4 range"),
    ({"label": "b", "cidr_v6": "10.0.0.0/24"}, {}, "is not an IPv6 range"),
    ({"label": "b", "cidr_v6": "fd00::/80"}, {}, "fewer than a network of"),
    ({"label": "b", "cidr": "10.9.0.0/24", "network_size": "many"}, {}, "is not a whole number"),
    ({"label": "b", "cidr": "10.9.0.0/24", "network_size": 512}, {}, "fewer than a network of 512"),
    ({"label": "b", "cidr": "10.9.0.0/24", "network_size": 64, "num_networks": 5}, {}, "not big enough for 5"),
    ({"label": "b", "cidr": "10.9.0.0/24", "num_networks": 0}, {}, "is not between 1 and"),
    ({"label": "b", "cidr": "10.9.0.0/24", "vlan": 4095}, {"manager": "vlan"}, "is not between 1 and 4094"),
    ({"label": "b", "cidr": "10.9.0.0/24", "vlan": 5}, {}, "has no meaning with manager flatdhcp"),
    ({"label": "b", "cidr": "10.9.0.0/16", "vlan": 5, "num_networks": 2}, {"manager": "vlan"}, "for 2 networks"),
    ({"label": "b", "cidr": "10.9.0.0/16", "bridge": "brx", "num_networks": 2}, {"manager": "vlan"}, "for 2 VLANs"),
    (
        {"label": "b", "cidr": "10.9.0.0/16", "num_networks": 4000},
        {"manager": "vlan", "network_size": 16},
        "above 4094",
    ),
    ({"label": "b", "cidr": "10.9.0.0/24", "gateway": "10.9.1.1"}, {}, r"gateway 10.9.1.1 is outside 10.9.0.0/24"),
    ({"label": "b", "cidr_v6": "fd00::/64", "gateway_v6": "fd01::1"}, {}, "gateway_v6 fd01::1 is outside fd00::/64"),
    ({"label": "b", "cidr": "10.9.0.0/24", "gateway_v6": "fd01::1"}, {}, "needs cidr_v6"),
    ({"label": "b", "cidr_v6": "fd00::/64", "gateway": "10.0.0.1"}, {}, "gateway 10.0.0.1 needs cidr"),
    ({"label": "b", "cidr": "10.9.0.0/24", "dhcp_server": "x"}, {}, "dhcp_server x is not an IPv4 address"),
    ({"label": "b", "cidr": "10.9.0.0/24", "dns1": "fe80::1%eth0"}, {}, "is not an IPv6 address"),
    ({"label": "b", "cidr": "10.9.0.0/24", "bridge": "a bridge"}, {}, "is not a name that a network interface"),
    ({"label": "b", "cidr": "10.9.0.0/24", "mtu": 9}, {}, "is not between 68 and 65535"),
    ({"label": "b", "cidr_v6": "fd00::/64", "mtu": 1000}, {}, "is too small for IPv6"),
    ({"label": "b", "cidr": "10.9.0.0/24", "uuid": "me"}, {}, "is not a UUID"),
    ({"label": "b", "cidr": "10.9.0.0/24", "fixed_cidr": "10.9.1.0/24"}, {}, "fixed_cidr 10.9.1.0 is outside"),
    ({"label": "b", "cidr": "10.9.0.0/31"}, {}, "has no address left for instances"),
    ({"label": "b", "cidr": "127.0.0.0/24"}, {}, "contains loopback addresses"),
    ({"label": "b", "cidr": "0.0.0.0/8"}, {}, "contains addresses without meaning"),
    ({"label": "b", "cidr": "10.9.0.0/24", "colour": "red"}, {}, "colour is not known"),
    ({"label": "good", "cidr": "10.9.0.0/24"}, {}, r"is the label of networks\[0\] already"),
    ({"label": "b", "cidr": "10.8.0.0/24"}, {}, r"networks\[1\].cidr 10.8.0.0/24 overlaps network good .10.8.0.0/24."),
    ({"label": "b", "cidr": "10.9.0.0/24"}, {"fixed_range": "x"}, "defaults.fixed_range x is not an IPv4 range"),
    ({"label": "b", "cidr": "10.9.0.0/24"}, {"manager": "neutron"}, "manager neutron is not known"),
]


@pytest.mark.parametrize(("item", "more", "message"), BAD)
def test_one_wrong_item_keeps_all_from_being_made(
    ipam: Scratch, item: dict[str, Any], more: dict[str, Any], message: str
) -> None:
    good = {"label": "good", "cidr": "10.8.0.0/24"}
    with pytest.raises(NovaError, match=message):
        ipam.apply(good, item, **more)
    assert ipam.count(schema.networks) == 0


def test_one_bad_of_a_hundred_networks_creates_none(ipam: Scratch) -> None:
    items = [{"label": f"n{number}", "cidr": f"10.{number}.0.0/24"} for number in range(100)]
    items[99]["gateway"] = "10.0.0.1"
    with pytest.raises(InvalidInput, match=r"networks\[99\].gateway 10.0.0.1 is outside 10.99.0.0/24"):
        ipam.apply(*items)
    for table in (schema.networks, schema.fixed_extents, schema.fixed_reservations, schema.events):
        assert ipam.count(table) == 0


def test_a_second_run_changes_nothing(ipam: Scratch) -> None:
    items = (PUBLIC, {"label": "wide", "cidr": "10.1.0.0/16", "num_networks": 4, "project": "red", "dns1": "10.0.0.5"})
    first = ipam.apply(*items)
    second = ipam.apply(*items)
    assert (len(first.changes), second.changes, second.views) == (5, [], first.views)


def test_check_mode_and_the_run_agree(ipam: Scratch) -> None:
    predicted = ipam.apply(PUBLIC, TENANTS, check=True)
    assert not ipam.path.exists()
    done = ipam.apply(PUBLIC, TENANTS)
    assert (predicted.views, predicted.changes) == (done.views, done.changes)


def test_an_overlap_with_what_exists_names_both(ipam: Scratch) -> None:
    ipam.apply({"label": "public", "cidr": "10.0.0.0/8"})
    with pytest.raises(Conflict, match=r"networks\[0\].cidr 10.1.0.0/24 overlaps network public .10.0.0.0/8."):
        ipam.apply({"label": "b", "cidr": "10.1.0.0/24"})


def test_two_vlans_never_share_a_bridge(ipam: Scratch) -> None:
    ipam.apply({"label": "a", "cidr": "10.1.0.0/24", "vlan": 5, "bridge": "brx"}, manager="vlan")
    with pytest.raises(Conflict, match="bridge brx is the bridge of network a, which has VLAN 5"):
        ipam.apply({"label": "b", "cidr": "10.2.0.0/24", "vlan": 6, "bridge": "brx"}, manager="vlan")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"cidr": "10.0.0.0/16"}, "does not fit what exists: 10.0.0.0/24"),
        ({"cidr": "10.1.0.0/24"}, "does not fit what exists: 10.0.0.0/24"),
        ({"network_size": 16, "cidr": "10.0.0.0/24"}, "network_size 16 does not fit"),
        ({"cidr_v6": "fd00::/64"}, "does not fit what exists: no cidr_v6"),
        ({"uuid": "aaaaaaaa-1390-5717-bb19-a7f1a92b64e1"}, "uuid aaaaaaaa-.* does not fit"),
    ],
)
def test_what_a_network_is_made_of_never_changes(ipam: Scratch, item: dict[str, Any], message: str) -> None:
    ipam.apply(PUBLIC)
    with pytest.raises(Conflict, match=message):
        ipam.apply({"label": "public", **item})


def test_a_network_keeps_its_manager(ipam: Scratch) -> None:
    ipam.apply(PUBLIC)
    with pytest.raises(Conflict, match="manager flatdhcp, not manager flat"):
        ipam.apply(PUBLIC, manager="flat")


def test_a_longer_series_gets_more_networks(ipam: Scratch) -> None:
    ipam.apply(TENANTS, manager="vlan")
    applied = ipam.apply({**TENANTS, "num_networks": 5}, manager="vlan")
    assert applied.changes == [
        "create network tenant_3 (172.16.103.0/24, bridge br103, VLAN 103)",
        "create network tenant_4 (172.16.104.0/24, bridge br104, VLAN 104)",
    ]


def test_a_gap_in_a_series_is_filled(ipam: Scratch) -> None:
    ipam.apply(TENANTS, manager="vlan")
    ipam.apply({"label": "tenant_1", "state": "absent"}, manager="vlan")
    assert ipam.apply(TENANTS, manager="vlan").changes == [
        "create network tenant_1 (172.16.101.0/24, bridge br101, VLAN 101)"
    ]


def test_a_shorter_series_loses_networks_with_purge_only(ipam: Scratch) -> None:
    ipam.apply(TENANTS, manager="vlan")
    shorter = {**TENANTS, "num_networks": 1}
    with pytest.raises(Conflict, match="num_networks 1 is fewer than exist: tenant_1 and 1 more"):
        ipam.apply(shorter, manager="vlan")
    applied = ipam.apply(shorter, manager="vlan", purge=True)
    assert [change.split()[:3] for change in applied.changes] == [
        ["delete", "network", "tenant_1"],
        ["delete", "network", "tenant_2"],
    ]


def test_what_is_safe_can_change_at_any_time(ipam: Scratch) -> None:
    ipam.apply(PUBLIC)
    allocate(ipam, "public")
    item = {"label": "public", "dns1": "", "dns2": "10.0.0.5", "mtu": 1400, "host": "net1", "bridge_interface": "eth3"}
    applied = ipam.apply({**item, "project": "red", "enable_dhcp": False, "priority": 3})
    view = applied.views[0]
    assert (view["dns1"], view["dns2"], view["mtu"], view["host"], view["project"]) == (
        None,
        "10.0.0.5",
        1400,
        "net1",
        "red",
    )
    assert len(applied.changes) == 1
    assert "dns1 8.8.4.4 -> none" in applied.changes[0]


@pytest.mark.parametrize(
    "change",
    [
        {"gateway": "10.0.0.9"},
        {"dhcp_server": "10.0.0.9"},
        {"dhcp_start": "10.0.0.9"},
        {"allowed_start": "10.0.0.9"},
        {"fixed_cidr": "10.0.0.0/25"},
        {"bridge": "br7"},
        {"multi_host": True},
    ],
)
def test_what_would_cut_guests_off_waits_until_nobody_uses_the_network(ipam: Scratch, change: dict[str, Any]) -> None:
    ipam.apply(PUBLIC)
    address = allocate(ipam, "public")
    with pytest.raises(InUse, match=f"has 1 address allocated, the first is {address} of instance vm1"):
        ipam.apply({"label": "public", **change})


@pytest.mark.parametrize(
    ("change", "reserved"),
    [
        ({"gateway": "10.0.0.9"}, {0, 1, 9, 255}),
        ({"dhcp_start": "10.0.0.4"}, {0, 1, 2, 3, 255}),
        ({"allowed_start": "10.0.0.3", "allowed_end": "10.0.0.99"}, {0, 1, 2, 3, *range(100, 256)}),
    ],
)
def test_an_unused_network_is_laid_out_anew(ipam: Scratch, change: dict[str, Any], reserved: set[int]) -> None:
    row = ipam.apply(PUBLIC).rows[0]
    ipam.apply({"label": "public", **change})
    with ipam.work(check=True) as work:
        free = free_addresses(work, schema.fixed_extents, "network_id", row.id)
    assert {number - row.first for number in free} == set(range(256)) - reserved
    assert ipam.apply({"label": "public", **change}).changes == []


def test_a_new_layout_keeps_what_operators_reserved(ipam: Scratch) -> None:
    row = ipam.apply(PUBLIC).rows[0]
    with ipam.work() as work:
        reserve(work, row, row.first + 50, row.first + 60)
    ipam.apply({"label": "public", "dhcp_start": "10.0.0.40"})
    with ipam.work(check=True) as work:
        free = free_addresses(work, schema.fixed_extents, "network_id", row.id)
    assert {number - row.first for number in free} == {*range(40, 50), *range(61, 255)}


def test_a_network_of_a_project_is_disassociated_before_it_is_deleted(ipam: Scratch) -> None:
    ipam.apply({**PUBLIC, "project": "red"})
    with pytest.raises(InUse, match=r"networks\[0\] public belongs to project red. Disassociate it first"):
        ipam.apply({"label": "public", "state": "absent"})
    assert ipam.apply({"label": "public", "project": "", "state": "absent"}).changes == [
        "delete network public (10.0.0.0/24)"
    ]
    assert ipam.count(schema.fixed_extents) == ipam.count(schema.fixed_reservations) == 0
    assert ipam.apply({"label": "public", "state": "absent"}).changes == []


def test_a_network_in_use_is_not_deleted(ipam: Scratch) -> None:
    ipam.apply(PUBLIC)
    allocate(ipam, "public")
    allocate(ipam, "public", "vm2")
    with pytest.raises(InUse, match="public cannot be deleted: it has 2 addresses allocated, the first is 10.0.0.2"):
        ipam.apply({"label": "public", "state": "absent"})


def test_a_network_with_an_address_in_quarantine_is_not_deleted(ipam: Scratch) -> None:
    ipam.apply(PUBLIC)
    allocate(ipam, "public")
    with ipam.work() as work:
        row = work.connection.execute(schema.fixed_ips.select()).one()
        fixed.release(work, row, ["c1"])
    with pytest.raises(InUse, match="has 1 address in quarantine, the first is 10.0.0.2 of instance vm1"):
        ipam.apply({"label": "public", "state": "absent"})


def test_a_freed_range_can_be_used_in_the_same_list(ipam: Scratch) -> None:
    ipam.apply(PUBLIC)
    applied = ipam.apply({"label": "other", "cidr": "10.0.0.0/24"}, {"label": "public", "state": "absent"})
    assert [view["label"] for view in applied.views] == ["other"]


def test_purge_removes_what_the_same_origin_no_longer_lists(ipam: Scratch) -> None:
    ipam.apply(PUBLIC, {"label": "old", "cidr": "10.1.0.0/24", "project": "red"}, origin="inventory")
    ipam.apply({"label": "mine", "cidr": "10.2.0.0/24"})
    applied = ipam.apply(PUBLIC, purge=True, origin="inventory")
    assert applied.changes == ["delete network old (10.1.0.0/24)"]


def test_an_omitted_list_is_not_managed(ipam: Scratch) -> None:
    ipam.apply(PUBLIC)
    with ipam.work() as work:
        assert networks.apply_networks(work, None, networks.read_defaults("flat", {}), purge=True) == []
        assert work.changes == []


def test_a_project_gets_a_vlan_only_while_nobody_else_is_in_it(ipam: Scratch) -> None:
    ipam.apply({"label": "v", "cidr": "10.0.0.0/24", "project": "red"}, manager="vlan")
    allocate(ipam, "v")
    for project in ("blue", ""):
        with pytest.raises(InUse, match="cannot be set: instance vm1 of project red is in network v"):
            ipam.apply({"label": "v", "project": project}, manager="vlan")


def choose(ipam: Scratch, manager: str, project: str, *labels: str) -> list[str]:
    with ipam.work() as work:
        return [row.label for row in networks.networks_for_instance(work, manager, project, list(labels))]


def test_flat_instances_get_all_networks_that_they_may_use(ipam: Scratch) -> None:
    ipam.apply(
        {"label": "shared", "cidr": "10.0.0.0/24"},
        {"label": "reds", "cidr": "10.1.0.0/24", "project": "red", "priority": 1},
        {"label": "blues", "cidr": "10.2.0.0/24", "project": "blue"},
    )
    ipam.apply({"label": "by hand", "cidr": "10.3.0.0/24"}, manager="flat")
    ipam.apply({"label": "v", "cidr": "10.4.0.0/24"}, manager="vlan", vlan_start=200)
    assert choose(ipam, "flatdhcp", "red") == ["reds", "shared"]
    assert choose(ipam, "flat", "red") == ["by hand"]


def test_a_project_without_a_network_claims_the_first_free_vlan(ipam: Scratch) -> None:
    ipam.apply(TENANTS, manager="vlan")
    assert choose(ipam, "vlan", "red") == ["tenant_0"]
    assert choose(ipam, "vlan", "blue") == ["tenant_1"]
    assert choose(ipam, "vlan", "red") == ["tenant_0"]
    assert choose(ipam, "vlan", "green", "tenant_2") == ["tenant_2"]
    with pytest.raises(NovaError, match="project black has no network, and no network without a project is left"):
        choose(ipam, "vlan", "black")


def test_networks_are_given_in_the_order_asked_for(ipam: Scratch) -> None:
    ipam.apply(PUBLIC, {"label": "b", "cidr": "10.1.0.0/24", "project": "blue"})
    assert choose(ipam, "flatdhcp", "blue", "b", "public") == ["b", "public"]
    with pytest.raises(NovaError, match="network b belongs to project blue, not to red"):
        choose(ipam, "flatdhcp", "red", "b")
    with pytest.raises(NovaError, match="network nowhere does not exist"):
        choose(ipam, "flatdhcp", "red", "nowhere")
    with pytest.raises(NovaError, match="project red has no network of manager flat"):
        choose(ipam, "flat", "red")


def test_the_serving_host_stays(ipam: Scratch) -> None:
    row = ipam.apply(PUBLIC).rows[0]
    with ipam.work() as work:
        row = networks.assign_serving_host(work, row, "net1")
        assert networks.assign_serving_host(work, row, "net1") is row
        assert [change.describe() for change in work.changes] == ["update network public (host None -> net1)"]
    assert ipam.apply(PUBLIC).views[0]["host"] == "net1"


def test_a_floating_range_that_was_there_first_is_reserved_in_a_new_network(ipam: Scratch) -> None:
    with ipam.work() as work:
        work.connection.execute(insert(schema.floating_pools).values(id=1, name="nova", origin="operation"))
        first = (10 << 24) + (46 << 16) + (169 << 8) + 224
        row = {"pool_id": 1, "first": first, "last": first + 7, "text": "10.46.169.224/29", "origin": "operation"}
        work.connection.execute(insert(schema.floating_ranges).values(row))
        rows = apply_in(work, {"label": "public", "cidr": "10.0.0.0/8"})
        assert "lies inside network public" in work.warnings[0]
        reserved = networks.view_reserved(work, rows)
    assert ("10.46.169.224", "10.46.169.231", "floating") in [
        (item["first"], item["last"], item["reason"]) for item in reserved
    ]
