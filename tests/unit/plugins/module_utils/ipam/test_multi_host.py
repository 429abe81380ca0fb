# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of hosts, moves of instances between hosts, gateways that move, and whose word counts about a lease."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import (
    Conflict,
    Exhausted,
    InUse,
    InvalidInput,
    NotFound,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.acknowledge import acknowledge
from ansible_collections.novanet.network.plugins.module_utils.ipam.information import gather
from ansible_collections.novanet.network.plugins.module_utils.ipam.inputs import dotted
from ansible_collections.novanet.network.plugins.module_utils.ipam.snapshot import read_snapshot
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import reading
from ansible_collections.novanet.network.plugins.module_utils.plan.model import HostAddress, Lease, Snapshot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, check_invariants, gone, web

MULTI = {"label": "multi", "cidr": "10.2.0.0/28", "bridge": "br102", "multi_host": True}
NIC = {"network": "multi"}
MAC = "fa:16:3e:00:00:0a"
LATER = 32503680000


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    made = SmallCloud(tmp_path)
    made.apply(MULTI)
    return made


def vm(name: str, host: str = "c1", **more: Any) -> dict[str, Any]:
    return web(name, host=host, nics=[NIC], **more)


def host_addresses(cloud: SmallCloud) -> dict[str, tuple[str, str]]:
    """Return the state and the address of every host that has one or had it."""
    rows = cloud.rows(schema.fixed_ips)
    return {row["host"]: (row["state"], dotted(row["address"])) for row in rows if row["host"]}


def snapshot(cloud: SmallCloud) -> Snapshot:
    with cloud.work(check=True) as work:
        return read_snapshot(work)


def withdrawn(cloud: SmallCloud) -> set[tuple[str, str, str]]:
    return {(kind, dotted(address), host) for kind, address, host in cloud.withdrawn()}


def test_a_host_gets_an_address_with_its_first_instance_and_keeps_it(cloud: SmallCloud) -> None:
    done = cloud.boot(vm("a"), vm("b", "c2"))
    assert done.changes[-2:] == [
        "create fixed IP 10.2.0.4 (host c1, network multi)",
        "create fixed IP 10.2.0.5 (host c2, network multi)",
    ]
    cloud.boot(vm("c"), gone("a"))
    assert host_addresses(cloud) == {"c1": ("host", "10.2.0.4"), "c2": ("host", "10.2.0.5")}
    assert snapshot(cloud).host_addresses == (
        HostAddress("multi", "c1", "10.2.0.4"),
        HostAddress("multi", "c2", "10.2.0.5"),
    )
    last = cloud.rows(schema.events)
    made = [row["after"] for row in last if row["name"] == "10.2.0.4"]
    assert made == [{"network": "multi", "host": "c1", "state": "host"}]


def test_a_preview_gives_hosts_the_addresses_that_the_run_gives(cloud: SmallCloud) -> None:
    preview = cloud.boot(vm("a"), check=True)
    assert cloud.boot(vm("a")) == preview
    assert cloud.boot(vm("a")).changes == []


def test_hosts_of_other_networks_get_none(cloud: SmallCloud) -> None:
    cloud.apply({**MULTI, "label": "shared", "cidr": "10.3.0.0/28", "share_address": True})
    cloud.boot(web("a", nics=[{"network": "shared"}, {"network": "private"}]))
    assert host_addresses(cloud) == {}


def test_an_address_of_a_host_is_free_only_after_the_host_has_confirmed(cloud: SmallCloud) -> None:
    cloud.boot(vm("a"))
    cloud.boot(gone("a"))
    assert host_addresses(cloud) == {"c1": ("released", "10.2.0.3")}
    assert ("fixed", "10.2.0.3", "c1") in withdrawn(cloud)
    with pytest.raises(InUse, match=r"10.2.0.3 is in quarantine: host c1 had it, not yet confirmed by c1"):
        cloud.boot(web("b", nics=[{**NIC, "address": "10.2.0.3"}]))
    assert cloud.confirm("c1") == ["10.2.0.2", "10.2.0.3"]
    assert host_addresses(cloud) == {}


def test_a_host_that_is_needed_again_gets_its_own_address_back(cloud: SmallCloud) -> None:
    cloud.boot(vm("a"))
    cloud.boot(gone("a"))
    again = cloud.boot(vm("b"))
    assert "update fixed IP 10.2.0.3 (host c1, out of quarantine)" in again.changes
    assert host_addresses(cloud) == {"c1": ("host", "10.2.0.3")}
    assert ("fixed", "10.2.0.3", "c1") not in withdrawn(cloud)
    assert cloud.confirm("c1") == ["10.2.0.2"]


