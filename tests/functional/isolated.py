# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three hosts on one wire that all have 10.0.0.1 on br100, each as DHCP server and gateway of its own guests.

    host1: near, next    host2: far    host3: third

The servers of all hosts know all guests, so that each would answer any of them. Each names itself as name server, which
tells a guest who answered.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.lab import HostSpec, Lab, Nic, Topology, Wire
from tests.lab.frames import Frame
from tests.lab.guest import Guest
from tests.lab.host import Host
from tests.lab.lab import Capture
from tests.lab.modules import run_module
from tests.tools.tree import link_collection

SHARED = "10.0.0.1"
HOSTS = ("host1", "host2", "host3")
MACS = {"host1": "02:00:00:00:00:01", "host2": "02:00:00:00:00:02", "host3": "02:00:00:00:00:03"}
HOME = {"near": "host1", "next": "host1", "far": "host2", "third": "host3"}
GUESTS = {
    name: {"mac": f"fa:16:3e:00:00:{number:02x}", "address": f"10.0.0.{number}", "hostname": name}
    for number, name in enumerate(HOME, 11)
}
ISOLATED = [{"bridge": "br100", "uplink": "eth2", "address": SHARED}]
# Longer than it takes a guest to ask three times.
LONG_ENOUGH = 1.0


@dataclass
class Site:
    """The hosts and the guests, and ways to look at what they say."""

    lab: Lab
    guests: dict[str, Guest] = field(default_factory=dict)

    def isolate(self, isolated: Sequence[dict[str, str]] | None = None) -> None:
        """Let every host keep its address for itself, or whatever else is asked for."""
        for name in HOSTS:
            self.run(name, "nova_firewall", networks=[], isolated=ISOLATED if isolated is None else isolated)

    def run(self, host: str, module: str, **options: Any) -> dict[str, Any]:
        """Run a module on a host; its failure fails the test."""
        result = run_module(self.lab.host(host), module, options, collections=link_collection())
        assert not result.get("failed"), result["msg"]
        return result

    def serve(self) -> None:
        """Start a DHCP server on every host."""
        for name in HOSTS:
            network = {
                "label": "private",
                "cidr": "10.0.0.0/24",
                "router": SHARED,
                "dns": [name_server(name)],
                "hosts": list(GUESTS.values()),
            }
            server = {"bridge": "br100", "listen_addresses": [SHARED], "networks": [network]}
            self.run(name, "nova_dnsmasq", servers=[server])

    @contextmanager
    def wire(self) -> Iterator[list[Capture]]:
        """See what passes the uplink of every host, in and out."""
        with ExitStack() as stack:
            yield [stack.enter_context(self.lab.capture(self.lab.host(name), "eth2")) for name in HOSTS]


def name_server(host: str) -> str:
    """Return what a host's DHCP server tells guests, to know it by."""
    return f"10.9.0.{HOSTS.index(host) + 1}"


def gateways_of(site: Site, guest: Guest) -> set[str]:
    """Let a guest ask for its gateway; return the MAC addresses that answered."""
    with site.lab.capture(guest, "eth0") as capture:
        # A guest that has just been asked itself knows its gateway, and would not ask for it by itself.
        guest.run(["arping", "-q", "-b", "-c", "1", "-w", "10", "-I", "eth0", SHARED], check=False)
        time.sleep(LONG_ENOUGH)
    replies = [frame for frame in capture.frames if frame.kind == "arp-reply" and frame.source == SHARED]
    return {frame.source_mac for frame in replies if frame.direction == "in"}


def announce(node: Host, interface: str, address: str = SHARED) -> None:
    """Tell everybody on an interface that an address is here, as a question and as an answer."""
    sender = (
        "import socket; n = '{interface}'; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind((n, 0));"
        "m = bytes.fromhex(open('/sys/class/net/' + n + '/address').read().replace(':', ''));"
        "a = socket.inet_aton('{address}'); e = bytes([255] * 6) + m + bytes.fromhex('0806');"
        "[s.send(e + bytes.fromhex('00010800060400') + bytes([o]) + m + a + m + a) for o in (1, 2)]"
    )
    node.run(["python3", "-c", sender.format(interface=interface, address=address)])


def tells_of_the_address(frame: Frame) -> bool:
    """Return whether a frame is ARP for or from the shared address."""
    return frame.kind.startswith("arp-") and SHARED in (frame.source, frame.target)


def is_dhcp(frame: Frame) -> bool:
    """Return whether a frame is what a DHCP client or server sends."""
    return frame.kind == "udp" and frame.target_port in (67, 68)


def hosts() -> Topology:
    """Return the hosts and their wire."""
    return Topology(tuple(HostSpec(name, (Nic("eth2", "data"),)) for name in HOSTS), (Wire("data"),))


@contextmanager
def build(bridge_calls: bool) -> Iterator[Site]:
    """Build the hosts with their bridges and guests. Nothing is isolated yet, and nobody serves DHCP."""
    with Lab(hosts()) as lab:
        lab.set_bridge_calls(bridge_calls)
        site = Site(lab)
        for name in HOSTS:
            lab.host(name).batch(
                [
                    f"link add br100 address {MACS[name]} type bridge forward_delay 0",
                    f"address add {SHARED}/24 dev br100",
                    "link set br100 up",
                    "link set eth2 master br100",
                ]
            )
        for name, home in HOME.items():
            guest = lab.plug(name, home, port=f"tap{name}", mac=GUESTS[name]["mac"], bridge="br100")
            guest.configure(f"{GUESTS[name]['address']}/24", SHARED)
            guest.serve_token(f"token-of-{name}")
            site.guests[name] = guest
        yield site
