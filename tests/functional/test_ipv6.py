# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IPv6 for real guests: beside IPv4 on one bridge, and alone on another.

outside 2001:db8::1 (router of the gateway, by advertisement)
   |
===+===================== public
   | eth0 2001:db8::2
gateway   br100 fd00:1::1, 10.0.0.1: near      br101 fd00:2::1: stranger
   | eth2 (in br100)
===+===================== data
   | eth2 (in br100)
compute   br100: far
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import HostSpec, Lab, Nic, Topology, Wire
from tests.lab.guest import Guest
from tests.lab.host import Host
from tests.lab.modules import run_module
from tests.tools.tree import link_collection

from .boot import install, program
from .bridges import shell, succeeded
from .waiting import until

OUTSIDE = "2001:db8::1"
# Each guest's MAC, and the address that follows from it (RFC 4291, appendix A).
MACS = {"near": "fa:16:3e:00:00:01", "far": "fa:16:3e:00:00:02", "stranger": "fa:16:3e:00:00:03"}
ADDRESSES = {
    "near": "fd00:1::f816:3eff:fe00:1",
    "far": "fd00:1::f816:3eff:fe00:2",
    "stranger": "fd00:2::f816:3eff:fe00:3",
}
PREFIXES = [
    {"label": "private", "cidr": "fd00:1::/64", "bridge": "br100"},
    {"label": "only six", "cidr": "fd00:2::/64", "bridge": "br101"},
]
NETWORKS = [{"label": "private", "cidr": "10.0.0.0/24", "bridge": "br100"}]
BRIDGES = [
    {
        "name": "br100",
        "interface": "eth2",
        "addresses": ["10.0.0.1/24", "fd00:1::1/64"],
        "hairpin_ports": ["eth2", "tapnear"],
    },
    {"name": "br101", "addresses": ["fd00:2::1/64"], "hairpin_ports": ["tapstranger"]},
]
GUARD = {"hairpin_ports": ["eth2", "tapnear", "tapstranger"]}


def hosts(*names: str) -> list[dict[str, str]]:
    return [{"mac": MACS[name], "address": ADDRESSES[name], "hostname": name} for name in names]


SERVERS = [
    {
        "bridge": "br100",
        "listen_addresses": ["10.0.0.1"],
        "networks": [
            {
                "label": "private",
                "cidr": "10.0.0.0/24",
                "router": "10.0.0.1",
                "hosts": [{"mac": MACS["near"], "address": "10.0.0.2", "hostname": "near"}],
            }
        ],
        "prefixes": [
            {"label": "private", "cidr": "fd00:1::/64", "address": "fd00:1::1", "hosts": hosts("near", "far")}
        ],
    },
    {
        "bridge": "br101",
        "prefixes": [
            {
                "label": "only six",
                "cidr": "fd00:2::/64",
                "address": "fd00:2::1",
                "mtu": 1400,
                "hosts": hosts("stranger"),
            }
        ],
    },
]
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("nova_firewall", {"networks": NETWORKS, "prefixes": PREFIXES, **GUARD}),
    ("nova_bridge", {"bridges": BRIDGES}),
    ("nova_dnsmasq", {"servers": SERVERS}),
]
NOTHING = {"purge": True, "allow_empty_purge": True}
# Longer than from one advertisement to the next.
ADVERTISED_SECONDS = 75.0