def test_without_an_address_for_its_host_no_instance_is_created(cloud: SmallCloud) -> None:
    cloud.boot(*[vm(f"v{number}") for number in range(12)])
    before = cloud.rows(schema.instances), cloud.rows(schema.fixed_ips)
    message = r"network multi \(10.2.0.0/28\) has no address left for host c2, which is to serve its instances there"
    with pytest.raises(Exhausted, match=message):
        cloud.boot({"name": "v0", "host": "c2"})
    assert (cloud.rows(schema.instances), cloud.rows(schema.fixed_ips)) == before


def test_an_address_of_a_host_can_neither_be_asked_for_nor_reserved(cloud: SmallCloud) -> None:
    cloud.boot(vm("a"))
    with pytest.raises(Conflict, match=r"nics\[0\].address 10.2.0.3 is taken by host c1"):
        cloud.boot(web("b", nics=[{**NIC, "address": "10.2.0.3"}]))
    with pytest.raises(InUse, match="contains 10.2.0.3, which host c1 has in network multi"):
        cloud.pools({"name": "inside", "ranges": ["10.2.0.3"]})


def test_addresses_of_hosts_are_in_the_lists(cloud: SmallCloud) -> None:
    cloud.boot(vm("a"))
    with reading(cloud.url) as work:
        lists = gather(work, ["fixed", "networks"])
    rows = [(row["address"], row["instance"], row["host"], row["state"]) for row in lists["fixed"]]
    assert rows == [("10.2.0.2", "a", "c1", "allocated"), ("10.2.0.3", None, "c1", "host")]
    (network,) = [row for row in lists["networks"] if row["label"] == "multi"]
    assert network["utilisation"] == {
        "size": 16, "free": 11, "reserved": 3, "allocated": 1, "hosts": 1, "quarantined": 0,
    }  # fmt: skip


def test_an_instance_that_is_about_to_move_is_on_both_hosts(cloud: SmallCloud) -> None:
    cloud.boot(vm("a", floating_ip={}))
    done = cloud.boot({"name": "a", "next_host": "c2"})
    assert done.views[0]["next_host"] == "c2"
    assert done.changes == [
        "update instance a (next_host none -> c2)",
        "create fixed IP 10.2.0.4 (host c2, network multi)",
    ]
    assert [row["host"] for row in cloud.rows(schema.floating_ips)] == ["c1"]
    # What is omitted stays as it is.
    assert cloud.boot({"name": "a"}).changes == []
    assert snapshot(cloud).instances[0].next_host == "c2"


def test_the_change_of_the_host_ends_a_move(cloud: SmallCloud) -> None:
    cloud.boot(vm("a", floating_ip={}))
    cloud.boot({"name": "a", "next_host": "c2"})
    done = cloud.boot({"name": "a", "host": "c2"})
    assert done.changes[0] == "update instance a (host c1 -> c2, next_host c2 -> none)"
    assert done.views[0]["next_host"] is None
    assert [row["host"] for row in cloud.rows(schema.floating_ips)] == ["c2"]
    address = done.views[0]["nics"][0]["address"]
    assert withdrawn(cloud) == {
        ("fixed", address, "c1"), ("fixed", "10.2.0.3", "c1"), ("floating", "192.0.2.1", "c1"),
    }  # fmt: skip
    assert host_addresses(cloud) == {"c1": ("released", "10.2.0.3"), "c2": ("host", "10.2.0.4")}


def test_a_move_that_does_not_take_place_is_taken_back(cloud: SmallCloud) -> None:
    cloud.boot(vm("a"))
    cloud.boot({"name": "a", "next_host": "c2"})
    done = cloud.boot({"name": "a", "next_host": ""})
    assert done.views[0]["next_host"] is None
    assert withdrawn(cloud) == {("fixed", "10.2.0.2", "c2"), ("fixed", "10.2.0.4", "c2")}
    cloud.boot({"name": "a", "next_host": "c2"})
    assert withdrawn(cloud) == set()


