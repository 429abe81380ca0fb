# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One change, as a person reads it and as both storeys that change things report it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """A difference between what is and what shall be.

    :param action: ``create``, ``update``, ``delete`` or ``run``.
    :param kind: what it is about, in the words of the field (``bridge``, ``fixed IP``, ``DHCP host``).
    :param name: which one.
    :param detail: the values that differ; empty when the name says it all.
    """

    action: str
    kind: str
    name: str
    detail: str = ""

    def describe(self) -> str:
        """Return the change as one line, such as ``create bridge br100 (mtu 1500)``."""
        return f"{self.action} {self.kind} {self.name}" + (f" ({self.detail})" if self.detail else "")
