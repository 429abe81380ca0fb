# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd on a machine tells about its units."""

from __future__ import annotations

from typing import Any

SERVICE = "novanet.service"


def moment(machine: Any, unit: str, name: str) -> float:
    """Return a moment of a unit's life, in seconds since the start of the machine; 0 when it has not come."""
    return int(machine.check_output("systemctl show -P %s %s", f"{name}TimestampMonotonic", unit)) / 1e6


def restart_service(machine: Any) -> str:
    """Restart our service and return what it wrote to the journal meanwhile."""
    machine.check_output("systemctl restart %s", SERVICE)
    identity = machine.check_output("systemctl show -P InvocationID %s", SERVICE)
    journal: str = machine.check_output("journalctl --quiet --output=cat _SYSTEMD_INVOCATION_ID=%s", identity)
    return journal
