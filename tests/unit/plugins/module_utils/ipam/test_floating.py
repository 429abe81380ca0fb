# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import (
    Conflict,
    Exhausted,
    InUse,
    InvalidInput,
    NotFound,
    NovaError,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.floating_inputs import LARGEST_RANGE, read_range
from ansible_collections.novanet.network.plugins.module_utils.ipam.floating_lists import apply_floating_lists
from ansible_collections.novanet.network.plugins.module_utils.ipam.floating_places import place_floating_addresses
from ansible_collections.novanet.network.plugins.module_utils.ipam.floating_pools import apply_pools, view_pools
from ansible_collections.novanet.network.plugins.module_utils.ipam.networks import assign_serving_host, network_by_label
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.ipam.small_cloud import POOL, SmallCloud, check_invariants, gone, web

FLOATING = int(ipaddress.IPv4Address("192.0.2.0"))


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    cloud = SmallCloud(tmp_path)
    cloud.boot(web("a"), web("b"), web("other", project="blue"))
    return cloud


def pool_view(cloud: SmallCloud, name: str = "nova") -> dict[str, Any]:
    with cloud.work(check=True) as work:
        return next(view for view in view_pools(work) if view["name"] == name)


# Ranges and pools.


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("10.46.169.224/29", "10.46.169.225", "10.46.169.230"),
        ("10.46.169.226/29", "10.46.169.225", "10.46.169.230"),
        ("192.0.2.0/30", "192.0.2.1", "192.0.2.2"),
        ("192.0.2.4-192.0.2.6", "192.0.2.4", "192.0.2.6"),
        ("192.0.2.4 - 192.0.2.6", "192.0.2.4", "192.0.2.6"),
        ("192.0.2.9", "192.0.2.9", "192.0.2.9"),
    ],
)
def test_a_range_is_usable_hosts_a_span_or_one_address(text: str, first: str, last: str) -> None:
    span = read_range(text, "ranges[0]")
    assert (span.first, span.last) == (int(ipaddress.IPv4Address(first)), int(ipaddress.IPv4Address(last)))


@given(st.integers(1 << 24, (224 << 24) - (1 << 20)), st.integers(13, 30))
def test_a_cidr_has_all_its_hosts_but_the_two_ends(number: int, prefix: int) -> None:
    network = ipaddress.ip_network((number >> (32 - prefix) << (32 - prefix), prefix))
    if network.is_loopback or network.is_link_local:
        return
    span = read_range(str(network), "x")
    assert span.last - span.first + 1 == network.num_addresses - 2
    assert ipaddress.IPv4Address(span.first) - 1 == network.network_address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("192.0.2.0/31", "has no usable hosts in CIDR form. Write such addresses one by one"),
        ("192.0.2.0/32", "has no usable hosts in CIDR form"),
        ("192.0.2.9-192.0.2.4", "ends before it begins"),
        ("10.0.0.0/12", f"has 1048574 addresses, {LARGEST_RANGE} or more"),
        ("10.0.0.0-10.15.66.63", "has 1000000 addresses"),
        ("192.0.2.0/33", "is not an IPv4 range"),
        ("fd00::/64", "is not an IPv4 range"),
        ("127.0.0.1", "has addresses that no host on a network can have"),
        ("224.0.0.1", "has addresses that no host"),
        ("0.0.0.0/24", "has addresses that no host"),
        ("", "is empty"),
        (7, "is not text"),
        ("a-b", "is not an IPv4 address"),
    ],
)
def test_what_is_no_range_is_refused(text: Any, reason: str) -> None:
    with pytest.raises(InvalidInput, match=f"pools\\[0\\].ranges\\[1\\].*{reason}"):
        read_range(text, "pools[0].ranges[1]")


def test_a_pool_is_made_once(tmp_path: Path) -> None:
    cloud = SmallCloud(tmp_path)
    assert cloud.pools(POOL).changes == []
    assert pool_view(cloud) == {
        "name": "nova",
        "interface": None,
        "project": None,
        "ranges": ["192.0.2.0/29"],
        "origin": "operation",
        "total": 6,
        "free": 6,
        "allocated": 0,
        "waiting": 0,
    }