class Site:
    """The hosts of the figure."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.gateway, self.compute, self.outside = (lab.host(name) for name in ("gateway", "compute", "outside"))
        self.guests: dict[str, Guest] = {}

    def run(self, name: str, host: Host | None = None, check: bool = False, **options: Any) -> dict[str, Any]:
        node = host or self.gateway
        return succeeded(run_module(node, name, options, collections=link_collection(), check=check))

    def boot(self, name: str, host: str, bridge: str) -> Guest:
        hairpin = host == "gateway"
        guest = self.lab.plug(name, host, port=f"tap{name}", mac=MACS[name], bridge=bridge, hairpin=hairpin)
        guest.serve_token(f"token-of-{name}", address="::")
        self.guests[name] = guest
        return guest


def topology() -> Topology:
    # All that the outside knows of the cloud is by whom its prefixes are reached.
    routes = (("fd00:1::/64", "2001:db8::2"), ("fd00:2::/64", "2001:db8::2"))
    return Topology(
        (
            HostSpec("outside", (Nic("eth0", "public", (f"{OUTSIDE}/64",)),), routes),
            HostSpec("gateway", (Nic("eth0", "public", ("2001:db8::2/64",)), Nic("eth2", "data"))),
            HostSpec("compute", (Nic("eth2", "data"),)),
        ),
        (Wire("public"), Wire("data")),
    )


def addresses(node: Host, device: str = "eth0") -> list[dict[str, Any]]:
    """Return the global IPv6 addresses of a device."""
    links = json.loads(node.run(["ip", "-6", "-j", "address", "show", "dev", device, "scope", "global"]).stdout)
    # What the filter leaves out is printed as an empty entry.
    return [address for link in links for address in link.get("addr_info", ()) if address]


def default_routes(node: Host) -> list[dict[str, Any]]:
    return list(json.loads(node.run(["ip", "-6", "-j", "route", "show", "default"]).stdout))


def is_settled(guest: Guest) -> bool:
    """Tell whether a guest has an address that is not tentative any more, and a router."""
    found = addresses(guest)
    return bool(found) and not any(item.get("tentative") for item in found) and bool(default_routes(guest))


@pytest.fixture(params=[False, True], ids=["bridge-calls-off", "bridge-calls-on"], scope="module")
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    with Lab(topology()) as lab:
        made = Site(lab)
        lab.set_bridge_calls(request.param)
        shell(made.outside, "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
        made.outside.start(
            [
                "dnsmasq",
                "--keep-in-foreground",
                "--conf-file=/dev/null",
                "--port=0",
                "--interface=eth0",
                "--enable-ra",
                "--dhcp-range=2001:db8::,ra-only,64",
                "--ra-param=eth0,4,60",
            ]  # fmt: skip
        )
        made.outside.serve_token("token-of-outside", address="::")
        until(lambda: bool(default_routes(made.gateway)))
        made.run("nova_bridge", made.compute, bridges=[{"name": "br100", "interface": "eth2"}])
        for name, options in STEPS:
            made.run(name, **options)
        for name, host, bridge in (
            ("near", "gateway", "br100"),
            ("far", "compute", "br100"),
            ("stranger", "gateway", "br101"),
        ):
            made.boot(name, host, bridge)
        for guest in made.guests.values():
            until(lambda guest=guest: is_settled(guest), f"the address of {guest.name}")  # type: ignore[misc]
        yield made


def test_guests_have_the_addresses_that_follow_from_their_macs_and_one_router(site: Site) -> None:
    for name, guest in site.guests.items():
        found = addresses(guest)
        assert [item["local"] for item in found] == [ADDRESSES[name]]
        assert not found[0].get("dadfailed")
        assert [route["protocol"] for route in default_routes(guest)] == ["ra"]
    assert shell(site.guests["stranger"], "cat /proc/sys/net/ipv6/conf/eth0/mtu").strip() == "1400"


def test_a_host_that_is_no_router_heeds_no_advertisement_on_a_bridge_of_guests(site: Site) -> None:
    assert addresses(site.guests["far"])  # the control: they do get there
    assert addresses(site.compute, "br100") == default_routes(site.compute) == []
    shell(site.compute, "echo 1 > /proc/sys/net/ipv6/conf/br100/accept_ra")
    wish = {"bridges": [{"name": "br100", "interface": "eth2"}]}
    assert site.run("nova_bridge", site.compute, **wish)["changes"] == [
        "update bridge br100 (heeds no router advertisements)"
    ]
    assert not site.run("nova_bridge", site.compute, **wish)["changed"]


def test_guests_reach_the_outside_as_themselves(site: Site) -> None:
    for name, guest in site.guests.items():
        answer = guest.request(OUTSIDE)
        assert (answer.token, answer.peer) == ("token-of-outside", ADDRESSES[name]), answer.error


def test_guests_of_one_network_reach_each_other_and_those_of_another_do_not(site: Site) -> None:
    for one, other in (("near", "far"), ("far", "near")):
        assert site.guests[one].request(ADDRESSES[other]).token == f"token-of-{other}"
        assert site.guests[one].request(ADDRESSES["stranger"], timeout=1.5).token == ""
        assert site.guests["stranger"].request(ADDRESSES[one], timeout=1.5).token == ""


def test_nobody_outside_opens_a_connection_to_a_guest(site: Site) -> None:
    assert site.outside.ping("fd00:1::1")
    for name in site.guests:
        assert site.outside.request(ADDRESSES[name], timeout=1.5).token == ""
        assert not site.outside.ping(ADDRESSES[name], timeout=2)


def test_a_listed_guest_gets_the_same_address_by_dhcp_and_a_stranger_gets_none(site: Site) -> None:
    files = "-pf /run/dhclient6.pid -lf /run/dhclient6.leases eth0"
    ask = f"dhclient -6 -1 -sf /bin/true {files}; dhclient -6 -x {files}"
    for name in ("near", "far", "stranger"):
        shell(site.guests[name], f"timeout 20 sh -c '{ask}' || true")
        assert f"iaaddr {ADDRESSES[name]} " in shell(site.guests[name], "cat /run/dhclient6.leases")
    unknown = site.lab.plug("unknown", "gateway", port="tapunknown", mac="fa:16:3e:00:00:ff", bridge="br101")
    until(lambda: is_settled(unknown))
    shell(unknown, f"timeout 8 sh -c '{ask}' || true")
    assert "iaaddr" not in shell(unknown, "cat /run/dhclient6.leases || true")


def test_guests_ask_the_gateway_for_names_by_ipv6(site: Site) -> None:
    for name, server in (("near", "fd00:1::1"), ("stranger", "fd00:2::1")):
        answer = site.guests[name].run(["busybox", "nslookup", f"{name}.novalocal", server], check=False).stdout
        assert f"Address: {ADDRESSES[name]}" in answer
    # Names of another bridge are none of its guests' business.
    answer = site.guests["near"].run(["busybox", "nslookup", "stranger.novalocal", "fd00:1::1"], check=False).stdout
    assert ADDRESSES["stranger"] not in answer


def test_the_gateway_keeps_the_default_route_that_it_was_told_of(site: Site) -> None:
    assert shell(site.gateway, "cat /proc/sys/net/ipv6/conf/all/forwarding").strip() == "1"
    assert shell(site.gateway, "cat /proc/sys/net/ipv6/conf/eth0/accept_ra").strip() == "2"
    (route,) = default_routes(site.gateway)
    assert (route["protocol"], route["dev"]) == ("ra", "eth0")
    # Advertisements go on to be heeded: its time runs down until the next one renews it.
    left = [route["expires"]]

    def is_renewed() -> bool:
        left.append(default_routes(site.gateway)[0]["expires"])
        return left[-1] > left[-2]

    until(is_renewed, "a renewed route")


def test_a_second_run_changes_nothing_and_drift_is_named_and_mended(site: Site) -> None:
    for name, options in STEPS:
        assert site.run(name, **options)["changes"] == [], name
    shell(site.gateway, "nft flush chain ip6 nova_firewall to_guests; echo 1 > /proc/sys/net/ipv6/conf/eth0/accept_ra")
    name, options = STEPS[0]
    looked = site.run(name, check=True, **options)
    assert "update sysctl net.ipv6.conf.eth0.accept_ra (1 -> 2)" in looked["changes"]
    assert any("to_guests" in change for change in looked["changes"])
    assert site.run(name, **options)["changes"] == looked["changes"]
    assert site.outside.request(ADDRESSES["near"], timeout=1.5).token == ""


def test_after_a_reboot_the_host_is_a_router_again_and_still_heeds_its_own(site: Site) -> None:
    install(site.gateway)
    ipv6 = "/proc/sys/net/ipv6/conf"
    shell(
        site.gateway,
        f"echo 0 > {ipv6}/all/forwarding; echo 1 > {ipv6}/eth0/accept_ra; nft delete table ip6 nova_firewall",
    )
    back = program(site.gateway)
    assert back.returncode == 0, back.stderr
    assert "sysctl net.ipv6.conf.all.forwarding (0 -> 1)" in back.stdout
    assert shell(site.gateway, f"cat {ipv6}/all/forwarding {ipv6}/eth0/accept_ra").split() == ["1", "2"]
    # A guest that asked for its router meanwhile was told that it is none (RFC 4861, 7.2.5), until that says otherwise.
    until(lambda: bool(default_routes(site.guests["near"])), "the next advertisement", ADVERTISED_SECONDS)
    assert site.guests["near"].request(OUTSIDE).token == "token-of-outside"
    assert site.outside.request(ADDRESSES["near"], timeout=1.5).token == ""


def test_all_of_it_goes_again(site: Site) -> None:
    for guest in list(site.lab.guests.values()):
        site.lab.unplug(guest)
    for name, key in (("nova_dnsmasq", "servers"), ("nova_bridge", "bridges"), ("nova_firewall", "networks")):
        looked = site.run(name, check=True, **{key: []}, **NOTHING)
        assert site.run(name, **{key: []}, **NOTHING)["changes"] == looked["changes"] != []
    assert "ip6" not in shell(site.gateway, "nft list tables")
    switches = "cat /proc/sys/net/ipv6/conf/all/forwarding /proc/sys/net/ipv6/conf/eth0/accept_ra"
    assert shell(site.gateway, switches).split() == ["0", "1"]
    assert default_routes(site.gateway)
