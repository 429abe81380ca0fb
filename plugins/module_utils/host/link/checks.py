# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can only be said with the host in view: things that are missing, taken or still in use."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import Conflict, InUse, InvalidInput, NotFound
from .draft import Draft
from .model import Host, Link
from .ownership import Record, Uplink, is_adopted, marked_owner
from .want import BridgeWant

# These end a text or a line for ip -batch, which knows no way to write them.
UNSPEAKABLE = frozenset("#\"'\\\n")


def is_ours(draft: Draft, name: str) -> bool:
    """True for a bridge that carries our mark, or that lost it and that the journal knows."""
    owner = marked_owner(draft.host.links[name].alias)
    return owner == draft.owner or (not owner and name in draft.records)


def check_bridge(draft: Draft, want: BridgeWant) -> None:
    """Refuse a name that something else has already."""
    link = draft.host.links.get(want.name)
    if link is None:
        return
    subject = f"{want.position}.name {want.name}"
    if link.kind != "bridge":
        raise Conflict(subject, f"exists on this host and is a {link.kind or 'network card'}, not a bridge")
    owner = marked_owner(link.alias)
    if owner not in ("", draft.owner):
        raise Conflict(subject, f"belongs to the owner {owner}", "Use another name.")
    if is_ours(draft, want.name):
        return
    if not want.adopt:
        raise Conflict(
            subject,
            "exists on this host and was not made by this owner",
            "Set adopt to true to take it over as it is, or use another name.",
        )
    if UNSPEAKABLE & set(link.alias):
        raise Conflict(subject, f"has the alias {link.alias!r}, which could not be given back", "Change it first.")


def check_uplink(draft: Draft, want: BridgeWant) -> None:
    """Refuse an uplink that is missing, or that cannot be a port of this bridge."""
    if not want.interface:
        return
    subject = f"{want.position}.interface {want.interface}"
    link = draft.host.links.get(want.interface)
    if link is None:
        raise NotFound(subject, "does not exist on this host")
    if link.loopback or link.kind == "bridge":
        raise InvalidInput(subject, f"is a {'loopback' if link.loopback else 'bridge'}; it cannot be a port")
    if link.master not in ("", want.name):
        raise Conflict(subject, f"is a port of {link.master} already")


def addresses_in_use(host: Host) -> dict[str, list[str]]:
    """Return the links that each address is on."""
    found: dict[str, list[str]] = {}
    for link in host.links.values():
        for address in link.addresses if not link.loopback else ():
            found.setdefault(address.local, []).append(link.name)
    return found


def check_addresses(taken: Mapping[str, list[str]], want: BridgeWant) -> None:
    """Refuse an address that another link has."""
    for index, address in enumerate(want.addresses):
        # A link-local address means something else on every link.
        others = [name for name in taken.get(address.local, ()) if name not in (want.name, want.interface)]
        if others and address.scope != "link":
            raise Conflict(f"{want.position}.addresses[{index}] {address.text}", f"is on {others[0]} already")


def check_removable(draft: Draft, position: str, link: Link, record: Record) -> None:
    """Refuse to remove a bridge that others use."""
    subject = f"{position} {link.name}"
    uplink = record.uplink.name if record.uplink else ""
    ports = [name for name in draft.host.ports(link.name) if name != uplink]
    if ports:
        hint = "Stop the guests that are plugged into it, or take the ports out, first."
        raise InUse(subject, f"still has the ports {listed(ports)}", hint)
    stacked = draft.host.stacked_on(link.name)
    if stacked:
        raise InUse(subject, f"still carries {listed(stacked)}", "Remove what stands on it first.")
    ours = {*record.addresses, *(address.text for address in record.moved)}
    foreign = [address.text for address in link.movable if address.text not in ours]
    if foreign:
        raise InUse(subject, f"still has addresses that are not ours: {listed(foreign)}", "Remove or move them first.")


def record_for_removal(draft: Draft, name: str, item: BridgeWant | None) -> Record:
    """Return what we own of a bridge; without a journal that is what the item and the marks say."""
    record = draft.records.get(name)
    if record:
        return record
    known = tuple(address.text for address in item.addresses) if item else ()
    link = draft.host.links.get(name)
    if link is None or was_adopted(link, Record()):
        return Record(addresses=known)
    return _record_by_marks(draft, link, known)


def _record_by_marks(draft: Draft, link: Link, known: tuple[str, ...]) -> Record:
    """Return what we own of a bridge that we made and that the journal does not know.

    A VLAN interface of ours had no addresses to give to it, so all that are there were put there for its network. Above
    a network card some may be the host's own.
    """
    ports = [draft.host.links[port] for port in draft.host.ports(link.name)]
    vlans = [port for port in ports if port.kind == "vlan" and marked_owner(port.alias) == draft.owner]
    cards = [port for port in ports if not port.kind]
    addresses = known if cards else tuple(address.text for address in link.movable)
    uplink = next((Uplink(port.name) for port in (*vlans, *cards)), None)
    return Record(addresses, uplink)


def was_adopted(link: Link, record: Record) -> bool:
    """True for a bridge that was there before us and that is therefore given back, not removed."""
    return record.found is not None or is_adopted(link.alias)


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Return names for a message, however many they are."""
    shown = ", ".join(names[:8])
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more"
