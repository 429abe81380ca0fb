# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IPv6 in plans: beside IPv4, or alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.plan.compile import compile_plans
from ansible_collections.novanet.network.plugins.module_utils.plan.model import HostPlan, Instance, Settings, Snapshot

from .test_compile import HOSTS, PUBLIC, instance

DUAL = replace(PUBLIC, cidr_v6="fd00:1::/64", gateway_v6="fd00:1::1", dns=("192.0.2.53", "fd00::53"))
ONLY = replace(DUAL, cidr=None, gateway=None, dhcp_server=None, dhcp_start=None)
NO_ROUTE = Settings()


def guest(number: int, host: str, position: int = 0, with_v4: bool = True) -> Instance:
    made = instance(number, host)
    (port,) = made.ports
    port = replace(port, position=position, address_v6=f"fd00:1::{number}", address=port.address if with_v4 else None)
    return replace(made, ports=(port,))


def serving(network: object, *guests: Instance, settings: Settings = NO_ROUTE) -> HostPlan:
    snapshot = Snapshot("ipam-1", 7, (network,), guests, (), ())  # type: ignore[arg-type]
    return compile_plans(snapshot, settings, HOSTS)[0]


def test_a_network_of_both_kinds_has_a_gateway_of_both_and_one_server() -> None:
    plan = serving(DUAL, guest(1, "compute1"))
    assert plan.bridges[0]["addresses"] == ["10.0.0.1/8", "fd00:1::1/64"]
    (server,) = plan.dhcp
    assert [item["address"] for item in server["networks"][0]["hosts"]] == ["10.1.0.1"]
    assert server["prefixes"] == [
        {
            "label": "public",
            "cidr": "fd00:1::/64",
            "address": "fd00:1::1",
            "dns": [],
            "mtu": None,
            "default_route": True,
            "hosts": [{"mac": "fa:16:3e:00:00:01", "address": "fd00:1::1", "hostname": "web1"}],
        }
    ]
    assert plan.firewall["prefixes"] == [{"label": "public", "cidr": "fd00:1::/64", "bridge": "br100"}]


def test_a_network_without_ipv4_needs_nothing_of_it() -> None:
    hosts = (replace(HOSTS[0], my_ip=None, public_interface=None, routing_source_ip=None), *HOSTS[1:])
    snapshot = Snapshot("ipam-1", 7, (ONLY,), (guest(1, "compute1", with_v4=False),), (), ())
    plan = compile_plans(snapshot, Settings(), hosts)[0]
    assert plan.bridges[0]["addresses"] == ["fd00:1::1/64"]
    assert (plan.firewall["networks"], plan.firewall["metadata"], plan.firewall["forwarding"]) == ([], None, True)
    assert (plan.dhcp[0]["networks"], plan.dhcp[0]["listen_addresses"]) == ([], [])
    assert len(plan.dhcp[0]["prefixes"]) == 1


@pytest.mark.parametrize("with_v4", [True, False], ids=["both", "ipv6-alone"])
@pytest.mark.parametrize("manager", ["flatdhcp", "vlan", "flat"])
def test_each_manager_serves_ipv6_and_only_those_with_dhcp_advertise_it(manager: str, with_v4: bool) -> None:
    network = replace(DUAL if with_v4 else ONLY, manager=manager, enable_dhcp=manager != "flat")
    network = replace(network, vlan=100, bridge_interface="eth1") if manager == "vlan" else network
    plan = serving(network, guest(1, "compute1", with_v4=with_v4), settings=Settings(flat_gateway=True))
    assert plan.bridges[0]["addresses"] == [*(["10.0.0.1/8"] if with_v4 else []), "fd00:1::1/64"]
    assert [prefix["cidr"] for prefix in plan.firewall["prefixes"]] == ["fd00:1::/64"]
    advertised = [prefix["cidr"] for server in plan.dhcp for prefix in server["prefixes"]]
    assert advertised == ([] if manager == "flat" else ["fd00:1::/64"])


def test_guests_learn_name_servers_of_the_kind_of_their_address() -> None:
    (server,) = serving(DUAL, settings=Settings(use_network_dns_servers=True)).dhcp
    assert (server["networks"][0]["dns"], server["prefixes"][0]["dns"]) == (["192.0.2.53"], ["fd00::53"])


@pytest.mark.parametrize(
    ("positions", "single", "advertised"),
    [((), True, True), ((0,), True, True), ((1, 1), True, False), ((0, 1), True, True), ((1,), False, True)],
)
def test_a_bridge_on_which_nobody_has_its_first_card_advertises_no_router(
    positions: tuple[int, ...], single: bool, advertised: bool
) -> None:
    guests = [guest(number, "compute1", position) for number, position in enumerate(positions, 2)]
    (server,) = serving(DUAL, *guests, settings=Settings(use_single_default_gateway=single)).dhcp
    assert server["prefixes"][0]["default_route"] is advertised


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (replace(DUAL, multi_host=True, share_address=True, host=None), "is multi_host and has an IPv6 range"),
    ],
)
def test_what_ipv6_cannot_do_is_said(network: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        serving(network)


def test_a_host_that_serves_by_a_link_local_gateway_has_an_address_of_the_network_as_well() -> None:
    other = replace(ONLY, label="b", uuid="b", cidr_v6="fd00:2::/64", gateway_v6="fe80::1")
    snapshot = Snapshot("ipam-1", 7, (replace(DUAL, gateway_v6="fe80::1"), other), (), (), ())
    plan = compile_plans(snapshot, NO_ROUTE, HOSTS)[0]
    assert plan.bridges[0]["addresses"] == ["10.0.0.1/8", "fe80::1/64", "fd00:1::1/64", "fd00:2::1/64"]
    assert [prefix["address"] for prefix in plan.dhcp[0]["prefixes"]] == ["fd00:1::1", "fd00:2::1"]


def test_a_router_that_is_not_ours_may_have_a_link_local_address() -> None:
    flat = replace(DUAL, manager="flat", enable_dhcp=False, gateway_v6="fe80::1")
    assert serving(flat, guest(1, "compute1")).firewall["prefixes"] == []
