# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options about floating pools and addresses that ``nova_floating_pool`` and ``nova_plan`` share."""

from __future__ import annotations

from typing import Any

POOL_ITEM: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "interface": {"type": "str"},
    "project": {"type": "str"},
    "ranges": {"type": "list", "elements": "str"},
    "release_addresses": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

ADDRESS_ITEM: dict[str, Any] = {
    "address": {"type": "str"},
    "pool": {"type": "str"},
    "project": {"type": "str"},
    "instance": {"type": "str"},
    "fixed_address": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

# Under the names that ``nova_plan`` has; ``nova_floating_pool`` says pools and addresses.
FLOATING_ARGUMENTS: dict[str, Any] = {
    "floating_pools": {"type": "list", "elements": "dict", "options": POOL_ITEM},
    "floating_addresses": {"type": "list", "elements": "dict", "options": ADDRESS_ITEM},
}
