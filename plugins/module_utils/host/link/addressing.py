# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of one link, in the order that counts, without losing the neighbours' addresses and routes."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from .draft import Draft
from .model import Address, Host, Route, copied
from .operations import AddAddress, DeleteAddress, RememberOrder, RememberRoutes, ReplaceRoute


def arrange(draft: Draft, device: str, wanted: Sequence[Address], unwanted: Collection[str] = ()) -> None:
    """Put the wanted addresses on a link and take the unwanted ones off; all others stay.

    The first wanted IPv4 address becomes the first one of the link. The kernel only appends, so where another one
    stands before it, all of IPv4 is taken off and put back behind it, with the routes that this costs.
    """
    link = draft.host.links[device]
    missing = [address for address in wanted if not link.address(address.text)]
    primary = next((address for address in wanted if address.family == 4), None)
    staying = [item for item in link.of_family(4) if item.text not in unwanted]
    before = next((item.text for item in staying if item.scope == "global"), "")
    if primary and before and before != primary.text:
        behind = [item for item in staying if item.text != primary.text]
        gone = [item for item in link.addresses if item in behind or item.text in {primary.text, *unwanted}]
        exchange(draft, device, gone, [primary, *behind, *(item for item in missing if item != primary)])
        for item in behind:
            draft.note("update", "address", item.text, f"behind {primary.text} on {device}")
    else:
        gone = with_secondaries(link.addresses, unwanted)
        back = [item for item in gone if item.text not in unwanted]
        exchange(draft, device, gone, [*back, *missing])
    for text in unwanted:
        if link.address(text):
            draft.note("delete", "address", text, f"on {device}")
    for address in missing:
        draft.note("create", "address", address.text, f"on {device}")


def with_secondaries(addresses: Iterable[Address], doomed: Collection[str]) -> list[Address]:
    """Return the doomed addresses and those that the kernel may take along with them."""
    listed = list(addresses)
    networks = {item.network for item in listed if item.text in doomed and item.family == 4 and not item.secondary}
    return [item for item in listed if item.text in doomed or (item.secondary and item.network in networks)]


def exchange(draft: Draft, device: str, gone: Sequence[Address], new: Sequence[Address]) -> None:
    """Take addresses off a link, then put others on it, then put back the routes that went in between."""
    lost = _routes_lost_with(draft.host, device, gone)
    draft.do(RememberRoutes(lost))
    if not _returns_in_order(draft.host, device, gone):
        ipv4 = draft.host.links[device].of_family(4)
        draft.do(RememberOrder(device, _routes_lost_with(draft.host, device, ipv4)))
    for address in reversed(copied(gone)):
        draft.do(DeleteAddress(device, address))
    for address in new:
        draft.do(AddAddress(device, address))
    for route in lost:
        if stands(draft.host, route):
            draft.do(ReplaceRoute(route))


def _returns_in_order(host: Host, device: str, gone: Sequence[Address]) -> bool:
    """True when putting addresses back, last first, makes the order of IPv4 what it was: those of the end do."""
    trial = Host({device: host.links[device]})
    taken = copied(gone)
    for address in reversed(taken):
        DeleteAddress(device, address).happen(trial)
    for address in taken:
        AddAddress(device, address).happen(trial)
    return trial.links[device].of_family(4) == host.links[device].of_family(4)


def _routes_lost_with(host: Host, device: str, gone: Sequence[Address]) -> tuple[Route, ...]:
    if not gone:
        return ()
    trial = host.copy()
    for address in gone:
        DeleteAddress(device, address).happen(trial)
    kept = set(trial.routes)
    return in_order(route for route in host.routes if route not in kept and not route.unsupported)


def in_order(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Return routes such that those that need no gateway come first: the others may need them."""
    return tuple(sorted(routes, key=lambda route: any(hop.gateway for hop in route.hops)))


def stands(host: Host, route: Route) -> bool:
    """True when the kernel would take a route: its source is local and each gateway is reached directly."""
    if route.source and not host.local(route.source):
        return False
    return all(
        hop.device in host.links and (not hop.gateway or hop.onlink or _reaches(host, hop.device, hop.gateway))
        for hop in route.hops
    )


def _reaches(host: Host, device: str, gateway: str) -> bool:
    if gateway.startswith("fe80:"):
        return True
    far = ipaddress.ip_address(gateway)
    networks = [address.network for address in host.links[device].addresses]
    networks += [network for route in host.routes_over(device) for network in _direct_networks(route)]
    return any(far in network for network in networks)


def _direct_networks(route: Route) -> tuple[Any, ...]:
    """Return the network of a route that needs no gateway itself."""
    if route.destination == "default" or any(hop.gateway for hop in route.hops):
        return ()
    return (ipaddress.ip_network(route.destination, strict=False),)
