# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups on kernels that know the connections of bridged frames: what reaches the port of a guest.

One guest is guarded, by an owner beside the cloud's. It is asked by its neighbour on the same bridge, by a guest of the
other host and by its own host. What is blocked arrives before the port is guarded, and what is allowed all the time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from tests.lab.cloud import METADATA_ADDRESS, OUTSIDE_ADDRESS, Instance
from tests.lab.probes import METADATA_TOKEN, OUTSIDE_TOKEN
from tests.machines.firewall import forget_firewall, tell_firewall
from tests.machines.guests import Guest
from tests.machines.ssh import ssh
from tests.tools.repo.module_docs import documents
from tests.tools.tree import ROOT

GUARDED, NEIGHBOUR, FAR = "web2", "web1", "db1"
SERVER = "10.0.0.1"
HOST_ADDRESS = "10.255.255.1"
# Not from the neighbour: the cloud itself filters what comes to that one.
TAGGED = {FAR: "10.254.0.1", GUARDED: "10.254.0.2"}
ASKING = (NEIGHBOUR, FAR, "host")
ALL = {(name, kind) for name in ASKING for kind in ("tcp", "udp", "ping")}
ALLOWED = {(NEIGHBOUR, "tcp"), (FAR, "tcp"), ("host", "tcp"), (FAR, "udp")}
# Nobody waits long for what shall not come.
ALLOWED_SECONDS, BLOCKED_SECONDS = 20, 1
# All at once, and in a shell: a machine like these takes a second to start Python.
ASK = """\
ask() { exec 3<>/dev/$1/$3/7000 && echo who >&3 && echo $1 $(timeout $2 dd bs=2048 count=1 status=none <&3); }
"""
PING = "ping -n -q -c 1 -W"

# What these are about happens before br_netfilter sees a frame.
WITHOUT_CALLS = pytest.mark.parametrize("site", [False], ids=["bridge-calls-off"], indirect=True)


