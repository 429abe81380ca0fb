# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Flat networks: a bridge on every compute host, and more only where a gateway is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.plan.compile import compile_plans, hosts_waited_for
from ansible_collections.novanet.network.plugins.module_utils.plan.model import (
    HostPlan,
    HostSettings,
    Settings,
    Snapshot,
    Withdrawal,
)

from .test_compile import HOSTS, PUBLIC, floating, instance

FLAT = replace(PUBLIC, manager="flat", enable_dhcp=False)
GUESTS = (instance(1), instance(2, "compute2"))
PLAIN = Settings()
GATEWAY = Settings(flat_gateway=True)
STORAGE = replace(FLAT, label="storage", cidr="172.20.0.0/24", gateway="172.20.0.1", bridge="br200")


def plans(
    *networks: object, settings: Settings = PLAIN, hosts: tuple[HostSettings, ...] = HOSTS, **fields: object
) -> dict[str, HostPlan]:
    snapshot = Snapshot("ipam-1", 7, networks or (FLAT,), GUESTS, (), ())  # type: ignore[arg-type]
    return {plan.host: plan for plan in compile_plans(replace(snapshot, **fields), settings, hosts)}


def test_every_compute_host_has_the_bridge_and_nothing_else() -> None:
    result = plans()
    assert (result["network1"].bridges, result["network1"].firewall["networks"]) == ((), [])
    for name in ("compute1", "compute2"):
        bridges = result[name].bridges
        assert [(b["name"], b["interface"], b["addresses"], b["hairpin_ports"]) for b in bridges] == [
            ("br100", "eth2", [], [])
        ]
        assert (result[name].dhcp, result[name].floating, result[name].firewall["forwarding"]) == ((), (), False)


def test_each_host_says_which_uplink_each_of_its_bridges_has() -> None:
    hosts = (
        HOSTS[0],
        replace(HOSTS[1], bridge_interfaces={"br100": "ens3", "br200": "ens4"}),
        replace(HOSTS[2], bridge_interfaces={"br100": "", "br200": "eth2"}),
    )
    result = plans(FLAT, STORAGE, hosts=hosts)
    uplinks = [
        [(bridge["interface"], bridge["adopt"]) for bridge in result[name].bridges] for name in ("compute1", "compute2")
    ]
    # The first bridge of the second host is the operator's own.
    assert uplinks == [[("ens3", False), ("ens4", False)], [(None, True), ("eth2", False)]]


def test_with_a_gateway_the_network_host_routes_and_no_host_gives_addresses() -> None:
    result = plans(settings=GATEWAY, floating_ips=(floating(1),))
    served = result["network1"]
    assert served.bridges[0]["addresses"] == ["10.0.0.1/8"]
    assert [(item["label"], item["source_address"]) for item in served.firewall["networks"]] == [
        ("public", "192.0.2.10")
    ]
    assert served.firewall["metadata"] == {"address": "192.0.2.10", "port": 8775}
    assert [ip["address"] for ip in served.floating] == ["203.0.113.1"]
    assert [plan.dhcp for plan in result.values()] == [(), (), ()]


def test_with_multi_host_each_compute_host_is_the_gateway_of_its_own_guests() -> None:
    shared = replace(FLAT, multi_host=True, share_address=True, host=None)
    hosts = tuple(replace(host, my_ip="192.0.2.9") for host in HOSTS)
    result = plans(shared, settings=GATEWAY, hosts=hosts, floating_ips=(floating(1),))
    assert [(name, plan.bridges[0]["addresses"]) for name, plan in result.items() if plan.bridges] == [
        ("compute1", ["10.0.0.1/8"]),
        ("compute2", ["10.0.0.1/8"]),
    ]
    assert result["compute1"].firewall["isolated"] == [{"bridge": "br100", "uplink": "eth2", "address": "10.0.0.1"}]
    assert [len(plan.floating) for plan in result.values()] == [0, 1, 0]


def test_a_floating_address_without_a_gateway_is_refused_not_forgotten() -> None:
    with pytest.raises(InvalidInput, match=r"floating IP 203.0.113.1 belongs to instance web1 .*Set nova_flat_gateway"):
        plans(floating_ips=(floating(1),))


def test_multi_host_without_a_gateway_is_refused() -> None:
    with pytest.raises(InvalidInput, match="network public is multi_host, and flat without a gateway"):
        plans(replace(FLAT, multi_host=True, share_address=True))


def test_a_host_that_once_was_gateway_is_asked_for_nothing_when_there_is_none() -> None:
    assert plans(replace(FLAT, host="network9"))["network1"].bridges == ()
    held = Snapshot("ipam-1", 7, (FLAT,), (), (), (Withdrawal("gateway", "10.0.0.1", "network9", 3),))
    assert hosts_waited_for(held, Settings()) == ()
    assert hosts_waited_for(held, GATEWAY) == ("network9",)
