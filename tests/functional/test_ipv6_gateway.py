# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that is the router of two networks by the same link-local address."""

from __future__ import annotations

from typing import Any

from tests.lab import HostSpec, Lab, Nic, Topology, Wire
from tests.lab.host import Host
from tests.lab.modules import run_module
from tests.tools.tree import link_collection

from .boot import STATE, install, program
from .bridges import shell, succeeded
from .test_ipv6 import ADDRESSES, MACS, NOTHING, PREFIXES, addresses, hosts, is_settled
from .waiting import until

OUTSIDE = "2001:db8::1"
BRIDGES = [
    {"name": bridge, "addresses": ["fe80::1/64", own]}
    for bridge, own in (("br100", "fd00:1::1/64"), ("br101", "fd00:2::1/64"))
]
SERVERS = [
    {
        "bridge": prefix["bridge"],
        "prefixes": [{"label": "x", "cidr": prefix["cidr"], "address": own, "hosts": hosts(guest)}],
    }
    for prefix, own, guest in zip(PREFIXES, ("fd00:1::1", "fd00:2::1"), ("near", "stranger"))
]
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("nova_firewall", {"networks": [], "prefixes": PREFIXES}),
    ("nova_bridge", {"bridges": BRIDGES}),
    ("nova_dnsmasq", {"servers": SERVERS}),
]


def apply(host: Host, name: str, **options: Any) -> list[str]:
    return list(succeeded(run_module(host, name, options, collections=link_collection()))["changes"])


def test_guests_of_both_networks_have_their_way_out_by_the_link_local_gateway() -> None:
    routes = tuple((prefix["cidr"], "2001:db8::2") for prefix in PREFIXES)
    outside = HostSpec("outside", (Nic("eth0", "public", (f"{OUTSIDE}/64",)),), routes)
    gateway = HostSpec("gateway", (Nic("eth0", "public", ("2001:db8::2/64",)),))
    with Lab(Topology((outside, gateway), (Wire("public"),))) as lab:
        lab.host("outside").serve_token("token-of-outside", address="::")
        host = lab.host("gateway")
        for name, options in STEPS:
            assert apply(host, name, **options) != []
        for name, bridge in (("near", "br100"), ("stranger", "br101")):
            guest = lab.plug(name, "gateway", port=f"tap{name}", mac=MACS[name], bridge=bridge)
            until(lambda guest=guest: is_settled(guest))  # type: ignore[misc]
            assert [item["local"] for item in addresses(guest)] == [ADDRESSES[name]]
            assert guest.request(OUTSIDE).token == "token-of-outside"
            # As a guest that is configured by hand, or by injection.
            shell(guest, "echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_ra; ip -6 route flush default")
            assert guest.request(OUTSIDE, timeout=1.5).token == ""
            shell(guest, "ip -6 route add default via fe80::1 dev eth0")
            assert guest.request(OUTSIDE).token == "token-of-outside"
        for name, options in STEPS:
            assert apply(host, name, **options) == [], name
        _check_that_a_damaged_file_cuts_off_nobody_whose_rules_are_in_the_kernel(host, lab)
        for guest in list(lab.guests.values()):
            lab.unplug(guest)
        for name, options in reversed(STEPS):
            apply(host, name, **{next(iter(options)): []}, **NOTHING)
        assert "fe80::1/" not in shell(host, "ip -6 address")


def _check_that_a_damaged_file_cuts_off_nobody_whose_rules_are_in_the_kernel(host: Host, lab: Lab) -> None:
    install(host)
    sound = host.path(f"{STATE}/firewall.json").read_text()
    host.path(f"{STATE}/firewall.json").write_text("x")
    assert program(host).returncode == 1
    assert lab.guests["near"].request(OUTSIDE).token == "token-of-outside"
    # The control: without its rules nothing is routed from or to the bridge.
    shell(host, "nft delete table ip6 nova_firewall")
    assert program(host).returncode == 1
    assert lab.guests["near"].request(OUTSIDE, timeout=1.5).token == ""
    host.path(f"{STATE}/firewall.json").write_text(sound)
    assert program(host).returncode == 0
    assert lab.guests["near"].request(OUTSIDE).token == "token-of-outside"
