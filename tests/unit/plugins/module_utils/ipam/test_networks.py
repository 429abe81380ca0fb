# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, InvalidInput, NovaError
from ansible_collections.novanet.network.plugins.module_utils.ipam import networks, schema
from sqlalchemy import insert

from tests.unit.plugins.module_utils.ipam.scratch import Scratch, apply_in

PUBLIC = {"label": "public", "cidr": "10.0.0.0/24"}
TENANTS = {"label": "tenant", "cidr": "172.16.100.0/24", "num_networks": 3}


@pytest.fixture
def ipam(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


def test_the_chapters_flat_network_is_one_network_of_all_addresses(ipam: Scratch) -> None:
    view = ipam.apply({"label": "public", "cidr": "10.0.0.0/8", "dhcp_start": "10.0.0.2"}).views[0]
    expected: dict[str, Any] = {
        "label": "public",
        "cidr": "10.0.0.0/8",
        "netmask": "255.0.0.0",
        "broadcast": "10.255.255.255",
    }
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
    more: dict[str, Any] = {"multi_host": True, "share_dhcp_address": True, "flat_network_dns": ""}
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
