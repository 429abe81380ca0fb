# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which VLANs and bridges hosts have: those of the networks they serve, those of the instances they run, no other."""

from __future__ import annotations

import json
from typing import Any

import pytest

VLANS = {169: "br169", 170: "br170"}


@pytest.mark.parametrize("name", ["network1", "compute1", "compute2"])
def test_a_host_has_exactly_the_vlans_of_its_networks(name: str, machine: Any) -> None:
    links = json.loads(machine(name).check_output("ip -d -j link show"))
    vlans = {
        link["linkinfo"]["info_data"]["id"]: (link["link"], link["master"], link["linkinfo"]["info_data"]["protocol"])
        for link in links
        if link.get("linkinfo", {}).get("info_kind") == "vlan"
    }
    assert vlans == {number: ("eth2", bridge, "802.1Q") for number, bridge in VLANS.items()}


def test_the_dhcp_servers_run_under_systemd_on_the_network_host_only(machine: Any) -> None:
    for bridge in VLANS.values():
        unit = f"novanet-dnsmasq-nova@{bridge}.service"
        assert machine("network1").service(unit).is_running
        assert machine("network1").service(unit).is_enabled
    for name in ("compute1", "compute2"):
        assert not machine(name).process.filter(comm="dnsmasq")


@pytest.mark.parametrize("name", ["network1", "compute1", "compute2"])
def test_the_kernel_module_is_loaded_at_boot(name: str, machine: Any) -> None:
    directories = "/etc/modules-load.d /run/modules-load.d /usr/lib/modules-load.d"
    assert machine(name).run(f"grep -rqx 8021q {directories}").rc == 0
    assert machine(name).file("/proc/net/vlan").is_directory
