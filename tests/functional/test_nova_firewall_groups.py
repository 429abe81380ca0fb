# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nova_firewall and security groups: rulesets that follow each other on one kernel, and a kernel that cannot.

What reaches a guarded guest is seen in the scenario flatdhcp of Molecule, on machines with bridges of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.lab import snapshot
from tests.lab.host import Host
from tests.lab.kernel import lacks, requires_kernel

WEB = {
    "name": "group_12",
    "title": "web of project red",
    "rules": [
        {"protocol": "tcp", "from_port": 80, "to_port": 90, "cidr": "0.0.0.0/0"},
        {"protocol": "tcp", "from_port": 80, "to_port": 80, "cidr": "::/0"},
        {"protocol": "icmp", "from_port": 8, "to_port": 0, "cidr": "10.0.0.0/8"},
        {"protocol": "icmp", "from_port": 128, "cidr": "fd00::/8"},
        {"protocol": "udp", "group": "group_15"},
    ],
}
FRIENDS = {
    "name": "group_15",
    "title": "friends of project red",
    "rules": [{"group": "group_15"}, {"protocol": "icmp", "cidr": "0.0.0.0/0"}],
    "members": ["10.0.0.5", "fd00::f816:3eff:fe00:1"],
}
PORTS = [
    {"name": "tap1", "groups": ["group_12"], "dhcp_servers": ["10.0.0.1"]},
    {"name": "tap2", "groups": ["group_15", "group_12"], "dhcp_servers": ["10.0.0.1", "10.0.0.2"]},
    {"name": "tap3", "groups": []},
]
GUARDED: dict[str, Any] = {"networks": [], "groups": [WEB, FRIENDS], "guest_ports": PORTS}
# The same table does these as well.
BESIDE: dict[str, Any] = {
    "hairpin_ports": ["tap1"],
    "isolated": [{"bridge": "br100", "uplink": "eth2", "address": "10.0.0.1"}],
}
NOTHING: dict[str, Any] = {"networks": [], "purge": True, "allow_empty_purge": True}


@pytest.mark.parametrize("check", [True, False], ids=["preview", "run"])
def test_a_kernel_that_cannot_track_bridged_connections_is_refused_and_nothing_is_changed(
    check: bool, host: Host, run_module: Callable[..., dict[str, Any]]
) -> None:
    if not lacks("nf_conntrack_bridge"):
        pytest.skip("this kernel has nf_conntrack_bridge: the test below runs on it")
    before = snapshot.take(host)
    result = run_module("nova_firewall", check=check, **GUARDED)
    assert result["failed"]
    assert result["msg"].startswith(
        "this kernel has no connection tracking for bridges (nf_conntrack_bridge), which guest_ports need."
    )
    left = snapshot.differences(before, snapshot.take(host))
    assert [line for line in left if "/var/lib/novanet/nova/firewall.lock" not in line] == []
    # The control: groups without a port need nothing of the kernel.
    assert run_module("nova_firewall", check=check, networks=[], groups=[WEB, FRIENDS])["changed"]


@requires_kernel("nf_conntrack_bridge")
def test_one_ruleset_is_made_into_the_next_and_the_last_leaves_nothing(
    host: Host, run_module: Callable[..., dict[str, Any]]
) -> None:
    """Every run reads back what the kernel made of it, and fails where that is something else."""
    made = run_module("nova_firewall", **GUARDED)
    assert "create filter of port tap2 (groups web of project red, friends of project red)" in made["changes"]
    # Chains of combinations come and go, elements lead elsewhere, and what is beside them is one table with them.
    fewer = {**FRIENDS, "rules": [], "members": []}
    less = {**GUARDED, **BESIDE, "groups": [fewer], "guest_ports": [{**PORTS[0], "groups": ["group_15"]}]}
    assert "delete filter of port tap2" in run_module("nova_firewall", **less)["changes"]
    listed = host.run(["nft", "list", "table", "bridge", "nova_firewall"]).stdout
    assert '"tap1" : goto into.group_15' in listed
    assert "tap2" not in listed
    assert "group_12" not in listed
    assert "delete filter of port tap1" in run_module("nova_firewall", **NOTHING)["changes"]
    assert host.run(["nft", "list", "tables"]).stdout == ""
