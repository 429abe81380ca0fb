# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Devices that are no instances: each has one reserved address to itself, and a MAC address that nobody else gets.

The DHCP server of the network gives them the address. So they may have a lease, and what they had goes through
quarantine as an instance's address does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ..change import Change
from ..errors import Conflict, InUse, InvalidInput
from . import schema
from .fixed import describe_quarantine, fixed_at, release, retake
from .inputs import dotted
from .network_views import chunks
from .owners import audited, owner
from .reservations import overlapping
from .sql import and_, insert, select, update
from .store import Transaction

DEVICE = "device"
# Reasons of reservations that give an address to somebody. The others only bound the range of instances.
_SOMEBODYS = ("network", "broadcast", "gateway", "dhcp_server", "vpn", "vpn_clients", "floating")


@dataclass(frozen=True)
class DeviceWish:
    """A device that an address is held for.

    :param where: where it was written, such as ``reservations[2]``.
    :param hostname: its name in DHCP and DNS.
    """

    where: str
    address: int
    mac: str
    hostname: str


def hold(work: Transaction, network: Any, wish: DeviceWish) -> None:
    """Hold a reserved address and a MAC for a device, unless they are held for it already.

    :param network: row of the network.
    :raises InvalidInput: no single host serves the network.
    :raises Conflict: the MAC is that of a NIC or of another device, or the address has a use of its own.
    :raises InUse: the address is held for a device with another MAC, or was, or an instance's, and may still be in use.
    """
    subject = f"{wish.where}.mac {wish.mac}"
    if network.multi_host:
        raise InvalidInput(
            subject,
            f"cannot be held in network {network.label}: with multi_host each host serves its own instances only",
            "Leave it out, which reserves the address.",
        )
    for reservation in overlapping(work, network.id, wish.address, wish.address):
        if reservation.reason in _SOMEBODYS:
            raise Conflict(subject, f"cannot have {dotted(wish.address)}: that is reserved ({reservation.reason})")
    fixed = fixed_at(work, network.id, wish.address)
    if fixed is not None and fixed.mac != wish.mac:
        raise InUse(
            subject,
            f"cannot have {dotted(wish.address)} yet: {_why_not_yet(work, fixed)}",
            "Converge the hosts, then run again."
            if fixed.state == "released"
            else "Remove that reservation and converge, then reserve the address anew.",
        )
    if fixed is None or fixed.state == "released":
        _refuse_known_mac(work, wish, subject)
    if fixed is None:
        _store(work, network, wish)
    elif fixed.state == "released":
        _take_back(work, network, fixed, wish)
    elif fixed.device != wish.hostname:
        _rename(work, fixed, wish.hostname)


def let_go(work: Transaction, network: Any, first: int, last: int) -> None:
    """Hold addresses of a range for no device any more. They stay in quarantine as those of instances do."""
    columns = schema.fixed_ips.c
    mine = and_(columns.network_id == network.id, columns.address.between(first, last), columns.state == DEVICE)
    for fixed in work.connection.execute(select(schema.fixed_ips).where(mine).order_by(columns.address)).all():
        release(work, fixed, _hosts(network))


def held_macs(work: Transaction, macs: Collection[str]) -> set[str]:
    """Return which of some MACs are held for devices."""
    columns = schema.fixed_ips.c
    found: set[str] = set()
    for part in chunks(sorted(set(macs))):
        query = select(columns.mac).where(columns.state == DEVICE, columns.mac.in_(part))
        found.update(work.connection.execute(query).scalars())
    return found


def devices(work: Transaction) -> list[Any]:
    """Return all addresses that are held for devices, in order."""
    table = schema.fixed_ips
    held = select(table).where(table.c.state == DEVICE)
    return list(work.connection.execute(held.order_by(table.c.network_id, table.c.address)))


def _hosts(network: Any) -> list[str]:
    """Return who gives the devices of a network their addresses."""
    return [] if network.host is None else [network.host]


def _why_not_yet(work: Transaction, fixed: Any) -> str:
    if fixed.state == "released":
        return f"it is in quarantine: {describe_quarantine(work, fixed)}"
    return f"it is held for {owner(fixed)} with {fixed.mac}, which may have a lease of it"


def _refuse_known_mac(work: Transaction, wish: DeviceWish, subject: str) -> None:
    ports, instances, fixed = schema.ports, schema.instances, schema.fixed_ips
    nic = select(instances.c.name).select_from(ports.join(instances)).where(ports.c.mac == wish.mac)
    instance = work.connection.execute(nic).scalar()
    if instance is not None:
        raise Conflict(subject, f"is that of a NIC of instance {instance}")
    same = and_(fixed.c.mac == wish.mac, fixed.c.state == DEVICE)
    other = work.connection.execute(select(fixed).where(same)).first()
    if other is not None:
        raise Conflict(subject, f"is that of {owner(other)} already, which has {dotted(other.address)}")


def _store(work: Transaction, network: Any, wish: DeviceWish) -> None:
    row = {"network_id": network.id, "address": wish.address, "mac": wish.mac, "device": wish.hostname}
    stored = {**row, "state": DEVICE, "origin": work.origin, "generation": work.generation}
    work.connection.execute(insert(schema.fixed_ips).values(stored))
    after = {"network": network.label, "device": wish.hostname, "mac": wish.mac, "state": DEVICE}
    detail = f"device {wish.hostname}, network {network.label}"
    work.record(Change("create", "fixed IP", dotted(wish.address), detail), None, after)


def _take_back(work: Transaction, network: Any, fixed: Any, wish: DeviceWish) -> None:
    """Give a device the address that it had last, or that it had as an instance's NIC."""
    table = schema.fixed_ips
    who = {"device": wish.hostname, "instance": None, "host": None}
    work.connection.execute(update(table).where(table.c.id == fixed.id).values(who))
    known = work.connection.execute(select(table).where(table.c.id == fixed.id)).one()
    retake(work, known, DEVICE, _hosts(network))


def _rename(work: Transaction, fixed: Any, hostname: str) -> None:
    table = schema.fixed_ips
    values = {"device": hostname, "generation": work.generation}
    work.connection.execute(update(table).where(table.c.id == fixed.id).values(values))
    change = Change("update", "fixed IP", dotted(fixed.address), f"device {fixed.device} -> {hostname}")
    before = audited(fixed)
    work.record(change, before, {**before, "device": hostname})
