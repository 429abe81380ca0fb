# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An interface stops being the port of a bridge and gets back what it brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import Conflict
from .addressing import exchange, stands, with_secondaries
from .draft import Draft
from .model import Address, copied
from .operations import DeleteAddress, RememberRoutes, ReplaceRoute, SetLink, Settle
from .ownership import Record, Uplink
from .uplink import add_address, move_routes, tell_neighbours


def return_lost(draft: Draft, bridge: str, record: Record) -> None:
    """Put on a bridge that somebody removed, and that is made again, what it had from its uplink.

    Only while the uplink has no addresses of its own: else the host was configured anew since.
    """
    uplink = record.uplink
    if not uplink or uplink.name not in draft.host.links or draft.host.links[uplink.name].movable:
        return
    for address in copied(uplink.addresses):
        if not draft.host.local(address.local):
            add_address(draft, bridge, address.relabelled(uplink.name, bridge))
            draft.note("create", "address", address.text, f"on {bridge}")
    _return_routes(draft, uplink, bridge)


@dataclass(frozen=True)
class Departure:
    """A bridge that gives its uplink back, or that has none to give.

    :param kept: the bridge stays.
    :param uplink: None for nothing to give back.
    :param given: the addresses that go with it; they are on the uplink already.
    """

    bridge: str
    kept: bool
    uplink: Uplink | None = None
    given: tuple[Address, ...] = ()


def begin_release(draft: Draft, position: str, bridge: str, kept: bool) -> Departure:
    """Begin to give an uplink back: it gets its addresses, and the bridge has them still.

    :raises Conflict: somebody made it a port of another bridge while this one has its addresses.
    """
    uplink = draft.records[bridge].uplink
    if not uplink or uplink.name not in draft.host.links:
        return Departure(bridge, kept)
    link = draft.host.links[uplink.name]
    given = _to_give_back(draft, bridge, uplink)
    if link.master not in ("", bridge):
        if given:
            raise Conflict(
                f"{position} {bridge}",
                f"has addresses of {link.name}, which somebody made a port of {link.master}",
                f"Take {link.name} out of {link.master} first.",
            )
        return Departure(bridge, kept)
    for address in copied(given):
        add_address(draft, uplink.name, address)
        draft.note("update", "address", address.text, f"from {bridge} to {uplink.name}")
    return Departure(bridge, kept, uplink, given)


def await_releases(draft: Draft, departures: Sequence[Departure]) -> None:
    """Wait until the uplinks answer for the IPv6 addresses that they got, which the kernel sees to a little later."""
    addresses = [(item.uplink.name, address) for item in departures if item.uplink for address in item.given]
    draft.do(Settle(addresses=tuple((name, address.local) for name, address in addresses if address.family == 6)))


def finish_release(draft: Draft, departure: Departure) -> None:
    """Give back the routes, take the port out of the bridge, and leave the uplink in the state that it was found in."""
    if departure.uplink:
        _release_port(draft, departure.bridge, departure.uplink, departure.given, departure.kept)
        _restore_state(draft, departure.uplink)


def _to_give_back(draft: Draft, bridge: str, uplink: Uplink) -> tuple[Address, ...]:
    if bridge in draft.host.links:
        return tuple(item for item in uplink.addresses if draft.host.links[bridge].address(item.text))
    if draft.host.links[uplink.name].movable:
        return ()
    return tuple(item for item in uplink.addresses if not draft.host.local(item.local))


def _release_port(draft: Draft, bridge: str, uplink: Uplink, given: Sequence[Address], kept: bool) -> None:
    """Let the routes lead over the uplink again, take its addresses off the bridge, then take it out of the bridge.

    That comes last, as it takes the kernel a while. Until then the uplink sends by itself, and what comes in is heard.
    """
    if bridge not in draft.host.links:
        _return_routes(draft, uplink, uplink.name)
        return
    tell_neighbours(draft, given, bridge, uplink.name)
    texts = [address.text for address in given]
    gone = with_secondaries(draft.host.links[bridge].addresses, texts)
    draft.do(RememberRoutes(draft.host.routes_over(bridge)))
    _give_back_routes(draft, bridge, uplink, given, kept)
    exchange(draft, bridge, gone, [item for item in gone if kept and item.text not in texts])
    if draft.host.links[uplink.name].master == bridge:
        draft.do(SetLink(uplink.name, "master", ""))
        draft.note("update", "interface", uplink.name, f"no port of {bridge}")


def _give_back_routes(draft: Draft, bridge: str, uplink: Uplink, given: Sequence[Address], kept: bool) -> None:
    """Move the routes that came from the uplink, and those through a gateway that only the uplink reaches then.

    Those that it cannot have either went through our own addresses and end with them.
    """
    came = {route.key for route in uplink.routes}
    later = draft.host.copy()
    for address in given:
        DeleteAddress(bridge, address).happen(later)
    for route in draft.host.routes_over(bridge):
        left = not kept or not stands(later, route)
        goes = route.key in came or (bool(route.hops[0].gateway) and left)
        # One by one: a gateway may be reached by a route that went before.
        if goes and not route.unsupported and stands(draft.host, route.moved(bridge, uplink.name)):
            move_routes(draft, (route,), bridge, uplink.name)


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
