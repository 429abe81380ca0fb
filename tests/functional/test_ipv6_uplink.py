# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host whose own IPv6 comes by router advertisements, and that begins to forward for guests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import HostSpec, Lab, Nic, Topology, Wire
from tests.lab.host import Host
from tests.lab.modules import run_module
from tests.tools.tree import link_collection

from .bridges import shell, succeeded
from .test_ipv6 import addresses, default_routes
from .waiting import until

OUTSIDE = "2001:db8::1"
FIREWALL = {"networks": [], "prefixes": [{"label": "six", "cidr": "fd00:1::/64", "bridge": "br100"}]}
BRIDGES = {"bridges": [{"name": "br100", "interface": "eth0", "addresses": ["fd00:1::1/64"]}]}
NOTHING = {"purge": True, "allow_empty_purge": True}


def apply(host: Host, name: str, **options: Any) -> list[str]:
    return list(succeeded(run_module(host, name, options, collections=link_collection()))["changes"])


def accept_ra(host: Host, device: str) -> str:
    return shell(host, f"cat /proc/sys/net/ipv6/conf/{device}/accept_ra").strip()


def advertise(router: Host, interval: int, lifetime: int) -> None:
    """Let the router advertise its prefix every so many seconds, and whenever it is asked."""
    shell(router, "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
    options = ["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=eth0", "--enable-ra"]
    router.start(["dnsmasq", *options, "--dhcp-range=2001:db8::,ra-only,64", f"--ra-param=eth0,{interval},{lifetime}"])


@pytest.fixture(params=[(), ("192.0.2.5/24",)], ids=["learns-all", "has-an-address-too"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    router = HostSpec("router", (Nic("eth0", "public", (f"{OUTSIDE}/64",)),))
    with Lab(Topology((router, HostSpec("host1", (Nic("eth0", "public", request.param),))), (Wire("public"),))) as made:
        yield made


def test_a_bridge_that_takes_the_place_of_the_uplink_learns_what_the_uplink_had_learnt(lab: Lab) -> None:
    host = lab.host("host1")
    # Nobody would hear of it by chance: the next advertisement without asking is minutes away.
    advertise(lab.host("router"), 600, 1800)
    until(lambda: bool(default_routes(host)))
    (own,) = addresses(host)
    apply(host, "nova_firewall", **FIREWALL)
    assert accept_ra(host, "eth0") == "2"
    apply(host, "nova_bridge", **BRIDGES)
    # At once, before anything was learnt: the bridge is not taken for one of guests only.
    assert apply(host, "nova_bridge", **BRIDGES) == []
    until(lambda: [route["dev"] for route in default_routes(host)] == ["br100"])
    assert own["local"] in {item["local"] for item in addresses(host, "br100")}
    until(lambda: host.ping(OUTSIDE))
    assert apply(host, "nova_firewall", **FIREWALL) == apply(host, "nova_bridge", **BRIDGES) == []
    shell(host, "echo 1 > /proc/sys/net/ipv6/conf/br100/accept_ra")
    assert apply(host, "nova_bridge", **BRIDGES) == [
        "update bridge br100 (heeds router advertisements also while the host forwards)"
    ]
    apply(host, "nova_bridge", bridges=[], **NOTHING)
    apply(host, "nova_firewall", networks=[], **NOTHING)
    assert accept_ra(host, "eth0") == "1"
    shell(host, "ip link set eth0 down; ip link set eth0 up")  # what it had learnt before is asked for anew
    until(lambda: [route["dev"] for route in default_routes(host)] == ["eth0"])


def test_an_address_that_was_learnt_without_a_default_route_goes_on_to_be_renewed(lab: Lab) -> None:
    host = lab.host("host1")
    advertise(lab.host("router"), 4, 0)
    until(lambda: bool(addresses(host)))
    assert default_routes(host) == []
    apply(host, "nova_firewall", **FIREWALL)
    assert shell(host, "cat /proc/sys/net/ipv6/conf/all/forwarding").strip() == "1"
    # The control: whoever learnt nothing is left alone.
    assert (accept_ra(host, "eth0"), accept_ra(host, "lo"), accept_ra(host, "default")) == ("2", "1", "1")
    (own,) = addresses(host)
    shell(host, f"ip address change {own['local']}/64 dev eth0 valid_lft 60 preferred_lft 60")
    until(lambda: addresses(host)[0]["valid_life_time"] > 60)
    apply(host, "nova_firewall", networks=[], **NOTHING)
    assert accept_ra(host, "eth0") == "1"
