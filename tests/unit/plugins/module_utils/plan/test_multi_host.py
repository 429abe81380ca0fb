# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who serves what, where each compute host serves its own guests, beside networks that one host serves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.plan.compile import (
    compile_plans,
    hosts_waited_for,
    unconfirmed,
)
from ansible_collections.novanet.network.plugins.module_utils.plan.model import (
    FloatingIp,
    HostAddress,
    HostPlan,
    HostSettings,
    Instance,
    Lease,
    Network,
    Port,
    Settings,
    Snapshot,
    Withdrawal,
)
from hypothesis import given
from hypothesis import strategies as st

from .samples import network as vlan_network

COMPUTE = ("compute1", "compute2", "compute3")
HOSTS = (
    HostSettings("network1", True, False, "eth1", "eth2", None, "192.0.2.10", "192.0.2.10"),
    *(
        HostSettings(name, False, True, "eth1", "eth2", None, f"192.0.2.2{number}", f"192.0.2.2{number}")
        for number, name in enumerate(COMPUTE, 1)
    ),
)


def network(number: int, kind: str = "own", **values: object) -> Network:
    """Return a VLAN network: ``own`` or ``shared`` addresses of hosts, or served by one ``single`` host."""
    served = {"host": "network1" if kind == "single" else None, "multi_host": kind != "single"}
    return vlan_network(number, **{"project": None, "share_address": kind == "shared", **served, **values})


def flat(kind: str = "own", **values: object) -> Network:
    changes = {"manager": "flatdhcp", "vlan": None, "bridge": "br100", "bridge_interface": "eth2", **values}
    return network(9, kind, **changes)


def guest(number: int, host: str, *networks: int, next_host: str | None = None, **values: Any) -> Instance:
    """Return an instance with a NIC in each of these networks."""
    ports = tuple(
        Port(f"net{one}", place, f"fa:16:3e:00:{one:02x}:{number:02x}", f"tap{number}-{one}", f"172.16.{one}.{number}",
             **values)
        for place, one in enumerate(networks)
    )  # fmt: skip
    return Instance(f"web{number}", f"uuid-{number}", "red", host, f"web{number}", ports, next_host)


def floating(number: int, one: int) -> FloatingIp:
    return FloatingIp(f"203.0.113.{number}", f"172.16.{one}.{number}", f"net{one}", f"web{number}", "nova", None)


def own_address(network: Network, host: str) -> str:
    return f"{str(network.cidr).rpartition('.')[0]}.{200 + COMPUTE.index(host)}"


def snapshot(
    networks: Iterable[Network],
    guests: Iterable[Instance],
    ips: Iterable[FloatingIp] = (),
    withdrawals: Iterable[Withdrawal] = (),
) -> Snapshot:
    """Return a snapshot in which hosts have the addresses that they need, as the IPAM gives them."""
    networks, guests = tuple(networks), tuple(guests)
    own = {one.label: one for one in networks if one.each_host_has_an_address}
    needed = {
        (port.network, host)
        for item in guests
        for port in item.ports
        for host in (item.host, item.next_host)
        if host and port.network in own
    }
    addresses = tuple(HostAddress(label, host, own_address(own[label], host)) for label, host in sorted(needed))
    return Snapshot("ipam-1", 7, networks, guests, tuple(ips), tuple(withdrawals), addresses)


def plans(snapshot: Snapshot, hosts: tuple[HostSettings, ...] = HOSTS, **options: Any) -> dict[str, HostPlan]:
    return {plan.host: plan for plan in compile_plans(snapshot, Settings(), hosts, **options)}


def guests_of(plan: HostPlan) -> set[str]:
    return {entry["address"] for server in plan.dhcp for net in server["networks"] for entry in net["hosts"]}


def serves(plan: HostPlan) -> list[tuple[str, list[str], list[str]]]:
    """Return what a host does for its networks: bridge, addresses on it, routers that it tells guests of."""
    routers = {server["bridge"]: [net["router"] for net in server["networks"]] for server in plan.dhcp}
    return [(item["name"], item["addresses"], routers.get(item["name"], [])) for item in plan.bridges]


def test_each_host_serves_its_own_guests_with_an_address_of_its_own() -> None:
    found = plans(snapshot([network(7)], [guest(1, "compute1", 7), guest(2, "compute2", 7)], [floating(2, 7)]))
    assert serves(found["compute1"]) == [("br7", ["172.16.7.200/24"], ["172.16.7.200"])]
    assert serves(found["compute2"]) == [("br7", ["172.16.7.201/24"], ["172.16.7.201"])]
    assert (guests_of(found["compute1"]), guests_of(found["compute2"])) == ({"172.16.7.1"}, {"172.16.7.2"})
    second = found["compute2"].firewall
    assert second["networks"][0]["source_address"] == "192.0.2.22"
    assert (second["metadata"]["address"], second["forwarding"], second["isolated"]) == ("192.0.2.22", True, [])
    assert [ip["address"] for ip in found["compute2"].floating] == ["203.0.113.2"]
    assert found["compute1"].floating == ()
    for idle in ("network1", "compute3"):
        assert (found[idle].vlans, found[idle].bridges, found[idle].dhcp) == ((), (), ())
        assert not found[idle].firewall["forwarding"]


