# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses and MACs that are held for devices, which are no instances."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, InUse, InvalidInput, NovaError
from ansible_collections.novanet.network.plugins.module_utils.ipam import fixed_views, holders, schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.acknowledge import acknowledge
from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed_pool import apply_reservations
from ansible_collections.novanet.network.plugins.module_utils.ipam.instances_ports import mac_for
from ansible_collections.novanet.network.plugins.module_utils.ipam.snapshot import read_snapshot
from ansible_collections.novanet.network.plugins.module_utils.plan.model import Device, Lease
from sqlalchemy import insert, select

from tests.unit.plugins.module_utils.ipam.small_cloud import PRIVATE, SmallCloud, check_invariants, gone, web

MAC, OTHER = "00:00:5e:00:53:0a", "00:00:5e:00:53:0b"
PRINTER = {"network": "private", "address": "10.0.0.9", "mac": MAC, "hostname": "printer", "note": "second floor"}
LATER = 32503680000.0


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    return SmallCloud(tmp_path)


def keep(cloud: SmallCloud, *items: dict[str, Any], purge: bool = False) -> list[str]:
    """Apply a list of reservations, and return what was changed."""
    with cloud.work() as work:
        apply_reservations(work, list(items), purge)
        check_invariants(work)
        return [change.describe() for change in work.changes]


def lease(mac: str = MAC) -> dict[str, Any]:
    return {"bridge": "br100", "address": "10.0.0.9", "mac": mac, "hostname": "printer", "expires": LATER}


def states(cloud: SmallCloud) -> list[tuple[str, str | None, str]]:
    return [(row["state"], row["device"], row["mac"]) for row in cloud.rows(schema.fixed_ips)]


def absent(item: dict[str, Any]) -> dict[str, Any]:
    return {"network": item["network"], "address": item["address"], "state": "absent"}


def test_a_device_is_held_once_and_shown(cloud: SmallCloud) -> None:
    assert keep(cloud, PRINTER) == [
        "create reservation 10.0.0.9 (network private)",
        "create fixed IP 10.0.0.9 (device printer, network private)",
    ]
    assert keep(cloud, PRINTER) == []
    with cloud.work(check=True) as work:
        shown = [view for view in fixed_views.view_reservations(work) if view["reason"] == "operator"]
        (pool,) = fixed_views.view_pools(work)
    assert [(view["first"], view["mac"], view["hostname"], view["note"]) for view in shown] == [
        ("10.0.0.9", MAC, "printer", "second floor")
    ]
    parts = ("free", "reserved", "allocated", "hosts", "quarantined")
    assert pool["size"] == sum(pool[part] for part in parts)


def test_a_device_without_a_name_is_called_after_its_address(cloud: SmallCloud) -> None:
    keep(cloud, {"network": "private", "address": "10.0.0.9", "mac": MAC.upper().replace(":", "-")})
    assert states(cloud) == [("device", "host-10-0-0-9", MAC)]


def test_plans_have_the_device_with_its_lease(cloud: SmallCloud) -> None:
    keep(cloud, PRINTER)
    cloud.confirm("net1", net1=[lease()])
    with cloud.work(check=True) as work:
        assert work.warnings == []
        assert read_snapshot(work).devices == (Device("private", "printer", MAC, "10.0.0.9", Lease(LATER, "net1")),)


def test_no_instance_gets_the_mac_or_the_address_of_a_device(cloud: SmallCloud) -> None:
    keep(cloud, PRINTER)
    with pytest.raises(Conflict, match=f"mac {MAC} belongs to another NIC or to a device already"):
        cloud.boot(web("a", nics=[{"network": "private", "mac": MAC}]))
    with pytest.raises(Conflict, match=r"address 10\.0\.0\.9 is taken by device printer"):
        cloud.boot(web("a", nics=[{"network": "private", "address": "10.0.0.9"}]))


def test_a_mac_that_would_be_chosen_next_is_passed_over(cloud: SmallCloud) -> None:
    with cloud.work(check=True) as work:
        uuid = work.connection.execute(select(schema.networks.c.uuid)).scalar()
    first = mac_for(f"a|{uuid}", 0)
    keep(cloud, {**PRINTER, "mac": first})
    cloud.boot(web("a"))
    assert [row["mac"] for row in cloud.rows(schema.ports)] == [mac_for(f"a|{uuid}", 1)]


