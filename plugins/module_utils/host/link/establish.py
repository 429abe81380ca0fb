# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One bridge as it shall be, out of whatever there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .addressing import arrange
from .checks import is_ours, was_adopted
from .draft import Draft
from .heeding import hear_for
from .model import Link
from .operations import CreateBridge, SetLink
from .ownership import Record, derived_mac, found_settings, mark
from .release import return_lost
from .uplink import Move, enslave
from .want import BridgeWant


def establish(draft: Draft, want: BridgeWant) -> Move | None:
    """Add what a bridge lacks. What an uplink has is moved as soon as all bridges have theirs: see what is returned."""
    record = draft.records.get(want.name, Record())
    made = want.name not in draft.host.links
    if made:
        _create(draft, want, record)
    else:
        _adjust(draft, want)
    record = draft.records[want.name]
    before = draft.host.links[want.name]
    arrange(draft, want.name, want.addresses)
    _remember_addresses(draft, want, before)
    if made:
        return_lost(draft, want.name, record)
    move = _connect(draft, want) if want.interface else None
    _set_hairpin(draft, want)
    return move


def _set_hairpin(draft: Draft, want: BridgeWant) -> None:
    """Let exactly the listed ports send back what they get; of an adopted bridge, leave alone what others let.

    A port that still does so when nothing guards it any more reflects broadcasts into the network behind it.
    """
    record = draft.records[want.name]
    own = set(record.hairpin)
    for port in draft.host.ports(want.name):
        link, wanted = draft.host.links[port], port in want.hairpin_ports
        if wanted == link.hairpin or not (wanted or record.found is None or port in own):
            continue
        draft.do(SetLink(port, "hairpin", wanted))
        draft.note("update", "port", port, f"hairpin {'on' if wanted else 'off'}, in {want.name}")
        own.add(port)
    hairpin = tuple(sorted(own.intersection(want.hairpin_ports, draft.host.ports(want.name))))
    draft.records[want.name] = replace(record, hairpin=hairpin)


def unwanted_addresses(draft: Draft, want: BridgeWant) -> list[str]:
    """Return our addresses on a bridge that it shall not have any more; those of its uplink are not ours."""
    record = draft.records.get(want.name, Record())
    keep = {address.text for address in (*want.addresses, *record.moved)}
    link = draft.host.links[want.name]
    return [text for text in record.addresses if text not in keep and link.address(text)]


def _wanted_mac(draft: Draft, want: BridgeWant, adopted: bool) -> str:
    if want.mac:
        return want.mac
    if adopted:
        return draft.host.links[want.name].mac
    return draft.host.links[want.interface].mac if want.interface else derived_mac(draft.owner, want.name)


def _create(draft: Draft, want: BridgeWant, record: Record) -> None:
    mac = _wanted_mac(draft, want, adopted=False)
    draft.records[want.name] = replace(record, found=None)
    draft.do(CreateBridge(want.name, mac))
    hear_for(draft, want)
    draft.do(SetLink(want.name, "alias", mark(draft.owner)))
    if want.mtu:
        draft.do(SetLink(want.name, "mtu", want.mtu))
    draft.do(SetLink(want.name, "up", True))
    draft.note("create", "bridge", want.name, f"mac {mac}" + (f", mtu {want.mtu}" if want.mtu else ""))


def _adjust(draft: Draft, want: BridgeWant) -> None:
    link = draft.host.links[want.name]
    new = not is_ours(draft, want.name)
    record = draft.records.get(want.name, Record())
    if new:
        record = replace(record, found=found_settings(link))
    draft.records[want.name] = record
    adopted = was_adopted(link, record)
    wanted: dict[str, Any] = {
        "alias": mark(draft.owner, adopted),
        "mac": _wanted_mac(draft, want, adopted),
        "stp": False,
        "forward_delay": 0,
        "mtu": want.mtu or link.mtu,
        "up": True,
    }
    # Setting the MAC address pins it, also when it is the one that the bridge chose by itself.
    differing = {key: value for key, value in wanted.items() if getattr(link, key) != value or (new and key == "mac")}
    for key, value in differing.items():
        draft.do(SetLink(want.name, key, value))
    if differing:
        details = [_difference(link, key, value) for key, value in differing.items()]
        draft.note("update", "bridge", want.name, ", ".join((["adopted"] if new else []) + details))


_NAMES = {"alias": "mark", "stp": "STP", "forward_delay": "forward delay", "up": "state"}


def _difference(link: Link, key: str, value: Any) -> str:
    old, new = _shown(key, getattr(link, key)), _shown(key, value)
    name = _NAMES.get(key, key)
    return f"{name} {old} to {new}" if old != new else f"{name} {new} pinned"


def _shown(key: str, value: Any) -> str:
    if key == "forward_delay":
        return f"{value / 100:g} s"
    if key == "up":
        return "up" if value else "down"
    if key == "stp":
        return "on" if value else "off"
    return str(value) or "none"


def _remember_addresses(draft: Draft, want: BridgeWant, before: Link) -> None:
    record = draft.records[want.name]
    texts = [address.text for address in want.addresses]
    if record.found is not None:
        # What an adopted bridge had before us stays its own.
        texts = [text for text in texts if text in record.addresses or not before.address(text)]
    draft.records[want.name] = replace(record, addresses=tuple(texts))


def _connect(draft: Draft, want: BridgeWant) -> Move | None:
    link = draft.host.links[want.interface]
    mtu = want.mtu or link.mtu
    if mtu != link.mtu:
        draft.do(SetLink(link.name, "mtu", mtu))
        draft.note("update", "interface", link.name, f"mtu {link.mtu} to {mtu}")
    record = draft.records[want.name]
    move = None
    # The port of an adopted bridge that was there before us is not ours to move or to release.
    if record.found is None or record.uplink or link.master != want.name:
        move = enslave(draft, want.position, link, want.name)
    if not link.up:
        draft.do(SetLink(link.name, "up", True))
        draft.note("update", "interface", link.name, "up")
    return move
