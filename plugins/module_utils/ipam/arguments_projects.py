# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options about projects that ``nova_project`` and ``nova_plan`` share."""

from __future__ import annotations

from typing import Any

QUOTAS: dict[str, Any] = {
    "networks": {"type": "int"},
    "fixed_ips": {"type": "int"},
    "floating_ips": {"type": "int"},
    "security_groups": {"type": "int"},
    "security_group_rules": {"type": "int"},
}

PROJECT_ITEM: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "quotas": {"type": "dict", "options": QUOTAS},
    "state": {"type": "str", "choices": ["present", "scrubbed"], "default": "present"},
    "remove_instances": {"type": "bool", "default": False},
}

PROJECTS_ARGUMENTS: dict[str, Any] = {
    "projects": {"type": "list", "elements": "dict", "options": PROJECT_ITEM},
    "default_quotas": {"type": "dict", "options": QUOTAS},
}