class Site:
    """The guests, and the guarded one among them."""

    def __init__(self, state: Path, guests: dict[str, Guest]) -> None:
        self.state = state
        self.guests = guests
        self.guarded: Instance = guests[GUARDED].instance

    def guard(self, *dhcp_servers: str) -> list[str]:
        """Let in TCP from everybody, UDP from the far guest's group, and echo requests of IPv6; return the changes."""
        ports = {"from_port": 7000, "to_port": 7000}
        rules = [
            {"protocol": "tcp", "cidr": "0.0.0.0/0", **ports},
            {"protocol": "udp", "group": "friends", **ports},
            {"protocol": "icmp", "cidr": "fe80::/10", "from_port": 128},
        ]
        groups = [
            {"name": "friends", "members": [self.guests[FAR].instance.address]},
            {"name": "web", "title": "web of project blue", "rules": rules},
        ]
        port = {"name": self.guarded.port, "groups": ["web"], "dhcp_servers": dhcp_servers}
        return tell_firewall(self.state, self.guarded.host, groups=groups, guest_ports=[port])

    def run(self, name: str, command: str) -> str:
        """Run a command in a guest, or on the host of the guarded one."""
        if name == "host":
            return ssh(self.state, self.guarded.host, command)
        return self.guests[name].run(command)

    def succeeds(self, name: str, command: str) -> bool:
        """Tell whether a command in a guest ends well."""
        return self.run(name, f"{command} >/dev/null 2>&1 && echo yes || echo no") == "yes\n"

    def reached(self, name: str, target: Instance, expected: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return by what somebody reaches a guest."""
        patience = {
            kind: ALLOWED_SECONDS if (name, kind) in expected else BLOCKED_SECONDS for kind in ("tcp", "udp", "ping")
        }
        asked = [f"ask {kind} {patience[kind]} {target.address} &" for kind in ("tcp", "udp")]
        pinged = f"{PING} {patience['ping']} {target.address} >/dev/null && echo ping {target.token} &"
        said = self.run(name, f"bash <<'END' 2>/dev/null\n{ASK}{' '.join(asked)} {pinged} wait\nEND\n")
        answers = (line.split() for line in said.splitlines())
        return {(name, words[0]) for words in answers if words[1:2] == [target.token]}

    def reached_by(self, expected: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return who reaches the guarded guest, and by what."""
        with ThreadPoolExecutor() as pool:
            found = pool.map(lambda name: self.reached(name, self.guarded, expected), ASKING)
            return set().union(*found)

    def link_local(self, name: str) -> str:
        listed = json.loads(self.run(name, "ip -6 -j address show dev eth0 scope link"))
        return next(str(entry["local"]) for link in listed for entry in link.get("addr_info", ()))


def batch(*lines: str) -> str:
    return "printf '%s\\n' " + " ".join(f"'{line}'" for line in lines) + " | ip -batch -"


@pytest.fixture(scope="module", params=[False, True], ids=["bridge-calls-off", "bridge-calls-on"])
def site(request: pytest.FixtureRequest, state: Path, guests: dict[str, Guest]) -> Iterator[Site]:
    """Return the guests with one of them guarded, still without a DHCP server. Two have a tagged interface as well."""
    made = Site(state, guests)
    calls = " ".join(f"net.bridge.bridge-nf-call-{name}=1" for name in ("iptables", "ip6tables", "arptables"))
    route = f"route add {made.guarded.address}/32 dev br100 src {HOST_ADDRESS}"
    no_calls = "! test -d /proc/sys/net/bridge"
    made.run("host", f"modprobe br_netfilter && sysctl -q -w {calls}" if request.param else no_calls)
    made.run("host", batch(f"address add {HOST_ADDRESS}/32 dev br100", route))
    for name, address in TAGGED.items():
        add = f"address add {address}/24 dev tagged"
        made.run(name, batch("link add link eth0 name tagged type vlan id 5", add, "link set tagged up"))
    try:
        # The control of all that follows.
        assert made.reached_by(ALL) == ALL
        assert made.succeeds(FAR, f"{PING} 5 {TAGGED[GUARDED]}")
        made.guard()
        yield made
    finally:
        forget_firewall(state, made.guarded.host)
        for name in TAGGED:
            made.run(name, "ip link delete tagged")
        gone = batch(route.replace(" add ", " delete "), f"address delete {HOST_ADDRESS}/32 dev br100")
        made.run("host", f"{gone}{' && modprobe -r br_netfilter' if request.param else ''}")


def test_only_what_a_rule_lets_in_reaches_a_guest_whoever_sends_it(site: Site) -> None:
    assert site.reached_by(ALLOWED) == ALLOWED
    assert not site.succeeds(FAR, f"{PING} 1 {TAGGED[GUARDED]}")


def test_a_guarded_guest_gets_the_answers_to_what_it_asks(site: Site) -> None:
    for name in (NEIGHBOUR, FAR):
        everything = {(GUARDED, kind) for kind in ("tcp", "udp", "ping")}
        assert site.reached(GUARDED, site.guests[name].instance, everything) == everything
    assert site.succeeds(GUARDED, f"{PING} 5 {HOST_ADDRESS}")


@WITHOUT_CALLS
def test_neighbours_find_each_other_by_ipv6(site: Site) -> None:
    for name, other in ((NEIGHBOUR, GUARDED), (GUARDED, NEIGHBOUR)):
        site.run(name, "ip -6 neighbour flush dev eth0")
        assert site.succeeds(name, f"{PING} 5 {site.link_local(other)}%eth0")


@WITHOUT_CALLS
def test_dhcp_is_answered_by_the_servers_of_the_port_alone_and_a_second_run_changes_nothing(site: Site) -> None:
    asking = "udhcpc -n -q -f -i eth0 -s /bin/true -t {} -T 1"
    assert not site.succeeds(GUARDED, asking.format(1))
    assert site.guard(SERVER) == [f"update filter of port {site.guarded.port} (DHCP servers added: {SERVER})"]
    assert site.succeeds(GUARDED, asking.format(10))
    assert site.guard(SERVER) == []


@WITHOUT_CALLS
def test_a_port_that_is_no_longer_listed_is_open_again(site: Site) -> None:
    """The last one: it leaves the port open."""
    assert tell_firewall(site.state, site.guarded.host) == [
        "delete security group friends",
        "delete security group web of project blue",
        f"delete filter of port {site.guarded.port}",
    ]
    assert site.reached(NEIGHBOUR, site.guarded, ALL) == {(NEIGHBOUR, kind) for kind in ("tcp", "udp", "ping")}


def test_what_its_own_gateway_routes_and_translates_comes_back_to_a_guarded_guest(
    state: Path, guests: dict[str, Guest]
) -> None:
    guest = guests[FAR]
    pinged = f"{PING} 2 {guest.instance.address} >/dev/null && echo yes || echo no"
    assert guests[NEIGHBOUR].run(pinged) == "yes\n"
    port = {"name": guest.instance.port, "groups": []}
    try:
        tell_firewall(state, guest.instance.host, guest_ports=[port])
        with ThreadPoolExecutor() as pool:
            routed = pool.submit(guest.request, OUTSIDE_ADDRESS)
            translated = pool.submit(guest.fetch, f"http://{METADATA_ADDRESS}/latest/meta-data/")
        assert (routed.result().token, translated.result().token) == (OUTSIDE_TOKEN, METADATA_TOKEN)
        assert guests[NEIGHBOUR].run(pinged) == "no\n"
    finally:
        forget_firewall(state, guest.instance.host)


def test_the_example_of_the_module_works_as_it_is_written(state: Path, guests: dict[str, Guest]) -> None:
    text = (ROOT / "plugins/modules/nova_firewall.py").read_text(encoding="utf-8")
    tasks = [task.get("novanet.network.nova_firewall", {}) for task in yaml.safe_load(documents(text)["EXAMPLES"])]
    (options,) = [options for options in tasks if options.get("guest_ports")]
    host = guests[GUARDED].instance.host
    try:
        changes = tell_firewall(state, host, **options)
        assert "create filter of port tap1b2c3d4e5-f6 (groups web of project red)" in changes
    finally:
        forget_firewall(state, host)
