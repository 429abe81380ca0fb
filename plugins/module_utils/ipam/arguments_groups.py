# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options about security groups that ``nova_security_group`` and ``nova_plan`` share."""

from __future__ import annotations

from typing import Any

PROTOCOLS = ("tcp", "udp", "icmp")

RULE_ITEM: dict[str, Any] = {
    # Without choices here, so that the rules of a list can be given back: with them, null would be none.
    "protocol": {"type": "str"},
    "from_port": {"type": "int"},
    "to_port": {"type": "int"},
    "cidr": {"type": "str"},
    "group": {"type": "str"},
}

SECURITY_GROUP_ITEM: dict[str, Any] = {
    "project": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "rules": {"type": "list", "elements": "dict", "options": RULE_ITEM},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

SECURITY_GROUPS_ARGUMENTS: dict[str, Any] = {
    "security_groups": {"type": "list", "elements": "dict", "options": SECURITY_GROUP_ITEM},
}
