# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can only be said of VLAN devices with the host in view: things that are missing, taken or still in use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...errors import Conflict, InUse, InvalidInput, NotFound
from .checks import UNSPEAKABLE, is_ours, listed
from .draft import Draft
from .model import Host, Link
from .ownership import is_adopted, marked_owner
from .vlan_operations import TAG
from .vlan_ownership import VlanDraft
from .vlan_want import VlanWant

Tags = Mapping[tuple[str, int], str]


def tags_in_use(host: Host) -> dict[tuple[str, int], str]:
    """Return which device has which id on which parent."""
    return {(link.lower, link.vlan): link.name for link in host.links.values() if link.vlan and link.protocol == TAG}


def stacked_in(host: Host) -> dict[str, list[str]]:
    """Return the links that stand on each link."""
    found: dict[str, list[str]] = {}
    for link in host.links.values():
        if link.lower:
            found.setdefault(link.lower, []).append(link.name)
    return found


def is_as_wanted(link: Link, want: VlanWant) -> bool:
    """Tell whether a device is the wanted one, whatever its settings."""
    return (link.kind, link.lower, link.vlan, link.protocol) == ("vlan", want.parent, want.id, TAG)


def check_parent(host: Host, want: VlanWant) -> None:
    """Refuse a parent that is missing or that cannot carry this device."""
    subject = f"{want.position}.parent {want.parent}"
    parent = host.links.get(want.parent)
    if parent is None:
        raise NotFound(subject, "does not exist on this host")
    if parent.loopback:
        raise InvalidInput(subject, "is a loopback; it carries no VLANs")
    if want.mtu and want.mtu > parent.mtu:
        raise InvalidInput(
            f"{want.position}.mtu {want.mtu}",
            f"is more than the {parent.mtu} of its parent {want.parent}",
            f"Raise the MTU of {want.parent} first, or ask for less.",
        )


def check_device(draft: VlanDraft, want: VlanWant, stacked: Mapping[str, Iterable[str]]) -> None:
    """Refuse a name that something else has, also a VLAN device that is another one than the wanted."""
    link = draft.host.links.get(want.name)
    if link is None:
        return
    subject = f"{want.position}.name {want.name}"
    if link.kind != "vlan":
        raise Conflict(subject, f"exists on this host and is a {link.kind or 'network card'}, not a VLAN interface")
    owner = marked_owner(link.alias)
    if owner not in ("", draft.owner):
        raise Conflict(subject, f"belongs to the owner {owner}", "Use another name.")
    if is_as_wanted(link, want):
        if not is_ours(draft, want.name) and UNSPEAKABLE & set(link.alias):
            raise Conflict(subject, f"has the alias {link.alias!r}, which could not be given back", "Change it first.")
        return
    if not want.replace and not (draft.replace_own and owner == draft.owner and not is_adopted(link.alias)):
        raise Conflict(
            subject,
            f"has id {link.vlan}{_kind(link)} on {link.lower or 'a parent elsewhere'}, not {want.id} on {want.parent}",
            "Set replace to true to remove it and make it anew, or use another name.",
        )
    check_replaceable(draft, subject, link, stacked)


def _kind(link: Link) -> str:
    return f" ({link.protocol})" if link.protocol != TAG else ""


def check_replaceable(draft: Draft, subject: str, link: Link, stacked: Mapping[str, Iterable[str]]) -> None:
    """Refuse to make a device anew when something would be lost on the way."""
    others = sorted(stacked.get(link.name, ()))
    if others:
        raise InUse(subject, f"still carries {listed(others)}", "Remove what stands on it first.")
    odd = next((route for route in draft.host.routes_over(link.name) if route.unsupported), None)
    if odd:
        reason = f"carries the route {odd.text}, which has attributes that cannot be moved"
        raise InUse(subject, f"{reason} ({', '.join(odd.unsupported)})", "Remove the route first.")
    if UNSPEAKABLE & set(link.alias):
        raise Conflict(subject, f"has the alias {link.alias!r}, which could not be given back", "Change it first.")


def check_tag(tags: Tags, want: VlanWant) -> None:
    """Refuse an id that another device has on the same parent."""
    other = tags.get((want.parent, want.id), want.name)
    if other != want.name:
        raise Conflict(f"{want.position}.id {want.id}", f"on {want.parent} is the one of {other}", "Remove that first.")


def check_unused(draft: Draft, position: str, link: Link, stacked: Mapping[str, Iterable[str]]) -> None:
    """Refuse to remove a device that others use. A bridge of ours that has no other ports uses nothing."""
    subject = f"{position} {link.name}"
    others = sorted(stacked.get(link.name, ()))
    if others:
        raise InUse(subject, f"still carries {listed(others)}", "Remove what stands on it first.")
    addresses = [address.text for address in link.movable]
    if addresses:
        raise InUse(subject, f"still has the addresses {listed(addresses)}", "Remove or move them first.")
    if not link.master:
        return
    master = draft.host.links.get(link.master)
    if master is None or marked_owner(master.alias) != draft.owner:
        raise InUse(subject, f"is a port of {link.master}, which is not ours", f"Take it out of {link.master} first.")
    ports = [port for port in draft.host.ports(link.master) if port != link.name]
    if ports:
        reason = f"is the uplink of {link.master}, which still has the ports {listed(ports)}"
        raise InUse(subject, reason, "Stop the guests that are plugged into it, or take the ports out, first.")
