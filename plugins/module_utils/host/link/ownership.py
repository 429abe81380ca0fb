# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose a bridge is: the mark on it, and what the journal remembers where the thing itself cannot carry a mark."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ...errors import DamagedMemory
from .model import Address, Link, Route, address_from, route_from

MARK = "novanet:"


def mark(owner: str, adopted: bool = False) -> str:
    """Return the alias of a bridge of an owner. An adopted one says so itself: it must survive a lost journal."""
    return f"{MARK}{owner}:adopted" if adopted else f"{MARK}{owner}"


def marked_owner(alias: str) -> str:
    """Return whose mark an alias is, empty when it is none."""
    return alias[len(MARK) :].split(":")[0] if alias.startswith(MARK) else ""


def is_adopted(alias: str) -> bool:
    """True for the mark of a bridge that was there before us."""
    return alias.startswith(MARK) and alias.endswith(":adopted")


def derived_mac(owner: str, name: str) -> str:
    """Return the MAC address of a bridge without uplink: always the same, locally administered, of a single station.

    It begins with 02, below the fe of tap devices and the fa of guests, as bridges choose the lowest themselves.
    """
    digest = hashlib.sha256(f"{owner}/{name}".encode()).hexdigest()
    return ":".join(["02", *(digest[index : index + 2] for index in range(0, 10, 2))])


@dataclass(frozen=True)
class Uplink:
    """An interface that we made a port, and what goes back to it when it is released.

    :param down: it was down when we came.
    :param mtu: its MTU before we changed it, None when we did not.
    :param learns: it had learnt addresses or routes by router advertisements, and its bridge learns them since; None
        in a journal that is older than the question.
    """

    name: str
    down: bool = False
    mtu: int | None = None
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    learns: bool | None = False


@dataclass(frozen=True)
class Record:
    """What we own of one bridge.

    :param addresses: the addresses that we put there.
    :param found: settings of an adopted bridge before us, by field of :class:`~.model.Link`; None when we made it.
    :param hairpin: ports that send back what they get because we made them.
    """

    addresses: tuple[str, ...] = ()
    uplink: Uplink | None = None
    found: Mapping[str, Any] | None = None
    hairpin: tuple[str, ...] = ()

    @property
    def moved(self) -> tuple[Address, ...]:
        """The addresses that came from the uplink."""
        return self.uplink.addresses if self.uplink else ()


# What is noted of a bridge that is adopted, in an order in which it can be given back.
RESTORED = ("mac", "mtu", "forward_delay", "stp", "alias")


def found_settings(link: Link) -> dict[str, Any]:
    """Return what to give back of a bridge that is adopted now."""
    return {key: getattr(link, key) for key in RESTORED} | {"up": link.up}


def records_from(owned: Mapping[str, Any]) -> dict[str, Record]:
    """Return the records in a journal's ownership document.

    :raises DamagedMemory: it is not what :func:`records_to` writes.
    """
    try:
        return {name: _record_from(values) for name, values in owned.get("bridges", {}).items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DamagedMemory(
            "state file of the bridges",
            f"is damaged (what it says of ownership lacks or misspells {error})",
            "Restore it from a backup, or set set_aside_damaged to true: then only marks say what is ours.",
        ) from error


def _record_from(values: Mapping[str, Any]) -> Record:
    uplink = values.get("uplink")
    return Record(
        addresses=tuple(values["addresses"]),
        found=values.get("found"),
        hairpin=tuple(values.get("hairpin", ())),
        uplink=uplink
        and Uplink(
            name=uplink["name"],
            down=uplink["down"],
            mtu=uplink["mtu"],
            addresses=tuple(address_from(item) for item in uplink["addresses"]),
            routes=tuple(route_from(item) for item in uplink["routes"]),
            learns=uplink.get("learns"),
        ),
    )


def records_to(records: Mapping[str, Record]) -> dict[str, Any]:
    """Return the ownership document of a journal: plain data that :func:`records_from` understands."""
    return {"bridges": {name: plain(asdict(record)) for name, record in sorted(records.items())}}


def plain(value: Any) -> Any:
    """Return data as JSON would give it back: tuples are lists there."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
