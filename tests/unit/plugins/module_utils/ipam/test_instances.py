# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
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
from ansible_collections.novanet.network.plugins.module_utils.ipam.instances import (
    apply_instances,
    remove_instances,
    view_instances,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.instances_inputs import (
    WantedNic,
    default_hostname,
    read_instances,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.instances_ports import (
    ATTEMPTS,
    choose_macs,
    choose_port_names,
    mac_for,
    match_nics,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.instances_rows import StoredFixedIp, StoredPort
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, check_invariants, gone, web

BASE = int(ipaddress.IPv4Address("10.0.0.0"))


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    return SmallCloud(tmp_path)


def addresses(views: list[dict[str, Any]]) -> list[str]:
    return [nic["address"] for view in views for nic in view["nics"]]


def test_an_instance_gets_a_port_an_address_and_names(cloud: SmallCloud) -> None:
    done = cloud.boot(web("Web Server_1"))
    view = done.views[0]
    nic = view["nics"][0]
    assert done.changes == [
        "create instance Web Server_1 (project red, host c1)",
        "create fixed IP 10.0.0.2 (Web Server_1, network private)",
    ]
    assert view["hostname"] == "web-server-1"
    assert view["networks"] == "private=10.0.0.2"
    assert re.fullmatch(r"fa:16:3e:[0-7][0-9a-f]:[0-9a-f]{2}:[0-9a-f]{2}", nic["mac"])
    assert re.fullmatch(r"tap[0-9a-f]{11}", nic["port_name"])
    assert (nic["address"], nic["bridge"]) == ("10.0.0.2", "br100")


def test_a_second_run_changes_nothing(cloud: SmallCloud) -> None:
    items = [web("a"), web("b", nics=[{"network": "private", "address": "10.0.0.9"}], floating_ip={})]
    first, second = cloud.boot(*items), cloud.boot(*items)
    assert second.changes == []
    assert second.views == first.views


def test_a_preview_is_what_the_run_does(cloud: SmallCloud) -> None:
    items = [web("a", floating_ip={}), web("b"), web("c", nics=[{"network": "private"}, {"network": "private"}])]
    before = cloud.rows(schema.fixed_ips)
    preview = cloud.boot(*items, check=True)
    assert cloud.rows(schema.fixed_ips) == before
    assert cloud.boot(*items) == preview


def test_what_one_item_names_another_one_does_not_happen_to_get(cloud: SmallCloud) -> None:
    done = cloud.boot(web("any"), web("named", nics=[{"network": "private", "address": "10.0.0.2"}]))
    assert addresses(done.views) == ["10.0.0.3", "10.0.0.2"]


def test_a_deleted_address_comes_back_only_after_every_host_has_let_it_go(cloud: SmallCloud) -> None:
    cloud.boot(web("a"))
    removed = cloud.boot(gone("a"))
    assert removed.changes[-1] == "delete instance a (host c1)"
    assert cloud.withdrawn() == {("fixed", BASE + 2, "c1"), ("fixed", BASE + 2, "net1")}
    with pytest.raises(InUse, match=r"instances\[0\].nics\[0\].address 10.0.0.2 is in quarantine.*c1, net1"):
        cloud.boot(web("b", nics=[{"network": "private", "address": "10.0.0.2"}]))
    assert cloud.confirm("net1") == []
    assert cloud.confirm("c1") == ["10.0.0.2"]
    assert addresses(cloud.boot(web("b", nics=[{"network": "private", "address": "10.0.0.2"}])).views) == ["10.0.0.2"]


def test_an_instance_that_moves_keeps_its_address_and_its_old_host_must_let_it_go(cloud: SmallCloud) -> None:
    before = cloud.boot(web("a")).views[0]
    moved = cloud.boot({"name": "a", "host": "c2"})
    assert moved.changes == ["update instance a (host c1 -> c2)"]
    assert moved.views[0] == {**before, "host": "c2"}
    assert cloud.withdrawn() == {("fixed", BASE + 2, "c1")}
    cloud.boot({"name": "a", "host": "c1"})
    assert cloud.withdrawn() == {("fixed", BASE + 2, "c2")}


def test_after_a_move_a_deleted_address_waits_for_all_hosts_that_had_it(cloud: SmallCloud) -> None:
    cloud.boot(web("a"))
    cloud.boot({"name": "a", "host": "c2"})
    cloud.boot(gone("a"))
    assert cloud.confirm("c2", "net1") == []
    assert cloud.confirm("c1") == ["10.0.0.2"]


def test_nics_are_added_and_removed_and_the_others_stay_as_they_are(cloud: SmallCloud) -> None:
    cloud.apply({"label": "storage", "cidr": "10.1.0.0/24", "bridge": "br101"})
    first = cloud.boot(web("a", nics=[{"network": "private"}])).views[0]["nics"][0]
    both = cloud.boot(web("a", nics=[{"network": "storage"}, {"network": "private"}]))
    assert both.changes == ["update instance a (NIC added to storage)", "create fixed IP 10.1.0.2 (a, network storage)"]
    assert [nic["network"] for nic in both.views[0]["nics"]] == ["storage", "private"]
    assert both.views[0]["nics"][1] == first
    assert both.views[0]["networks"] == "private=10.0.0.2; storage=10.1.0.2"
    less = cloud.boot(web("a", nics=[{"network": "private"}]))
    assert less.views[0]["nics"] == [first]
    swapped = cloud.boot(web("a", nics=[]))
    assert swapped.views[0]["nics"] == []


def test_nics_that_are_omitted_stay_whatever_networks_are_new(cloud: SmallCloud) -> None:
    cloud.boot(web("a"))
    cloud.apply({"label": "second", "cidr": "10.1.0.0/24", "bridge": "br101"})
    assert cloud.boot(web("a")).changes == []
    assert len(cloud.boot(web("b")).views[0]["nics"]) == 2


def test_only_the_order_of_nics_can_change(cloud: SmallCloud) -> None:
    nics = [{"network": "private", "address": "10.0.0.5"}, {"network": "private", "address": "10.0.0.6"}]
    cloud.boot(web("a", nics=nics))
    done = cloud.boot(web("a", nics=nics[::-1]))
    assert done.changes == ["update instance a (NICs in another order)"]
    assert addresses(done.views) == ["10.0.0.6", "10.0.0.5"]


def test_a_nic_can_get_another_address_and_its_floating_address_follows(cloud: SmallCloud) -> None:
    cloud.boot(web("a"))
    cloud.floating({"instance": "a", "address": "192.0.2.3"})
    done = cloud.boot(web("a", nics=[{"network": "private", "address": "10.0.0.12"}]))
    assert done.changes[0].endswith("gets address 10.0.0.12)")
    assert done.changes[-1] == "update floating IP 192.0.2.3 (instance a 10.0.0.2 -> a 10.0.0.12)"
    assert done.views[0]["networks"] == "private=10.0.0.12, 192.0.2.3"
    with cloud.work(check=True) as work:
        check_invariants(work)


def test_a_removed_instance_leaves_its_floating_address_to_the_project(cloud: SmallCloud) -> None:
    cloud.boot(web("a"))
    cloud.floating({"instance": "a"})
    done = cloud.boot(gone("a"))
    assert done.changes[0] == "update floating IP 192.0.2.1 (instance a 10.0.0.2 -> none)"
    assert [(row["project"], row["fixed_ip_id"], row["host"]) for row in cloud.rows(schema.floating_ips)] == [
        ("red", None, None)
    ]


@pytest.mark.parametrize("asked", [{"floating_ip": {}}, {}])
def test_what_was_made_for_an_instance_goes_with_it(cloud: SmallCloud, asked: dict[str, Any]) -> None:
    booted = cloud.boot(web("a", **asked), auto_assign_floating_ip=not asked)
    assert booted.views[0]["floating_ips"] == ["192.0.2.1"]
    done = cloud.boot(gone("a"))
    assert done.changes[0].startswith("delete floating IP 192.0.2.1 (pool nova, project red")
    assert cloud.rows(schema.floating_ips) == []
    assert cloud.confirm("net1", "c1") == ["10.0.0.2", "192.0.2.1"]


def test_a_floating_address_moves_from_an_instance_that_goes_to_one_that_asks_for_it(cloud: SmallCloud) -> None:
    cloud.boot(web("a", floating_ip={"address": "192.0.2.4"}))
    items = [gone("a"), web("b", floating_ip={"address": "192.0.2.4"})]
    with cloud.work(check=True) as work:
        remove_instances(work, items, {})
        apply_instances(work, items, {"manager": "flatdhcp"})
        in_two_steps = [change.describe() for change in work.changes]
    done = cloud.boot(*items)
    assert done.changes == in_two_steps
    assert done.changes[-1] == "update floating IP 192.0.2.4 (instance a 10.0.0.2 -> b 10.0.0.3)"
    assert done.views[0]["floating_ips"] == ["192.0.2.4"]
    assert not any(entry[0] == "floating" for entry in cloud.withdrawn())


def test_an_item_that_asks_for_another_floating_address_gives_the_old_one_back(cloud: SmallCloud) -> None:
    cloud.boot(web("a", floating_ip={}))
    done = cloud.boot(web("a", floating_ip={"address": "192.0.2.6"}))
    assert done.views[0]["floating_ips"] == ["192.0.2.6"]
    assert cloud.boot(web("a"), purge=True).views[0]["floating_ips"] == []


def test_without_enough_floating_addresses_nothing_is_created(cloud: SmallCloud) -> None:
    items = [web(f"n{number}") for number in range(7)]
    with pytest.raises(Exhausted, match="floating pool nova has 6 free addresses, 7 are needed"):
        cloud.boot(*items, auto_assign_floating_ip=True)
    assert cloud.rows(schema.instances) == []
    done = cloud.boot(*items[:6], auto_assign_floating_ip=True)
    assert [view["floating_ips"] for view in done.views] == [[f"192.0.2.{number}"] for number in range(1, 7)]
    assert cloud.boot(*items[:6], auto_assign_floating_ip=True).changes == []


def test_a_purge_removes_what_came_from_the_same_origin_and_nothing_else(cloud: SmallCloud) -> None:
    cloud.boot(web("by-hand"))
    cloud.boot(web("a"), web("b"), origin="inventory")
    done = cloud.boot(web("b"), origin="inventory", purge=True)
    assert done.changes == [
        "delete fixed IP 10.0.0.3 (a, into quarantine)",
        "delete instance a (host c1)",
    ]
    assert [row["name"] for row in cloud.rows(schema.instances)] == ["by-hand", "b"]


def test_a_vlan_instance_claims_a_network_for_its_project(cloud: SmallCloud) -> None:
    cloud.apply({"label": "v", "cidr": "172.16.0.0/24", "vlan": 200}, manager="vlan")
    done = cloud.boot(web("a"), manager="vlan")
    assert done.changes[0] == "update network v (project none -> red)"
    assert addresses(done.views) == ["172.16.0.3"]
    with pytest.raises(Conflict, match=r"instances\[0\].nics\[0\].network v belongs to project red, not to blue"):
        cloud.boot(web("b", project="blue", nics=[{"network": "v"}]))


def test_a_multi_host_instance_is_released_by_its_own_host_only(cloud: SmallCloud) -> None:
    cloud.apply({"label": "multi", "cidr": "10.2.0.0/24", "bridge": "br102", "multi_host": True})
    cloud.boot(web("a", nics=[{"network": "multi"}], floating_ip={}))
    assert [row["host"] for row in cloud.rows(schema.floating_ips)] == ["c1"]
    moved = cloud.boot({"name": "a", "host": "c2"})
    assert moved.changes[-1] == "update floating IP 192.0.2.1 (host c1 -> c2)"
    assert {(kind, host) for kind, _unused, host in cloud.withdrawn()} == {("fixed", "c1"), ("floating", "c1")}
    cloud.boot(gone("a"))
    assert {(kind, host) for kind, _unused, host in cloud.withdrawn()} == {
        ("fixed", "c1"),
        ("fixed", "c2"),
        ("floating", "c1"),
        ("floating", "c2"),
    }


def test_an_ipv6_only_network_gives_no_fixed_address(cloud: SmallCloud) -> None:
    cloud.apply({"label": "six", "cidr_v6": "fd00::/64", "bridge": "br106"})
    nic = cloud.boot(web("a", nics=[{"network": "six", "mac": "FA-16-3E-00-00-01"}])).views[0]["nics"][0]
    assert (nic["address"], nic["address_v6"]) == (None, "fd00::f816:3eff:fe00:1")


def test_an_instance_with_ipv6_alone_has_no_floating_address_and_needs_none_of_the_pool(cloud: SmallCloud) -> None:
    cloud.apply({"label": "six", "cidr_v6": "fd00::/64", "bridge": "br106"})
    alone = [web(f"six{number}", nics=[{"network": "six"}]) for number in range(20)]
    booted = cloud.boot(
        *alone, web("both", nics=[{"network": "six"}, {"network": "private"}]), auto_assign_floating_ip=True
    )
    assert [change for change in booted.changes if "floating" in change and "both" not in change] == []
    assert len(cloud.rows(schema.floating_ips)) == 1
    with pytest.raises(Conflict, match=r"has no fixed IP\. IPv6 has no floating addresses"):
        cloud.boot(web("more", nics=[{"network": "six"}], floating_ip={}))


BAD: list[tuple[Any, type[NovaError], str]] = [
    ({"name": "a"}, InvalidInput, r"instances\[0\].project is missing"),
    ({"name": "a", "project": "p"}, InvalidInput, r"instances\[0\].host is missing"),
    ({"name": ""}, InvalidInput, r"instances\[0\].name is empty"),
    ({"name": 5}, InvalidInput, r"instances\[0\].name 5 is not text"),
    ({"name": "a" * 256}, InvalidInput, r"instances\[0\].name a+\.\.\. is longer than 255"),
    ({"name": "a\nb"}, InvalidInput, r"instances\[0\].name 'a\\nb' has characters that cannot be printed"),
    ({"name": "\ud800"}, InvalidInput, "cannot be printed"),
    ("web", InvalidInput, r"instances\[0\] web is not a dictionary"),
    (web("a", size=3), InvalidInput, r"instances\[0\].size is not known"),
    (web("a", uuid="x"), InvalidInput, r"instances\[0\].uuid x is not a UUID"),
    (web("a", hostname="a.b"), InvalidInput, r"instances\[0\].hostname a.b is not a host name"),
    (web("a", state="here"), InvalidInput, r"instances\[0\].state here is neither present nor absent"),
    (web("a", nics={}), InvalidInput, r"instances\[0\].nics {} is not a list"),
    (web("a", nics=["private"]), InvalidInput, r"instances\[0\].nics\[0\] private is not a dictionary"),
    (web("a", nics=[{}]), InvalidInput, r"instances\[0\].nics\[0\].network None is missing"),
    (web("a", nics=[{"network": "nope"}]), NotFound, r"instances\[0\].nics\[0\].network nope does not exist"),
    (
        web("a", nics=[{"network": "private", "mac": "01:00:5e:00:00:01"}]),
        InvalidInput,
        r"mac 01:00:5e:00:00:01 is not the MAC address of a single interface",
    ),
    (web("a", nics=[{"network": "private", "mac": "x"}]), InvalidInput, r"nics\[0\].mac x is not a MAC address"),
    (web("a", nics=[{"network": "private", "address": "10.0.0"}]), InvalidInput, "10.0.0 is not an IPv4 address"),
    (
        web("a", nics=[{"network": "private", "address": "10.0.1.1"}]),
        InvalidInput,
        r"instances\[0\].nics\[0\].address 10.0.1.1 is outside network private",
    ),
    (web("a", nics=[{"network": "private", "address": "10.0.0.1"}]), Conflict, r"10.0.0.1 is reserved"),
    (web("a", floating_ip="x"), InvalidInput, r"instances\[0\].floating_ip x is not a dictionary"),
    (web("a", floating_ip={"pool": "none"}), NotFound, r"instances\[0\].floating_ip.pool none does not exist"),
    (
        web("a", floating_ip={"address": "198.51.100.1"}),
        NotFound,
        r"floating_ip.address 198.51.100.1 is in no floating pool",
    ),
]


@pytest.mark.parametrize(("item", "error", "message"), BAD)
def test_bad_items_are_refused_with_their_position(
    cloud: SmallCloud, item: Any, error: type[NovaError], message: str
) -> None:
    with pytest.raises(error, match=message):
        cloud.boot(item)
    assert cloud.rows(schema.instances) == []


TAKEN = web("b", nics=[{"network": "private", "address": "10.0.0.5", "mac": "fa:16:3e:00:00:01"}])


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"name": "b", "project": "blue"}, r"instances\[1\].project blue cannot be changed: the instance has red"),
        (web("b", uuid="7f1c3c5e-54f8-5b0e-9d35-6a0a5c1d9e42"), r"instances\[1\].uuid .* cannot be changed"),
        (
            web("c", nics=[{"network": "private", "address": "10.0.0.5"}]),
            r"instances\[1\].nics\[0\].address 10.0.0.5 is taken by instance b",
        ),
        (
            web("c", nics=[{"network": "private", "mac": "fa:16:3e:00:00:01"}]),
            r"instances\[1\].nics\[0\].mac fa:16:3e:00:00:01 belongs to another NIC or to a device already",
        ),
        (web("c", uuid="11111111-1111-1111-1111-111111111111"), r"instances\[1\].uuid .* belongs to another instance"),
    ],
)
def test_conflicts_name_the_item_and_change_nothing(cloud: SmallCloud, item: dict[str, Any], message: str) -> None:
    cloud.boot(TAKEN, web("u", uuid="11111111-1111-1111-1111-111111111111"))
    before = cloud.rows(schema.fixed_ips)
    with pytest.raises(Conflict, match=message):
        cloud.boot(web("fine"), item)
    assert cloud.rows(schema.fixed_ips) == before


