# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which VLANs and bridges hosts have: those of the networks they serve, those of the instances they run, no other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.lab.cloud import GATEWAY
from tests.machines.expected import links_of, servers_of

HOSTS = (GATEWAY, "compute1", "compute2")


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_has_exactly_the_vlans_and_bridges_of_its_networks(
    name: str, machine: Any, ipam: dict[str, Any]
) -> None:
    links = json.loads(machine(name).check_output("ip -d -j link show"))
    kinds = [(link.get("linkinfo", {}).get("info_kind"), link) for link in links]
    vlans = {
        link["linkinfo"]["info_data"]["id"]: (link["link"], link.get("master"))
        for kind, link in kinds
        if kind == "vlan" and link["linkinfo"]["info_data"]["protocol"] == "802.1Q"
    }
    expected = links_of(ipam, name)
    public: dict[int, tuple[str, str | None]] = {100: ("eth2", None)} if name == GATEWAY else {}
    assert vlans == {**{vlan: ("eth2", bridge) for vlan, bridge in expected.items()}, **public}
    assert {link["ifname"] for kind, link in kinds if kind == "bridge"} == {*expected.values()}


@pytest.mark.parametrize("name", HOSTS)
def test_dhcp_servers_run_under_systemd_where_networks_are_served(
    name: str, machine: Any, ipam: dict[str, Any]
) -> None:
    units = [f"novanet-dnsmasq-nova@{bridge}.service" for bridge in servers_of(ipam, name)]
    host = machine(name)
    # Each server has a second process, which runs its script.
    assert len(host.process.filter(comm="dnsmasq")) == 2 * len(units)
    for unit in units:
        assert host.check_output("systemctl is-enabled %s; systemctl is-active %s", unit, unit) == "enabled\nactive"


def test_the_public_interface_is_a_vlan_with_the_operators_address(machine: Any) -> None:
    (link,) = json.loads(machine(GATEWAY).check_output("ip -d -j address show dev vlan100"))
    assert link["linkinfo"]["info_data"]["id"] == 100
    addresses = [f"{each['local']}/{each['prefixlen']}" for each in link["addr_info"]]
    assert addresses[0] == "192.0.2.11/24"
    assert addresses[1:] == ["10.46.169.226/32"]


@pytest.mark.parametrize("name", HOSTS)
def test_the_kernel_module_is_loaded_at_boot(name: str, machine: Any) -> None:
    directories = "/etc/modules-load.d /run/modules-load.d /usr/lib/modules-load.d"
    assert machine(name).run(f"grep -rqx 8021q {directories}").rc == 0
    assert machine(name).file("/proc/net/vlan").is_directory
