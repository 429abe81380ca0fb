# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The managed bridges as people know them: what the module manages and what stays, nothing that moves by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..advertisements import DEAF
from .access import Reach
from .model import Address, Host, Link
from .ownership import Record, marked_owner
from .want import BridgeWant, Want


@dataclass(frozen=True)
class Have:
    """A host and what we own on it.

    :param reach: how the controller reaches it.
    :param guarded: there is a guard of this run.
    """

    owner: str
    want: Want
    host: Host
    records: Mapping[str, Record]
    reach: Reach = Reach()
    guarded: bool = False

    @property
    def purgeable(self) -> tuple[str, ...]:
        """The bridges of the owner that are not listed, whether they are there or only remembered."""
        listed = {bridge.name for bridge in (*self.want.bridges, *self.want.absent)}
        bridges = [link for link in self.host.links.values() if link.kind == "bridge"]
        marked = {link.name for link in bridges if marked_owner(link.alias) == self.owner}
        return tuple(sorted((marked | {*self.records}) - listed)) if self.want.purge else ()


def view_bridges(have: Have) -> list[dict[str, Any]]:
    """Return the listed bridges, and with purge all others of the owner, as far as they exist."""
    items = {bridge.name: bridge for bridge in (*have.want.bridges, *have.want.absent)}
    items.update({name: BridgeWant("", name) for name in have.purgeable})
    return [_view(have, have.host.links[name], item) for name, item in sorted(items.items()) if name in have.host.links]


def _view(have: Have, link: Link, item: BridgeWant) -> dict[str, Any]:
    record = have.records.get(link.name, Record())
    interface = item.interface or (record.uplink.name if record.uplink else "")
    uplink = have.host.links.get(interface)
    moved = [address.text for address in record.moved if link.address(address.text)]
    ours = [address.text for address in item.addresses]
    ours += [text for text in record.addresses if text not in ours and text not in moved]
    return {
        "name": link.name,
        "owner": marked_owner(link.alias) or None,
        "interface": interface if uplink and uplink.master == link.name else None,
        "uplink": _view_uplink(have.host, uplink, item) if uplink else None,
        "mac": link.mac,
        "mtu": link.mtu if item.mtu else None,
        "up": link.up,
        "stp": link.stp,
        "forward_delay": link.forward_delay / 100,
        "addresses": [text for text in ours if link.address(text)],
        "first_address": link.first or None,
        "moved_addresses": sorted(moved),
        "routes": sorted(route.text for route in have.host.routes_over(link.name) if route.protocol != "ra"),
        "heeds_routers": have.host.heeding.get(link.name, DEAF) != DEAF,
        "hairpin_ports": [port for port in item.hairpin_ports if _hairpin(have.host, port, link.name)],
    }


def _view_uplink(host: Host, link: Link, item: BridgeWant) -> dict[str, Any]:
    return {
        "name": link.name,
        "up": link.up,
        "mtu": link.mtu if item.mtu else None,
        "addresses": sorted(_texts(link.movable)),
        "routes": sorted(route.text for route in host.routes_over(link.name) if route.protocol != "ra"),
    }


def _texts(addresses: tuple[Address, ...]) -> list[str]:
    return [address.text for address in addresses]


def _hairpin(host: Host, port: str, bridge: str) -> bool:
    return port in host.links and host.links[port].master == bridge and host.links[port].hairpin
