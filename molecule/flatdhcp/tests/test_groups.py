# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups on kernels that know the connections of bridged frames: what reaches the port of a guest.

One guest is guarded, by an owner beside the cloud's. It is asked by its neighbour on the same bridge, by a guest of the
other host and by its own host. What is blocked arrives before the port is guarded, and what is allowed all the time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from tests.machines.firewall import MEMORY, OWNER, forget_firewall, tell_firewall
from tests.machines.guests import TRAFFIC, Guest
from tests.tools.repo.module_docs import documents
from tests.tools.tree import ROOT

HOST_ADDRESS = "10.255.255.1"
GATEWAY = "10.0.0.1"
TAGGED = {"web1": "10.254.0.1", "web2": "10.254.0.2"}
ALL = {f"{name} {kind}" for name in ("web1", "db1", "host") for kind in ("tcp", "udp")}
ALLOWED = {"web1 tcp", "db1 tcp", "host tcp", "db1 udp"}
BLOCKED_SECONDS, ALLOWED_SECONDS = 1.0, 20.0


class Site:
    """The guests, and the guarded one among them."""

    def __init__(self, state: Path, guests: dict[str, Guest]) -> None:
        self.state = state
        self.guests = guests
        self.guarded = guests["web2"]
        self.address = self.guarded.instance.address

    def guard(self, dhcp_servers: tuple[str, ...] = (GATEWAY,)) -> list[str]:
        """Let in TCP from everybody, UDP from the group of db1, and echo requests of IPv6; return what that changed."""
        token = {"from_port": 7000, "to_port": 7000}
        rules = [
            {"protocol": "tcp", "cidr": "0.0.0.0/0", **token},
            {"protocol": "udp", "group": "friends", **token},
            {"protocol": "icmp", "cidr": "fe80::/10", "from_port": 128},
        ]
        groups = [
            {"name": "friends", "members": [self.guests["db1"].instance.address]},
            {"name": "web", "title": "web of project blue", "rules": rules},
        ]
        port = {"name": self.guarded.instance.port, "groups": ["web"], "dhcp_servers": dhcp_servers}
        return tell_firewall(self.state, self.guarded.instance.host, groups=groups, guest_ports=[port])

    def open(self) -> list[str]:
        return tell_firewall(self.state, self.guarded.instance.host)

    def ask(self, who: str, patience: float) -> bool:
        """Tell whether the guarded guest answers somebody."""
        name, kind = who.split()
        if name != "host":
            answer = self.guests[name].request(self.address, udp=kind == "udp", timeout=patience)
            return answer.token == self.guarded.instance.token
        words = f"{TRAFFIC} request {self.address} 7000 {'--udp ' if kind == 'udp' else ''}--timeout {patience}"
        return bool(json.loads(self.guarded.on_host(words))["token"] == self.guarded.instance.token)

    def reached_by(self, expected: set[str]) -> set[str]:
        """Return who reaches the guarded guest. Nobody waits long for what shall not come."""
        with ThreadPoolExecutor() as pool:
            patience = {who: ALLOWED_SECONDS if who in expected else BLOCKED_SECONDS for who in ALL}
            return {who for who, came in zip(ALL, pool.map(lambda who: self.ask(who, patience[who]), ALL)) if came}

    def succeeds(self, name: str, command: str) -> bool:
        """Tell whether a command in a guest ends well."""
        return self.guests[name].run(f"{command} >/dev/null 2>&1 && echo yes || echo no").strip() == "yes"

    def link_local(self, name: str) -> str:
        listed = json.loads(self.guests[name].run("ip -6 -j address show dev eth0 scope link"))
        return next(str(entry["local"]) for link in listed for entry in link.get("addr_info", ()))


