# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nova_floating_ip and packets: who is reached, and what source address the other side saw."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.functional.nat import (
    FIREWALL,
    FIXED,
    FLOATING,
    GATEWAY_ADDRESS,
    NO_FLOATING,
    OUTSIDE_ADDRESS,
    SEEN,
    Cloud,
    build,
    floating,
)
from tests.functional.waiting import until

# One datagram every two milliseconds, each from a port of its own, so that each is a connection of its own.
ASK_ALL_THE_TIME = """
import select, socket, sys, time
waiting = []
while True:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        one.sendto(b"who?", (sys.argv[1], 7000))
    except OSError:
        pass
    waiting = [*waiting, one][-200:]
    for ready in select.select(waiting, [], [], 0.002)[0]:
        waiting.remove(ready)
        try:
            print(ready.recv(100).decode(), flush=True)
        except OSError:
            pass
"""
BOTH_WAYS = pytest.mark.parametrize("calls", [False, True], ids=["bridge-calls-off", "bridge-calls-on"])


@pytest.fixture(scope="module", params=[False, True], ids=["bridge-calls-off", "bridge-calls-on"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """Return a cloud with everything in place, for tests that leave it as it is."""
    with build(request.param) as made:
        made.run("nova_firewall", **FIREWALL)
        made.run("nova_floating_ip", **floating())
        yield made


@pytest.fixture(params=[False, True], ids=["bridge-calls-off", "bridge-calls-on"])
def small(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """Return a cloud of two guests, for tests that change it."""
    with build(request.param, "near1", "near3") as made:
        made.run("nova_firewall", **FIREWALL)
        yield made


@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
@pytest.mark.parametrize("name", FLOATING)
def test_the_outside_reaches_each_guest_at_its_floating_address(cloud: Cloud, name: str, udp: bool) -> None:
    answer = cloud.outside.request(FLOATING[name], udp=udp)

    assert (answer.token, answer.peer) == (f"token-of-{name}", OUTSIDE_ADDRESS)


@pytest.mark.parametrize("name", FIXED)
def test_outgoing_traffic_carries_the_floating_address_or_that_of_the_gateway(cloud: Cloud, name: str) -> None:
    answer = cloud.guests[name].request(OUTSIDE_ADDRESS)

    assert (answer.token, answer.peer) == ("token-of-outside", SEEN[name])


@pytest.mark.parametrize("asked", FLOATING)
@pytest.mark.parametrize("asking", FIXED)
def test_every_guest_reaches_every_floating_address_its_own_included(cloud: Cloud, asking: str, asked: str) -> None:
    # Twice: a switch that learnt a guest at the wrong place from the first answer loses the second question.
    for udp in (False, True):
        answer = cloud.guests[asking].request(FLOATING[asked], udp=udp)
        assert (answer.token, answer.peer) == (f"token-of-{asked}", SEEN[asking])


def test_the_gateway_itself_reaches_guests_at_their_floating_addresses(cloud: Cloud) -> None:
    for name, address in FLOATING.items():
        assert cloud.gateway.request(address).token == f"token-of-{name}"


@pytest.mark.parametrize("name", ["near1", "far1"])
def test_nothing_that_a_guest_sends_comes_back_to_it(cloud: Cloud, name: str) -> None:
    guest, other = cloud.guests[name], cloud.guests["near2"]
    with cloud.lab.capture(guest, "eth0") as own, cloud.lab.capture(other, "eth0") as others:
        # A broadcast that nobody answers, and the neighbour discovery of IPv6, which would find itself.
        guest.run(["ping", "-c", "1", "-W", "1", "10.0.77.77"], check=False)
        guest.batch(["address add fd00::77/64 dev eth0"])
        time.sleep(1.5)
    guest.batch(["address delete fd00::77/64 dev eth0"])

    assert [frame for frame in own.frames if frame.direction == "in" and frame.source_mac == guest.mac] == []
    seen = {frame.kind for frame in others.frames if frame.direction == "in" and frame.source_mac == guest.mac}
    assert {"arp-request", "86dd"} <= seen


def test_without_the_guard_a_guest_would_hear_itself(cloud: Cloud) -> None:
    guest = cloud.guests["far1"]
    cloud.run("nova_firewall", **{**FIREWALL, "hairpin_ports": []})
    try:
        with cloud.lab.capture(guest, "eth0") as own:
            guest.run(["ping", "-c", "1", "-W", "1", "10.0.77.78"], check=False)
        assert [frame for frame in own.frames if frame.direction == "in" and frame.source_mac == guest.mac]
    finally:
        cloud.run("nova_firewall", **FIREWALL)


def test_with_bridge_calls_hairpin_ports_are_what_brings_a_guest_to_itself(cloud: Cloud) -> None:
    calls = cloud.gateway.run(["cat", "/proc/sys/net/bridge/bridge-nf-call-iptables"]).stdout.strip() == "1"
    cloud.gateway.batch(["link set near1 type bridge_slave hairpin off"])
    try:
        answer = cloud.guests["near1"].request(FLOATING["near1"], timeout=1 if calls else 10)
        assert bool(answer) is not calls
    finally:
        cloud.gateway.batch(["link set near1 type bridge_slave hairpin on"])


def test_a_moved_address_answers_from_the_new_guest_and_cuts_old_connections(small: Cloud) -> None:
    small.run("nova_floating_ip", **floating())
    held = [small.outside.hold(FLOATING["near1"]), small.guests["near1"].hold(OUTSIDE_ADDRESS)]
    spared = small.guests["near3"].hold(OUTSIDE_ADDRESS)
    for each in (*held, spared):
        each.wait_for("token-of-")

    with small.lab.capture(small.outside, "eth0") as capture:
        result = small.run("nova_floating_ip", send_arp=True, send_arp_count=2, **floating(near1="near3"))
        time.sleep(0.3)

    assert result["changes"] == ["update floating IP 10.0.169.225 (10.0.0.3 -> 10.0.0.5)"]
    announced = [frame for frame in capture.frames if frame.is_gratuitous]
    assert [frame.kind for frame in announced] == ["arp-request", "arp-reply"] * 2
    assert {frame.source for frame in announced} == {FLOATING["near1"]}
    assert {frame.source_mac for frame in announced} == {public_mac(small)}
    for each in held:
        assert each.wait(20) == 0
        assert "cut" in each.output
    assert small.outside.request(FLOATING["near1"]).token == "token-of-near3"
    assert small.guests["near3"].request(OUTSIDE_ADDRESS).peer == FLOATING["near1"]
    assert small.guests["near1"].request(OUTSIDE_ADDRESS).peer == GATEWAY_ADDRESS
    # A connection that the change had nothing to do with goes on under the address it began with.
    before = spared.output.count(GATEWAY_ADDRESS)
    until(lambda: spared.output.count(GATEWAY_ADDRESS) > before, "another answer to the connection that was spared")
    assert spared.is_running()


def test_an_address_that_is_taken_away_is_gone_and_its_connections_with_it(small: Cloud) -> None:
    small.run("nova_floating_ip", **floating())
    held = small.outside.hold(FLOATING["near1"])
    held.wait_for("token-of-near1")

    result = small.run("nova_floating_ip", addresses=[{"address": FLOATING["near1"], "state": "absent"}])

    assert result["changes"] == ["delete floating IP 10.0.169.225 (-> 10.0.0.3 on eth0)"]
    assert held.wait(70) == 0
    assert "cut" in held.output
    assert not small.outside.request(FLOATING["near1"], timeout=1)
    assert FLOATING["near1"] not in small.gateway.run(["ip", "address"]).stdout


def test_the_host_never_answers_for_a_guest_while_an_address_comes_and_goes(small: Cloud) -> None:
    small.gateway.serve_token("token-of-gateway")
    # The outside knows the gateway for this address for good, so that its questions arrive at every instant.
    small.outside.batch([f"neighbour replace {FLOATING['near1']} lladdr {public_mac(small)} dev eth0"])
    with small.outside.start(["/usr/bin/python3", "-u", "-c", ASK_ALL_THE_TIME, FLOATING["near1"]], limit=60) as asking:
        for options in (floating(), NO_FLOATING) * 3:
            small.run("nova_floating_ip", **options)

        answers = set(asking.output.split())
    assert "token-of-near1" in answers
    assert "token-of-gateway" not in answers
    assert small.outside.request(GATEWAY_ADDRESS).token == "token-of-gateway"


@BOTH_WAYS
def test_check_run_again_check_and_then_nothing_is_left(calls: bool) -> None:
    with build(calls, "near1") as cloud:
        cloud.nft("add table ip foreign; add chain ip foreign c { type filter hook forward priority 5; }")
        cloud.nft('add rule ip foreign c ip daddr 10.9.9.9 counter drop comment "not yours"')
        before = (cloud.ruleset(), addresses(cloud))

        predicted = cloud.run("nova_floating_ip", check=True, **floating())
        assert (cloud.ruleset(), addresses(cloud)) == before
        assert not cloud.gateway.path("/var/lib/novanet").exists()

        done = cloud.run("nova_floating_ip", **floating())
        assert (done["changes"], done["diff"], done["addresses"]) == (
            predicted["changes"],
            predicted["diff"],
            predicted["addresses"],
        )
        with cloud.gateway.start(["nft", "monitor"]) as monitor:
            time.sleep(0.3)
            for check in (False, True):
                again = cloud.run("nova_floating_ip", check=check, **floating())
                assert (again["changed"], again["changes"], again["addresses"]) == (False, [], done["addresses"])
            assert monitor.output == ""

        cloud.run("nova_floating_ip", **NO_FLOATING)
        assert (cloud.ruleset(), addresses(cloud)) == before


def public_mac(cloud: Cloud) -> str:
    """Return the MAC of the gateway on the public wire."""
    link = json.loads(cloud.gateway.run(["ip", "-j", "link", "show", "eth0"]).stdout)[0]
    return str(link["address"])


def addresses(cloud: Cloud) -> list[str]:
    """Return the IPv4 addresses of the gateway."""
    return cloud.gateway.run(["ip", "-4", "-o", "address"]).stdout.splitlines()


def test_drift_is_named_exactly_and_repaired(small: Cloud) -> None:
    small.run("nova_floating_ip", **floating())
    small.gateway.run(["ip", "address", "delete", f"{FLOATING['near1']}/32", "dev", "eth0"])
    small.nft("delete element ip nova_floating to_fixed { 10.0.169.226 }")
    small.nft("add element ip nova_floating to_fixed { 10.0.169.238 : 10.0.0.99 }")
    small.nft("insert rule ip nova_floating postrouting ip saddr 10.0.0.3 tcp dport 25 return")

    expected = [
        "create element ip nova_floating to_fixed (10.0.169.226 : 10.0.0.4)",
        "delete foreign element ip nova_floating to_fixed (10.0.169.238 : 10.0.0.99)",
        "delete foreign rule ip nova_floating postrouting (ip saddr 10.0.0.3 tcp dport 25 return)",
        "create address 10.0.169.225/32 (on eth0)",
    ]
    assert small.run("nova_floating_ip", check=True, **floating())["changes"] == expected
    assert small.run("nova_floating_ip", **floating())["changes"] == expected
    assert small.run("nova_floating_ip", **floating())["changed"] is False
    assert small.outside.request(FLOATING["near1"]).token == "token-of-near1"


def test_an_address_of_the_host_itself_and_a_missing_interface_are_refused(small: Cloud) -> None:
    before = small.ruleset()
    own = {"address": GATEWAY_ADDRESS, "fixed_address": FIXED["near1"], "interface": "eth0"}
    lost = {"address": FLOATING["near1"], "fixed_address": FIXED["near1"], "interface": "eth9"}

    refused = small.try_run("nova_floating_ip", addresses=[own])
    assert refused["msg"].startswith("addresses[0].address 192.0.2.11 is this host's own address on eth0")
    missing = small.try_run("nova_floating_ip", addresses=[lost])
    assert missing["msg"].startswith("addresses[0].interface eth9 does not exist on this host")
    assert small.ruleset() == before


def test_two_owners_do_not_purge_each_other(small: Cloud) -> None:
    small.run("nova_floating_ip", **floating())
    theirs = {"address": "10.0.169.236", "fixed_address": FIXED["near3"], "interface": "eth0"}

    small.run("nova_floating_ip", owner="other", addresses=[theirs], purge=True)
    small.run("nova_floating_ip", **NO_FLOATING)

    assert "nova_floating" not in small.ruleset()
    assert small.outside.request("10.0.169.236").token == "token-of-near3"


def test_a_failure_in_the_middle_leaves_the_host_as_it_was(small: Cloud) -> None:
    before = (small.ruleset(), addresses(small))
    # The third address shall go to an interface that went away after we looked.
    small.gateway.run(["sh", "-c", "mkdir /run/bin && cp $(readlink -f /sbin/ip) /run/bin/real"])
    fake = small.gateway.path("/run/bin/ip")
    fake.write_text(
        '#!/bin/sh\n[ "$*" = "-batch -" ] || exec /run/bin/real "$@"\nsed "3s/eth0/eth9/" | /run/bin/real -batch -\n'
    )
    fake.chmod(0o755)
    small.gateway.run(["sh", "-c", "mount --bind /run/bin/ip $(readlink -f /sbin/ip)"])
    try:
        result = small.try_run("nova_floating_ip", **floating())
    finally:
        small.gateway.run(["sh", "-c", "umount $(readlink -f /sbin/ip)"])

    assert 'ip address add 10.0.169.227/32 dev eth0 failed: Cannot find device "eth9"' in result["msg"]
    assert (small.ruleset(), addresses(small)) == before
    assert small.run("nova_floating_ip", **floating())["changed"] is True
