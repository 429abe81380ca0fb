# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bridges of guests heed no router advertisements: any guest could send one, and the host would get an address among
the guests and a way to the outside through one of them. A bridge that the host's own network is on goes on to do so.
"""

from __future__ import annotations

from collections.abc import Iterable

from .draft import Draft
from .model import Host
from .operations import DEAF, Deafen
from .want import BridgeWant


def deafen(draft: Draft, bridges: Iterable[BridgeWant], before: Host) -> None:
    """Let the bridges that are only for guests heed no router advertisements. Adopted ones are not ours to set.

    :param before: the host as it was found.
    """
    names = tuple(item.name for item in bridges if _heeds(draft, item.name) and _is_for_guests(draft, item.name))
    if names:
        draft.do(Deafen(names))
    for name in names:
        if name in before.links:
            draft.note("update", "bridge", name, "heeds no router advertisements")


def _heeds(draft: Draft, name: str) -> bool:
    return draft.host.heeding.get(name, DEAF) != DEAF


def _is_for_guests(draft: Draft, name: str) -> bool:
    record = draft.records[name]
    return (
        record.found is None and not record.moved and not any(each.learnt for each in draft.host.links[name].addresses)
    )
