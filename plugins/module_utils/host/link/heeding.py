# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which bridges heed router advertisements.

Bridges of guests heed none: any guest could send one, and the host would get an address among the guests and a way to
the outside through one of them. A bridge that the host's own network is on hears the routers in place of its uplink,
and also while the host forwards where the uplink was told to (``accept_ra=2``).
"""

from __future__ import annotations

from collections.abc import Iterable

from ..advertisements import DEAF, HEEDS_ALWAYS
from .draft import Draft
from .model import Host
from .operations import Heed
from .want import BridgeWant

_HEEDED = {
    DEAF: "heeds no router advertisements",
    HEEDS_ALWAYS: "heeds router advertisements also while the host forwards",
}


def hear_for(draft: Draft, want: BridgeWant) -> None:
    """Let a new bridge, which is still down, heed what its uplink heeds: when it comes up it asks for a router."""
    if draft.host.heeding.get(want.interface) == HEEDS_ALWAYS:
        draft.do(Heed(((want.name, HEEDS_ALWAYS),)))


def arrange_heeding(draft: Draft, bridges: Iterable[BridgeWant], before: Host) -> None:
    """Let bridges heed what they shall. Adopted ones are not ours to set.

    :param before: the host as it was found.
    """
    values = tuple((item.name, _wanted(draft, item)) for item in bridges if draft.records[item.name].found is None)
    differing = tuple((name, value) for name, value in values if value != draft.host.heeding.get(name, DEAF))
    if differing:
        draft.do(Heed(differing))
    for name, value in differing:
        if name in before.links:
            draft.note("update", "bridge", name, _HEEDED[value])


def _wanted(draft: Draft, want: BridgeWant) -> str:
    """Return ``accept_ra`` of a bridge; what it is where that is not ours to say, or where there is no IPv6."""
    heeding = draft.host.heeding
    if want.name not in heeding or _is_for_guests(draft, want.name):
        return DEAF
    return HEEDS_ALWAYS if heeding.get(want.interface) == HEEDS_ALWAYS else heeding[want.name]


def _is_for_guests(draft: Draft, name: str) -> bool:
    """Tell whether nothing of the host's own network is on a bridge. What it learnt may be from a guest: no proof."""
    record = draft.records[name]
    return not record.moved and not (record.uplink and record.uplink.learns)
