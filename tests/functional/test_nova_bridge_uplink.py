# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Uplinks that have addresses and routes: nothing is lost on the way to the bridge, nor on the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.functional.bridges import (
    addresses,
    converge_slowly,
    exists,
    lost_pings,
    master,
    setting,
    shell,
    snapshot,
    succeeded,
)
from tests.functional.waiting import until
from tests.lab import HostSpec, Lab, Nic, Topology, Wire
from tests.lab.host import Host

Run = Callable[..., dict[str, Any]]

HOST = HostSpec("host1", (Nic("eth1", "admin"), Nic("eth2", "data", ("192.0.2.5/24", "2001:db8::5/64"))))
ROUTER = HostSpec("router", (Nic("eth2", "data", ("192.0.2.1/24", "2001:db8::1/64")),))
BRIDGES = [{"name": "br100", "interface": "eth2", "addresses": ["10.0.0.1/8", "fd00::1/64"]}]
NOTHING = {"bridges": [], "purge": True, "allow_empty_purge": True}
DEFAULT_ROUTES = "ip route add default via 192.0.2.1; ip route add ::/0 via 2001:db8::1"


@pytest.fixture
def one_host(lab: Callable[[Topology], Lab]) -> Lab:
    """Return a host whose uplink has addresses and default routes, and the router behind it."""
    built = lab(Topology((HOST, ROUTER), (Wire("admin"), Wire("data"))))
    shell(built.host("router"), "ip addr add 198.51.100.1/32 dev lo; ip addr add 2001:db8:f::1/128 dev lo")
    shell(built.host("host1"), DEFAULT_ROUTES)
    return built


@pytest.fixture
def router(one_host: Lab) -> Host:
    """Return the router; behind it, as the default routes of the host say, are 198.51.100.1 and 2001:db8:f::1."""
    return one_host.host("router")


def lost_while(host: Host, router: Host, action: Callable[[], object]) -> list[int]:
    """Return how many pings are lost over both families, from both sides, while something is done."""
    pings = [(router, "192.0.2.5"), (router, "2001:db8::5"), (host, "198.51.100.1"), (host, "2001:db8:f::1")]
    return lost_pings(pings, action)


def test_no_ping_is_lost_on_the_way_to_the_bridge_and_back(host: Host, router: Host, run_module: Run) -> None:
    assert host.ping("198.51.100.1") and host.ping("2001:db8:f::1", timeout=5)
    # The control beside it: this way of looking does see a gap.
    gap = "ip link set dev eth2 down; sleep 0.2; ip link set dev eth2 up; ip addr add 2001:db8::5/64 dev eth2 nodad;"
    assert min(lost_while(host, router, lambda: shell(host, gap + DEFAULT_ROUTES))) > 0
    assert host.ping("198.51.100.1") and host.ping("2001:db8:f::1", timeout=5)
    assert lost_while(host, router, lambda: succeeded(run_module("nova_bridge", bridges=BRIDGES))) == [0, 0, 0, 0]
    assert addresses(host, "eth2") == [] and addresses(host, "eth2", 6) == []
    assert addresses(host, "br100") == ["10.0.0.1/8", "192.0.2.5/24"]
    assert "default via 192.0.2.1 dev br100" in shell(host, "ip route show")
    assert lost_while(host, router, lambda: succeeded(run_module("nova_bridge", **NOTHING))) == [0, 0, 0, 0]
    assert not exists(host, "br100") and addresses(host, "eth2") == ["192.0.2.5/24"]


def test_every_state_on_the_way_carries_traffic(host: Host, router: Host) -> None:
    assert host.ping("198.51.100.1") and host.ping("2001:db8:f::1", timeout=5)
    there = lost_while(host, router, lambda: converge_slowly(host, BRIDGES, 0.2))
    assert (there, master(host, "eth2")) == ([0, 0, 0, 0], "br100")
    back = lost_while(host, router, lambda: converge_slowly(host, [], 0.2))
    assert (back, exists(host, "br100")) == ([0, 0, 0, 0], False)


