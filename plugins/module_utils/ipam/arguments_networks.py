# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that modules about networks share: ``nova_network``, ``nova_fixed_pool`` and ``nova_plan``."""

from __future__ import annotations

from typing import Any

NETWORK_ITEM: dict[str, Any] = {
    "label": {"type": "str", "required": True},
    "cidr": {"type": "str"},
    "cidr_v6": {"type": "str"},
    "num_networks": {"type": "int"},
    "network_size": {"type": "int"},
    "vlan": {"type": "int"},
    "vlan_start": {"type": "int"},
    "bridge": {"type": "str"},
    "bridge_interface": {"type": "str"},
    "project": {"type": "str"},
    "host": {"type": "str"},
    "multi_host": {"type": "bool"},
    "gateway": {"type": "str"},
    "gateway_v6": {"type": "str"},
    "dhcp_server": {"type": "str"},
    "dhcp_start": {"type": "str"},
    "dns1": {"type": "str"},
    "dns2": {"type": "str"},
    "allowed_start": {"type": "str"},
    "allowed_end": {"type": "str"},
    "fixed_cidr": {"type": "str"},
    "vpn_start": {"type": "int"},
    "uuid": {"type": "str"},
    "priority": {"type": "int"},
    "mtu": {"type": "int"},
    "enable_dhcp": {"type": "bool"},
    "share_address": {"type": "bool"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

NETWORK_DEFAULTS: dict[str, Any] = {
    "flat_network_bridge": {"type": "str"},
    "flat_interface": {"type": "str"},
    "vlan_interface": {"type": "str"},
    "network_size": {"type": "int", "default": 256},
    "num_networks": {"type": "int", "default": 1},
    "vlan_start": {"type": "int", "default": 100},
    "reserved_vlans": {"type": "list", "elements": "int", "default": []},
    "vpn_start": {"type": "int", "default": 1000},
    "multi_host": {"type": "bool", "default": False},
    "flat_network_dns": {"type": "str", "default": "8.8.4.4"},
    "fixed_range": {"type": "str"},
    "cnt_vpn_clients": {"type": "int", "default": 0},
    "share_dhcp_address": {"type": "bool", "default": False},
}

RESERVATION_ITEM: dict[str, Any] = {
    "network": {"type": "str", "required": True},
    "address": {"type": "str"},
    "cidr": {"type": "str"},
    "start": {"type": "str"},
    "end": {"type": "str"},
    "mac": {"type": "str"},
    "hostname": {"type": "str"},
    "note": {"type": "str", "default": ""},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

MANAGERS = ("flat", "flatdhcp", "vlan")

# A list of networks and what nova.conf said about new ones.
NETWORKS_ARGUMENTS: dict[str, Any] = {
    "networks": {"type": "list", "elements": "dict", "options": NETWORK_ITEM},
    "defaults": {"type": "dict", "default": {}, "options": NETWORK_DEFAULTS},
}

RESERVATIONS_ARGUMENTS: dict[str, Any] = {
    "reservations": {"type": "list", "elements": "dict", "options": RESERVATION_ITEM},
}

PURGE_ARGUMENTS: dict[str, Any] = {
    "purge": {"type": "bool", "default": False},
    "allow_empty_purge": {"type": "bool", "default": False},
}