def test_options_of_a_pool_stay_when_omitted_and_go_when_empty(cloud: SmallCloud) -> None:
    done = cloud.pools({"name": "nova", "interface": "eth9", "project": "red"})
    assert done.changes == ["update floating pool nova (interface none -> eth9, project none -> red)"]
    assert cloud.pools({"name": "nova"}).views[0]["interface"] == "eth9"
    assert cloud.pools({"name": "nova", "interface": "", "project": ""}).views[0]["interface"] is None


def test_a_range_is_added_and_goes_with_a_purge_only(cloud: SmallCloud) -> None:
    more = {"name": "nova", "ranges": ["198.51.100.7"]}
    assert cloud.pools(more).changes == ["update floating pool nova (range 198.51.100.7 added)"]
    assert pool_view(cloud)["ranges"] == ["192.0.2.0/29", "198.51.100.7"]
    assert cloud.pools(more, purge=True, origin="inventory").changes == []
    assert cloud.pools(more, purge=True).changes == ["update floating pool nova (range 192.0.2.0/29 removed)"]
    assert pool_view(cloud)["free"] == 1


def test_a_range_can_grow_and_shrink_around_addresses_that_are_in_use(cloud: SmallCloud) -> None:
    cloud.floating({"instance": "a", "address": "192.0.2.2"})
    cloud.pools({"name": "nova", "ranges": ["192.0.2.0/28"]})
    assert (pool_view(cloud)["ranges"], pool_view(cloud)["free"]) == (["192.0.2.0/28"], 13)
    assert cloud.pools(POOL).changes == []
    assert cloud.pools(POOL, purge=True).changes != []
    assert (pool_view(cloud)["ranges"], pool_view(cloud)["free"]) == (["192.0.2.0/29"], 5)
    with pytest.raises(InUse, match=r"range 192.0.2.0/29 of floating pool nova cannot go: 192.0.2.2 allocated"):
        cloud.pools({"name": "nova", "ranges": ["192.0.2.3-192.0.2.6"]}, purge=True)


def test_an_absent_item_removes_the_ranges_it_lists_and_the_pool_with_the_last(cloud: SmallCloud) -> None:
    cloud.pools({"name": "nova", "ranges": ["198.51.100.7"]})
    cloud.pools({**POOL, "state": "absent"})
    assert pool_view(cloud)["ranges"] == ["198.51.100.7"]
    done = cloud.pools({"name": "nova", "ranges": ["198.51.100.7"], "state": "absent"})
    assert done.changes == ["delete floating pool nova"]
    assert cloud.rows(schema.floating_extents) == []


def test_a_pool_in_use_cannot_go_and_says_what_uses_it(cloud: SmallCloud) -> None:
    cloud.floating(*[{"project": "red"}] * 6)
    with pytest.raises(InUse, match=r"pools\[0\].name nova cannot go: 192.0.2.1, .*192.0.2.5 and 1 more allocated"):
        cloud.pools({"name": "nova", "state": "absent"})


def test_a_purge_leaves_pools_of_another_origin(cloud: SmallCloud) -> None:
    cloud.pools({"name": "listed", "ranges": ["198.51.100.1"]}, origin="inventory")
    done = cloud.pools(purge=True, origin="inventory")
    assert done.changes == ["delete floating pool listed"]
    assert [row["name"] for row in cloud.rows(schema.floating_pools)] == ["nova"]


@pytest.mark.parametrize(
    ("items", "error", "message"),
    [
        ([{"name": "x", "ranges": ["192.0.2.4-192.0.2.9"]}], Conflict, "overlaps 192.0.2.0/29 of floating pool nova"),
        ([{"name": "nova", "ranges": ["192.0.2.4-192.0.2.9"]}], Conflict, r"pools\[0\].ranges\[0\] .* overlaps"),
        (
            [{"name": "x", "ranges": ["198.51.100.1-198.51.100.3", "198.51.100.2"]}],
            InvalidInput,
            r"pools\[0\].ranges\[1\] 198.51.100.2 overlaps pools\[0\].ranges\[0\]",
        ),
        ([{"name": "x"}, {"name": "x"}], InvalidInput, r"pools\[1\].name x is listed twice"),
        ([{"name": "x", "interface": "a b"}], InvalidInput, r"pools\[0\].interface a b is not a name"),
        ([{"name": "x", "interface": "e" * 16}], InvalidInput, "is not a name that a network interface can have"),
        ([{"name": "x", "ranges": "192.0.2.1"}], InvalidInput, r"pools\[0\].ranges 192.0.2.1 is not a list"),
        ([{"name": "x\0"}], InvalidInput, "cannot be printed"),
        ([{}], InvalidInput, r"pools\[0\].name None is missing"),
        ([3], InvalidInput, r"pools\[0\] 3 is not a dictionary"),
        ("nova", InvalidInput, "pools nova is not a list"),
    ],
)
def test_bad_pools_are_refused(cloud: SmallCloud, items: Any, error: type[NovaError], message: str) -> None:
    with pytest.raises(error, match=message), cloud.work() as work:
        apply_pools(work, items)
    assert len(cloud.rows(schema.floating_pools)) == 1


