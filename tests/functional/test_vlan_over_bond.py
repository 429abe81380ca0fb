# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VLANs on a bond of two cards: a tenant's frames reach the other host whichever card is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.functional.bridges import exists, shell, snapshot, succeeded
from tests.lab import HostSpec, Lab, Nic, Topology, Wire
from tests.lab.host import Host
from tests.lab.kernel import requires_kernel

BOND = """
ip link set eth1 down; ip link set eth2 down
ip link add bond0 type bond mode active-backup miimon 50
ip link set eth1 master bond0; ip link set eth2 master bond0
ip link set bond0 up
"""
VLAN = {"name": "vlan169", "id": 169, "parent": "bond0"}


def active_card(host: Host) -> str:
    return shell(host, "cat /sys/class/net/bond0/bonding/active_slave").strip()


@requires_kernel("8021q", "bonding")
def test_a_tenant_network_on_a_bond_outlives_one_of_its_cards(
    lab: Callable[[Topology], Lab], run_module: Callable[..., dict[str, Any]]
) -> None:
    cards = (Nic("eth1", "trunk", up=False), Nic("eth2", "trunk", up=False))
    built = lab(Topology((HostSpec("one", cards), HostSpec("two", cards)), (Wire("trunk"),)))
    one, two = built.host("one"), built.host("two")
    for number, host in enumerate((one, two), 1):
        shell(host, BOND)
        before = snapshot(host)
        bridge = {"name": "br169", "interface": "vlan169", "addresses": [f"172.16.169.{number}/24"]}
        foreseen = succeeded(run_module("nova_vlan", on=host, vlans=[VLAN], check=True))
        assert snapshot(host) == before
        assert succeeded(run_module("nova_vlan", on=host, vlans=[VLAN]))["changes"] == foreseen["changes"]
        succeeded(run_module("nova_bridge", on=host, bridges=[bridge]))
        assert not succeeded(run_module("nova_vlan", on=host, vlans=[VLAN]))["changed"]
    assert one.ping("172.16.169.2", count=3, timeout=5)
    lost = active_card(one)
    shell(one, f"ip link set {lost} down")
    assert one.ping("172.16.169.2", count=5, timeout=10)
    assert active_card(one) not in ("", lost)
    succeeded(run_module("nova_bridge", on=one, bridges=[], purge=True, allow_empty_purge=True))
    succeeded(run_module("nova_vlan", on=one, vlans=[], purge=True, allow_empty_purge=True))
    assert (exists(one, "vlan169"), exists(one, "bond0")) == (False, True)
    assert not one.ping("172.16.169.2", timeout=2)