def test_hosts_that_share_an_address_keep_it_from_their_uplinks() -> None:
    found = plans(snapshot([network(7, "shared")], [guest(1, "compute1", 7), guest(2, "compute2", 7)]))
    for name in ("compute1", "compute2"):
        assert serves(found[name]) == [("br7", ["172.16.7.1/24"], ["172.16.7.1"])]
        assert found[name].firewall["isolated"] == [{"bridge": "br7", "uplink": "vlan7", "address": "172.16.7.1"}]


def test_a_flat_bridge_is_on_every_compute_host_and_serves_only_where_there_is_a_guest() -> None:
    for kind, address in (("own", "172.16.9.200"), ("shared", "172.16.9.1")):
        found = plans(snapshot([flat(kind)], [guest(1, "compute1", 9)]))
        assert serves(found["compute1"]) == [("br100", [f"{address}/24"], [address])]
        assert serves(found["compute2"]) == [("br100", [], [])]
        idle = {
            "networks": [],
            "prefixes": [],
            "metadata": None,
            "hairpin_ports": [],
            "forwarding": False,
            "isolated": [],
            "groups": [],
            "guest_ports": [],
        }
        assert (found["compute2"].dhcp, found["compute2"].firewall) == ((), idle)
        assert found["network1"].bridges == ()


def test_a_flat_bridge_without_an_uplink_has_nothing_to_be_isolated_from() -> None:
    hosts = tuple(replace(host, flat_interface=None) for host in HOSTS)
    found = plans(snapshot([flat("shared", bridge_interface=None)], [guest(1, "compute1", 9)]), hosts=hosts)
    assert found["compute1"].firewall["isolated"] == []


@pytest.mark.parametrize("order", [(5, 7), (7, 5)])
def test_one_instance_can_have_networks_of_both_kinds_in_any_order(order: tuple[int, int]) -> None:
    cloud = [network(5, "single"), network(7)]
    found = plans(snapshot(cloud, [guest(1, "compute1", *order)], [floating(1, 5)]))
    assert serves(found["compute1"]) == [("br5", [], []), ("br7", ["172.16.7.200/24"], ["172.16.7.200"])]
    assert serves(found["network1"]) == [("br5", ["172.16.5.1/24"], ["172.16.5.1"])]
    assert (guests_of(found["compute1"]), guests_of(found["network1"])) == ({"172.16.7.1"}, {"172.16.5.1"})
    assert [item["label"] for item in found["compute1"].firewall["networks"]] == ["net7"]
    assert [ip["address"] for ip in found["network1"].floating] == ["203.0.113.1"]


def test_the_gateway_of_others_is_the_router_only_where_hosts_share_an_address() -> None:
    external = {"gateway": "172.16.7.254", "dhcp_server": "172.16.7.2"}
    shared = plans(snapshot([network(7, "shared", **external)], [guest(1, "compute1", 7)]))["compute1"]
    assert serves(shared) == [("br7", ["172.16.7.2/24"], ["172.16.7.254"])]
    assert shared.firewall["networks"][0]["source_address"] is None
    assert shared.firewall["isolated"][0]["address"] == "172.16.7.2"
    own = plans(snapshot([network(7, "own", gateway="172.16.7.254")], [guest(1, "compute1", 7)]))["compute1"]
    assert serves(own) == [("br7", ["172.16.7.200/24"], ["172.16.7.200"])]
    assert own.firewall["networks"][0]["source_address"] == "192.0.2.21"


def test_the_next_host_is_ready_while_floating_addresses_stay() -> None:
    moving = guest(1, "compute1", 5, 7, next_host="compute2")
    found = plans(snapshot([network(5, "single"), network(7)], [moving], [floating(1, 7)]))
    assert serves(found["compute2"]) == [("br5", [], []), ("br7", ["172.16.7.201/24"], ["172.16.7.201"])]
    assert serves(found["compute1"]) == [("br5", [], []), ("br7", ["172.16.7.200/24"], ["172.16.7.200"])]
    assert guests_of(found["compute1"]) == guests_of(found["compute2"]) == {"172.16.7.1"}
    assert ([ip["address"] for ip in found["compute1"].floating], found["compute2"].floating) == (["203.0.113.1"], ())
    assert found["compute2"].firewall["hairpin_ports"] == ["vlan7", "tap1-7"]
    with pytest.raises(InvalidInput, match="instance web1 is to move to host network1, which is not a compute host"):
        plans(snapshot([network(5, "single")], [guest(1, "compute1", 5, next_host="network1")]))


