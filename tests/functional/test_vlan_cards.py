# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances with two cards in VLAN mode: each in a VLAN of its own, from the plan down to packets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.plan.compile import compile_plans
from ansible_collections.novanet.network.plugins.module_utils.plan.model import (
    HostPlan,
    HostSettings,
    Instance,
    Port,
    Settings,
    Snapshot,
)

from tests.functional.bridges import succeeded
from tests.lab import HostSpec, Lab, Nic, Topology, Wire
from tests.lab.guest import Guest
from tests.lab.host import Host
from tests.lab.kernel import requires_kernel
from tests.unit.plugins.module_utils.plan.samples import network

Run = Callable[..., dict[str, Any]]
FRONT, BACK = 169, 170


def instance(number: int, host: str) -> Instance:
    """Return an instance that has its first card in the front network and its second in the back one."""
    ports = tuple(
        Port(
            network=f"net{vlan}",
            position=position,
            mac=f"fa:16:3e:00:{position:02x}:{number:02x}",
            name=f"tap{number}-{position}",
            address=f"172.16.{vlan}.{10 + number}",
        )
        for position, vlan in enumerate((FRONT, BACK))
    )
    return Instance(f"two{number}", f"uuid-two{number}", "red", host, f"two{number}", ports)


SNAPSHOT = Snapshot(
    "ipam",
    1,
    (network(FRONT, bridge_interface="eth2"), network(BACK, bridge_interface="eth2", mtu=1400)),
    (instance(1, "compute1"), instance(2, "network1")),
    (),
    (),
)
HOSTS = (
    HostSettings("network1", True, True, "eth0", None, "eth2", "192.0.2.11", "192.0.2.11"),
    HostSettings("compute1", False, True, "eth0", None, "eth2"),
)


def converge(run_module: Run, host: Host, plan: HostPlan) -> None:
    rules = {key: value for key, value in plan.firewall.items() if value is not None}
    succeeded(run_module("nova_firewall", on=host, **rules))
    succeeded(run_module("nova_vlan", on=host, vlans=list(plan.vlans)))
    succeeded(run_module("nova_bridge", on=host, bridges=list(plan.bridges)))
    succeeded(run_module("nova_dnsmasq", on=host, servers=list(plan.dhcp)))


def boot(built: Lab, one: Instance) -> Guest:
    """Boot a guest with two cards, each of which asks for its address."""
    front, back = one.ports
    guest = built.plug(one.name, one.host, port=front.name, mac=front.mac, bridge=f"br{FRONT}")
    built.add_card(guest, port=back.name, mac=back.mac, bridge=f"br{BACK}")
    guest.serve_token(f"token-of-{one.name}")
    leases = [guest.dhcp(timeout=60, card=card) for card in ("eth0", "eth1")]
    assert [lease.address for lease in leases] == [port.address for port in one.ports]
    assert [(lease.router, lease.mtu) for lease in leases] == [(f"172.16.{FRONT}.1", None), (None, 1400)]
    routes = json.loads(guest.run(["ip", "-j", "route", "show", "default"]).stdout)
    assert [(route["gateway"], route["dev"]) for route in routes] == [(f"172.16.{FRONT}.1", "eth0")]
    return guest


@requires_kernel("8021q")
def test_both_cards_of_instances_work_from_both_ends_across_hosts(
    lab: Callable[[Topology], Lab], run_module: Run
) -> None:
    cards = (Nic("eth0", "public"), Nic("eth2", "trunk"))
    built = lab(Topology((HostSpec("network1", cards), HostSpec("compute1", cards)), (Wire("public"), Wire("trunk"))))
    for plan in compile_plans(SNAPSHOT, Settings(), HOSTS):
        converge(run_module, built.host(plan.host), plan)
    guests = [boot(built, one) for one in SNAPSHOT.instances]
    for own, other in ((0, 1), (1, 0)):
        for mine, theirs in zip(SNAPSHOT.instances[own].ports, SNAPSHOT.instances[other].ports):
            answer = guests[own].request(str(theirs.address), timeout=20)
            assert (answer.token, answer.peer) == (f"token-of-{SNAPSHOT.instances[other].name}", mine.address)