RICH = """
ip addr add 192.0.2.6/24 broadcast 192.0.2.255 dev eth2 label eth2:1
ip addr add 192.0.2.7/24 dev eth2
ip addr add 10.9.0.1 peer 10.9.0.2/32 dev eth2
ip addr add 203.0.113.4/24 dev eth2 metric 77
ip addr add 203.0.114.4/24 dev eth2 noprefixroute
ip addr add 169.254.7.7/16 scope link dev eth2
ip addr add 2001:db8::6/64 dev eth2 nodad
ip addr add 2001:db8:5::6/64 dev eth2 nodad noprefixroute
ip route add 203.0.114.0/24 dev eth2 proto kernel scope link src 203.0.114.4 metric 100
ip route add default via 192.0.2.9 metric 500 src 192.0.2.6 mtu 1400 advmss 1300
ip route add 172.16.0.0/12 via 192.0.2.1 table 77
ip route add 172.16.0.0/12 via 192.0.2.1 proto static
ip route add 172.20.0.0/16 dev eth2
ip route add 172.21.0.0/16 via 172.20.0.1
ip route add 172.22.0.0/16 nexthop via 192.0.2.1 weight 2 nexthop via 203.0.113.1
ip route add 172.23.0.0/16 via 8.8.8.8 dev eth2 onlink
ip route add 172.24.0.0/16 via inet6 2001:db8::1 dev eth2
ip route add 172.25.0.0/16 via 192.0.2.1 tos 0x10
ip -6 route add 2001:db8:9::/48 nexthop via 2001:db8::1 nexthop via 2001:db8::2
ip -6 route add 2001:db8:a::/48 via fe80::1 dev eth2 metric 7
ip -6 route add 2001:db8:b::/48 via 2001:db8::1 pref high
ip rule add from 192.0.2.5 table 77
"""


def test_every_kind_of_address_and_route_moves_and_comes_back(host: Host, run_module: Run) -> None:
    shell(host, RICH)
    found = snapshot(host)
    result = succeeded(run_module("nova_bridge", bridges=BRIDGES))
    assert succeeded(run_module("nova_bridge", bridges=BRIDGES))["changed"] is False
    on_uplink = [line for line in found["routes"] if " dev eth2" in line]
    assert len(on_uplink) > 25
    moved = [line.replace(" dev eth2", " dev br100") for line in on_uplink]
    assert [line for line in moved if line not in snapshot(host)["routes"]] == []
    assert shell(host, "ip route show table all dev eth2 | grep -v -e fe80:: -e ff00::/8 || true") == ""
    assert sorted(result["bridges"][0]["moved_addresses"]) == sorted(
        ["192.0.2.5/24", "192.0.2.6/24", "192.0.2.7/24", "10.9.0.1 peer 10.9.0.2/32", "203.0.113.4/24"]
        + ["203.0.114.4/24", "169.254.7.7/16", "2001:db8::5/64", "2001:db8::6/64", "2001:db8:5::6/64"]
    )
    assert "br100:1" in shell(host, "ip addr show dev br100")
    succeeded(run_module("nova_bridge", **NOTHING))
    assert {**snapshot(host), "journal": []} == {**found, "journal": []}


def test_another_uplink_gets_the_place_and_the_first_one_its_addresses(host: Host, run_module: Run) -> None:
    found = snapshot(host)
    succeeded(run_module("nova_bridge", bridges=BRIDGES))
    shell(host, "ip addr add 192.0.2.77/24 dev br100")
    result = succeeded(run_module("nova_bridge", bridges=[{**BRIDGES[0], "interface": "eth1"}]))
    assert result["bridges"][0]["interface"] == "eth1"
    assert (master(host, "eth1"), master(host, "eth2")) == ("br100", "")
    assert addresses(host, "eth2") == ["192.0.2.5/24"]
    # Somebody else's address was a secondary of the one that left.
    assert addresses(host, "br100") == ["10.0.0.1/8", "192.0.2.77/24"]
    assert setting(host, "br100/address") == setting(host, "eth1/address")
    assert "default via 192.0.2.1 dev eth2" in shell(host, "ip route show")
    shell(host, "ip addr del 192.0.2.77/24 dev br100")
    succeeded(run_module("nova_bridge", bridges=[{"name": "br100"}]))
    assert (master(host, "eth1"), addresses(host, "br100")) == ("", [])
    succeeded(run_module("nova_bridge", **NOTHING))
    assert {**snapshot(host), "journal": []} == {**found, "journal": []}


