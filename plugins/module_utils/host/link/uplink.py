# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An interface becomes the port of a bridge, and the bridge gets its addresses and routes, without a loss."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...errors import HostError
from .addressing import in_order, stands
from .draft import Draft
from .model import Address, Link, Route, copied
from .operations import (
    AddAddress,
    AddNeighbour,
    DeleteAddress,
    DeleteRoute,
    RememberRoutes,
    ReplaceRoute,
    SetLink,
    Settle,
)
from .ownership import Uplink


@dataclass(frozen=True)
class Move:
    """What is still to be done for an uplink that became a port: its addresses and routes are on it and on the bridge.

    :param link: the uplink as it was.
    :param joined: it was a port already.
    :param learns: it had learnt addresses or routes by router advertisements.
    """

    bridge: str
    link: Link
    joined: bool
    routes: tuple[Route, ...]
    learns: bool


def enslave(draft: Draft, position: str, link: Link, bridge: str) -> Move:
    """Make an interface a port of a bridge; first the bridge gets the addresses that it has.

    :param link: the interface as it was before its MTU was set.
    :raises HostError: an address or a route cannot be moved.
    """
    uplink = link.name
    joined = link.master == bridge
    routes = _routes_to_move(draft, position, link, joined)
    learns = not joined and (_learns(link) or any(route.protocol == "ra" for route in draft.host.routes_over(uplink)))
    for address in copied(link.movable):
        add_address(draft, bridge, address.relabelled(uplink, bridge))
        draft.note("update", "address", address.text, f"from {uplink} to {bridge}")
    if not joined:
        draft.do(SetLink(uplink, "master", bridge))
        draft.note("update", "interface", uplink, f"port of {bridge}")
    return Move(bridge, link, joined, routes, learns)


def finish(draft: Draft, moves: Sequence[Move]) -> None:
    """Let the routes lead over the bridges, then take the addresses off the uplinks, secondaries first.

    In this order no instant is without a route: with the last address of an uplink the kernel drops its routes. Until
    then a host answers over the uplink, as before. A new bridge drops what it shall send before it found out that it
    has a carrier, and the kernel answers for a new IPv6 address a little later, so both is waited for. What a router
    advertised is not carried over: the bridge hears the router itself.
    """
    draft.do(_settling([move for move in moves if _to_delete(move)]))
    for move in moves:
        uplink, bridge = move.link.name, move.bridge
        over = draft.host.routes_over(uplink)
        advertised = [route for route in over if route.protocol == "ra" and not move.joined]
        draft.do(RememberRoutes(in_order((*move.routes, *advertised))))
        tell_neighbours(draft, move.link.movable, uplink, bridge)
        # All of them: one that the kernel does not take on the bridge ends the run, and everything is undone.
        move_routes(draft, move.routes, uplink, bridge)
        for route in advertised:
            draft.do(DeleteRoute(route))
        for address in reversed(copied(_to_delete(move))):
            draft.do(DeleteAddress(uplink, address))
        _remember(draft, move)


def _settling(moves: Sequence[Move]) -> Settle:
    carriers = tuple(move.bridge for move in moves if move.link.carrier)
    addresses = [(move.bridge, item) for move in moves for item in move.link.movable if item.family == 6]
    return Settle(carriers, tuple((bridge, item.local) for bridge, item in addresses))


def _routes_to_move(draft: Draft, position: str, link: Link, joined: bool) -> tuple[Route, ...]:
    routes = tuple(route for route in draft.host.routes_over(link.name) if route.protocol != "ra")
    if joined:
        return tuple(route for route in routes if not route.unsupported)
    learnt = next((address for address in link.of_family(4) if address.learnt), None)
    if learnt:
        raise HostError(
            f"{position}.interface {link.name}",
            f"has the address {learnt.text} from DHCP, which cannot be moved to a bridge",
            "Configure it statically, or let its DHCP client run on the bridge.",
        )
    for route in routes:
        reason = f"has attributes that cannot be moved ({', '.join(route.unsupported)})" if route.unsupported else ""
        if not reason and not stands(draft.host, route):
            reason = "could not be made again (its gateway or its source is not on a link)"
        if reason:
            raise HostError(
                f"{position}.interface {link.name}",
                f"carries the route {route.text}, which {reason}",
                "Remove the route first; what is needed of it can be added on the bridge.",
            )
    return routes


def _to_delete(move: Move) -> list[Address]:
    """Return the addresses to take off an uplink: the moved ones, and IPv6 ones that the bridge will learn itself."""
    own = move.link.addresses
    return [item for item in own if item.movable or (not move.joined and item.family == 6 and item.learnt)]


def add_address(draft: Draft, device: str, address: Address) -> None:
    """Put an address on a link unless it is there."""
    if not draft.host.links[device].address(address.text):
        draft.do(AddAddress(device, replace(address, secondary=False)))


def move_routes(draft: Draft, routes: Sequence[Route], old: str, new: str) -> None:
    """Let routes lead over another link."""
    for route in routes:
        draft.do(ReplaceRoute(route.moved(old, new)))
        draft.note("update", "route", route.text, f"from {old} to {new}")


def tell_neighbours(draft: Draft, moved: Sequence[Address], old: str, new: str) -> None:
    """Let a link know the neighbours of the one that gives it its addresses: it need not look for them first."""
    networks = [address.network for address in moved]
    for neighbour in draft.host.neighbours:
        far = ipaddress.ip_address(neighbour.address)
        if neighbour.device == old and any(far in network for network in networks):
            draft.do(AddNeighbour(replace(neighbour, device=new)))


def _learns(link: Link) -> bool:
    return any(address.learnt for address in link.of_family(6))


def _remember(draft: Draft, move: Move) -> None:
    """Note what is given back later; what is known already of the same uplink stays known while the bridge has it."""
    link, bridge = move.link, draft.host.links[move.bridge]
    mtu = link.mtu if draft.host.links[link.name].mtu != link.mtu else None
    uplink = Uplink(link.name, not link.up, mtu, link.movable, move.routes, move.learns or _learns(bridge))
    record = draft.records[move.bridge]
    known = record.uplink
    if known and known.name == uplink.name:
        texts = {address.text for address in uplink.addresses}
        addresses = [item for item in known.addresses if item.text not in texts and bridge.address(item.text)]
        keys = {route.key for route in uplink.routes}
        here = {route.key for route in draft.host.routes_over(bridge.name)}
        routes = [route for route in known.routes if route.key not in keys and route.key in here]
        uplink = replace(
            known,
            mtu=known.mtu if known.mtu is not None else mtu,
            addresses=(*addresses, *uplink.addresses),
            routes=in_order((*routes, *uplink.routes)),
            learns=uplink.learns if known.learns is None else known.learns or move.learns,
        )
    draft.records[bridge.name] = replace(record, uplink=uplink)
