# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, InUse, NovaError
from ansible_collections.novanet.network.plugins.module_utils.ipam import fixed, networks, schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.reservations import reserve

from tests.unit.plugins.module_utils.ipam.scratch import Scratch, free_addresses, make_port

PUBLIC = {"label": "public", "cidr": "10.0.0.0/24"}
TENANTS = {"label": "tenant", "cidr": "172.16.100.0/24", "num_networks": 3}


@pytest.fixture
def ipam(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


def allocate(ipam: Scratch, label: str, name: str = "vm1", project: str = "red") -> str:
    with ipam.work() as work:
        network = networks.network_by_label(work, label)
        return fixed.allocate(work, network, *make_port(work, network, name, project))


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
        assert [change.describe() for change in work.changes] == ["update network public (host none -> net1)"]
    assert ipam.apply(PUBLIC).views[0]["host"] == "net1"
