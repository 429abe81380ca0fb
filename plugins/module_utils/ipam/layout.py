# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The layout of one IPv4 network: gateway, DHCP server, first address for guests, and what no guest may get. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InvalidInput
from .allocation import Span, subtract
from .inputs import dotted


@dataclass(frozen=True)
class Held:
    """A range that no instance may get, and why."""

    span: Span
    reason: str


@dataclass(frozen=True)
class LayoutWish:
    """What was asked for explicitly, as numbers; None where the layout decides.

    :param fixed: the part of the network that instances get addresses of (``fixed_cidr``).
    :param vpn: True for a network that has a VPN instance of its own, as in VLAN mode.
    :param vpn_clients: how many addresses below the top its clients need.
    """

    gateway: int | None = None
    dhcp_server: int | None = None
    dhcp_start: int | None = None
    allowed_start: int | None = None
    allowed_end: int | None = None
    fixed: Span | None = None
    vpn: bool = False
    vpn_clients: int = 0


@dataclass(frozen=True)
class Layout:
    """Where things are in a network.

    :param held: disjoint ranges that no instance may get.
    :param free: all others.
    """

    gateway: int
    dhcp_server: int
    dhcp_start: int
    vpn_private_address: int | None
    held: tuple[Held, ...]
    free: tuple[Span, ...]


def lay_out(where: str, subnet: Span, text: str, wish: LayoutWish) -> Layout:
    """Lay out one network.

    :param where: the item's position, such as ``networks[2]``.
    :param subnet: all of the network.
    :param text: the network as it is written.
    :raises InvalidInput: an address is outside, or none is left for instances.
    """
    _check(where, subnet, text, wish)
    gateway, cursor = wish.gateway, subnet.first + 1 if wish.allowed_start is None else wish.allowed_start
    if gateway is None:
        gateway, cursor = cursor, cursor + 1
    dhcp_server = gateway if wish.dhcp_server is None else wish.dhcp_server
    cursor = _step_over(cursor, gateway, dhcp_server)
    vpn = None
    if wish.vpn:
        vpn, cursor = cursor, _step_over(cursor + 1, gateway, dhcp_server)
    dhcp_start = cursor if wish.dhcp_start is None else wish.dhcp_start
    held = _held(subnet, wish, gateway, dhcp_server, vpn)
    free = tuple(subtract([subnet], [item.span for item in held]))
    if not free:
        raise InvalidInput(f"{where} {text}", "has no address left for instances", "Use a bigger network.")
    return Layout(gateway, dhcp_server, dhcp_start, vpn, held, free)


def _step_over(cursor: int, gateway: int, dhcp_server: int) -> int:
    while cursor in (gateway, dhcp_server):
        cursor += 1
    return cursor


def _check(where: str, subnet: Span, text: str, wish: LayoutWish) -> None:
    for name in ("gateway", "dhcp_server", "dhcp_start", "allowed_start", "allowed_end"):
        address = getattr(wish, name)
        if address is None:
            continue
        subject = f"{where}.{name} {dotted(address)}"
        if not subnet.first <= address <= subnet.last:
            raise InvalidInput(subject, f"is outside {text}")
        if address in (subnet.first, subnet.last) and not name.startswith("allowed"):
            kind = "network" if address == subnet.first else "broadcast"
            raise InvalidInput(subject, f"is the {kind} address of {text}")
    if wish.fixed is not None and not subnet.holds(wish.fixed):
        raise InvalidInput(f"{where}.fixed_cidr {dotted(wish.fixed.first)}", f"is outside {text}")
    start = subnet.first if wish.allowed_start is None else wish.allowed_start
    if wish.allowed_end is not None and wish.allowed_end < start:
        raise InvalidInput(
            f"{where}.allowed_end {dotted(wish.allowed_end)}", f"is before allowed_start {dotted(start)}"
        )


def _held(subnet: Span, wish: LayoutWish, gateway: int, dhcp_server: int, vpn: int | None) -> tuple[Held, ...]:
    """Return what no instance may get, each address once, under the reason that says most."""
    reasons = [
        (Span(subnet.first, subnet.first), "network"),
        (Span(subnet.last, subnet.last), "broadcast"),
        (Span(gateway, gateway), "gateway"),
        (Span(dhcp_server, dhcp_server), "dhcp_server"),
        *([(Span(vpn, vpn), "vpn")] if vpn is not None else []),
        *_margins(subnet, wish),
    ]
    held: list[Held] = []
    for span, reason in reasons:
        held += [Held(part, reason) for part in subtract([span], [item.span for item in held])]
    return tuple(sorted(held, key=lambda item: item.span))


def _margins(subnet: Span, wish: LayoutWish) -> Sequence[tuple[Span, str]]:
    """Return the ranges at both ends of the part that instances get addresses of."""
    part = wish.fixed or subnet
    # As it always was, the lowest two addresses (network and gateway, with a VPN three) and the highest are kept, even
    # where the gateway is elsewhere; limits that are given explicitly stand for both.
    lowest = 3 if wish.vpn else 2
    margins = []
    if wish.fixed is not None:
        margins += [(rest, "fixed_cidr") for rest in subtract([subnet], [part])]
    if wish.allowed_start is None:
        margins.append((Span(part.first, part.first + lowest - 1), "bottom"))
    else:
        margins.append((Span(subnet.first, wish.allowed_start - 1), "allowed_start"))
    if wish.allowed_end is None:
        margins.append((Span(part.last, part.last), "top"))
        margins.append((Span(part.last - wish.vpn_clients, part.last - 1), "vpn_clients"))
    else:
        margins.append((Span(wish.allowed_end + 1, subnet.last), "allowed_end"))
    if wish.dhcp_start is not None:
        margins.append((Span(subnet.first, wish.dhcp_start - 1), "dhcp_start"))
    return [(clipped, reason) for span, reason in margins for clipped in _clip(span, subnet)]


def _clip(span: Span, subnet: Span) -> list[Span]:
    first, last = max(span.first, subnet.first), min(span.last, subnet.last)
    return [Span(first, last)] if first <= last else []
