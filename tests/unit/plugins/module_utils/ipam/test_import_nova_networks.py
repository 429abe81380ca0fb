# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks of nova of all kinds taken over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plugins.module_utils.ipam.nova_cloud import BLUE, RED, NovaCloud
from tests.unit.plugins.module_utils.ipam.nova_import import Import


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    return Import(tmp_path)


@pytest.fixture
def nova(imported: Import) -> NovaCloud:
    return imported.nova


VIF_UUIDS = "UUIDs of virtual interfaces: a NIC is known by its MAC address here"


def test_hosts_keep_their_addresses_in_multi_host_networks(imported: Import, nova: NovaCloud) -> None:
    network = nova.network(multi_host=1, host=None)
    nova.boot("web", {network: "10.0.0.5"})
    for address, host in (("10.0.0.9", "c1"), ("10.0.0.10", "c2")):
        nova.change("fixed_ips", f"address = '{address}'", host=host, allocated=1)
    plain = nova.network(2, label="plain", cidr="10.1.0.0/28", bridge="br101", gateway="10.1.0.1", dhcp_server=None,
                         dhcp_start=None)  # fmt: skip
    nova.change("fixed_ips", f"address = '10.1.0.9' AND network_id = {plain}", host="c1")
    done = imported()
    assert done.left_behind[1:] == [
        "fixed IP 10.0.0.10 of host c2: it serves no instance in network public",
        "fixed IP 10.1.0.9 of host c1: hosts have no addresses of their own in network plain",
    ]
    assert done.carried_over["host_addresses"] == 1
    fixed = imported.look("fixed")["fixed"]
    assert [(row["address"], row["instance"], row["host"], row["state"]) for row in fixed] == [
        ("10.0.0.5", "web", "c1", "allocated"),
        ("10.0.0.9", None, "c1", "host"),
    ]


def test_vlans_keep_their_number_and_belong_to_whoever_is_in_them(imported: Import, nova: NovaCloud) -> None:
    common = {"bridge_interface": "eth1", "host": "net1"}
    used = nova.network(1, 16, 3, label="used", vlan=105, bridge="br105", vpn_private_address="10.0.0.2",
                        dhcp_start="10.0.0.3", vpn_public_port=1005, **common)  # fmt: skip
    nova.network(2, 16, 3, label="free", vlan=7, cidr="10.1.0.0/28", bridge="br7", gateway="10.1.0.1",
                 dhcp_server="10.1.0.1", dhcp_start="10.1.0.4", vpn_private_address="10.1.0.3",
                 vpn_public_address="192.0.2.250", vpn_public_port=1000, **common)  # fmt: skip
    nova.boot("web", {used: "10.0.0.5"})
    nova.boot("blue", {used: "10.0.0.6"}, BLUE)
    done = imported()
    assert done.left_behind[0] == "VPN address 192.0.2.250 of network free: there is no cloudpipe here"
    assert done.left_behind[1].startswith("NIC fa:16:3e:00:00:02 of instance blue: network used belongs to project")
    assert done.warnings == ["network free: its VPN address 10.1.0.3 becomes 10.1.0.2"]
    networks = imported.look("networks")["networks"]
    keys = ("label", "manager", "vlan", "bridge", "project", "vpn_private_address", "vpn_public_port")
    assert [tuple(row[key] for key in keys) for row in networks] == [
        ("free", "vlan", 7, "br7", None, "10.1.0.2", 1000),
        ("used", "vlan", 105, "br105", RED, "10.0.0.2", 1005),
    ]


def test_ipv6_is_carried_over_where_guests_can_make_their_addresses(imported: Import, nova: NovaCloud) -> None:
    only = {"cidr": None, "gateway": None, "dhcp_server": None, "dhcp_start": None}
    six = nova.network(1, label="six", cidr_v6="fd00:1::/64", gateway_v6="fd00:1::7", **only)
    nova.network(2, label="narrow", cidr_v6="fd00:2::/120", bridge="br2", **only)
    nova.network(3, label="both", cidr_v6="fd00:3::/48", gateway_v6="fe80::1", bridge="br3")
    nova.boot("web", {six: None})
    done = imported()
    assert done.left_behind == ["network narrow (fd00:2::/120): its IPv6 range is smaller than a /64", VIF_UUIDS]
    assert done.warnings == ["IPv6 range fd00:3::/48 of network both: its first /64 is carried over"]
    assert [(row["label"], row["cidr_v6"], row["gateway_v6"]) for row in imported.look("networks")["networks"]] == [
        ("both", "fd00:3::/64", "fd00:3::1"),
        ("six", "fd00:1::/64", "fd00:1::7"),
    ]
    (web,) = imported.look("instances")["instances"]
    assert web["nics"][0]["address_v6"] == "fd00:1::f816:3eff:fe00:1"


def test_flat_networks_come_without_a_dhcp_server(imported: Import, nova: NovaCloud) -> None:
    nova.network(multi_host=1, host=None)
    done = imported(manager="flat")
    assert done.left_behind == [
        "multi_host of network public: hosts of a flat network with an address each serve nobody"
    ]
    (network,) = imported.look("networks")["networks"]
    assert (network["manager"], network["enable_dhcp"], network["multi_host"]) == ("flat", False, False)


def test_networks_that_nobody_could_serve_are_left_behind(imported: Import, nova: NovaCloud) -> None:
    nova.network(1, label="bare", bridge=None)
    nova.network(2, label="loose", cidr="10.1.0.0/28", vlan=9, bridge_interface=None)
    nova.network(3, label="empty", cidr=None)
    nova.network(
        4, 0, label="odd", cidr="10.3.0.0/28", bridge="br3", gateway="10.9.0.1", dhcp_server=None, dhcp_start=None
    )
    done = imported()
    assert done.left_behind == [
        "network bare (10.0.0.0/28): it has no bridge",
        "network loose (10.1.0.0/28): it has VLAN 9 and no bridge_interface",
        "network empty (None): it has no range",
        "gateway 10.9.0.1 of network odd: no guest could have it in 10.3.0.0/28",
    ]
    assert done.warnings == ["network odd has no fixed IPs in nova: all its addresses are free here"]
