# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An interface becomes the port of a bridge and stops being one, without its addresses and routes being lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...errors import Conflict, HostError
from .addressing import exchange, in_order, stands, with_secondaries
from .draft import Draft
from .model import Address, Link, Route, copied
from .operations import AddAddress, DeleteAddress, DeleteRoute, RememberRoutes, ReplaceRoute, SetLink
from .ownership import Record, Uplink


def enslave(draft: Draft, position: str, uplink: str, bridge: str) -> None:
    """Make an interface a port of a bridge; the addresses and routes that it has go to the bridge.

    The order loses no packet: addresses on the bridge, then the port, then the old addresses off, secondaries first,
    then the routes. What a router advertised is not carried over: the bridge hears the router itself from then on.

    :raises HostError: an address or a route cannot be moved.
    """
    link = draft.host.links[uplink]
    joined = link.master == bridge
    routes = _routes_to_move(draft, position, link, joined)
    for address in copied(link.movable):
        _add(draft, bridge, address.relabelled(uplink, bridge))
        draft.note("update", "address", address.text, f"from {uplink} to {bridge}")
    advertised = [route for route in draft.host.routes_over(uplink) if route.protocol == "ra"]
    draft.do(RememberRoutes(in_order((*routes, *advertised))))
    if not joined:
        draft.do(SetLink(uplink, "master", bridge))
        draft.note("update", "interface", uplink, f"port of {bridge}")
    for address in reversed(copied(_to_delete(link, joined))):
        draft.do(DeleteAddress(uplink, address))
    for route in advertised if not joined else ():
        draft.do(DeleteRoute(route))
    # All of them: one that the kernel does not take on the bridge ends the run, and everything is undone.
    _move_routes(draft, routes, uplink, bridge)
    _remember(draft, bridge, Uplink(uplink, down=not link.up, addresses=link.movable, routes=routes))


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


def _to_delete(link: Link, joined: bool) -> list[Address]:
    """Return the addresses to take off an uplink: the moved ones, and IPv6 ones that the bridge will learn itself."""
    return [item for item in link.addresses if item.movable or (not joined and item.family == 6 and item.learnt)]


def _add(draft: Draft, device: str, address: Address) -> None:
    if not draft.host.links[device].address(address.text):
        draft.do(AddAddress(device, replace(address, secondary=False)))


def _move_routes(draft: Draft, routes: Sequence[Route], old: str, new: str) -> None:
    for route in routes:
        draft.do(ReplaceRoute(route.moved(old, new)))
        draft.note("update", "route", route.text, f"from {old} to {new}")


def _remember(draft: Draft, bridge: str, uplink: Uplink) -> None:
    """Note what is given back later; what is known already of the same uplink stays known while the bridge has it."""
    record = draft.records[bridge]
    known = record.uplink
    if known and known.name == uplink.name:
        link = draft.host.links[bridge]
        texts = {address.text for address in uplink.addresses}
        addresses = [item for item in known.addresses if item.text not in texts and link.address(item.text)]
        keys = {route.key for route in uplink.routes}
        here = {route.key for route in draft.host.routes_over(bridge)}
        routes = [route for route in known.routes if route.key not in keys and route.key in here]
        uplink = replace(known, addresses=(*addresses, *uplink.addresses), routes=in_order((*routes, *uplink.routes)))
    draft.records[bridge] = replace(record, uplink=uplink)


def return_lost(draft: Draft, bridge: str, record: Record) -> None:
    """Put on a bridge that somebody removed, and that is made again, what it had from its uplink.

    Only while the uplink has no addresses of its own: else the host was configured anew since.
    """
    uplink = record.uplink
    if not uplink or uplink.name not in draft.host.links or draft.host.links[uplink.name].movable:
        return
    for address in copied(uplink.addresses):
        if not draft.host.local(address.local):
            _add(draft, bridge, address.relabelled(uplink.name, bridge))
            draft.note("create", "address", address.text, f"on {bridge}")
    _return_routes(draft, uplink, bridge)


