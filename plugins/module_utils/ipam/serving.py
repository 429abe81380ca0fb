# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which host serves a network for an instance, as a column, and the gateways of networks that one host serves.

A gateway is withdrawn where it was before it is established where it shall be, so what moves it says so here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidInput
from . import schema
from .inputs import read_address
from .sql import and_, case
from .store import Transaction
from .withdrawals import reinstate, withdraw

GATEWAY = "gateway"


def serving_host() -> Any:
    """Return the host that serves a network for an instance; the query joins both.

    The plan asks ``servers_of`` in ``plan/cloud.py``, which says the same of one instance.
    """
    return case((schema.networks.c.multi_host, schema.instances.c.host), else_=schema.networks.c.host)


def each_host_has_an_address() -> Any:
    """Return what holds of the networks in which each host that serves them has an address of its own."""
    columns = schema.networks.c
    return and_(columns.multi_host, columns.share_address.is_(False), columns.cidr.is_not(None))


def check_multi_host(where: str, given: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    """Refuse options of a multi_host network that could do nothing, and return warnings of those that do little.

    :param where: the item's position, such as ``networks[2]``.
    :param given: what the item says.
    :param row: the network as it is to be.
    :raises InvalidInput: it names a host, a DHCP server beside the gateway that no host would have, or the manager is
        flat and the hosts have an address each.
    """
    if not row["multi_host"]:
        return []
    if given.get("host"):
        raise InvalidInput(
            f"{where}.host {given['host']}",
            "has no meaning with multi_host: each compute host serves its own instances",
            "Leave it out.",
        )
    if row["share_address"]:
        return []
    if row["manager"] == "flat":
        raise InvalidInput(
            f"{where}.multi_host",
            "needs share_address with manager flat: the router of a guest is written in its image, and it may move",
            "Set share_address to true.",
        )
    if row["dhcp_server"] != row["gateway"]:
        raise InvalidInput(
            f"{where}.dhcp_server {row['dhcp_server']}",
            "has no meaning with multi_host: every host has an address of its own there",
            "Leave it out, or set share_address to true.",
        )
    if not given.get("gateway"):
        return []
    return [
        f"{where}.gateway {given['gateway']} is kept free, and is nobody's router: with multi_host, every host's own "
        "address is that of its guests, unless share_address is true"
    ]


def move_gateway(work: Transaction, before: Any, after: Any = None) -> None:
    """Note who must give up the gateway of a network that one host serves, and who has it again.

    :param before: the network's row as it was.
    :param after: as it is; None when the network is gone.
    """
    old, new = _gateway(before), None if after is None else _gateway(after)
    if old == new:
        return
    withdraw(work, GATEWAY, [old] if old else [])
    reinstate(work, GATEWAY, [new] if new else [])


def _gateway(row: Any) -> tuple[int, str] | None:
    """Return the address by which a network is served, and the one host that has it."""
    address = row.dhcp_server or row.gateway
    return None if row.multi_host or row.host is None or address is None else (read_address(address, GATEWAY), row.host)