def test_a_device_that_goes_leaves_its_address_in_quarantine_until_its_lease_is_gone(cloud: SmallCloud) -> None:
    keep(cloud, PRINTER)
    cloud.confirm("net1", net1=[lease()])
    assert keep(cloud, absent(PRINTER)) == [
        "delete fixed IP 10.0.0.9 (device printer, into quarantine)",
        "delete reservation 10.0.0.9 (network private)",
    ]
    assert cloud.confirm("net1", net1=[lease()]) == []
    with pytest.raises(InUse, match=r"in quarantine: device printer had it, its lease runs until 3000-01-01"):
        cloud.boot(web("a", nics=[{"network": "private", "address": "10.0.0.9"}]))
    assert cloud.confirm("net1") == ["10.0.0.9"]
    cloud.boot(web("a", nics=[{"network": "private", "address": "10.0.0.9"}]))


def test_a_purge_lets_a_device_go(cloud: SmallCloud) -> None:
    keep(cloud, PRINTER)
    keep(cloud, purge=True)
    assert states(cloud) == [("released", "printer", MAC)]


def test_an_address_can_stay_reserved_without_its_device(cloud: SmallCloud) -> None:
    keep(cloud, PRINTER)
    keep(cloud, {"network": "private", "address": "10.0.0.9", "note": "second floor"})
    assert cloud.confirm("net1") == ["10.0.0.9"]
    with pytest.raises(Conflict, match=r"is reserved in network private \(operator: second floor\)"):
        cloud.boot(web("a", nics=[{"network": "private", "address": "10.0.0.9"}]))


def test_a_device_that_comes_back_takes_its_address_out_of_quarantine(cloud: SmallCloud) -> None:
    keep(cloud, PRINTER)
    keep(cloud, absent(PRINTER))
    assert keep(cloud, PRINTER)[-1] == "update fixed IP 10.0.0.9 (device printer, out of quarantine)"
    assert cloud.withdrawn() == set()


def test_an_instance_that_is_managed_no_more_can_stay_as_a_device(cloud: SmallCloud) -> None:
    cloud.boot(web("a", nics=[{"network": "private", "address": "10.0.0.9", "mac": MAC}]))
    with pytest.raises(InUse, match="holds 1 allocated address, the first is 10.0.0.9 of instance a"):
        keep(cloud, PRINTER)
    cloud.boot(gone("a"))
    keep(cloud, PRINTER)
    assert states(cloud) == [("device", "printer", MAC)]


def test_another_name_changes_nothing_else(cloud: SmallCloud) -> None:
    keep(cloud, PRINTER)
    cloud.confirm("net1", net1=[lease()])
    changes = keep(cloud, {**PRINTER, "hostname": "plotter"})
    assert changes == ["update fixed IP 10.0.0.9 (device printer -> plotter)"]
    assert [(row["device"], row["lease_expires"]) for row in cloud.rows(schema.fixed_ips)] == [("plotter", LATER)]


def test_another_device_waits_until_the_one_before_it_cannot_use_the_address(cloud: SmallCloud) -> None:
    keep(cloud, PRINTER)
    with pytest.raises(InUse, match=rf"mac {OTHER} cannot have 10\.0\.0\.9 yet: it is held for device printer with"):
        keep(cloud, {**PRINTER, "mac": OTHER})
    keep(cloud, absent(PRINTER))
    with pytest.raises(InUse, match="it is in quarantine: device printer had it, not yet confirmed by net1"):
        keep(cloud, {**PRINTER, "mac": OTHER})
    cloud.confirm("net1")
    keep(cloud, {**PRINTER, "mac": OTHER})
    assert states(cloud) == [("device", "printer", OTHER)]


