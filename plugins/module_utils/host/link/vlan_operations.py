# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The single steps that make and remove VLAN devices."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from .model import Host, Link, copied
from .operations import AddAddress, SetLink

TAG = "802.1Q"
# Groups that people choose are small numbers.
_LOWEST_GROUP = 1 << 30


def removal_group(owner: str) -> str:
    """Return the group in which an owner's VLAN devices are removed."""
    return str(_LOWEST_GROUP + int(hashlib.sha256(f"vlans of {owner}".encode()).hexdigest()[:7], 16))


@dataclass(frozen=True)
class CreateVlan:
    """Make a VLAN device. Without a MAC address or an MTU of its own it has those of its parent."""

    name: str
    parent: str
    id: int
    mac: str = ""
    mtu: int | None = None
    protocol: str = TAG

    @property
    def line(self) -> str:
        own = (f" address {self.mac}" if self.mac else "") + (f" mtu {self.mtu}" if self.mtu else "")
        return f"link add link {self.parent} name {self.name}{own} type vlan protocol {self.protocol} id {self.id}"

    def inverse(self, host: Host) -> tuple[str, ...]:
        return (f"link del dev {self.name}",)

    def happen(self, host: Host) -> None:
        parent = host.links[self.parent]
        host.links[self.name] = Link(
            self.name,
            kind="vlan",
            mac=self.mac or parent.mac,
            mtu=self.mtu or parent.mtu,
            lower=self.parent,
            vlan=self.id,
            protocol=self.protocol,
        )


@dataclass(frozen=True)
class Condemn:
    """Put a device into the group that is removed next: one by one each takes the kernel as long as all of them."""

    name: str
    group: str

    @property
    def line(self) -> str:
        return f"link set dev {self.name} group {self.group}"

    def inverse(self, host: Host) -> tuple[str, ...]:
        return (f"link set dev {self.name} group {host.links[self.name].group}",)

    def happen(self, host: Host) -> None:
        host.change(self.name, group=self.group)


@dataclass(frozen=True)
class DeleteGroup:
    """Remove all devices of a group; their addresses and routes go with them."""

    group: str

    @property
    def line(self) -> str:
        return f"link del group {self.group}"

    def _members(self, host: Host) -> list[Link]:
        return [link for link in host.links.values() if link.group == self.group]

    def inverse(self, host: Host) -> tuple[str, ...]:
        members = self._members(host)
        names = {link.name for link in members}
        routes = [route for route in host.routes if any(hop.device in names for hop in route.hops)]
        lines = [line for link in members for line in _make_again(link)]
        return (*lines, *(f"route replace {route.words()}" for route in routes))

    def happen(self, host: Host) -> None:
        names = {link.name for link in self._members(host)}
        for name in names:
            del host.links[name]
        host.routes = [route for route in host.routes if not any(hop.device in names for hop in route.hops)]


def _make_again(link: Link) -> list[str]:
    """Return the lines that make a removed device as it was."""
    name = link.name
    lines = [CreateVlan(name, link.lower, link.vlan or 0, link.mac, link.mtu, link.protocol).line]
    # An alias that nobody could write in a batch was not ours, and its device is never removed.
    lines += [SetLink(name, "alias", link.alias).line] if link.alias else []
    lines += [SetLink(name, "up", True).line] if link.up else []
    lines += [SetLink(name, "master", link.master).line] if link.master else []
    return lines + [AddAddress(name, item).line for item in copied(link.addresses) if item.movable or item.family == 4]