# Ranges inside fixed networks.


def test_a_range_inside_a_network_is_kept_from_instances_with_a_warning(cloud: SmallCloud) -> None:
    done = cloud.pools({"name": "inside", "ranges": ["10.0.0.8/30"]})
    assert done.warnings == [
        "pools[0].ranges[0] 10.0.0.8/30 lies inside network private (10.0.0.0/28): "
        "it is reserved there, no instance gets it"
    ]
    with pytest.raises(Conflict, match="10.0.0.9 is reserved in network private"):
        cloud.boot(web("c", nics=[{"network": "private", "address": "10.0.0.9"}]))
    assert cloud.pools({"name": "inside", "ranges": ["10.0.0.8/30"]}).warnings == []
    cloud.pools({"name": "inside", "state": "absent"})
    cloud.boot(web("c", nics=[{"network": "private", "address": "10.0.0.9"}]))


def test_a_network_made_around_a_range_keeps_it_as_well(cloud: SmallCloud) -> None:
    done = cloud.apply({"label": "around", "cidr": "192.0.0.0/22", "bridge": "br9"}, network_size=1024)
    assert done.warnings == [
        "floating range 192.0.2.0/29 lies inside network around (192.0.0.0/22): "
        "it is reserved there, no instance gets it"
    ]
    with pytest.raises(Conflict, match="192.0.2.6 is reserved in network around"):
        cloud.boot(web("c", nics=[{"network": "around", "address": "192.0.2.6"}]))


def test_a_network_whose_gateway_is_a_floating_address_is_refused(cloud: SmallCloud) -> None:
    with pytest.raises(Conflict, match="192.0.2.0/29 contains 192.0.2.1, the gateway of network around"):
        cloud.apply({"label": "around", "cidr": "192.0.2.0/24", "bridge": "br9"})


def test_a_range_over_an_address_of_an_instance_is_refused(cloud: SmallCloud) -> None:
    inside = {"name": "inside", "ranges": ["10.0.0.2-10.0.0.9"]}
    with pytest.raises(InUse, match="contains 10.0.0.2, which instance a has in network private"):
        cloud.pools(inside)
    cloud.boot(gone("a"), gone("b"), gone("other"))
    with pytest.raises(InUse, match="contains 10.0.0.2, which instance a had and which is still in quarantine"):
        cloud.pools(inside)
    cloud.confirm("c1", "net1")
    assert cloud.pools(inside).changes[0] == "create floating pool inside (10.0.0.2-10.0.0.9)"


def test_a_range_over_the_gateway_is_refused(cloud: SmallCloud) -> None:
    with pytest.raises(Conflict, match="contains 10.0.0.1, the gateway of network private"):
        cloud.pools({"name": "inside", "ranges": ["10.0.0.1"]})


# Addresses.


def test_an_address_is_associated_with_the_first_fixed_ip_and_bound_by_the_serving_host(cloud: SmallCloud) -> None:
    done = cloud.floating({"instance": "a"})
    assert done.changes == ["create floating IP 192.0.2.1 (pool nova, project red, instance a 10.0.0.2)"]
    assert done.views[0] == {
        "address": "192.0.2.1",
        "pool": "nova",
        "interface": None,
        "project": "red",
        "instance": "a",
        "fixed_address": "10.0.0.2",
        "network": "private",
        "host": "net1",
        "auto_assigned": False,
        "origin": "operation",
    }


