# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options about instances that ``nova_instance`` and ``nova_plan`` share."""

from __future__ import annotations

from typing import Any

INSTANCE_ITEM: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "uuid": {"type": "str"},
    "project": {"type": "str"},
    "host": {"type": "str"},
    "next_host": {"type": "str"},
    "hostname": {"type": "str"},
    "nics": {
        "type": "list",
        "elements": "dict",
        "options": {
            "network": {"type": "str", "required": True},
            "address": {"type": "str"},
            "mac": {"type": "str"},
        },
    },
    "security_groups": {"type": "list", "elements": "str"},
    "floating_ip": {
        "type": "dict",
        "options": {
            "pool": {"type": "str"},
            "address": {"type": "str"},
        },
    },
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

INSTANCES_ARGUMENTS: dict[str, Any] = {
    "instances": {"type": "list", "elements": "dict", "options": INSTANCE_ITEM},
}

# What nova.conf said about new instances.
INSTANCE_DEFAULTS: dict[str, Any] = {
    "auto_assign_floating_ip": {"type": "bool", "default": False},
    "default_floating_pool": {"type": "str", "default": "nova"},
}