def test_a_host_takes_over_the_leases_that_others_gave_and_no_others() -> None:
    def leases(host: str, one: Instance) -> list[dict[str, Any]]:
        return [lease for server in plans(snapshot([network(7)], [one]))[host].dhcp for lease in server["leases"]]

    there = guest(1, "compute2", 7, lease=Lease(1800000000.0, "compute1"))
    expected = {"mac": "fa:16:3e:00:07:01", "address": "172.16.7.1", "hostname": "web1"}
    assert leases("compute2", there) == [{**expected, "expires": 1800000000}]
    assert leases("compute2", guest(1, "compute2", 7, lease=Lease(1800000000.0, "compute2"))) == []
    assert leases("compute2", guest(1, "compute2", 7)) == []
    on_the_way = guest(1, "compute1", 7, next_host="compute2", lease=Lease(253402300799.0, "compute1"))
    assert leases("compute1", on_the_way) == []
    assert leases("compute2", on_the_way) == [{**expected, "expires": 0}]
    moved = replace(there, host="compute1")
    served = plans(snapshot([network(7, "single")], [moved]))["network1"].dhcp[0]["leases"]
    assert served == [{**expected, "expires": 1800000000}]


def test_a_gateway_comes_up_only_after_its_old_host_has_confirmed() -> None:
    moved = network(5, "single")
    ips, guests = [floating(1, 5)], [guest(1, "compute1", 5)]
    held = snapshot([moved], guests, ips, [Withdrawal("gateway", "172.16.5.1", "network9", 6)])
    waiting = plans(held)["network1"]
    assert serves(waiting) == [("br5", [], [])]
    assert (waiting.dhcp, waiting.floating, waiting.firewall["networks"]) == ((), (), [])
    assert waiting.waiting == ("172.16.5.1", "203.0.113.1")
    assert hosts_waited_for(held, Settings()) == ("network9",)
    assert unconfirmed(held) == {"network9": ["gateway 172.16.5.1"]}
    done = plans(snapshot([moved], guests, ips))["network1"]
    assert (serves(done), done.waiting) == ([("br5", ["172.16.5.1/24"], ["172.16.5.1"])], ())


def test_a_gateway_that_nobody_wants_any_more_holds_nobody_up() -> None:
    gone = snapshot([network(7)], [guest(1, "compute1", 7)], (), [Withdrawal("gateway", "172.16.5.1", "network1", 6)])
    assert hosts_waited_for(gone, Settings()) == ()
    assert unconfirmed(gone) == {"network1": ["gateway 172.16.5.1"]}


def test_hosts_that_come_to_share_a_gateway_wait_for_the_host_that_had_it_alone() -> None:
    withdrawal = Withdrawal("gateway", "172.16.7.1", "network1", 6)
    held = snapshot([network(7, "shared")], [guest(1, "compute1", 7)], (), [withdrawal])
    assert serves(plans(held)["compute1"]) == [("br7", [], [])]
    assert hosts_waited_for(held, Settings()) == ("network1",)
    # One with addresses of their own has nothing to wait for.
    assert hosts_waited_for(snapshot([network(7)], [guest(1, "compute1", 7)], (), [withdrawal]), Settings()) == ()


def test_a_floating_ip_of_an_instance_that_moved_waits_for_its_old_host() -> None:
    withdrawal = Withdrawal("floating", "203.0.113.1", "compute1", 6)
    held = snapshot([network(7)], [guest(1, "compute2", 7)], [floating(1, 7)], [withdrawal])
    assert (plans(held)["compute2"].floating, plans(held)["compute2"].waiting) == ((), ("203.0.113.1",))
    assert hosts_waited_for(held, Settings()) == ("compute1",)


def test_isolation_and_a_server_behind_the_uplink_do_not_go_together() -> None:
    one = flat("single", label="net8", cidr="172.16.8.0/24", gateway="172.16.8.1", dhcp_server="172.16.8.1")
    message = "network net8 is on bridge br100 with network net9, whose hosts share one address: no DHCP passes"
    with pytest.raises(InvalidInput, match=message):
        plans(snapshot([flat("shared"), one], []))
    plans(snapshot([flat("shared"), replace(one, enable_dhcp=False)], []))
    plans(snapshot([flat("own"), one], []))


def test_a_public_vlan_interface_is_on_compute_hosts_only_while_they_serve() -> None:
    hosts = tuple(replace(host, public_interface="vlan100", public_vlan_interface="eth3") for host in HOSTS)
    found = plans(snapshot([network(7), network(5, "single")], [guest(1, "compute1", 7)]), hosts=hosts)
    has = {name: "vlan100" in [item["name"] for item in plan.vlans] for name, plan in found.items()}
    assert has == {"network1": True, "compute1": True, "compute2": False, "compute3": False}