def test_two_bridges_exchange_their_uplinks_in_one_run(host: Host, run_module: Run) -> None:
    shell(host, "ip addr add 203.0.113.4/24 dev eth1")
    first = [{"name": "br1", "interface": "eth1"}, {"name": "br2", "interface": "eth2"}]
    succeeded(run_module("nova_bridge", bridges=first))
    second = [{"name": "br1", "interface": "eth2"}, {"name": "br2", "interface": "eth1"}]
    succeeded(run_module("nova_bridge", bridges=second))
    assert (master(host, "eth1"), master(host, "eth2")) == ("br2", "br1")
    assert (addresses(host, "br1"), addresses(host, "br2")) == (["192.0.2.5/24"], ["203.0.113.4/24"])
    assert "default via 192.0.2.1 dev br1" in shell(host, "ip route show")


def test_a_bridge_that_somebody_removed_comes_back_with_what_it_had_from_its_uplink(
    host: Host, router: Host, run_module: Run
) -> None:
    found = snapshot(host)
    succeeded(run_module("nova_bridge", bridges=BRIDGES))
    shell(host, "ip link del dev br100")
    predicted = succeeded(run_module("nova_bridge", bridges=BRIDGES, check=True))
    assert succeeded(run_module("nova_bridge", bridges=BRIDGES))["changes"] == predicted["changes"]
    assert host.ping("198.51.100.1") and host.ping("2001:db8:f::1", timeout=5)
    shell(host, "ip link del dev br100")
    succeeded(run_module("nova_bridge", **NOTHING))
    assert {**snapshot(host), "journal": []} == {**found, "journal": []}


def test_an_address_that_the_uplink_got_after_a_reboot_moves_again(host: Host, run_module: Run) -> None:
    succeeded(run_module("nova_bridge", bridges=BRIDGES))
    # What a reboot with a changed configuration of the uplink leaves.
    shell(host, "ip link del dev br100; ip addr add 192.0.2.8/24 dev eth2")
    succeeded(run_module("nova_bridge", bridges=BRIDGES))
    assert addresses(host, "br100") == ["10.0.0.1/8", "192.0.2.8/24"]
    succeeded(run_module("nova_bridge", **NOTHING))
    assert addresses(host, "eth2") == ["192.0.2.8/24"]


def test_a_wanted_address_that_the_uplink_has_goes_back_with_it(host: Host, run_module: Run) -> None:
    found = snapshot(host)
    succeeded(run_module("nova_bridge", bridges=[{**BRIDGES[0], "addresses": ["192.0.2.5/24"]}]))
    assert (addresses(host, "br100"), addresses(host, "eth2")) == (["192.0.2.5/24"], [])
    succeeded(run_module("nova_bridge", bridges=[{**BRIDGES[0], "addresses": []}]))
    assert addresses(host, "br100") == ["192.0.2.5/24"]
    succeeded(run_module("nova_bridge", **NOTHING))
    assert {**snapshot(host), "journal": []} == {**found, "journal": []}


def test_the_bridge_hears_the_router_itself(host: Host, router: Host, run_module: Run) -> None:
    shell(host, "ip route del ::/0 dev eth2; ip -6 addr flush dev eth2 scope global")
    advertise = ["dnsmasq", "-d", "-p", "0", "-C", "/dev/null", "-i", "eth2", "--enable-ra", "--ra-param=eth2,4,60"]
    with router.start([*advertise, "--dhcp-range=2001:db8::,ra-only"]):
        until(lambda: bool(addresses(host, "eth2", 6)) and "proto ra" in shell(host, "ip -6 route show default"))
        result = succeeded(run_module("nova_bridge", bridges=BRIDGES))
        assert result["bridges"][0]["moved_addresses"] == ["192.0.2.5/24"]
        assert addresses(host, "eth2", 6) == []
        until(lambda: len(addresses(host, "br100", 6)) == 2)
        assert "dev br100 proto ra" in shell(host, "ip -6 route show default")
        assert succeeded(run_module("nova_bridge", bridges=BRIDGES))["changed"] is False
        until(lambda: host.ping("2001:db8:f::1"))
        succeeded(run_module("nova_bridge", **NOTHING))
