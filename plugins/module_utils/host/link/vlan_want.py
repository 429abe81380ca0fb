# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wanted VLAN devices: validated and normalised, every error with its position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import InvalidInput
from .want import parse_mac, parse_mtu, parse_name

HIGHEST_ID = 4094


@dataclass(frozen=True)
class VlanWant:
    """One VLAN device as it shall be.

    :param position: where it stands in the options (``vlans[2]``).
    :param id: of the tag; 0 and an empty parent for one that shall not be.
    :param mac: empty for that of the parent.
    :param mtu: None leaves it alone; a new device has that of its parent.
    :param replace: consent to remove a device of this name that has another parent or id.
    """

    position: str
    name: str
    id: int = 0
    parent: str = ""
    mac: str = ""
    mtu: int | None = None
    replace: bool = False


@dataclass(frozen=True)
class VlansWant:
    """All VLAN devices of an owner as they shall be.

    :param absent: devices that shall not be.
    :param purge: every other VLAN device of the owner shall not be either.
    """

    vlans: tuple[VlanWant, ...]
    absent: tuple[VlanWant, ...] = ()
    purge: bool = False

    def position_of(self, device: str) -> str:
        """Return where the options name a link, such as ``vlans[2] vlan100``."""
        for item in (*self.vlans, *self.absent):
            if item.name == device:
                return f"{item.position} {device}"
        return f"VLAN interface {device}"


def parse_vlans(applied: Mapping[str, Any]) -> VlansWant:
    """Return the wanted VLAN devices.

    :raises InvalidInput: an item can never be right, or two of them contradict each other.
    """
    present: list[VlanWant] = []
    absent: list[VlanWant] = []
    for index, item in enumerate(applied["vlans"]):
        position = f"vlans[{index}]"
        if (item.get("state") or "present") == "present":
            present.append(_vlan(position, item))
        else:
            absent.append(VlanWant(position, parse_name(f"{position}.name", item["name"])))
    _check_unique(present, absent)
    return VlansWant(tuple(present), tuple(absent), bool(applied.get("purge")))


def _vlan(position: str, item: Mapping[str, Any]) -> VlanWant:
    name = parse_name(f"{position}.name", item["name"])
    for key in ("id", "parent"):
        if item.get(key) in (None, ""):
            raise InvalidInput(f"{position}.{key}", "is missing")
    if not 1 <= item["id"] <= HIGHEST_ID:
        raise InvalidInput(f"{position}.id {item['id']}", f"is outside 1 to {HIGHEST_ID}")
    return VlanWant(
        position=position,
        name=name,
        id=item["id"],
        parent=parse_name(f"{position}.parent", item["parent"]),
        mac=parse_mac(f"{position}.mac", item.get("mac")),
        mtu=parse_mtu(f"{position}.mtu", item.get("mtu"), ()),
        replace=bool(item.get("replace")),
    )


def _check_unique(present: Sequence[VlanWant], absent: Sequence[VlanWant]) -> None:
    names: dict[str, str] = {}
    tags: dict[tuple[str, int], str] = {}
    for item in (*present, *absent):
        other = names.setdefault(item.name, item.position)
        if other != item.position:
            raise InvalidInput(f"{item.position}.name {item.name}", f"is listed at {other} already")
    for item in present:
        if item.parent in names:
            raise InvalidInput(
                f"{item.position}.parent {item.parent}",
                f"is listed at {names[item.parent]}; a VLAN interface cannot stand on another of the same list",
            )
        other = tags.setdefault((item.parent, item.id), item.position)
        if other != item.position:
            raise InvalidInput(f"{item.position}.id {item.id}", f"on {item.parent} is listed at {other} already")