@pytest.fixture(scope="module", params=[False, True], ids=["bridge-calls-off", "bridge-calls-on"])
def site(request: pytest.FixtureRequest, state: Path, guests: dict[str, Guest]) -> Iterator[Site]:
    """Return the guests with one of them guarded; all of them have a tagged interface as well."""
    made = Site(state, guests)
    host = made.guarded.on_host
    calls = " ".join(f"net.bridge.bridge-nf-call-{name}=1" for name in ("iptables", "ip6tables", "arptables"))
    host(f"modprobe br_netfilter && sysctl -q -w {calls}" if request.param else "! test -d /proc/sys/net/bridge")
    host(f"ip address add {HOST_ADDRESS}/32 dev br100 && ip route add {made.address}/32 dev br100 src {HOST_ADDRESS}")
    for name, address in TAGGED.items():
        commands = f"link add link eth0 name tagged type vlan id 5\naddress add {address}/24 dev tagged\nlink set tagged up"
        guests[name].run(f"printf '{commands}\n' | ip -batch -")
    try:
        # The control of all that follows.
        assert made.reached_by(ALL) == ALL
        assert made.succeeds("web1", f"ping -n -c 1 -W 5 {made.address}")
        assert made.succeeds("web1", f"ping -n -c 1 -W 5 {TAGGED['web2']}")
        made.guard()
        yield made
    finally:
        forget_firewall(state, made.guarded.instance.host)
        for name in TAGGED:
            guests[name].run("ip link delete tagged")
        host(f"ip address delete {HOST_ADDRESS}/32 dev br100" + ("; modprobe -r br_netfilter" if request.param else ""))


def test_what_no_rule_lets_in_is_dropped_bridged_routed_and_from_the_host(site: Site) -> None:
    assert site.reached_by(ALLOWED) == ALLOWED
    assert not site.succeeds("web1", f"ping -n -c 1 -W 1 {site.address}")


def test_a_frame_with_a_tag_or_of_another_protocol_is_dropped(site: Site) -> None:
    site.guarded.begin_capture(20)
    site.guests["web1"].flood("strange", site.guarded.instance.mac, rounds=3)
    assert not site.succeeds("web1", f"ping -n -c 1 -W 1 {TAGGED['web2']}")
    seen = site.guarded.captured()
    assert b"strange" not in seen


def test_a_guarded_guest_gets_the_answers_to_what_it_asks(site: Site) -> None:
    for name in ("web1", "db1"):
        other = site.guests[name].instance
        for udp in (False, True):
            answer = site.guarded.request(other.address, udp=udp)
            assert (answer.token, answer.peer) == (other.token, site.address), answer.error


def test_neighbours_find_each_other_by_ipv6(site: Site) -> None:
    for name in ("web1", "web2"):
        site.guests[name].run("ip -6 neighbour flush dev eth0")
    assert site.succeeds("web1", f"ping -n -c 1 -W 5 {site.link_local('web2')}%eth0")
    assert site.succeeds("web2", f"ping -n -c 1 -W 5 {site.link_local('web1')}%eth0")


def test_dhcp_is_answered_by_the_servers_of_the_port_alone(site: Site) -> None:
    asks_anew = "udhcpc -n -q -f -i eth0 -s /bin/true -t 2 -T 1"
    assert site.succeeds("web2", asks_anew)
    site.guard(dhcp_servers=())
    try:
        assert not site.succeeds("web2", asks_anew)
    finally:
        site.guard()


def test_a_second_run_changes_nothing_and_a_port_that_is_taken_out_is_open_again(site: Site) -> None:
    assert site.guard() == []
    assert site.open() == [
        "delete security group friends",
        "delete security group web of project blue",
        f"delete filter of port {site.guarded.instance.port}",
    ]
    try:
        assert site.reached_by(ALL) == ALL
    finally:
        site.guard()


def test_the_example_of_the_module_works_as_it_is_written(
    state: Path, ansible: Callable[..., str], guests: dict[str, Guest]
) -> None:
    host = guests["web2"].instance.host
    text = (ROOT / "plugins/modules/nova_firewall.py").read_text(encoding="utf-8")
    tasks = [task.get("novanet.network.nova_firewall", {}) for task in yaml.safe_load(documents(text)["EXAMPLES"])]
    (options,) = [options for options in tasks if options.get("guest_ports")]
    given = json.dumps({**options, "owner": OWNER, "state_path": MEMORY})
    try:
        said = ansible(host, "-m", "novanet.network.nova_firewall", "-a", given)
        assert "create filter of port tap1b2c3d4e5-f6 (groups web of project red)" in said
        assert tell_firewall(state, host, **options) == []
    finally:
        forget_firewall(state, host)
