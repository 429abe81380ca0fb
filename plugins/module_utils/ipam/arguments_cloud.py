# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of ``nova_plan``: the lists of all IPAM modules at once, and what a plan needs besides."""

from __future__ import annotations

from typing import Any

from .arguments_floating import FLOATING_ARGUMENTS
from .arguments_groups import SECURITY_GROUPS_ARGUMENTS
from .arguments_instances import INSTANCE_DEFAULTS, INSTANCES_ARGUMENTS
from .arguments_networks import MANAGERS, NETWORKS_ARGUMENTS, PURGE_ARGUMENTS, RESERVATIONS_ARGUMENTS
from .arguments_projects import PROJECTS_ARGUMENTS

_TEXTS: dict[str, Any] = {"type": "list", "elements": "str"}

HOST_ITEM: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "network": {"type": "bool", "default": False},
    "compute": {"type": "bool", "default": False},
    "public_interface": {"type": "str"},
    "flat_interface": {"type": "str"},
    "bridge_interfaces": {"type": "dict", "default": {}},
    "vlan_interface": {"type": "str"},
    "routing_source_ip": {"type": "str"},
    "my_ip": {"type": "str"},
    "public_vlan_interface": {"type": "str"},
    "replace_vlans": {"type": "bool", "default": False},
}

SETTINGS: dict[str, Any] = {
    "dhcp_domain": {"type": "str", "default": "novalocal"},
    "dhcp_lease_time": {"type": "int", "default": 86400},
    "dns_servers": {**_TEXTS, "default": []},
    "use_network_dns_servers": {"type": "bool", "default": False},
    "use_single_default_gateway": {"type": "bool", "default": True},
    "flat_gateway": {"type": "bool", "default": False},
    "metadata_host": {"type": "str"},
    "metadata_port": {"type": "int", "default": 8775},
    "dmz_cidr": {**_TEXTS, "default": []},
    "force_snat_range": {**_TEXTS, "default": []},
}

ACKNOWLEDGEMENT_ITEM: dict[str, Any] = {
    "host": {"type": "str", "required": True},
    "generation": {"type": "int", "required": True},
    "leases": {"type": "list", "elements": "dict"},
    "lease_events": {"type": "list", "elements": "dict", "default": []},
}

PLAN_ARGUMENTS: dict[str, Any] = {
    **PROJECTS_ARGUMENTS,
    **NETWORKS_ARGUMENTS,
    **RESERVATIONS_ARGUMENTS,
    **SECURITY_GROUPS_ARGUMENTS,
    **INSTANCES_ARGUMENTS,
    **INSTANCE_DEFAULTS,
    **FLOATING_ARGUMENTS,
    **PURGE_ARGUMENTS,
    "manager": {"type": "str", "choices": list(MANAGERS), "default": "vlan"},
    "hosts": {"type": "list", "elements": "dict", "required": True, "options": HOST_ITEM},
    "targets": _TEXTS,
    "settings": {"type": "dict", "default": {}, "apply_defaults": True, "options": SETTINGS},
    "acknowledgements": {"type": "list", "elements": "dict", "default": [], "options": ACKNOWLEDGEMENT_ITEM},
    "forget_hosts": {**_TEXTS, "default": []},
    "gather": {**_TEXTS, "choices": ["networks", "instances"], "default": []},
}