@pytest.mark.parametrize(
    "items",
    [
        [{"instance": "a"}],
        [{"instance": "a", "address": "192.0.2.5"}],
        [{"instance": "a"}, {"instance": "b"}],
        [{"project": "red"}, {"project": "red"}, {"instance": "b"}],
        [{"project": "red", "instance": ""}],
        [{"instance": "a", "fixed_address": "10.0.0.2", "pool": "nova"}],
    ],
)
def test_a_second_run_changes_nothing(cloud: SmallCloud, items: list[dict[str, Any]]) -> None:
    preview = cloud.floating(*items, check=True)
    first = cloud.floating(*items)
    assert preview == first
    assert len(first.changes) == len(items)
    second = cloud.floating(*items)
    assert second.changes == []
    assert second.views == first.views


def test_an_address_moves_within_its_project_and_not_beyond(cloud: SmallCloud) -> None:
    cloud.floating({"instance": "a", "address": "192.0.2.3"})
    moved = cloud.floating({"instance": "b", "address": "192.0.2.3"})
    assert moved.changes == ["update floating IP 192.0.2.3 (instance a 10.0.0.2 -> b 10.0.0.3)"]
    with pytest.raises(Conflict, match=r"addresses\[0\].address 192.0.2.3 belongs to project red, not to blue"):
        cloud.floating({"instance": "other", "address": "192.0.2.3"})


def test_without_an_instance_the_association_stays_and_an_empty_one_ends_it(cloud: SmallCloud) -> None:
    cloud.floating({"instance": "a", "address": "192.0.2.3"})
    assert cloud.floating({"address": "192.0.2.3"}).changes == []
    done = cloud.floating({"address": "192.0.2.3", "instance": ""})
    assert done.changes == ["update floating IP 192.0.2.3 (instance a 10.0.0.2 -> none)"]
    assert cloud.withdrawn() == {("floating", FLOATING + 3, "net1")}
    cloud.floating({"address": "192.0.2.3", "instance": "b"})
    assert cloud.withdrawn() == set()


def test_a_released_address_waits_for_its_host_but_can_be_had_by_name(cloud: SmallCloud) -> None:
    cloud.floating({"instance": "a", "address": "192.0.2.1"})
    cloud.floating({"address": "192.0.2.1", "state": "absent"})
    assert (pool_view(cloud)["free"], pool_view(cloud)["waiting"]) == (5, 1)
    assert cloud.floating({"project": "blue"}).views[0]["address"] == "192.0.2.2"
    # The plan binds it nowhere before the host has let it go, so whoever names it may have it at once.
    assert cloud.floating({"project": "blue", "address": "192.0.2.1"}).views[0]["project"] == "blue"
    assert cloud.confirm("net1") == []
    cloud.floating({"address": "192.0.2.1", "state": "absent"})
    assert (pool_view(cloud)["free"], pool_view(cloud)["waiting"]) == (5, 0)


def test_a_pool_made_again_does_not_hand_out_what_a_host_still_has(cloud: SmallCloud) -> None:
    cloud.floating({"instance": "a", "address": "192.0.2.1"})
    cloud.floating({"address": "192.0.2.1", "state": "absent"})
    cloud.pools({"name": "nova", "state": "absent"})
    cloud.pools({"name": "again", "ranges": ["192.0.2.0/29"]})
    assert pool_view(cloud, "again")["free"] == 5
    assert cloud.confirm("net1") == ["192.0.2.1"]
    assert pool_view(cloud, "again")["free"] == 6


def test_the_oldest_free_address_is_taken_first(cloud: SmallCloud) -> None:
    cloud.floating({"project": "red", "address": "192.0.2.1"})
    cloud.floating({"address": "192.0.2.1", "state": "absent"})
    done = cloud.floating(*[{"project": "red"}] * 6)
    assert [view["address"] for view in done.views] == [f"192.0.2.{number}" for number in (2, 3, 4, 5, 6, 1)]
    with pytest.raises(Exhausted, match="floating pool nova has no free address left"):
        cloud.floating({"project": "blue"})


def test_a_named_address_is_not_taken_by_an_item_that_names_none(cloud: SmallCloud) -> None:
    done = cloud.floating({"project": "red"}, {"project": "red", "address": "192.0.2.1"})
    assert [view["address"] for view in done.views] == ["192.0.2.2", "192.0.2.1"]


