# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bridges that go, and what goes from those that stay: before anything new is made, so that it can be used again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .addressing import arrange
from .checks import check_removable, is_ours, record_for_removal, was_adopted
from .draft import Draft
from .establish import unwanted_addresses
from .operations import DeleteBridge, SetLink
from .ownership import RESTORED, Record, Uplink
from .release import Departure, await_releases, begin_release, finish_release
from .want import BridgeWant, Want


def take_apart(draft: Draft, want: Want, purgeable: Sequence[str]) -> None:
    """Remove the bridges that shall not be, and from the others the uplinks and addresses that they shall not have."""
    removed = [_begin_removal(draft, item.position, item.name, item) for item in want.absent]
    removed += [_begin_removal(draft, "bridge", name) for name in purgeable]
    changed = [_begin_change(draft, item) for item in want.bridges]
    await_releases(draft, [departure for departure in (*removed, *changed) if departure])
    for departure in removed:
        if departure:
            _finish_removal(draft, departure)
    for departure in changed:
        if departure:
            finish_release(draft, departure)
            draft.records[departure.bridge] = replace(draft.records[departure.bridge], uplink=None)
    for item in want.bridges:
        if item.name in draft.records and item.name in draft.host.links:
            arrange(draft, item.name, (), unwanted_addresses(draft, item))


def _begin_change(draft: Draft, item: BridgeWant) -> Departure | None:
    record = draft.records.get(item.name)
    if record is None or record.uplink is None or record.uplink.name == item.interface:
        return None
    return begin_release(draft, item.position, item.name, kept=item.name in draft.host.links)


def _begin_removal(draft: Draft, position: str, name: str, item: BridgeWant | None = None) -> Departure | None:
    """Begin to remove a bridge that we made, or to give back one that we adopted; others are left alone."""
    link = draft.host.links.get(name)
    if link is not None and not is_ours(draft, name):
        draft.records.pop(name, None)
        return None
    record = record_for_removal(draft, name, item)
    if item and link and not record.uplink and item.interface in draft.host.ports(name):
        record = replace(record, uplink=Uplink(item.interface))
    adopted = link is not None and was_adopted(link, record)
    if link and not adopted:
        check_removable(draft, position, link, record)
    draft.records[name] = record
    return begin_release(draft, position, name, kept=adopted)


def _finish_removal(draft: Draft, departure: Departure) -> None:
    name = departure.bridge
    finish_release(draft, departure)
    if departure.kept:
        _give_back(draft, name, draft.records[name])
    elif name in draft.host.links:
        draft.do(DeleteBridge(name))
        draft.note("delete", "bridge", name)
    del draft.records[name]


def _give_back(draft: Draft, name: str, record: Record) -> None:
    link = draft.host.links[name]
    arrange(draft, name, (), [text for text in record.addresses if link.address(text)])
    for port in record.hairpin:
        if port in draft.host.ports(name) and draft.host.links[port].hairpin:
            draft.do(SetLink(port, "hairpin", False))
    found: Mapping[str, Any] = record.found or {"alias": ""}
    for key in RESTORED:
        if key in found and getattr(link, key) != found[key]:
            draft.do(SetLink(name, key, found[key]))
    if found.get("up") is False and link.up:
        draft.do(SetLink(name, "up", False))
    draft.note("update", "bridge", name, "given back as it was found")
