# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan in the making: every step is tried on a model of the host at once, so that the next one sees its effect."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...change import Change
from .model import Host
from .operations import DeleteAddress, DeleteBridge, Heed, Operation, SetLink, Settle
from .ownership import Record
from .vlan_operations import Condemn


@dataclass(frozen=True)
class Step:
    """A line of ``ip -batch`` and the lines that undo it, made before the first line runs.

    :param settle: what is waited for in place of a line.
    :param heed: how bridges heed router advertisements from here on, in place of a line.
    """

    line: str
    inverse: tuple[str, ...]
    settle: Settle | None = None
    heed: tuple[tuple[str, str], ...] = ()


@dataclass
class Draft:
    """What shall happen so far.

    :param host: the host as it will be after the steps so far.
    :param records: the ownership as it will be after them.
    """

    owner: str
    host: Host
    records: dict[str, Record]
    steps: list[Step] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)

    def do(self, operation: Operation) -> None:
        """Add a step; one that neither does nor undoes anything is none."""
        settle = operation if isinstance(operation, Settle) and operation != Settle() else None
        heed = operation.values if isinstance(operation, Heed) else ()
        step = Step(operation.line, operation.inverse(self.host), settle, heed)
        if step == Step("", ()):
            return
        self.steps.append(step)
        self.operations.append(operation)
        operation.happen(self.host)

    @property
    def undo(self) -> tuple[str, ...]:
        """The lines that undo all steps, last first."""
        return tuple(line for step in reversed(self.steps) for line in step.inverse)

    def note(self, action: str, kind: str, name: str, detail: str = "") -> None:
        """Add what a person reads of one or more steps."""
        self.changes.append(Change(action, kind, name, detail))


def disturbed_link(operation: Operation) -> str:
    """Return the link that a step may cut off for an instant or for good, empty when it is harmless."""
    if isinstance(operation, (DeleteBridge, Condemn)):
        return operation.name
    if isinstance(operation, DeleteAddress):
        return operation.device
    if isinstance(operation, SetLink) and (
        operation.key in ("master", "mac", "mtu") or (operation.key == "up" and not operation.value)
    ):
        return operation.name
    return ""