@pytest.mark.parametrize(
    ("item", "kind", "message"),
    [
        ({"mac": "no"}, InvalidInput, r"reservations\[0\]\.mac no is not a MAC address"),
        ({"mac": "01:00:5e:00:00:01"}, InvalidInput, r"reservations\[0\]\.mac"),
        ({"hostname": "a.b"}, InvalidInput, r"reservations\[0\]\.hostname a\.b is not a host name"),
        ({"mac": None}, InvalidInput, r"hostname printer names a device, and there is no mac of one"),
        ({"address": None, "cidr": "10.0.0.8/30"}, InvalidInput, r"mac 00:.* goes with a single address"),
        ({"network": "multi", "address": "10.9.0.9"}, InvalidInput, "cannot be held in network multi: with multi_host"),
        ({"address": "10.0.0.1"}, Conflict, rf"mac {MAC} cannot have 10\.0\.0\.1: that is reserved \(gateway\)"),
        ({"address": "10.0.0.15"}, Conflict, r"cannot have 10\.0\.0\.15: that is reserved \(broadcast\)"),
        ({"address": "10.0.0.12"}, Conflict, r"cannot have 10\.0\.0\.12: that is reserved \(floating\)"),
        ({"mac": "fa:16:3e:00:00:0a"}, Conflict, "is that of a NIC of instance a"),
    ],
)
def test_what_cannot_be_held_is_refused_and_nothing_changes(
    cloud: SmallCloud, item: dict[str, Any], kind: type[NovaError], message: str
) -> None:
    cloud.apply({"label": "multi", "cidr": "10.9.0.0/24", "bridge": "br109", "multi_host": True})
    cloud.boot(web("a", nics=[{"network": "private", "mac": "fa:16:3e:00:00:0a"}]))
    cloud.pools({"name": "inside", "ranges": ["10.0.0.12"]})
    before = (cloud.rows(schema.fixed_reservations), cloud.rows(schema.fixed_ips))
    with pytest.raises(kind, match=message):
        keep(cloud, {**PRINTER, **item})
    assert (cloud.rows(schema.fixed_reservations), cloud.rows(schema.fixed_ips)) == before


@pytest.mark.parametrize("order", [1, -1])
def test_a_device_goes_to_another_address_in_one_list_in_whatever_order(cloud: SmallCloud, order: int) -> None:
    keep(cloud, PRINTER)
    moved = [{"network": "private", "address": "10.0.0.9"}, {**PRINTER, "address": "10.0.0.10"}]
    keep(cloud, *moved[::order])
    assert states(cloud) == [("released", "printer", MAC), ("device", "printer", MAC)]


def test_one_mac_is_one_device(cloud: SmallCloud) -> None:
    with pytest.raises(Conflict, match=rf"reservations\[1\]\.mac {MAC} is that of device printer already, which has"):
        keep(cloud, PRINTER, {**PRINTER, "address": "10.0.0.10"})


def test_the_database_itself_refuses_two_devices_with_one_mac(cloud: SmallCloud) -> None:
    keep(cloud, PRINTER)
    row = {"network_id": 1, "mac": MAC, "device": "d", "state": "device", "origin": "operation", "generation": 1}
    with pytest.raises(Conflict, match="UNIQUE constraint failed"), cloud.work() as work:
        work.connection.execute(insert(schema.fixed_ips).values({**row, "address": 1}))


@pytest.mark.parametrize("row", [{"device": "d", "instance": "i"}, {"device": None}, {"device": "d", "mac": None}])
def test_the_database_itself_refuses_an_address_without_exactly_one_owner(
    cloud: SmallCloud, row: dict[str, Any]
) -> None:
    fixed = {"network_id": 1, "mac": MAC, "state": "device", "origin": "operation", "generation": 1, "address": 1}
    with pytest.raises(Conflict, match="CHECK constraint failed: fixed_ips"), cloud.work() as work:
        work.connection.execute(insert(schema.fixed_ips).values({**fixed, **row}))


def test_a_lease_of_another_card_is_named(cloud: SmallCloud) -> None:
    keep(cloud, PRINTER)
    with cloud.work() as work:
        acknowledge(work, [{"host": "net1", "generation": 1, "leases": [lease(OTHER)]}])
        assert work.warnings == [
            f"host net1 has a lease of 10.0.0.9 for {OTHER}, in the IPAM it is of device printer with {MAC}"
        ]


def test_a_network_with_a_device_can_neither_go_nor_be_served_by_all_hosts(cloud: SmallCloud) -> None:
    keep(cloud, PRINTER)
    for change in ({"state": "absent"}, {"multi_host": True, "host": None}):
        with pytest.raises(InUse, match=r"has 1 address of devices, the first is 10\.0\.0\.9 of device printer"):
            cloud.apply({**PRIVATE, **change})


def test_it_is_known_who_held_the_address(cloud: SmallCloud) -> None:
    keep(cloud, PRINTER)
    with cloud.work(check=True) as work:
        (holder,) = holders.view_holders(work, "10.0.0.9")
    assert (holder["device"], holder["mac"], holder["network"], holder["instance"]) == ("printer", MAC, "private", None)
