# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two phases of a change of ``nova_firewall``, before and after bridges change. Pure.

A bridge that goes has its address and its guests for some seconds more than its rules, if these went at once. So what
goes is closed first, and forgotten when the bridge is gone.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from .firewall_input import FirewallNetwork, Isolated, Settings, Want, merge
from .firewall_ipv6 import overlap

MAKE, REMOVE, ALL = "make", "remove", "all"
PHASES = (ALL, MAKE, REMOVE)


class Named(Protocol):
    """A group or a port."""

    @property
    def name(self) -> str: ...


Guarded = TypeVar("Guarded", bound=Named)


def close(want: Want, known: Settings) -> Settings:
    """Return the settings before bridges change: all that shall be, and what goes is closed.

    Guests whose port goes are filtered until it is gone, by the groups that they had.

    :param want: what shall be.
    """
    final = merge(want, known)
    named = {network.label for network in want.networks}
    leaving = [
        network
        for network in known.networks
        if network.label in want.absent or (want.purge and network.label not in named)
    ]
    staying = tuple(network for network in known.networks if network not in leaving)
    unguarded = replace(want, purge=False, groups=None, guest_ports=None)
    settings = merge(unguarded, replace(known, networks=staying))
    used = settings.bridges
    networks = (*settings.networks, *(network for network in leaving if not _overlaps(network, settings.networks)))
    closed = known.bridges.union(known.closed) - used
    prefixes = (*settings.prefixes, *(one for one in known.prefixes if not overlap(one, settings.prefixes)))
    return Settings(
        networks=tuple(sorted(networks, key=lambda network: network.label)),
        metadata=settings.metadata or known.metadata,
        hairpin_ports=tuple(sorted({*settings.hairpin_ports, *known.hairpin_ports})),
        forwarding=settings.forwarding if settings.networks or settings.prefixes else known.forwarding,
        isolated=_both(settings.isolated, known.isolated),
        closed=tuple(sorted(closed)),
        prefixes=tuple(sorted(prefixes, key=lambda one: one.label)),
        groups=_with_leaving(final.groups, known.groups),
        guest_ports=_with_leaving(final.guest_ports, known.guest_ports),
    )


def let_go(final: Settings, known: Settings) -> Settings:
    """Return the settings after bridges have changed: what is there already, without what shall not be.

    :param final: what shall be in the end.
    """
    labels = {network.label for network in final.networks}
    return Settings(
        networks=tuple(network for network in known.networks if network.label in labels),
        metadata=known.metadata if final.metadata else None,
        hairpin_ports=tuple(port for port in known.hairpin_ports if port in final.hairpin_ports),
        forwarding=known.forwarding and final.forwarding,
        isolated=tuple(one for one in known.isolated if one in final.isolated),
        prefixes=tuple(one for one in known.prefixes if one in final.prefixes),
        groups=_without_leaving(known.groups, final.groups),
        guest_ports=_without_leaving(known.guest_ports, final.guest_ports),
    )


def _with_leaving(final: Sequence[Guarded], known: Sequence[Guarded]) -> tuple[Guarded, ...]:
    """Return what shall be, and what goes as it is known."""
    named = {one.name for one in final}
    leaving = (one for one in known if one.name not in named)
    return tuple(sorted((*final, *leaving), key=lambda one: one.name))


def _without_leaving(known: Sequence[Guarded], final: Sequence[Guarded]) -> tuple[Guarded, ...]:
    """Return what is known and stays. What else differs has been made right before, or is not ours to make now."""
    named = {one.name for one in final}
    return tuple(one for one in known if one.name in named)


def _overlaps(network: FirewallNetwork, others: Iterable[FirewallNetwork]) -> bool:
    """Tell whether others have got addresses of a network already: then its own rules for them cannot stay."""
    own = ipaddress.IPv4Network(network.cidr)
    return any(own.overlaps(ipaddress.IPv4Network(other.cidr)) for other in others)


def _both(wanted: Sequence[Isolated], known: Iterable[Isolated]) -> tuple[Isolated, ...]:
    """Return what is isolated before or after. An uplink that has moved to another bridge is new there."""
    bridges = {one.uplink: one.bridge for one in wanted}
    kept = (one for one in known if one not in wanted and bridges.get(one.uplink, one.bridge) == one.bridge)
    return tuple(sorted((*wanted, *kept), key=lambda one: (one.bridge, one.uplink, ipaddress.IPv4Address(one.address))))