@pytest.mark.parametrize(
    "items",
    [
        [web("a"), web("a")],
        [web("a", nics=[{"network": "private", "mac": "fa:16:3e:00:00:01"}] * 2)],
        [web(name, nics=[{"network": "private", "address": "10.0.0.4"}]) for name in "ab"],
        [web(name, floating_ip={"address": "192.0.2.1"}) for name in "ab"],
        [web(name, uuid="11111111-1111-1111-1111-111111111111") for name in "ab"],
    ],
)
def test_what_is_listed_twice_is_refused(items: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidInput, match="is listed twice, first at instances"):
        read_instances(items)


@pytest.mark.parametrize(
    ("name", "hostname"),
    [("web1", "web1"), ("Web_1.example", "web-1-example"), ("-x-", "x"), ("a" * 80, "a" * 63), ("é", None)],
)
def test_a_host_name_follows_from_the_name(name: str, hostname: str | None) -> None:
    assert default_hostname(name) == (hostname or default_hostname(name))
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", default_hostname(name))


@given(st.text(min_size=1, max_size=300))
def test_every_name_gives_a_valid_host_name(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", default_hostname(name))


def test_a_mac_that_is_taken_makes_the_next_attempt() -> None:
    first, second = mac_for("a|net", 0), mac_for("a|net", 1)
    assert choose_macs([("a", "net")], set(), lambda macs: set()) == [first]
    assert choose_macs([("a", "net")], {first}, lambda macs: set()) == [second]
    assert choose_macs([("a", "net")], set(), lambda macs: {first}) == [second]
    assert choose_macs([("a", "net"), ("a", "net")], set(), lambda macs: set()) == [first, second]


def test_attempts_at_a_mac_are_bounded() -> None:
    asked: list[set[str]] = []

    def all_taken(macs: Collection[str]) -> set[str]:
        asked.append(set(macs))
        return set(macs)

    with pytest.raises(Exhausted, match=f"for a|net are all taken after {ATTEMPTS} attempts"):
        choose_macs([("a", "net")], set(), all_taken)
    assert len(asked) == ATTEMPTS


@given(st.lists(st.text("0123456789abcdef:", min_size=17, max_size=17), unique=True, max_size=50))
def test_port_names_fit_and_differ(macs: list[str]) -> None:
    names = choose_port_names(macs, lambda names: set())
    assert len(set(names)) == len(macs)
    assert all(len(name) <= 15 for name in names)


def port(number: int, network: str, address: int | None = None) -> StoredPort:
    mac = f"fa:16:3e:00:00:{number:02x}"
    fixed = None if address is None else StoredFixedIp(number, address, "a", mac, "allocated")
    return StoredPort(number, number, mac, f"tap{number}", 1, network, "br", None, None, None, fixed)


def test_nics_are_found_again_by_mac_then_by_address_then_in_order() -> None:
    ports = [port(0, "x", 10), port(1, "x", 11), port(2, "y", 20), port(3, "x", 12)]
    wanted = [
        WantedNic("", "x"),
        WantedNic("", "x", address=11),
        WantedNic("", "x", mac="fa:16:3e:00:00:00"),
        WantedNic("", "y", mac="fa:16:3e:00:00:99"),
        WantedNic("", "z"),
        WantedNic("", "x", address=99),
    ]
    assert match_nics(wanted, ports) == [ports[3], ports[1], ports[0], None, None, None]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("boot"), st.sampled_from("abcdefgh"), st.booleans()),
        st.tuples(st.just("delete"), st.sampled_from("abcdefgh"), st.just(False)),
        st.tuples(st.just("move"), st.sampled_from("abcdefgh"), st.sampled_from(["c1", "c2"])),
        st.tuples(st.just("float"), st.sampled_from("abcdefgh"), st.integers(1, 6)),
        st.tuples(st.just("unfloat"), st.just(""), st.integers(1, 6)),
        st.tuples(st.just("confirm"), st.sampled_from(["c1", "c2", "net1"]), st.booleans()),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_every_address_is_in_one_place(tmp_path_factory: pytest.TempPathFactory, steps: Any) -> None:
    cloud = SmallCloud(tmp_path_factory.mktemp("ipam"))
    for kind, name, argument in steps:
        held = {address for _unused, address, _unused in cloud.withdrawn()}
        before = {row["address"]: row["instance"] for row in cloud.rows(schema.fixed_ips)}
        try:
            _step(cloud, kind, name, argument)
        except (Conflict, NotFound, Exhausted) as refused:
            assert str(refused)
        for row in cloud.rows(schema.fixed_ips):
            # Nobody gets what a host has not let go of.
            assert row["address"] not in held or before[row["address"]] == row["instance"]
        with cloud.work(check=True) as work:
            check_invariants(work)


def _step(cloud: SmallCloud, kind: str, name: str, argument: Any) -> None:
    if kind == "boot":
        item = web(name, **({"floating_ip": {}} if argument else {}))
        preview = cloud.boot(item, check=True)
        assert cloud.boot(item) == preview
        assert cloud.boot(item).changes == []
    elif kind == "delete":
        cloud.boot(gone(name))
    elif kind == "move":
        with cloud.work(check=True) as work:
            known = name in view_instances(work)
        if known:
            cloud.boot({"name": name, "host": argument})
    elif kind == "float":
        cloud.floating({"instance": name, "address": f"192.0.2.{argument}"})
    elif kind == "unfloat":
        cloud.floating({"address": f"192.0.2.{argument}", "state": "absent"})
    else:
        cloud.confirm(name)