def test_all_addresses_of_an_instance_can_be_released_at_once(cloud: SmallCloud) -> None:
    cloud.boot(web("two", nics=[{"network": "private", "address": f"10.0.0.{number}"} for number in (8, 9)]))
    cloud.floating({"instance": "two"}, {"instance": "two", "fixed_address": "10.0.0.9"}, {"instance": "b"})
    done = cloud.floating({"instance": "two", "state": "absent"})
    assert [change.split(" (")[0] for change in done.changes] == [
        "delete floating IP 192.0.2.1",
        "delete floating IP 192.0.2.2",
    ]
    assert cloud.floating({"instance": "nobody", "state": "absent"}).changes == []


def test_a_fixed_ip_has_one_floating_address(cloud: SmallCloud) -> None:
    cloud.floating({"instance": "a"})
    with pytest.raises(
        Conflict,
        match=r"addresses\[0\].address 192.0.2.5 cannot lead to instance a 10.0.0.2: 192.0.2.1 does already",
    ):
        cloud.floating({"instance": "a", "address": "192.0.2.5"})
    with pytest.raises(Conflict, match=r"instances\[0\].floating_ip.address 192.0.2.5 cannot lead to instance a"):
        cloud.boot(web("a", floating_ip={"address": "192.0.2.5"}))


def test_two_addresses_can_change_places_in_one_list(cloud: SmallCloud) -> None:
    cloud.floating({"instance": "a", "address": "192.0.2.1"}, {"instance": "b", "address": "192.0.2.2"})
    done = cloud.floating({"instance": "b", "address": "192.0.2.1"}, {"instance": "a", "address": "192.0.2.2"})
    assert [(view["address"], view["instance"]) for view in done.views] == [("192.0.2.1", "b"), ("192.0.2.2", "a")]


def test_a_purge_releases_what_the_inventory_lists_no_more(cloud: SmallCloud) -> None:
    cloud.floating({"instance": "a"})
    cloud.boot(web("c", floating_ip={}), origin="inventory")
    cloud.floating({"instance": "b"}, origin="inventory")
    done = cloud.floating(purge=True, origin="inventory")
    assert done.changes == ["delete floating IP 192.0.2.3 (pool nova, project red, instance b 10.0.0.3)"]


def test_an_automatic_address_goes_with_its_instance_and_not_otherwise(cloud: SmallCloud) -> None:
    cloud.boot(web("c"), auto_assign_floating_ip=True)
    assert cloud.floating({"instance": "c"}).changes == []
    for item in ({"instance": "a", "address": "192.0.2.1"}, {"address": "192.0.2.1", "state": "absent"}):
        with pytest.raises(Conflict, match="192.0.2.1 was assigned to instance c automatically and goes with it"):
            cloud.floating(item)


def test_an_address_that_an_instance_asked_for_stays_once_it_was_moved(cloud: SmallCloud) -> None:
    cloud.boot(web("c", floating_ip={}))
    cloud.floating({"instance": "a", "address": "192.0.2.1"})
    cloud.boot(gone("a"))
    assert [row["fixed_ip_id"] for row in cloud.rows(schema.floating_ips)] == [None]


def test_a_pool_of_a_project_serves_no_other(cloud: SmallCloud) -> None:
    cloud.pools({"name": "nova", "project": "red"})
    with pytest.raises(Conflict, match=r"addresses\[0\].pool nova belongs to project red, not to blue"):
        cloud.floating({"instance": "other"})
    with pytest.raises(Conflict, match="belongs to project red, not to blue"):
        cloud.boot(web("c", project="blue", floating_ip={}))
    cloud.floating({"instance": "a"})
    with pytest.raises(InUse, match=r"pools\[0\].project blue cannot be set: project red has 192.0.2.1"):
        cloud.pools({"name": "nova", "project": "blue"})


def test_when_a_network_changes_its_host_the_old_one_must_let_go(cloud: SmallCloud) -> None:
    cloud.floating({"instance": "a"})
    with cloud.work() as work:
        assign_serving_host(work, network_by_label(work, "private"), "net2")
        place_floating_addresses(work)
        assert work.changes[-1].describe() == "update floating IP 192.0.2.1 (host net1 -> net2)"
    assert cloud.withdrawn() == {
        ("floating", FLOATING + 1, "net1"),
        ("gateway", int(ipaddress.IPv4Address("10.0.0.1")), "net1"),
    }
    assert [row["host"] for row in cloud.rows(schema.floating_ips)] == ["net2"]


