# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IPv6 in VLAN mode: one network that has it beside IPv4, and one that has nothing else, on one trunk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.plan.compile import compile_plans
from ansible_collections.novanet.network.plugins.module_utils.plan.model import (
    HostSettings,
    Instance,
    Port,
    Settings,
    Snapshot,
)

from tests.lab import HostSpec, Lab, Nic, Topology, Wire
from tests.lab.guest import Guest
from tests.lab.kernel import requires_kernel
from tests.unit.plugins.module_utils.plan.samples import network

from .test_ipv6 import addresses, default_routes, is_settled
from .test_vlan_cards import converge
from .waiting import until

Run = Callable[..., dict[str, Any]]
BOTH, ALONE = 169, 170
NOTHING = {"cidr": None, "gateway": None, "dhcp_server": None, "dhcp_start": None}


def instance(name: str, number: int, host: str, vlan: int) -> Instance:
    """Return an instance with one card; its IPv6 address follows from the MAC."""
    address = f"172.16.{vlan}.{10 + number}" if vlan == BOTH else None
    port = Port(
        network=f"net{vlan}",
        position=0,
        mac=f"fa:16:3e:00:00:{number:02x}",
        name=f"tap{number}",
        address=address,
        address_v6=f"fd00:{vlan}::f816:3eff:fe00:{number:x}",
    )
    return Instance(name, f"uuid-{name}", "red", host, name, (port,))


NEAR, FAR, OTHER = (
    instance("near", 1, "compute1", BOTH),
    instance("far", 2, "network1", BOTH),
    instance("other", 3, "compute1", ALONE),
)
SNAPSHOT = Snapshot(
    "ipam",
    1,
    tuple(
        network(vlan, bridge_interface="eth2", cidr_v6=f"fd00:{vlan}::/64", gateway_v6=f"fd00:{vlan}::1", **values)
        for vlan, values in ((BOTH, {}), (ALONE, NOTHING))
    ),
    (NEAR, FAR, OTHER),
    (),
    (),
)
HOSTS = (
    HostSettings("network1", True, True, "eth0", None, "eth2", "192.0.2.11", "192.0.2.11"),
    HostSettings("compute1", False, True, "eth0", None, "eth2"),
)


def boot(built: Lab, one: Instance) -> Guest:
    """Boot a guest that does nothing about its IPv6 address; it must come to the one that it shall have."""
    (port,) = one.ports
    guest = built.plug(one.name, one.host, port=port.name, mac=port.mac, bridge=f"br{port.network.removeprefix('net')}")
    guest.serve_token(f"token-of-{one.name}", address="::")
    until(lambda: is_settled(guest), f"the address of {one.name}", 90)
    assert [item["local"] for item in addresses(guest)] == [port.address_v6]
    return guest


@requires_kernel("8021q")
def test_guests_of_one_vlan_reach_each_other_and_their_router_and_nobody_in_another(
    lab: Callable[[Topology], Lab], run_module: Run
) -> None:
    cards = (Nic("eth0", "public"), Nic("eth2", "trunk"))
    built = lab(Topology((HostSpec("network1", cards), HostSpec("compute1", cards)), (Wire("public"), Wire("trunk"))))
    for plan in compile_plans(SNAPSHOT, Settings(), HOSTS):
        converge(run_module, built.host(plan.host), plan)
    near, far, other = (boot(built, one) for one in (NEAR, FAR, OTHER))
    assert [len(default_routes(guest)) for guest in (near, far, other)] == [1, 1, 1]
    for guest, target in ((near, FAR), (far, NEAR)):
        assert guest.request(str(target.ports[0].address_v6), timeout=20).token == f"token-of-{target.name}"
    assert near.dhcp(timeout=60).address == NEAR.ports[0].address
    assert other.ping(f"fd00:{ALONE}::1", timeout=10)
    for guest, target in ((other, NEAR), (near, OTHER)):
        assert guest.request(str(target.ports[0].address_v6), timeout=3).token == ""