NUMBERS = {1: "single", 2: "own", 3: "shared", 4: "own", 9: "flat"}


@st.composite
def clouds(draw: st.DrawFn) -> Snapshot:
    flat_kind = draw(st.sampled_from(["own", "shared", "single"]))
    networks = [flat(flat_kind) if kind == "flat" else network(number, kind) for number, kind in NUMBERS.items()]
    placed = draw(
        st.lists(
            st.tuples(
                st.sampled_from(COMPUTE),
                st.sampled_from([None, *COMPUTE]),
                st.lists(st.sampled_from(sorted(NUMBERS)), unique=True, min_size=1),
            ),
            max_size=7,
        )
    )
    guests = [
        guest(number, host, *numbers, next_host=None if next_host == host else next_host)
        for number, (host, next_host, numbers) in enumerate(placed, 10)
    ]
    ips = [floating(number, placed[number - 10][2][0]) for number in range(10, 10 + len(placed)) if draw(st.booleans())]
    places = st.tuples(
        st.sampled_from(["floating", "gateway"]), st.integers(1, 16), st.sampled_from([*COMPUTE, "network1"])
    )
    withdrawals = {
        (kind, f"203.0.113.{number}" if kind == "floating" else f"172.16.{number}.1", host)
        for kind, number, host in draw(st.lists(places, max_size=5))
    }
    return snapshot(networks, guests, ips, [Withdrawal(*parts, 3) for parts in sorted(withdrawals)])


@given(clouds())
def test_no_address_has_two_owners_among_hosts(cloud: Snapshot) -> None:
    isolated = {str(one.dhcp_server) for one in cloud.networks if one.is_isolated}
    owners: dict[str, set[str]] = {}
    for name, plan in plans(cloud).items():
        on_bridges = {text.partition("/")[0] for item in plan.bridges for text in item["addresses"]}
        bound = {ip["address"] for ip in plan.floating}
        for address in on_bridges | bound:
            owners.setdefault(address, set()).add(name)
        # Nor is one established that another host may still have.
        held = {w.address for w in cloud.withdrawals if w.host != name}
        own = {item.address for item in cloud.host_addresses}
        assert not (on_bridges - own | bound) & held
    assert all(len(hosts) == 1 or address in isolated for address, hosts in owners.items())
    for name, plan in plans(cloud).items():
        kept = {item["address"] for item in plan.firewall["isolated"]}
        assert kept == {text.partition("/")[0] for item in plan.bridges for text in item["addresses"]} & isolated, name


@given(clouds())
def test_every_instance_has_exactly_one_serving_host_for_each_network(cloud: Snapshot) -> None:
    cloud = replace(cloud, withdrawals=(), instances=tuple(replace(one, next_host=None) for one in cloud.instances))
    kinds = {one.label: one.multi_host for one in cloud.networks}
    servers: dict[str, list[str]] = {}
    for name, plan in plans(cloud).items():
        for address in guests_of(plan):
            servers.setdefault(address, []).append(name)
    expected = {
        str(port.address): [one.host if kinds[port.network] else "network1"]
        for one in cloud.instances
        for port in one.ports
    }
    assert servers == expected


@given(clouds())
def test_a_host_without_guests_on_a_multi_host_vlan_has_nothing_of_it(cloud: Snapshot) -> None:
    for name, plan in plans(cloud).items():
        used = {
            int(port.network.removeprefix("net"))
            for one in cloud.instances
            if name in (one.host, one.next_host)
            for port in one.ports
        }
        served = {1} if name == "network1" else set()
        assert {item["id"] for item in plan.vlans} == (used | served) - {9}
        assert {item["name"] for item in plan.bridges} - {"br100"} == {f"br{one}" for one in (used | served) - {9}}


@given(clouds(), st.sets(st.sampled_from([host.name for host in HOSTS]), min_size=1))
def test_a_plan_does_not_depend_on_who_else_is_planned_for(cloud: Snapshot, targets: set[str]) -> None:
    everything = plans(cloud)
    assert plans(cloud, targets=sorted(targets)) == {name: everything[name] for name in everything if name in targets}


@given(clouds())
def test_what_waits_is_waited_for(cloud: Snapshot) -> None:
    waiting = {address for plan in plans(cloud).values() for address in plan.waiting}
    holders = set(hosts_waited_for(cloud, Settings()))
    assert bool(waiting) == bool(holders)
    assert not plans(replace(cloud, withdrawals=tuple(w for w in cloud.withdrawals if w.host not in holders)))[
        "compute1"
    ].waiting
