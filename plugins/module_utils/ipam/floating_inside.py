# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floating ranges inside fixed networks: allowed, with a warning, and kept from instances there.

A host would otherwise bind as a floating address what a guest has as its fixed one.
"""

from __future__ import annotations

from typing import Any

from ..errors import Conflict, InUse
from . import schema
from .inputs import dotted, read_address
from .owners import owner
from .reservations import reserve, unreserve
from .sql import select
from .store import Transaction

REASON = "floating"


def reserve_floating_inside(work: Transaction, network: Any) -> None:
    """Keep the floating ranges that lie inside a network from its instances; for a network that was just made.

    :param network: row of the network.
    :raises Conflict: the network's own gateway or DHCP server is a floating address.
    """
    if network.cidr is None:
        return
    ranges, pools = schema.floating_ranges, schema.floating_pools
    inside = work.connection.execute(
        select(ranges.c.first, ranges.c.last, ranges.c.text, pools.c.name)
        .select_from(ranges.join(pools, pools.c.id == ranges.c.pool_id))
        .where(ranges.c.first <= network.last, ranges.c.last >= network.first)
        .order_by(ranges.c.first)
    )
    for row in inside.all():
        _reserve_part(work, network, row.first, row.last, row.name, f"floating range {row.text}")


def reserve_range_in_networks(work: Transaction, first: int, last: int, pool: str, subject: str) -> None:
    """Keep a floating range from the instances of every network that it touches; for a range that was just made.

    :param subject: the range with its position, for errors and for the warning.
    :raises InUse: an instance has one of its addresses, or had it and a host may still use it.
    :raises Conflict: a network's own gateway or DHCP server is one of its addresses.
    """
    for network in _touched(work, first, last):
        _reserve_part(work, network, first, last, pool, subject)


def unreserve_range_in_networks(work: Transaction, first: int, last: int) -> None:
    """Give a floating range that is gone back to the networks that it lies in."""
    for network in _touched(work, first, last):
        unreserve(work, network, max(first, network.first), min(last, network.last), REASON)


def _touched(work: Transaction, first: int, last: int) -> list[Any]:
    columns = schema.networks.c
    touched = select(schema.networks).where(columns.first <= last, columns.last >= first).order_by(columns.id)
    return list(work.connection.execute(touched))


def _reserve_part(work: Transaction, network: Any, first: int, last: int, pool: str, subject: str) -> None:
    first, last = max(first, network.first), min(last, network.last)
    _refuse_infrastructure(network, first, last, subject)
    _refuse_fixed_ips(work, network, first, last, subject)
    if reserve(work, network, first, last, reason=REASON, note=f"pool {pool}", subject=subject):
        work.warnings.append(
            f"{subject} lies inside network {network.label} ({network.cidr}): it is reserved there, no instance gets it"
        )


def _refuse_infrastructure(network: Any, first: int, last: int, subject: str) -> None:
    for role in ("gateway", "dhcp_server", "vpn_private_address"):
        address = getattr(network, role)
        if address is not None and first <= read_address(address, role) <= last:
            raise Conflict(subject, f"contains {address}, the {role} of network {network.label}")


def _refuse_fixed_ips(work: Transaction, network: Any, first: int, last: int, subject: str) -> None:
    columns = schema.fixed_ips.c
    taken = work.connection.execute(
        select(schema.fixed_ips)
        .where(columns.network_id == network.id, columns.address.between(first, last))
        .order_by(columns.address)
        .limit(1)
    ).first()
    if taken is None:
        return
    address = dotted(taken.address)
    if taken.state == "released":
        raise InUse(
            subject,
            f"contains {address}, which {owner(taken)} had and which is still in quarantine",
            "Converge the hosts, then run again.",
        )
    raise InUse(subject, f"contains {address}, which {owner(taken)} has in network {network.label}")
