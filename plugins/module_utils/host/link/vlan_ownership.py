# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VLAN devices of an owner on a host, and what the journal remembers of them beside their marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import DamagedMemory
from .access import Reach
from .draft import Draft
from .model import Host
from .ownership import Record, marked_owner
from .vlan_want import VlansWant


@dataclass(frozen=True)
class VlanHave:
    """A host and what we own on it.

    :param records: by name of the device; ``found`` says what to give back of one that was there before us.
    :param raised: parents that were down when we came.
    :param supported: the kernel can make VLAN devices.
    :param boot_owners: who needs the kernel's module at boot.
    :param boot_text: text of the file that says so, None when there is none.
    :param reach: how the controller reaches it.
    :param guarded: there is a guard of this run.
    """

    owner: str
    want: VlansWant
    host: Host
    records: Mapping[str, Record]
    raised: frozenset[str] = frozenset()
    supported: bool = True
    boot_owners: frozenset[str] = frozenset()
    boot_text: str | None = None
    reach: Reach = Reach()
    guarded: bool = False

    @property
    def purgeable(self) -> tuple[str, ...]:
        """The VLAN devices of the owner that are not listed, whether they are there or only remembered."""
        listed = {item.name for item in (*self.want.vlans, *self.want.absent)}
        devices = [link for link in self.host.links.values() if link.kind == "vlan"]
        marked = {link.name for link in devices if marked_owner(link.alias) == self.owner}
        return tuple(sorted((marked | {*self.records}) - listed)) if self.want.purge else ()


@dataclass
class VlanDraft(Draft):
    """What shall happen so far to VLAN devices and their parents.

    :param raised: parents that were down when we came.
    :param replace_own: consent to make a device that this owner made anew, with another parent or id.
    """

    raised: set[str] = field(default_factory=set)
    replace_own: bool = False


def vlans_from(owned: Mapping[str, Any]) -> tuple[dict[str, Record], frozenset[str]]:
    """Return the records and the raised parents in a journal's ownership document.

    :raises DamagedMemory: it is not what :func:`vlans_to` writes.
    """
    try:
        records = {name: Record(found=values["found"]) for name, values in owned.get("vlans", {}).items()}
        return records, frozenset(owned.get("raised", ()))
    except (AttributeError, KeyError, TypeError) as error:
        raise DamagedMemory(
            "state file of the VLAN interfaces",
            f"is damaged (what it says of ownership lacks or misspells {error})",
            "Restore it from a backup, or set set_aside_damaged to true: then only marks say what is ours.",
        ) from error


def vlans_to(records: Mapping[str, Record], raised: frozenset[str]) -> dict[str, Any]:
    """Return the ownership document of a journal: plain data that :func:`vlans_from` understands."""
    return {
        "vlans": {name: {"found": record.found} for name, record in sorted(records.items())},
        "raised": sorted(raised),
    }
