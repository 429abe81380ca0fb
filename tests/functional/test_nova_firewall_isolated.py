# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nova_firewall keeps an address that every host has for itself: each guest finds the one of its own host."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.functional.isolated import (
    GUESTS,
    HOME,
    HOSTS,
    ISOLATED,
    LONG_ENOUGH,
    MACS,
    SHARED,
    Site,
    announce,
    build,
    gateways_of,
    is_dhcp,
    name_server,
    tells_of_the_address,
)
from tests.lab.host import Host

CALLS = pytest.mark.parametrize("calls", [False, True], ids=["bridge-calls-off", "bridge-calls-on"])


@pytest.fixture(scope="module", params=[False, True], ids=["bridge-calls-off", "bridge-calls-on"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """Return isolated hosts that all serve DHCP, for tests that leave them as they are."""
    with build(request.param) as made:
        made.isolate()
        made.serve()
        yield made


@CALLS
def test_without_isolation_far_hosts_answer_as_well(calls: bool) -> None:
    with build(calls) as site:
        assert gateways_of(site, site.guests["near"]) == set(MACS.values())
        with site.lab.capture(site.guests["far"], "eth0") as capture:
            announce(site.lab.host("host1"), "br100")
            time.sleep(LONG_ENOUGH)
        assert [frame.source_mac for frame in capture.frames if frame.is_gratuitous] == [MACS["host1"]] * 2
        site.isolate()
        assert gateways_of(site, site.guests["near"]) == {MACS["host1"]}
        site.isolate([])
        assert gateways_of(site, site.guests["near"]) == set(MACS.values())


@CALLS
def test_without_isolation_far_servers_answer_as_well(calls: bool) -> None:
    with build(calls) as site:
        site.serve()
        with site.lab.capture(site.guests["near"], "eth0") as capture:
            site.guests["near"].dhcp()
            time.sleep(LONG_ENOUGH)
        offers = [frame for frame in capture.frames if frame.direction == "in" and frame.target_port == 68]
        assert {frame.source_mac for frame in offers} == set(MACS.values())


@pytest.mark.parametrize("name", HOME)
def test_the_gateway_of_a_guest_is_its_own_host_and_the_wire_hears_nothing_of_it(site: Site, name: str) -> None:
    with site.wire() as captures:
        assert gateways_of(site, site.guests[name]) == {MACS[HOME[name]]}
    assert [frame for capture in captures for frame in capture.frames if tells_of_the_address(frame)] == []


@pytest.mark.parametrize(("asking", "asked"), [("near", "next"), ("near", "far"), ("far", "third"), ("third", "next")])
def test_guests_of_all_hosts_reach_each_other(site: Site, asking: str, asked: str) -> None:
    for udp in (False, True):
        answer = site.guests[asking].request(str(GUESTS[asked]["address"]), udp=udp)
        assert (answer.token, answer.peer) == (f"token-of-{asked}", GUESTS[asking]["address"])


def test_the_own_host_alone_answers_dhcp_though_all_of_them_know_the_guest(site: Site) -> None:
    late = site.lab.plug("late", "host2", port="taplate", mac="fa:16:3e:00:00:21", bridge="br100")
    try:
        for name in HOSTS:
            path = site.lab.host(name).path("/var/lib/novanet/nova/dnsmasq/br100/hosts")
            path.write_text(path.read_text() + f"{late.mac},10.0.0.21,late\n")
            site.lab.host(name).run(["sh", "-c", "kill -HUP $(cat /var/lib/novanet/nova/dnsmasq/br100/pid)"])
        with site.wire() as captures, site.lab.capture(late, "eth0") as own:
            lease = late.dhcp()
            time.sleep(LONG_ENOUGH)
        assert (lease.server, lease.dns) == (SHARED, (name_server("host2"),))
        assert [frame for frame in own.frames if is_dhcp(frame)]
        assert [frame for capture in captures for frame in capture.frames if is_dhcp(frame)] == []
        held = {name: site.lab.host(name).path("/var/lib/novanet/nova/dnsmasq/br100/leases") for name in HOSTS}
        assert [name for name, path in held.items() if path.exists() and late.mac in path.read_text()] == ["host2"]
    finally:
        site.lab.unplug(late)


def test_what_a_host_announces_reaches_its_own_guests_only(site: Site) -> None:
    heard = {}
    for name in ("next", "far"):
        with site.lab.capture(site.guests[name], "eth0") as capture:
            announce(site.lab.host("host1"), "br100")
            time.sleep(LONG_ENOUGH)
        heard[name] = [frame.kind for frame in capture.frames if frame.is_gratuitous and frame.source == SHARED]
    assert heard == {"next": ["arp-request", "arp-reply"], "far": []}


def test_another_address_is_announced_to_everybody(site: Site) -> None:
    with site.lab.capture(site.guests["far"], "eth0") as capture:
        announce(site.lab.host("host1"), "br100", "10.0.0.99")
        time.sleep(LONG_ENOUGH)
    assert [frame.source for frame in capture.frames if frame.is_gratuitous] == ["10.0.0.99"] * 2


def test_what_comes_from_the_wire_under_the_address_is_not_heard(site: Site) -> None:
    """The wire has a host that is not isolated: the rules of the hosts that are must suffice."""
    site.run("host3", "nova_firewall", networks=[], isolated=[])
    try:
        with site.wire() as captures, site.lab.capture(site.guests["near"], "eth0") as own:
            announce(site.lab.host("host3"), "br100")
            time.sleep(LONG_ENOUGH)
        assert [frame.kind for frame in captures[0].frames if frame.is_gratuitous] == ["arp-request", "arp-reply"]
        assert [frame for frame in own.frames if tells_of_the_address(frame)] == []
        assert gateways_of(site, site.guests["near"]) == {MACS["host1"]}
    finally:
        site.run("host3", "nova_firewall", networks=[], isolated=ISOLATED)


def know(node: Host, interface: str, address: str, mac: str) -> None:
    node.batch([f"neigh replace {address} lladdr {mac} dev {interface} nud permanent"])


def test_a_guest_that_still_knows_another_hosts_gateway_is_served_by_it(site: Site) -> None:
    near, host2 = site.guests["near"], site.lab.host("host2")
    server = host2.serve_token("token-of-host2", port=7100)
    try:
        know(near, "eth0", SHARED, MACS["host2"])
        know(host2, "br100", str(GUESTS["near"]["address"]), near.mac)
        assert near.request(SHARED, port=7100).token == "token-of-host2"
    finally:
        server.stop()
        near.run(["ip", "neigh", "flush", "all", "nud", "permanent"])
        host2.run(["ip", "neigh", "flush", "all", "nud", "permanent"])


def test_a_host_reaches_its_own_guests_and_cannot_ask_for_others(site: Site) -> None:
    host1 = site.lab.host("host1")
    host1.run(["ip", "neigh", "flush", "all"])

    assert host1.request(str(GUESTS["near"]["address"])).token == "token-of-near"
    assert not host1.request(str(GUESTS["far"]["address"]), timeout=1)


def test_lost_isolation_is_named_and_repaired(site: Site) -> None:
    host = site.lab.host("host1")
    host.run(["nft", "delete element bridge nova_firewall isolated { eth2 . 10.0.0.1 }"])
    host.run(["nft", "flush chain bridge nova_firewall to_uplinks"])

    again = site.run("host1", "nova_firewall", networks=[], isolated=ISOLATED)
    assert again["changes"][0] == f"create element bridge nova_firewall isolated (eth2 . {SHARED})"
    assert [line for line in again["changes"] if "bridge nova_firewall to_uplinks (oifname" in line] == again[
        "changes"
    ][1:]
    assert again["isolated"] == ISOLATED
    assert site.run("host1", "nova_firewall", networks=[], isolated=ISOLATED)["changed"] is False
    assert gateways_of(site, site.guests["near"]) == {MACS["host1"]}
