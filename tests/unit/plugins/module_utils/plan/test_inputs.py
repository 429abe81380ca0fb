# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nova.conf said, checked before a plan is made of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.plan.inputs import read_hosts, read_settings
from ansible_collections.novanet.network.plugins.module_utils.plan.model import HostSettings, Settings

SETTINGS: dict[str, Any] = {
    "dhcp_domain": "novalocal",
    "dhcp_lease_time": 86400,
    "dns_servers": [],
    "use_network_dns_servers": False,
    "use_single_default_gateway": True,
    "flat_gateway": False,
    "metadata_host": None,
    "metadata_port": 8775,
    "dmz_cidr": [],
    "force_snat_range": [],
}
HOST: dict[str, Any] = {
    "name": "network1",
    "network": True,
    "compute": False,
    "public_interface": "eth0",
    "flat_interface": "",
    "bridge_interfaces": {},
    "vlan_interface": None,
    "routing_source_ip": "",
    "my_ip": "192.0.2.10",
    "public_vlan_interface": "",
    "replace_vlans": False,
}


def test_the_defaults_of_the_module_are_those_of_the_plan() -> None:
    assert read_settings(SETTINGS) == Settings()


def test_an_empty_text_says_none() -> None:
    assert read_hosts([HOST]) == (HostSettings("network1", True, False, "eth0", None, None, None, "192.0.2.10"),)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("dhcp_lease_time", 60, "settings.dhcp_lease_time 60 is not at least 120 seconds"),
        ("metadata_port", 0, "settings.metadata_port 0 is not a port"),
        ("metadata_port", 65536, "settings.metadata_port 65536 is not a port"),
        ("metadata_host", "api.example.org", "settings.metadata_host api.example.org is not an IPv4 address"),
        ("dns_servers", ["192.0.2.53", "x"], r"settings.dns_servers\[1\] x is not an IPv4 address"),
        ("dns_servers", [""], r"settings.dns_servers\[0\] \(empty\) is not an IPv4 address"),
        ("dmz_cidr", ["10.0.0.1/8"], r"settings.dmz_cidr\[0\] 10.0.0.1/8 is not an IPv4 range"),
        ("force_snat_range", ["x"], r"settings.force_snat_range\[0\] x is not an IPv4 range"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named(key: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_settings({**SETTINGS, key: value})


def test_a_host_that_is_listed_twice_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"hosts\[1\].name network1 is listed twice"):
        read_hosts([HOST, HOST])


def test_an_address_of_a_host_that_is_none_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"hosts\[0\].my_ip eth0 is not an IPv4 address"):
        read_hosts([{**HOST, "my_ip": "eth0"}])
