# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VLAN interfaces and bridges of each host: all that it needs, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.plan.compile import compile_plans
from ansible_collections.novanet.network.plugins.module_utils.plan.model import (
    HostPlan,
    HostSettings,
    Instance,
    Network,
    Port,
    Settings,
    Snapshot,
)
from hypothesis import given
from hypothesis import strategies as st

from .samples import network


def guest(name: str, host: str, *numbers: int) -> Instance:
    """Return an instance with a NIC in each of these networks."""
    ports = tuple(
        Port(f"net{number}", position, f"fa:16:3e:00:00:{number:02x}", f"tap{name}-{number}", f"172.16.{number}.9")
        for position, number in enumerate(numbers)
    )
    return Instance(name, f"uuid-{name}", "project", host, name, ports)


HOSTS = (
    HostSettings("network1", True, False, "eth1", routing_source_ip="192.0.2.10", my_ip="192.0.2.10"),
    HostSettings("compute1", False, True, "eth1"),
    HostSettings("compute2", False, True, "eth1", vlan_interface="eth7"),
)


def plans(
    networks: list[Network], guests: list[Instance], hosts: tuple[HostSettings, ...] = HOSTS
) -> dict[str, HostPlan]:
    snapshot = Snapshot("ipam-1", 7, tuple(networks), tuple(guests), (), ())
    return {plan.host: plan for plan in compile_plans(snapshot, Settings(), hosts)}


def vlans(plan: HostPlan) -> list[tuple[str, int, str]]:
    return [(item["name"], item["id"], item["parent"]) for item in plan.vlans]


def bridges(plan: HostPlan) -> list[tuple[str, str, list[str]]]:
    return [(item["name"], item["interface"], item["addresses"]) for item in plan.bridges]


def test_a_compute_host_has_the_vlans_of_its_guests_and_the_network_host_all_that_it_serves() -> None:
    found = plans([network(169), network(170)], [guest("a", "compute1", 169), guest("b", "compute2", 170)])
    assert vlans(found["network1"]) == [("vlan169", 169, "eth0"), ("vlan170", 170, "eth0")]
    assert bridges(found["network1"]) == [
        ("br169", "vlan169", ["172.16.169.1/24"]),
        ("br170", "vlan170", ["172.16.170.1/24"]),
    ]
    assert (vlans(found["compute1"]), bridges(found["compute1"])) == (
        [("vlan169", 169, "eth0")],
        [("br169", "vlan169", [])],
    )
    # The interface of the host overrides that of the network.
    assert vlans(found["compute2"]) == [("vlan170", 170, "eth7")]
    assert [server["bridge"] for server in found["network1"].dhcp] == ["br169", "br170"]
    assert found["compute1"].dhcp == ()


def test_the_last_guest_of_a_project_takes_its_vlan_along() -> None:
    found = plans([network(169)], [guest("a", "compute2", 169)])
    assert (found["compute1"].vlans, found["compute1"].bridges) == ((), ())


def test_flat_networks_are_on_every_compute_host_beside_vlans() -> None:
    flat = network(9, label="flat", manager="flatdhcp", vlan=None, bridge="br100", bridge_interface="eth2")
    found = plans([network(169), flat], [guest("a", "compute1", 169)])
    assert [name for name, _uplink, _own in bridges(found["compute1"])] == ["br169", "br100"]
    assert [name for name, _uplink, _own in bridges(found["compute2"])] == ["br100"]


def test_an_mtu_is_that_of_both_the_vlan_interface_and_its_bridge() -> None:
    found = plans([network(169, mtu=1450)], [])["network1"]
    assert (found.vlans[0]["mtu"], found.bridges[0]["mtu"]) == (1450, 1450)


def test_consent_to_replace_is_that_of_the_host() -> None:
    hosts = (replace(HOSTS[0], replace_vlans=True), *HOSTS[1:])
    found = plans([network(169)], [guest("a", "compute1", 169)], hosts)
    assert (found["network1"].vlans[0]["replace"], found["compute1"].vlans[0]["replace"]) == (True, False)


PUBLIC = (replace(HOSTS[0], public_interface="vlan100", public_vlan_interface="eth0"), *HOSTS[1:])


def test_a_public_vlan_interface_is_made_like_the_others() -> None:
    found = plans([network(169)], [], PUBLIC)["network1"]
    assert vlans(found) == [("vlan100", 100, "eth0"), ("vlan169", 169, "eth0")]
    assert "br100" not in [name for name, _uplink, _own in bridges(found)]
    assert found.firewall["networks"][0]["public_interface"] == "vlan100"


@pytest.mark.parametrize(
    ("networks", "hosts", "message"),
    [
        (
            [network(100)],
            PUBLIC,
            "network net100 has VLAN 100, which is the public interface vlan100 of host network1",
        ),
        # Also where somebody else makes it.
        (
            [network(100)],
            (replace(PUBLIC[0], public_vlan_interface=None), *HOSTS[1:]),
            "network net100 has VLAN 100",
        ),
        ([], (replace(PUBLIC[0], public_interface="eth0.100"),), "nova_public_interface eth0.100 is not named after"),
        (
            [network(5, bridge_interface=None)],
            HOSTS,
            "network net5 has VLAN 5 and no interface for it on host network1",
        ),
        (
            [network(5), network(6, bridge="br5")],
            HOSTS,
            "bridge br5 on host network1 would get several uplinks",
        ),
    ],
)
def test_what_cannot_be_wired_is_named(networks: list[Network], hosts: tuple[HostSettings, ...], message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        plans(networks, [], hosts)
    assert message in str(error.value)


@given(
    st.lists(st.tuples(st.sampled_from(["compute1", "compute2"]), st.sets(st.integers(1, 6), min_size=1)), max_size=6)
)
def test_no_host_has_a_vlan_that_nobody_on_it_uses_and_none_lacks_one(placed: list[tuple[str, set[int]]]) -> None:
    guests = [guest(str(index), host, *sorted(numbers)) for index, (host, numbers) in enumerate(placed)]
    found = plans([network(number) for number in range(1, 7)], guests)
    assert {item["id"] for item in found["network1"].vlans} == set(range(1, 7))
    for host in ("compute1", "compute2"):
        used = {number for where, numbers in placed if where == host for number in numbers}
        assert {item["id"] for item in found[host].vlans} == used
    for plan in found.values():
        # A bridge never joins two VLANs, nor a VLAN and an untagged wire.
        assert [item["interface"] for item in plan.bridges] == [item["name"] for item in plan.vlans]
        assert [item["name"] for item in plan.bridges] == [f"br{item['id']}" for item in plan.vlans]


@given(st.permutations(range(1, 7)))
def test_the_order_of_networks_does_not_change_a_plan(order: list[int]) -> None:
    found = plans([network(number) for number in order], [])["network1"]
    assert [item["id"] for item in found.vlans] == list(range(1, 7))
