# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VLAN devices that go, and VLAN devices as they shall be, out of whatever there is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .checks import is_ours, was_adopted
from .model import Host, Link, Route, copied
from .operations import AddAddress, ReplaceRoute, SetLink
from .ownership import RESTORED, Record, found_settings, mark
from .vlan_checks import check_device, check_parent, check_tag, check_unused, is_as_wanted, stacked_in, tags_in_use
from .vlan_operations import Condemn, CreateVlan, DeleteGroup, removal_group
from .vlan_ownership import VlanDraft
from .vlan_want import VlanWant


def remove_vlans(draft: VlanDraft, absent: Iterable[VlanWant], purgeable: Iterable[str]) -> None:
    """Remove devices of ours, and give back those that were there before us; others are left alone."""
    stacked = stacked_in(draft.host)
    going: list[str] = []
    named = [(item.position, item.name) for item in absent] + [("VLAN interface", name) for name in purgeable]
    for position, name in named:
        link = draft.host.links.get(name)
        record = draft.records.get(name, Record())
        if link is None or link.kind != "vlan" or not is_ours(draft, name):
            draft.records.pop(name, None)
        elif was_adopted(link, record):
            _give_back(draft, link, record)
        else:
            check_unused(draft, position, link, stacked)
            going.append(name)
    _delete(draft, going)
    for name in going:
        draft.records.pop(name, None)
        draft.note("delete", "VLAN interface", name)


def _delete(draft: VlanDraft, names: Sequence[str]) -> None:
    group = removal_group(draft.owner)
    for name in names:
        draft.do(Condemn(name, group))
    if names:
        draft.do(DeleteGroup(group))


def _give_back(draft: VlanDraft, link: Link, record: Record) -> None:
    found = record.found or {"alias": ""}
    for key in RESTORED:
        if key in found and getattr(link, key) != found[key]:
            draft.do(SetLink(link.name, key, found[key]))
    if found.get("up") is False and link.up:
        draft.do(SetLink(link.name, "up", False))
    draft.records.pop(link.name, None)
    draft.note("update", "VLAN interface", link.name, "given back as it was found")


def lower_parents(draft: VlanDraft) -> None:
    """Take down the parents that were down when we came and that carry nothing any more."""
    for name in idle_parents(draft.host, draft.raised):
        draft.raised.discard(name)
        link = draft.host.links.get(name)
        if link is not None and link.up:
            draft.do(SetLink(name, "up", False))
            draft.note("update", "interface", name, "down")


def idle_parents(host: Host, raised: Iterable[str]) -> list[str]:
    """Return those of the interfaces that we have taken up that are gone or carry nothing any more."""
    stacked = stacked_in(host)
    links = {name: host.links.get(name) for name in sorted(raised)}
    return [
        name
        for name, link in links.items()
        if link is None or (not stacked.get(name) and not link.master and not link.movable)
    ]


def establish_vlans(draft: VlanDraft, wanted: Sequence[VlanWant]) -> None:
    """Make what is missing and repair what differs, after everything was checked."""
    stacked = stacked_in(draft.host)
    for item in wanted:
        check_parent(draft.host, item)
        check_device(draft, item, stacked)
    links = draft.host.links
    old = {item.name: links[item.name] for item in wanted if item.name in links}
    replaced = {item.name for item in wanted if item.name in old and not is_as_wanted(old[item.name], item)}
    routes = {name: draft.host.routes_over(name) for name in replaced}
    _delete(draft, sorted(replaced))
    tags = tags_in_use(draft.host)
    for item in wanted:
        check_tag(tags, item)
        _raise_parent(draft, item.parent)
    for item in wanted:
        if item.name in links:
            _adjust(draft, item)
        else:
            _create(draft, item, old.get(item.name), routes.get(item.name, ()))


def _raise_parent(draft: VlanDraft, name: str) -> None:
    if not draft.host.links[name].up:
        draft.do(SetLink(name, "up", True))
        draft.note("update", "interface", name, "up")
        draft.raised.add(name)


def _create(draft: VlanDraft, want: VlanWant, old: Link | None, routes: Sequence[Route]) -> None:
    """Make a device. In the place of another one it gets what that had: addresses, routes, its place in a bridge."""
    draft.records[want.name] = Record()
    draft.do(CreateVlan(want.name, want.parent, want.id, want.mac, want.mtu))
    draft.do(SetLink(want.name, "alias", mark(draft.owner)))
    draft.do(SetLink(want.name, "up", True))
    detail = f"id {want.id} on {want.parent}" + (f", mtu {want.mtu}" if want.mtu else "")
    if old is None:
        draft.note("create", "VLAN interface", want.name, detail)
        return
    draft.note("update", "VLAN interface", want.name, f"id {old.vlan} on {old.lower} replaced by {detail}")
    for address in copied(old.movable):
        draft.do(AddAddress(want.name, address))
    for route in routes:
        draft.do(ReplaceRoute(route))
    if old.master:
        draft.do(SetLink(want.name, "master", old.master))


def _adjust(draft: VlanDraft, want: VlanWant) -> None:
    link = draft.host.links[want.name]
    new = not is_ours(draft, want.name)
    record = draft.records.get(want.name, Record())
    if new:
        record = Record(found=found_settings(link))
    draft.records[want.name] = record
    wanted: dict[str, Any] = {
        "alias": mark(draft.owner, was_adopted(link, record)),
        "mac": want.mac or link.mac,
        "mtu": want.mtu or link.mtu,
        "up": True,
    }
    differing = {key: value for key, value in wanted.items() if getattr(link, key) != value}
    for key, value in differing.items():
        draft.do(SetLink(want.name, key, value))
    if differing:
        details = [_difference(link, key, value) for key, value in differing.items()]
        draft.note("update", "VLAN interface", want.name, ", ".join((["adopted"] if new else []) + details))


def _difference(link: Link, key: str, value: Any) -> str:
    if key == "up":
        return "state down to up"
    return f"{'mark' if key == 'alias' else key} {getattr(link, key) or 'none'} to {value}"
