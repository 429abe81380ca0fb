# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has a fixed address, in the words of messages and of the audit: an instance, a host, or a device."""

from __future__ import annotations

from typing import Any


def owner(fixed: Any) -> str:
    """Return who has an address, or had it.

    :param fixed: row of the table ``fixed_ips``.
    """
    if fixed.device is not None:
        return f"device {fixed.device}"
    return f"instance {fixed.instance}" if fixed.host is None else f"host {fixed.host}"


def audited(fixed: Any) -> dict[str, Any]:
    """Return an address as the audit shows it."""
    if fixed.host is not None:
        return {"host": fixed.host, "state": fixed.state}
    who = {"instance": fixed.instance} if fixed.device is None else {"device": fixed.device}
    return {**who, "mac": fixed.mac, "state": fixed.state}
