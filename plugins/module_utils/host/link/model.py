# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links, addresses and routes of a host, as the kernel knows them and as one line of ``ip -batch`` says them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# Kinds of links that stand on another link and go when that one goes.
STACKED_KINDS = frozenset({"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap"})


@dataclass(frozen=True)
class Address:
    """An address on a link.

    :param peer: far end of a point-to-point address, else empty.
    :param label: IPv4 label; empty when it is just the name of the link.
    :param metric: metric of the connected route; 0 for the kernel's own choice.
    :param flags: flags that a person can give (``noprefixroute``, ``home``); the kernel's own states are left out.
    :param learnt: a DHCP client or a router advertisement brought it and will refresh it.
    :param valid: seconds that it has left, None for ever.
    :param preferred: seconds until it is deprecated, None for never.
    :param secondary: IPv4 only: another address of the same network stands before it and takes it along when it goes.
    """

    local: str
    prefix: int
    peer: str = ""
    broadcast: str = ""
    scope: str = "global"
    label: str = ""
    metric: int = 0
    flags: tuple[str, ...] = ()
    learnt: bool = False
    valid: int | None = None
    preferred: int | None = None
    secondary: bool = False

    @property
    def text(self) -> str:
        """The address as people write it; it names the address on its link."""
        return f"{self.local} peer {self.peer}/{self.prefix}" if self.peer else f"{self.local}/{self.prefix}"

    @property
    def family(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.local else 4

    @property
    def network(self) -> Any:
        """The network that is reached directly through it."""
        return ipaddress.ip_network(f"{self.peer or self.local}/{self.prefix}", strict=False)

    @property
    def movable(self) -> bool:
        """True for what a person configured and what therefore goes along to another link."""
        return not self.learnt and (self.family == 4 or self.scope != "link")

    def words(self, device: str) -> str:
        """Return what follows ``addr add`` to make exactly this address on a device."""
        words = [self.text]
        if self.broadcast:
            words += ["broadcast", self.broadcast]
        if self.family == 4 and self.scope != "global":
            words += ["scope", self.scope]
        words += ["dev", device]
        if self.label:
            words += ["label", self.label]
        if self.metric:
            words += ["metric", str(self.metric)]
        if self.valid is not None:
            words += ["valid_lft", str(self.valid)]
        if self.preferred is not None:
            words += ["preferred_lft", str(self.preferred)]
        # No duplicate address detection: during it the address would be silent for a second.
        return " ".join([*words, *self.flags, *(("nodad",) if self.family == 6 else ())])

    def relabelled(self, old: str, new: str) -> Address:
        """Return it for another link: a label must begin with the name of its link and be at most 15 characters."""
        if not self.label.startswith(old):
            return replace(self, label="")
        label = new + self.label[len(old) :]
        return replace(self, label=label if len(label) <= 15 else "")


def copied(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Return addresses in the order in which adding them makes the kernel list them as they are listed now.

    It puts a new IPv6 address before the others, and an IPv4 one behind them. The other way round it is the order in
    which they can be taken off and put back one by one: IPv4 secondaries first.
    """
    listed = tuple(addresses)
    ipv4 = [address for address in listed if address.family == 4]
    return (*ipv4, *reversed([address for address in listed if address.family == 6]))


@dataclass(frozen=True)
class Hop:
    """One way of a route. ``gateway`` is empty for a network that is on the link itself."""

    device: str
    gateway: str = ""
    weight: int = 1
    onlink: bool = False

    def words(self, family: int) -> str:
        """Return the hop in the words of ``ip route``."""
        foreign = "inet6 " if family == 4 and ":" in self.gateway else ""
        way = f"via {foreign}{self.gateway} " if self.gateway else ""
        return f"{way}dev {self.device}" + (" onlink" if self.onlink else "")


@dataclass(frozen=True)
class Route:
    """A route that leads over links.

    :param destination: a network, ``default`` included.
    :param metrics: what the route says of the path (``mtu``, ``advmss``, ...).
    :param unsupported: attributes that cannot be written back; a route with such is never moved.
    """

    family: int
    destination: str
    hops: tuple[Hop, ...]
    table: str = "main"
    protocol: str = ""
    scope: str = ""
    source: str = ""
    metric: int = 0
    tos: str = ""
    preference: str = ""
    metrics: tuple[tuple[str, str], ...] = ()
    unsupported: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes it one and the same route for the kernel: another one with this key replaces it."""
        return (self.family, self.table, self.destination, self.tos, self.metric)

    @property
    def text(self) -> str:
        """The route as people write it, without the device."""
        ways = " or ".join(hop.gateway for hop in self.hops if hop.gateway)
        table = f" table {self.table}" if self.table != "main" else ""
        destination = self.destination if self.family == 4 or self.destination != "default" else "default (IPv6)"
        return destination + (f" via {ways}" if ways else "") + table

    def over(self, device: str) -> bool:
        """True when it leads over a link."""
        return any(hop.device == device for hop in self.hops)

    def moved(self, old: str, new: str) -> Route:
        """Return it with one link instead of another."""
        hops = tuple(replace(hop, device=new) if hop.device == old else hop for hop in self.hops)
        return replace(self, hops=hops)

    def words(self) -> str:
        """Return what follows ``route replace`` to make exactly this route."""
        # The word default means IPv4 in a batch, and the family cannot be said there.
        words = ["::/0" if self.family == 6 and self.destination == "default" else self.destination]
        for name, value in (("tos", self.tos), ("proto", self.protocol), ("scope", self.scope), ("src", self.source)):
            words += [name, value] if value else []
        words += ["table", self.table] if self.table != "main" else []
        words += ["metric", str(self.metric)] if self.metric else []
        words += ["pref", self.preference] if self.preference else []
        words += [word for pair in self.metrics for word in pair]
        if len(self.hops) == 1:
            return " ".join([*words, self.hops[0].words(self.family)])
        ways = [f"nexthop {hop.words(self.family)} weight {hop.weight}" for hop in self.hops]
        return " ".join([*words, *ways])


@dataclass(frozen=True)
class Neighbour:
    """An address of another host on a link, and the MAC address that it was found at."""

    address: str
    mac: str
    device: str


@dataclass(frozen=True)
class Link:
    """A network interface.

    :param kind: ``bridge``, ``vlan``, ``veth``, ...; empty for hardware.
    :param alias: the text that the kernel keeps with the link; ours is the mark of ownership.
    :param forward_delay: of a bridge, in hundredths of a second.
    :param hairpin: of a port of a bridge: a frame may leave where it came in.
    :param carrier: it is up and there is something at the other end.
    :param operational: the kernel has come to know that it has a carrier, and sends.
    :param lower: the link that this one stands on (VLAN devices and the like), else empty.
    :param vlan: of a VLAN device: the id of its tag, else None.
    :param protocol: of a VLAN device: the kind of its tag, else empty.
    :param group: the group that it can be removed together with.
    :param addresses: in the order of the kernel.
    """

    name: str
    kind: str = ""
    mac: str = ""
    mtu: int = 1500
    up: bool = False
    master: str = ""
    alias: str = ""
    stp: bool = False
    forward_delay: int = 1500
    hairpin: bool = False
    carrier: bool = False
    operational: bool = False
    lower: str = ""
    vlan: int | None = None
    protocol: str = ""
    group: str = "default"
    loopback: bool = False
    addresses: tuple[Address, ...] = ()

    def address(self, text: str) -> Address | None:
        """Return the address that is written so, None when the link has none."""
        return next((address for address in self.addresses if address.text == text), None)

    def of_family(self, family: int) -> tuple[Address, ...]:
        """Return the addresses of one family in the order of the kernel."""
        return tuple(address for address in self.addresses if address.family == family)

    @property
    def first(self) -> str:
        """The first global IPv4 address, empty when there is none: the one that services answer from."""
        return next((address.text for address in self.of_family(4) if address.scope == "global"), "")

    @property
    def movable(self) -> tuple[Address, ...]:
        """The addresses that go along when the link gives its place to another one."""
        return tuple(address for address in self.addresses if address.movable)


@dataclass
class Host:
    """Links and routes of a host. Operations change a copy of it to predict what the kernel will make of it.

    :ivar heeding: ``accept_ra`` of bridges and uplinks, and under ``default`` that of new links; empty without IPv6.
    """

    links: dict[str, Link] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    neighbours: tuple[Neighbour, ...] = ()
    heeding: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Host:
        """Return a copy that can be changed alone."""
        return Host(dict(self.links), list(self.routes), self.neighbours, dict(self.heeding))

    def change(self, name: str, **values: Any) -> None:
        """Give a link other values."""
        self.links[name] = replace(self.links[name], **values)

    def ports(self, bridge: str) -> tuple[str, ...]:
        """Return the names of the ports of a bridge."""
        return tuple(sorted(link.name for link in self.links.values() if link.master == bridge))

    def stacked_on(self, name: str) -> tuple[str, ...]:
        """Return the names of the links that stand on a link and go with it."""
        links = self.links.values()
        return tuple(sorted(link.name for link in links if link.lower == name and link.kind in STACKED_KINDS))

    def routes_over(self, device: str) -> tuple[Route, ...]:
        """Return the routes over a link, those that need no gateway first: the others need them."""
        over = [route for route in self.routes if route.over(device)]
        return tuple(sorted(over, key=lambda route: any(hop.gateway for hop in route.hops)))

    def local(self, address: str) -> bool:
        """True when an address (without prefix) is on any link."""
        return any(item.local == address for link in self.links.values() for item in link.addresses)


def address_from(values: Mapping[str, Any]) -> Address:
    """Return an address out of the plain data that :func:`dataclasses.asdict` made of it."""
    return Address(**{**values, "flags": tuple(values["flags"])})


def route_from(values: Mapping[str, Any]) -> Route:
    """Return a route out of the plain data that :func:`dataclasses.asdict` made of it."""
    return Route(
        **{
            **values,
            "hops": tuple(Hop(**hop) for hop in values["hops"]),
            "metrics": tuple((name, value) for name, value in values["metrics"]),
            "unsupported": tuple(values["unsupported"]),
        }
    )