def release(draft: Draft, position: str, bridge: str, kept: bool) -> None:
    """Give an uplink back as it was: its addresses and routes, then its state. ``kept``: the bridge stays.

    :raises Conflict: somebody made it a port of another bridge while this one has its addresses.
    """
    uplink = draft.records[bridge].uplink
    if not uplink or uplink.name not in draft.host.links:
        return
    link = draft.host.links[uplink.name]
    given = _to_give_back(draft, bridge, uplink)
    if link.master not in ("", bridge):
        if given:
            raise Conflict(
                f"{position} {bridge}",
                f"has addresses of {link.name}, which somebody made a port of {link.master}",
                f"Take {link.name} out of {link.master} first.",
            )
        return
    for address in copied(given):
        _add(draft, uplink.name, address)
        draft.note("update", "address", address.text, f"from {bridge} to {uplink.name}")
    _release_port(draft, bridge, uplink, given, kept)
    _restore_state(draft, uplink)


def _to_give_back(draft: Draft, bridge: str, uplink: Uplink) -> tuple[Address, ...]:
    if bridge in draft.host.links:
        return tuple(item for item in uplink.addresses if draft.host.links[bridge].address(item.text))
    if draft.host.links[uplink.name].movable:
        return ()
    return tuple(item for item in uplink.addresses if not draft.host.local(item.local))


def _release_port(draft: Draft, bridge: str, uplink: Uplink, given: Sequence[Address], kept: bool) -> None:
    there = bridge in draft.host.links
    over = draft.host.routes_over(bridge)
    draft.do(RememberRoutes(over))
    if draft.host.links[uplink.name].master == bridge:
        draft.do(SetLink(uplink.name, "master", ""))
        draft.note("update", "interface", uplink.name, f"no port of {bridge}")
    if there:
        # Also off a bridge that goes: until it is gone, answers would leave by it.
        texts = [address.text for address in given]
        gone = with_secondaries(draft.host.links[bridge].addresses, texts)
        exchange(draft, bridge, gone, [item for item in gone if kept and item.text not in texts])
        _give_back_routes(draft, bridge, uplink, over, kept)
    else:
        _return_routes(draft, uplink, uplink.name)


def _give_back_routes(draft: Draft, bridge: str, uplink: Uplink, over: Sequence[Route], kept: bool) -> None:
    """Move the routes that came from the uplink, and those through a gateway that only the uplink reaches now.

    Those that it cannot have either went through our own addresses and end with them.
    """
    came = {route.key for route in uplink.routes}
    for route in over:
        left = not kept or not stands(draft.host, route)
        goes = route.key in came or (bool(route.hops[0].gateway) and left)
        # One by one: a gateway may be reached by a route that went before.
        if goes and not route.unsupported and stands(draft.host, route.moved(bridge, uplink.name)):
            _move_routes(draft, (route,), bridge, uplink.name)


def _return_routes(draft: Draft, uplink: Uplink, device: str) -> None:
    """Put the routes of an uplink on a link after they went with a bridge that somebody removed."""
    for route in uplink.routes:
        moved = route.moved(uplink.name, device)
        if all(route.key != other.key for other in draft.host.routes) and stands(draft.host, moved):
            draft.do(ReplaceRoute(moved))
            draft.note("create", "route", route.text, f"on {device}")


def _restore_state(draft: Draft, uplink: Uplink) -> None:
    link = draft.host.links[uplink.name]
    if uplink.mtu is not None and link.mtu != uplink.mtu:
        draft.do(SetLink(link.name, "mtu", uplink.mtu))
        draft.note("update", "interface", link.name, f"mtu {link.mtu} to {uplink.mtu}")
    if uplink.down and link.up:
        draft.do(SetLink(link.name, "up", False))
        draft.note("update", "interface", link.name, "down")
