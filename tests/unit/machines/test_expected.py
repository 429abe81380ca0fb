# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests on machines expect of hosts."""

from __future__ import annotations

from typing import Any

from tests.machines.expected import gateway_hosts, links_of, routers_of, servers_of


def network(label: str, vlan: int, host: str | None, **more: Any) -> dict[str, Any]:
    gateway = f"172.16.{vlan}.1"
    common = {"label": label, "vlan": vlan, "bridge": f"br{vlan}", "gateway": gateway, "host": host}
    return {**common, "multi_host": host is None, "share_address": False, **more}


IPAM = {
    "networks": [
        network("single", 169, "network1"),
        network("own", 172, None),
        network("shared", 173, None, share_address=True),
    ],
    "instances": [
        {"name": name, "host": host, "nics": [{"network": label}]}
        for name, host, label in (
            ("red", "compute1", "single"),
            ("amber", "compute1", "own"),
            ("violet", "compute2", "shared"),
        )
    ],
    "fixed": [{"state": "host", "network": "own", "host": "compute1", "address": "172.16.172.9"}],
}


def test_hosts_have_what_their_instances_and_their_networks_need() -> None:
    assert links_of(IPAM, "network1") == {169: "br169"}
    assert links_of(IPAM, "compute1") == {169: "br169", 172: "br172"}
    assert links_of(IPAM, "compute2") == {173: "br173"}
    assert [servers_of(IPAM, name) for name in ("network1", "compute1", "compute2")] == [
        ["br169"],
        ["br172"],
        ["br173"],
    ]


def test_guests_have_the_router_of_their_network_or_of_their_host() -> None:
    assert routers_of(IPAM) == {"red": "172.16.169.1", "amber": "172.16.172.9", "violet": "172.16.173.1"}
    assert gateway_hosts(IPAM) == {"red": "network1", "amber": "compute1", "violet": "compute2"}
