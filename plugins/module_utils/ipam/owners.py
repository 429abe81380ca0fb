# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has a fixed address, in the words of messages and of the audit: an instance, or a host."""

from __future__ import annotations

from typing import Any


def owner(fixed: Any) -> str:
    """Return who has an address, or had it.

    :param fixed: row of the table ``fixed_ips``.
    """
    return f"instance {fixed.instance}" if fixed.host is None else f"host {fixed.host}"


def audited(fixed: Any) -> dict[str, Any]:
    """Return an address as the audit shows it."""
    who = {"instance": fixed.instance, "mac": fixed.mac} if fixed.host is None else {"host": fixed.host}
    return {**who, "state": fixed.state}
