# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks as people see them, and how they are found."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import NotFound
from . import schema
from .inputs import dotted
from .sql import select
from .store import Transaction

# What is returned as it is stored; the rest follows from the ranges.
_STORED = (
    "label",
    "series",
    "uuid",
    "manager",
    "cidr",
    "cidr_v6",
    "gateway",
    "gateway_v6",
    "dhcp_server",
    "dhcp_start",
    "fixed_cidr",
    "allowed_start",
    "allowed_end",
    "dns1",
    "dns2",
    "vlan",
    "bridge",
    "bridge_interface",
    "project",
    "host",
    "multi_host",
    "mtu",
    "enable_dhcp",
    "share_address",
    "vpn_private_address",
    "vpn_public_address",
    "vpn_public_port",
    "priority",
    "origin",
    "generation",
)


def view_network(row: Any) -> dict[str, Any]:
    """Return a row of the table as a person knows the network: all fields that are stored or follow from them."""
    view = {name: getattr(row, name) for name in _STORED}
    view["netmask"] = view["broadcast"] = view["netmask_v6"] = None
    if row.cidr is not None:
        network = ipaddress.IPv4Network(row.cidr)
        view["netmask"], view["broadcast"] = str(network.netmask), str(network.broadcast_address)
    if row.cidr_v6 is not None:
        view["netmask_v6"] = str(ipaddress.IPv6Network(row.cidr_v6).netmask)
    return view


def network_by_id(work: Transaction, network_id: int) -> Any:
    """Return the row of a network that is known to exist."""
    return work.connection.execute(select(schema.networks).where(schema.networks.c.id == network_id)).one()


def find_network(work: Transaction, label: str) -> Any | None:
    """Return the row of a network, or None when there is no such label."""
    return work.connection.execute(select(schema.networks).where(schema.networks.c.label == label)).first()


def network_by_label(work: Transaction, label: str, subject: str = "") -> Any:
    """Return the row of a network.

    :param subject: where the label was written, for the error.
    :raises NotFound: there is no network with this label.
    """
    row = find_network(work, label)
    if row is None:
        raise NotFound(subject or f"network {label}", f"does not exist: no network has the label {label}")
    return row


def view_reserved(work: Transaction, rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the addresses of these networks that no instance may get, as ranges with the reason."""
    table = schema.fixed_reservations
    labels = {row.id: row.label for row in rows}
    order = {network_id: position for position, network_id in enumerate(labels)}
    found: list[Any] = []
    for part in chunks(list(labels)):
        found += work.connection.execute(select(table).where(table.c.network_id.in_(part))).all()
    found.sort(key=lambda row: (order[row.network_id], row.first, row.last, row.reason))
    return [
        {
            "network": labels[row.network_id],
            "first": dotted(row.first),
            "last": dotted(row.last),
            "reason": row.reason,
            "note": row.note,
        }
        for row in found
    ]


def chunks(values: Sequence[Any], size: int = 500) -> list[Sequence[Any]]:
    """Return a list in parts that fit into one statement."""
    return [values[start : start + size] for start in range(0, len(values), size)]
