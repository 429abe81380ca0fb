# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nova_firewall and packets: who gets out, under which address, and who does not get in."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.functional.nat import (
    API_ADDRESS,
    FIREWALL,
    FIXED,
    FLOATING,
    GATEWAY_ADDRESS,
    METADATA_URL,
    NO_FIREWALL,
    NO_FLOATING,
    OTHER,
    OUTSIDE_ADDRESS,
    PRIVATE,
    Cloud,
    build,
    floating,
)
from tests.functional.waiting import until
from tests.lab import snapshot

CALLS = pytest.mark.parametrize("calls", [False, True], ids=["bridge-calls-off", "bridge-calls-on"])


@pytest.fixture(scope="module", params=[False, True], ids=["bridge-calls-off", "bridge-calls-on"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """Return a cloud with everything in place, for tests that leave it as it is."""
    with build(request.param, "near1", "near3", "far1", "far3", "stranger") as made:
        # The outside now knows the way to fixed addresses: what does not arrive was stopped by the gateway.
        for network in ("10.0.0.0/16", "10.1.0.0/24"):
            made.outside.batch([f"route add {network} via {GATEWAY_ADDRESS}"])
        made.run("nova_firewall", **FIREWALL)
        made.run("nova_floating_ip", **floating())
        yield made


@pytest.fixture(params=[False, True], ids=["bridge-calls-off", "bridge-calls-on"])
def small(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """Return a cloud of two guests of two networks, for tests that change it."""
    with build(request.param, "near3", "stranger") as made:
        yield made


@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
@pytest.mark.parametrize("name", ["near3", "far3"])
def test_guests_without_a_floating_address_go_out_under_the_address_of_the_gateway(
    cloud: Cloud, name: str, udp: bool
) -> None:
    answer = cloud.guests[name].request(OUTSIDE_ADDRESS, udp=udp)

    assert (answer.token, answer.peer) == ("token-of-outside", GATEWAY_ADDRESS)


@pytest.mark.parametrize("name", ["near1", "near3", "far1", "far3", "stranger"])
def test_the_metadata_service_sees_the_fixed_address_of_every_guest(cloud: Cloud, name: str) -> None:
    answer = cloud.guests[name].fetch(METADATA_URL)

    assert (answer.token, answer.peer) == ("token-of-metadata", FIXED[name])


@pytest.mark.parametrize("name", ["near1", "near3", "far1", "far3"])
def test_the_outside_does_not_reach_fixed_addresses(cloud: Cloud, name: str) -> None:
    assert not cloud.outside.request(FIXED[name], timeout=0.5)
    assert not cloud.outside.request(FIXED[name], udp=True, timeout=0.5)
    # The control: the same way is open to what was translated, and to the gateway's own network.
    assert cloud.outside.request(FLOATING["near1"]).token == "token-of-near1"
    assert cloud.gateway.request(FIXED[name]).token == f"token-of-{name}"


def test_an_outside_that_pretends_to_be_a_neighbour_gets_nowhere(cloud: Cloud) -> None:
    server = cloud.guests["near3"]
    cloud.outside.batch(["address add 10.0.0.99/32 dev lo"])
    try:
        with cloud.lab.capture(server, "eth0") as capture:
            source = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('10.0.0.99', 0));"
            cloud.outside.run(
                ["python3", "-c", f"{source} [s.sendto(b'x', ('{FIXED['near3']}', 7000)) for _ in '123']"]
            )
            time.sleep(0.3)
    finally:
        cloud.outside.batch(["address delete 10.0.0.99/32 dev lo"])
    assert [frame for frame in capture.frames if frame.source == "10.0.0.99" and frame.kind == "udp"] == []


@pytest.mark.parametrize(
    ("asking", "asked"), [("stranger", "near3"), ("stranger", "far3"), ("near3", "stranger"), ("far3", "stranger")]
)
def test_networks_are_isolated_from_each_other(cloud: Cloud, asking: str, asked: str) -> None:
    assert not cloud.guests[asking].request(FIXED[asked], timeout=0.5)
    assert not cloud.guests[asking].request(FIXED[asked], udp=True, timeout=0.5)
    # The control: the asker can ask, the asked can answer.
    assert cloud.guests[asking].request(OUTSIDE_ADDRESS).token == "token-of-outside"
    assert cloud.gateway.request(FIXED[asked]).token == f"token-of-{asked}"


@pytest.mark.parametrize(
    ("asking", "asked"), [("near1", "near3"), ("near3", "far3"), ("far3", "near3"), ("far1", "far3")]
)
def test_guests_of_one_network_see_each_other_as_they_are(cloud: Cloud, asking: str, asked: str) -> None:
    answer = cloud.guests[asking].request(FIXED[asked])

    assert (answer.token, answer.peer) == (f"token-of-{asked}", FIXED[asking])


def test_what_is_blocked_arrives_without_the_firewall(small: Cloud) -> None:
    small.outside.batch([f"route add 10.0.0.0/16 via {GATEWAY_ADDRESS}"])
    small.run("nova_firewall", **FIREWALL)
    assert not small.outside.request(FIXED["near3"], timeout=0.5)
    assert not small.guests["stranger"].request(FIXED["near3"], timeout=0.5)

    small.nft("delete table ip nova_firewall")

    assert small.outside.request(FIXED["near3"]).token == "token-of-near3"
    assert small.guests["stranger"].request(FIXED["near3"]).token == "token-of-near3"


def test_two_networks_on_one_bridge_are_isolated_as_well(small: Cloud) -> None:
    small.gateway.batch(["address add 10.2.0.1/24 dev br100"])
    guest = small.lab.plug("late", "gateway", port="late", mac="fa:16:3e:00:77:01", bridge="br100")
    guest.configure("10.2.0.3/24", "10.2.0.1")
    second = {**PRIVATE, "label": "second", "cidr": "10.2.0.0/24"}
    small.run("nova_firewall", networks=[PRIVATE, second])

    assert not guest.request(FIXED["near3"], timeout=0.5)
    assert guest.request(OUTSIDE_ADDRESS).peer == GATEWAY_ADDRESS
    small.nft("delete table ip nova_firewall")
    assert guest.request(FIXED["near3"]).token == "token-of-near3"


def test_exempt_destinations_see_the_fixed_address_with_a_floating_address_or_without(small: Cloud) -> None:
    small.run("nova_firewall", networks=[{**PRIVATE, "no_snat": [f"{API_ADDRESS}/32"]}, OTHER])
    small.run("nova_floating_ip", **floating(near1="near3"))

    assert small.guests["near3"].request(API_ADDRESS).peer == FIXED["near3"]
    assert small.guests["near3"].request(OUTSIDE_ADDRESS).peer == FLOATING["near1"]
    small.run("nova_floating_ip", **NO_FLOATING)
    assert small.guests["near3"].request(API_ADDRESS).peer == FIXED["near3"]
    assert small.guests["near3"].request(OUTSIDE_ADDRESS).peer == GATEWAY_ADDRESS


def test_with_forced_destinations_only_these_are_translated(small: Cloud) -> None:
    small.run("nova_firewall", networks=[{**PRIVATE, "force_snat": [f"{OUTSIDE_ADDRESS}/32"]}])

    assert small.guests["near3"].request(OUTSIDE_ADDRESS).peer == GATEWAY_ADDRESS
    assert small.guests["near3"].request(API_ADDRESS).peer == FIXED["near3"]


def test_metadata_on_loopback_is_found_on_the_bridge(small: Cloud) -> None:
    small.gateway.serve_metadata("token-of-gateway", 8775, "10.0.0.1")
    small.run("nova_firewall", networks=[PRIVATE], metadata={"address": "127.0.0.1"})

    answer = small.guests["near3"].fetch(METADATA_URL)
    assert (answer.token, answer.peer) == ("token-of-gateway", FIXED["near3"])


def test_a_public_interface_that_is_the_bridge_leaves_neighbours_alone(small: Cloud) -> None:
    small.gateway.batch(["address add 198.51.100.1/24 dev br100"])
    router = small.lab.plug("router", "gateway", port="router", mac="fa:16:3e:00:78:01", bridge="br100")
    router.configure("198.51.100.2/24")
    router.serve_token("token-of-router")
    late = small.lab.plug("late", "gateway", port="late", mac="fa:16:3e:00:77:01", bridge="br100")
    late.configure("10.0.0.9/16", "10.0.0.1")
    late.serve_token("token-of-late")
    small.run("nova_firewall", networks=[{**PRIVATE, "public_interface": "br100", "source_address": "198.51.100.1"}])

    assert small.guests["near3"].request("198.51.100.2").peer == "198.51.100.1"
    assert small.guests["near3"].request("10.0.0.9").peer == FIXED["near3"]


def test_living_connections_survive_changes_of_the_ruleset(small: Cloud) -> None:
    small.run("nova_firewall", networks=[PRIVATE])
    held = small.guests["near3"].hold(OUTSIDE_ADDRESS)
    held.wait_for("token-of-outside")

    small.run("nova_firewall", **FIREWALL)
    small.run("nova_firewall", networks=[{"label": "other", "state": "absent"}])
    # A set of another type cannot be changed: the whole table is replaced, in one transaction.
    small.nft("flush chain ip nova_firewall forward; flush chain ip nova_firewall to_guests")
    small.nft("delete set ip nova_firewall same_bridge; add set ip nova_firewall same_bridge { type ifname; }")
    small.run("nova_firewall", networks=[PRIVATE])

    count = held.output.count("token-of-outside")
    until(lambda: held.output.count("token-of-outside") > count, "another answer to the connection that is held")
    assert held.is_running()


@CALLS
def test_check_run_again_check_and_then_the_host_is_as_it_was(calls: bool) -> None:
    with build(calls, "near3") as cloud:
        cloud.nft("add table ip foreign; add chain ip foreign c { type filter hook forward priority 5; }")
        cloud.nft('add rule ip foreign c ip daddr 10.9.9.9 counter drop comment "not yours"')
        before = snapshot.take(cloud.gateway)

        predicted = cloud.run("nova_firewall", check=True, **FIREWALL)
        assert snapshot.differences(before, snapshot.take(cloud.gateway)) == []
        done = cloud.run("nova_firewall", **FIREWALL)
        assert {key: done[key] for key in predicted if key != "invocation"} == {
            key: value for key, value in predicted.items() if key != "invocation"
        }
        with cloud.gateway.start(["nft", "monitor"]) as monitor:
            time.sleep(0.3)
            for check in (False, True):
                again = cloud.run("nova_firewall", check=check, **FIREWALL)
                assert (again["changed"], again["changes"], again["networks"]) == (False, [], done["networks"])
            assert monitor.output == ""

        cloud.run("nova_firewall", **NO_FIREWALL)
        left = snapshot.differences(before, snapshot.take(cloud.gateway))
        assert [line for line in left if "/var/lib/novanet/nova/firewall." not in line] == []


def test_drift_is_named_exactly_and_repaired(small: Cloud) -> None:
    small.run("nova_firewall", **FIREWALL)
    clean = small.ruleset()
    small.nft("insert rule ip nova_firewall forward tcp dport 22 accept")
    small.nft("add element ip nova_firewall bridges { docker0 }")
    small.nft("delete element ip nova_firewall outbound { eth0 . 10.1.0.0/24 . 0.0.0.0/0 }")
    small.nft("add chain ip nova_firewall mine; add rule ip nova_firewall to_guests jump mine")
    small.nft("add counter ip nova_firewall hits; add rule ip nova_firewall mine counter name hits")
    small.nft("delete table bridge nova_firewall")
    small.gateway.write_sysctl("net/ipv4/ip_forward", "0")

    expected = [
        "delete foreign counter ip nova_firewall hits",
        "delete foreign element ip nova_firewall bridges (docker0)",
        "create element ip nova_firewall outbound (eth0 . 10.1.0.0/24 . 0.0.0.0/0 : 192.0.2.11)",
        "delete foreign rule ip nova_firewall forward (tcp dport 22 accept)",
        "delete foreign rule ip nova_firewall to_guests (jump mine)",
        "delete foreign chain ip nova_firewall mine",
        "create table bridge nova_firewall",
        "update sysctl net.ipv4.ip_forward (0 -> 1)",
    ]
    assert small.run("nova_firewall", check=True, **FIREWALL)["changes"] == expected
    assert small.run("nova_firewall", **FIREWALL)["changes"] == expected
    assert sorted(small.ruleset().split()) == sorted(clean.split())
    assert small.run("nova_firewall", **FIREWALL)["changed"] is False


def test_a_hosts_own_forwarding_is_not_turned_off(small: Cloud) -> None:
    small.gateway.write_sysctl("net/ipv4/ip_forward", "1")

    small.run("nova_firewall", **FIREWALL)
    small.run("nova_firewall", **NO_FIREWALL)

    assert small.gateway.run(["cat", "/proc/sys/net/ipv4/ip_forward"]).stdout == "1\n"


def test_two_owners_do_not_purge_each_other(small: Cloud) -> None:
    small.run("nova_firewall", networks=[PRIVATE], purge=True)
    small.run("nova_firewall", owner="second", networks=[OTHER], purge=True)
    small.run("nova_firewall", **NO_FIREWALL)

    assert "nova_firewall" not in small.ruleset()
    assert small.guests["stranger"].request(OUTSIDE_ADDRESS).peer == GATEWAY_ADDRESS


def test_errors_name_the_place_and_change_nothing(small: Cloud) -> None:
    before = small.ruleset()
    overlapping = {**OTHER, "cidr": "10.0.128.0/24"}

    result = small.try_run("nova_firewall", networks=[PRIVATE, overlapping])
    assert result["msg"] == "networks[1].cidr 10.0.128.0/24 overlaps 10.0.0.0/16 of network private"
    result = small.try_run("nova_firewall", networks=[], purge=True)
    assert result["msg"].startswith("networks [] together with purge would remove everything")
    assert small.run("nova_firewall")["changed"] is False
    assert small.ruleset() == before


def test_a_bridge_that_is_about_to_go_is_closed_and_the_others_are_not(small: Cloud) -> None:
    small.run("nova_firewall", **FIREWALL)
    going = {"networks": [{"label": OTHER["label"], "state": "absent"}]}
    small.run("nova_firewall", **going, phase="make")

    assert not small.guests["stranger"].request(OUTSIDE_ADDRESS, timeout=0.5)
    assert not small.guests["stranger"].request(FIXED["near3"], timeout=0.5)
    assert small.guests["near3"].request(OUTSIDE_ADDRESS).token == "token-of-outside"
    # The control: it is still plugged in, and answers whoever is on its bridge.
    assert small.gateway.request(FIXED["stranger"]).token == "token-of-stranger"

    removed = small.run("nova_firewall", **going, phase="remove")
    assert removed["closed"] == []
    assert OTHER["cidr"] not in small.ruleset()