def test_an_instance_that_goes_in_the_middle_of_a_move_is_given_up_by_both_hosts(cloud: SmallCloud) -> None:
    cloud.boot(vm("a"))
    cloud.boot({"name": "a", "next_host": "c2"})
    cloud.boot(gone("a"))
    assert {(address, host) for _kind, address, host in withdrawn(cloud)} == {
        ("10.2.0.2", "c1"), ("10.2.0.2", "c2"), ("10.2.0.3", "c1"), ("10.2.0.4", "c2"),
    }  # fmt: skip


def test_an_instance_does_not_move_to_where_it_is(cloud: SmallCloud) -> None:
    cloud.boot(vm("a"))
    message = r"instances\[0\].next_host c1 is the host that the instance runs on. Leave it out"
    with pytest.raises(Conflict, match=message):
        cloud.boot({"name": "a", "next_host": "c1"})


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"host": "net1"}, r"networks\[0\].host net1 has no meaning with multi_host"),
        ({"dhcp_server": "10.4.0.2"}, r"networks\[0\].dhcp_server 10.4.0.2 has no meaning with multi_host: every host"),
    ],
)
def test_options_that_could_do_nothing_are_refused(cloud: SmallCloud, item: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        cloud.apply({**MULTI, "label": "new", "cidr": "10.4.0.0/28", **item})
    cloud.apply({"label": "new", "cidr": "10.4.0.0/28", "bridge": "br102", **item})
    with pytest.raises(InvalidInput, match=message):
        cloud.apply({"label": "new", "multi_host": True, **item})


def test_a_gateway_that_no_guest_gets_is_kept_free_with_a_warning(cloud: SmallCloud) -> None:
    own = {**MULTI, "label": "new", "cidr": "10.4.0.0/28", "gateway": "10.4.0.9"}
    (warning,) = cloud.apply(own).warnings
    assert "networks[0].gateway 10.4.0.9 is kept free, and is nobody's router" in warning
    assert cloud.apply(own).warnings == []
    shared = {**own, "label": "shared", "cidr": "10.5.0.0/28", "gateway": "10.5.0.9", "share_address": True}
    assert cloud.apply(shared).warnings == []


def test_what_kind_a_network_is_changes_only_while_nobody_uses_it(cloud: SmallCloud) -> None:
    cloud.boot(vm("a"))
    for change in ({"multi_host": False}, {"share_address": True}):
        with pytest.raises(InUse, match="cannot be changed while it has 1 address allocated"):
            cloud.apply({"label": "multi", **change})
    cloud.boot(gone("a"))
    with pytest.raises(InUse, match="has 2 addresses in quarantine, the first is 10.2.0.2 of instance a"):
        cloud.apply({"label": "multi", "share_address": True})
    cloud.confirm("c1")
    assert cloud.apply({"label": "multi", "share_address": True}).views[0]["share_address"]


def test_a_network_that_becomes_multi_host_has_no_host_and_its_gateway_is_withdrawn(cloud: SmallCloud) -> None:
    changed = cloud.apply({"label": "private", "multi_host": True})
    assert changed.views[0]["host"] is None
    assert withdrawn(cloud) == {("gateway", "10.0.0.1", "net1")}
    cloud.apply({"label": "private", "multi_host": False, "host": "net1"})
    assert withdrawn(cloud) == set()


def test_a_gateway_is_withdrawn_from_the_host_that_a_network_leaves(cloud: SmallCloud) -> None:
    cloud.boot(web("a", floating_ip={}, nics=[{"network": "private"}]))
    cloud.apply({"label": "private", "host": "net2"})
    assert ("gateway", "10.0.0.1", "net1") in withdrawn(cloud)
    assert [(w.kind, w.host) for w in snapshot(cloud).withdrawals if w.kind == "gateway"] == [("gateway", "net1")]
    cloud.apply({"label": "private", "host": "net1"})
    assert ("gateway", "10.0.0.1", "net1") not in withdrawn(cloud)
    cloud.apply({"label": "private", "host": "net2"})
    cloud.confirm("net1", "net2")
    assert withdrawn(cloud) == set()


def test_the_gateway_of_a_network_that_goes_is_withdrawn_too(cloud: SmallCloud) -> None:
    cloud.apply({"label": "private", "state": "absent"})
    assert withdrawn(cloud) == {("gateway", "10.0.0.1", "net1")}
    cloud.apply({"label": "next", "cidr": "10.0.0.0/28", "host": "net1"})
    cloud.confirm("net1")
    assert withdrawn(cloud) == set()


def lease(expires: float = LATER) -> dict[str, Any]:
    return {"bridge": "br102", "address": "10.2.0.2", "mac": MAC, "hostname": "a", "expires": expires}


def note(cloud: SmallCloud, **leases: list[dict[str, Any]]) -> tuple[float | None, str | None]:
    """Let hosts report their leases, and return what is noted about the one: its end, and whose it is."""
    with cloud.work() as work:
        acknowledge(work, [{"host": host, "leases": items} for host, items in leases.items()])
    (row,) = (row for row in cloud.rows(schema.fixed_ips) if row["instance"] == "a")
    return row["lease_expires"], row["lease_host"]


@pytest.fixture
def leased(cloud: SmallCloud) -> SmallCloud:
    cloud.boot(web("a", nics=[{**NIC, "mac": MAC}]))
    assert note(cloud, c1=[lease()]) == (LATER, "c1")
    return cloud


def test_plans_know_of_leases_until_they_run_out(leased: SmallCloud) -> None:
    assert snapshot(leased).instances[0].ports[0].lease == Lease(LATER, "c1")
    note(leased, c1=[lease(1000)])
    assert snapshot(leased).instances[0].ports[0].lease is None


def test_a_lease_follows_its_instance_and_the_old_host_cannot_end_it(leased: SmallCloud) -> None:
    leased.boot({"name": "a", "host": "c2"})
    assert note(leased, c1=[]) == (LATER, "c1")
    # A report that was under way knows no better than the host that serves the instance now.
    assert note(leased, c2=[lease()]) == (LATER, "c2")
    assert note(leased, c1=[lease()]) == (LATER, "c2")
    assert note(leased, c2=[lease(LATER + 60)], c1=[lease()]) == (LATER + 60, "c2")
    assert note(leased, c2=[]) == (None, None)


def test_while_an_instance_moves_the_later_end_is_right(leased: SmallCloud) -> None:
    leased.boot({"name": "a", "next_host": "c2"})
    assert note(leased, c1=[lease()], c2=[lease()]) == (LATER, "c1")
    assert note(leased, c2=[lease(LATER + 60)]) == (LATER + 60, "c2")
    assert note(leased, c1=[lease(LATER + 90)]) == (LATER + 90, "c1")


def test_a_lease_of_an_instance_that_is_gone_ends_with_the_host_that_gave_it(leased: SmallCloud) -> None:
    leased.boot(gone("a"))
    assert leased.confirm("c2") == []
    assert "10.2.0.2" in leased.confirm("c1")


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("boot"), st.sampled_from("abcdef"), st.sampled_from(["c1", "c2", "c3"])),
        st.tuples(st.just("prepare"), st.sampled_from("abcdef"), st.sampled_from(["c1", "c2", "c3", ""])),
        st.tuples(st.just("delete"), st.sampled_from("abcdef"), st.just("")),
        st.tuples(st.just("confirm"), st.just(""), st.sampled_from(["c1", "c2", "c3"])),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_exactly_the_hosts_that_need_an_address_have_one(
    tmp_path_factory: pytest.TempPathFactory, steps: Any
) -> None:
    cloud = SmallCloud(tmp_path_factory.mktemp("ipam"))
    cloud.apply(MULTI)
    for kind, name, argument in steps:
        held = {(address, host) for kind, address, host in cloud.withdrawn() if kind == "fixed"}
        try:
            _step(cloud, kind, name, argument)
        except (Conflict, Exhausted, NotFound) as refused:
            assert str(refused)
        instances = cloud.rows(schema.instances)
        needed = {row[key] for row in instances for key in ("host", "next_host") if row[key]}
        rows = [row for row in cloud.rows(schema.fixed_ips) if row["host"]]
        assert {row["host"] for row in rows if row["state"] == "host"} == needed
        for row in rows:
            # Nobody but itself gets what a host has not let go of.
            assert {host for address, host in held if address == row["address"]} <= {row["host"]}
        with cloud.work(check=True) as work:
            check_invariants(work)


def _step(cloud: SmallCloud, kind: str, name: str, argument: str) -> None:
    known = {row["name"] for row in cloud.rows(schema.instances)}
    if kind == "boot":
        cloud.boot(vm(name, argument))
    elif kind == "prepare" and name in known:
        cloud.boot({"name": name, "next_host": argument})
    elif kind == "delete":
        cloud.boot(gone(name))
    elif kind == "confirm":
        cloud.confirm(argument)