@pytest.mark.parametrize(
    ("item", "error", "message"),
    [
        ({}, InvalidInput, r"addresses\[0\].project is missing"),
        ({"instance": "nobody"}, NotFound, r"addresses\[0\].instance nobody does not exist"),
        ({"instance": "a", "project": "blue"}, Conflict, "instance a belongs to project red, not to blue"),
        ({"project": "red", "pool": "x"}, NotFound, r"addresses\[0\].pool x does not exist"),
        ({"project": "red", "address": "198.51.100.1"}, NotFound, "198.51.100.1 is in no floating pool"),
        ({"project": "red", "address": "x"}, InvalidInput, r"addresses\[0\].address x is not an IPv4 address"),
        ({"instance": "a", "fixed_address": "10.0.0.3"}, NotFound, "fixed_address 10.0.0.3 is not one of a's"),
        ({"fixed_address": "10.0.0.3"}, InvalidInput, "needs an instance"),
        ({"instance": "bare"}, Conflict, "instance bare has no fixed IP"),
        ({"state": "absent"}, InvalidInput, "does not say which address is to be released"),
        ({"address": 4}, InvalidInput, r"addresses\[0\].address 4 is not text"),
        ({"adress": "192.0.2.1"}, InvalidInput, r"addresses\[0\].adress is not known"),
    ],
)
def test_bad_addresses_are_refused_with_their_position(
    cloud: SmallCloud, item: dict[str, Any], error: type[NovaError], message: str
) -> None:
    cloud.boot(web("bare", nics=[]))
    with pytest.raises(error, match=message):
        cloud.floating(item)
    assert cloud.rows(schema.floating_ips) == []


def test_an_address_of_another_pool_is_refused(cloud: SmallCloud) -> None:
    cloud.pools({"name": "second", "ranges": ["198.51.100.1"]})
    wrong = {"project": "red", "address": "192.0.2.1", "pool": "second"}
    with pytest.raises(Conflict, match="192.0.2.1 is in floating pool nova, not in second"):
        cloud.floating(wrong)
    cloud.floating({"project": "red", "address": "192.0.2.1"})
    with pytest.raises(Conflict, match="192.0.2.1 is in floating pool nova, not in second"):
        cloud.floating(wrong)


def test_pools_and_addresses_go_in_one_call(cloud: SmallCloud) -> None:
    pools, addresses = [{"name": "second", "ranges": ["198.51.100.1"]}], [{"instance": "a", "pool": "second"}]
    with cloud.work(origin="inventory") as work:
        first = apply_floating_lists(work, pools, addresses, {}, True)
    assert [view["address"] for view in first["addresses"]] == ["198.51.100.1"]
    with cloud.work(origin="inventory") as work:
        assert apply_floating_lists(work, [], [], {}, True) == {"pools": [], "addresses": []}
        assert [change.action for change in work.changes] == ["delete", "delete"]
        assert [view["name"] for view in apply_floating_lists(work, None, None, {}, True)["pools"]] == ["nova"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("named"), st.sampled_from(["a", "b", "other", ""]), st.integers(0, 7)),
        st.tuples(st.just("any"), st.sampled_from(["a", "b", "other"]), st.just(0)),
        st.tuples(st.just("release"), st.just(""), st.integers(1, 6)),
        st.tuples(st.just("range"), st.sampled_from(["present", "absent"]), st.integers(1, 12)),
        st.tuples(st.just("confirm"), st.just(""), st.just(0)),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_every_floating_address_is_in_one_place(
    tmp_path_factory: pytest.TempPathFactory, steps: Any
) -> None:
    cloud = SmallCloud(tmp_path_factory.mktemp("ipam"))
    cloud.boot(web("a"), web("b"), web("other", project="blue"))
    for kind, name, number in steps:
        try:
            if kind == "named":
                item = {"address": f"192.0.2.{number}", "instance": name}
                assert cloud.floating(item, check=True) == cloud.floating(item)
            elif kind == "any":
                cloud.floating({"instance": name})
                assert cloud.floating({"instance": name}).changes == []
            elif kind == "release":
                cloud.floating({"address": f"192.0.2.{number}", "state": "absent"})
            elif kind == "range":
                cloud.pools({"name": "nova", "ranges": [f"192.0.2.{number}"], "state": name})
            else:
                cloud.confirm("net1")
        except (Conflict, NotFound, Exhausted, InUse, InvalidInput) as refused:
            assert str(refused)
        with cloud.work(check=True) as work:
            check_invariants(work)
