# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``nova_floating_ip`` is asked for: options in, checked addresses out. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Conflict, InvalidInput
from .nft_values import require_address, require_interface


@dataclass(frozen=True)
class FloatingAddress:
    """A floating address on a host: where it is, and which fixed address answers to it."""

    address: str
    fixed_address: str
    interface: str


@dataclass(frozen=True)
class Want:
    """What was asked for.

    :param addresses: floating address to what it shall be.
    :param absent: floating addresses that shall go.
    :param positions: floating address to the position of its item, for messages.
    :param send_arp_count: how often each new address is announced; 0 for not at all.
    """

    addresses: Mapping[str, FloatingAddress]
    absent: frozenset[str]
    purge: bool
    positions: Mapping[str, str]
    send_arp_count: int


def parse_want(applied: Mapping[str, Any]) -> Want:
    """Return what the options ask for.

    :raises InvalidInput: an option has a value that can never be right.
    """
    addresses: dict[str, FloatingAddress] = {}
    absent: set[str] = set()
    positions: dict[str, str] = {}
    for index, item in enumerate(applied.get("addresses") or ()):
        position = f"addresses[{index}]"
        if not item.get("address"):
            raise InvalidInput(f"{position}.address", "is missing")
        address = require_address(item["address"], f"{position}.address")
        if address in positions:
            raise InvalidInput(f"{position}.address {address}", f"is already listed at {positions[address]}")
        positions[address] = position
        if item.get("state", "present") == "absent":
            absent.add(address)
        else:
            addresses[address] = _parse_address(item, address, position)
    _refuse_ambiguity(addresses, positions)
    count = int(applied.get("send_arp_count", 3)) if applied.get("send_arp") else 0
    if not 0 <= count <= 100:
        raise InvalidInput(f"send_arp_count {count}", "is outside 0 to 100")
    return Want(addresses, frozenset(absent), bool(applied.get("purge", False)), positions, count)


def _parse_address(item: Mapping[str, Any], address: str, position: str) -> FloatingAddress:
    for key in ("fixed_address", "interface"):
        if not item.get(key):
            raise InvalidInput(f"{position}.{key}", "is missing")
    fixed = require_address(item["fixed_address"], f"{position}.fixed_address")
    if fixed == address:
        raise InvalidInput(f"{position}.fixed_address {fixed}", "is the floating address itself")
    return FloatingAddress(address, fixed, require_interface(item["interface"], f"{position}.interface"))


def _refuse_ambiguity(addresses: Mapping[str, FloatingAddress], positions: Mapping[str, str]) -> None:
    owners: dict[str, str] = {}
    for address, each in addresses.items():
        subject = f"{positions[address]}.fixed_address {each.fixed_address}"
        if each.fixed_address in owners:
            raise InvalidInput(subject, f"already has the floating address of {owners[each.fixed_address]}")
        if each.fixed_address in addresses:
            raise InvalidInput(subject, f"is itself a floating address, see {positions[each.fixed_address]}")
        owners[each.fixed_address] = positions[address]


def merge(want: Want, known: Mapping[str, FloatingAddress]) -> dict[str, FloatingAddress]:
    """Return the addresses as they shall be: what was asked for, and what was applied before and is not spoken of.

    :raises Conflict: a fixed address would have two floating addresses.
    """
    kept = {} if want.purge else {key: each for key, each in known.items() if key not in want.positions}
    owners = {each.fixed_address: address for address, each in kept.items()}
    for address, each in want.addresses.items():
        if each.fixed_address in owners:
            raise Conflict(
                f"{want.positions[address]}.fixed_address {each.fixed_address}",
                f"already has the floating address {owners[each.fixed_address]}",
                "Remove that one with state absent in the same call.",
            )
    return in_order({**kept, **want.addresses})


def in_order(addresses: Mapping[str, FloatingAddress]) -> dict[str, FloatingAddress]:
    """Return the addresses as people count."""
    return {address: addresses[address] for address in sorted(addresses, key=ipaddress.IPv4Address)}
