# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's switch for forwarding: one for all owners, turned on by the first and put back by the last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import HostError
from .journal import journal_path, load_journal
from .runner import Runner

IP_FORWARD = "net.ipv4.ip_forward"
IP_FORWARD_PATH = "/proc/sys/net/ipv4/ip_forward"
# In the journal: the value that the switch had before any of us turned it on.
BEFORE = "ip_forward_before"


@dataclass(frozen=True)
class Forwarding:
    """The switch, and who else counts on it.

    :param value: ``1`` when the host forwards IPv4.
    :param needed: True when another owner on this host needs it.
    :param before: the value before, as another owner remembers it.
    """

    value: str
    needed: bool = False
    before: str | None = None


def read_forwarding(runner: Runner, state_path: str, owner: str, subsystem: str) -> Forwarding:
    """Read the switch, and the journals of other owners."""
    value = runner.read(IP_FORWARD_PATH)
    if value is None:
        raise HostError(f"file {IP_FORWARD_PATH}", "does not exist", "This host has no IPv4, or no /proc.")
    others = [
        load_journal(runner, journal_path(state_path, name, subsystem)).owned
        for name in runner.names(state_path)
        if name != owner
    ]
    relying = [owned for owned in others if owned.get("forwarding")]
    return Forwarding(value.strip(), bool(relying), next(filter(None, (owned.get(BEFORE) for owned in relying)), None))


def plan_forwarding(wanted: bool, have: Forwarding, before: str | None) -> tuple[str, str | None]:
    """Return the value that the switch shall have, and the value to remember for the day that we leave.

    :param before: the value before that we remember; None when we found it turned on.
    """
    if wanted:
        found = have.before if have.value == "1" else have.value
        return "1", found if before is None else before
    return (have.value if before is None or have.needed else before), None


def remembered(owned: Mapping[str, Any]) -> str | None:
    """Return the value before, as our own journal remembers it."""
    value = owned.get(BEFORE)
    return None if value is None else str(value)


def switch_forwarding(runner: Runner, value: str | None) -> None:
    """Turn the switch; None leaves it alone."""
    if value is not None:
        runner.write(IP_FORWARD_PATH, f"{value}\n")
