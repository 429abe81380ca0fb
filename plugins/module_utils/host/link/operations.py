# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The single steps that change links: each a line of ``ip -batch``, what it does to the host, and what undoes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

from .model import Address, Host, Link, Neighbour, Route, copied


class Operation(Protocol):
    """One step. ``line`` is empty for a step that only the undoing needs."""

    @property
    def line(self) -> str:
        """The line of the batch that does it."""

    def inverse(self, host: Host) -> tuple[str, ...]:
        """Return the lines that bring back the host as it is before the step."""

    def happen(self, host: Host) -> None:
        """Change the model as the kernel will change the host."""


@dataclass(frozen=True)
class CreateBridge:
    """Make a bridge that forwards at once and keeps its MAC address whatever is plugged into it."""

    name: str
    mac: str

    @property
    def line(self) -> str:
        return f"link add name {self.name} address {self.mac} type bridge stp_state 0 forward_delay 0"

    def inverse(self, host: Host) -> tuple[str, ...]:
        return (f"link del dev {self.name}",)

    def happen(self, host: Host) -> None:
        host.links[self.name] = Link(self.name, kind="bridge", mac=self.mac, forward_delay=0)
        if "default" in host.heeding:
            host.heeding[self.name] = host.heeding["default"]


@dataclass(frozen=True)
class DeleteBridge:
    """Remove a bridge that has no ports any more; its addresses and routes go with it."""

    name: str

    @property
    def line(self) -> str:
        return f"link del dev {self.name}"

    def inverse(self, host: Host) -> tuple[str, ...]:
        link = host.links[self.name]
        lines = [CreateBridge(self.name, link.mac).line]
        settings = (("forward_delay", link.forward_delay), ("stp", link.stp), ("alias", link.alias), ("mtu", link.mtu))
        lines += [SetLink(self.name, key, value).line for key, value in settings]
        lines += [SetLink(self.name, "up", True).line] if link.up else []
        lines += [
            AddAddress(self.name, item).line for item in copied(link.addresses) if item.movable or item.family == 4
        ]
        return (*lines, *(f"route replace {route.words()}" for route in host.routes_over(self.name)))

    def happen(self, host: Host) -> None:
        del host.links[self.name]
        host.routes = [route for route in host.routes if not route.over(self.name)]


_SETTING_WORDS = {
    "alias": lambda value: f'alias "{value}"',
    "mac": lambda value: f"address {value}",
    "mtu": lambda value: f"mtu {value}",
    "up": lambda value: "up" if value else "down",
    "master": lambda value: f"master {value}" if value else "nomaster",
    "stp": lambda value: f"type bridge stp_state {int(value)}",
    "forward_delay": lambda value: f"type bridge forward_delay {value}",
    "hairpin": lambda value: f"type bridge_slave hairpin {'on' if value else 'off'}",
}


@dataclass(frozen=True)
class SetLink:
    """Give one setting of a link another value. ``key`` is the name of the field in :class:`~.model.Link`."""

    name: str
    key: str
    value: Any

    @property
    def line(self) -> str:
        return f"link set dev {self.name} {_SETTING_WORDS[self.key](self.value)}"

    def inverse(self, host: Host) -> tuple[str, ...]:
        return (SetLink(self.name, self.key, getattr(host.links[self.name], self.key)).line,)

    def happen(self, host: Host) -> None:
        host.change(self.name, **{self.key: self.value})
        if self.key == "master":
            host.change(self.name, hairpin=False)
        if self.key == "up" and not self.value:
            host.routes = [route for route in host.routes if not route.over(self.name)]


@dataclass(frozen=True)
class AddAddress:
    """Put an address on a link."""

    device: str
    address: Address

    @property
    def line(self) -> str:
        return f"addr add {self.address.words(self.device)}"

    def inverse(self, host: Host) -> tuple[str, ...]:
        return (DeleteAddress(self.device, self.address).line,)

    def happen(self, host: Host) -> None:
        link = host.links[self.device]
        ipv4, ipv6 = link.of_family(4), link.of_family(6)
        if self.address.family == 6:
            ipv6 = (self.address, *ipv6)
        else:
            ipv4 = _inserted(ipv4, self.address)
        host.change(self.device, addresses=(*ipv4, *ipv6))


def _inserted(addresses: tuple[Address, ...], new: Address) -> tuple[Address, ...]:
    """Insert as the kernel does: the second of a network goes to the end, the first one behind the other firsts."""
    secondary = any(not item.secondary and item.network == new.network for item in addresses)
    position = len(addresses) if secondary else sum(not item.secondary for item in addresses)
    return (*addresses[:position], replace(new, secondary=secondary), *addresses[position:])


@dataclass(frozen=True)
class DeleteAddress:
    """Take an address off a link. An IPv4 address with secondaries takes them along, so those go first."""

    device: str
    address: Address

    @property
    def line(self) -> str:
        return f"addr del {self.address.text} dev {self.device}"

    def inverse(self, host: Host) -> tuple[str, ...]:
        return (AddAddress(self.device, self.address).line,)

    def happen(self, host: Host) -> None:
        kept = tuple(item for item in host.links[self.device].addresses if item.text != self.address.text)
        host.change(self.device, addresses=kept)
        family = self.address.family
        emptied = family == 4 and not host.links[self.device].of_family(4)
        gone = not host.local(self.address.local)
        host.routes = [
            route
            for route in host.routes
            if not (
                route.family == family
                and ((emptied and route.over(self.device)) or (gone and route.source == self.address.local))
            )
        ]


@dataclass(frozen=True)
class ReplaceRoute:
    """Put a route in the place of the one with the same destination, table and metric.

    What undoes it is a :class:`RememberRoutes` before it: the old route may need addresses that are back only then.
    """

    route: Route

    @property
    def line(self) -> str:
        return f"route replace {self.route.words()}"

    def inverse(self, host: Host) -> tuple[str, ...]:
        return ()

    def happen(self, host: Host) -> None:
        host.routes = [route for route in host.routes if route.key != self.route.key] + [self.route]


@dataclass(frozen=True)
class DeleteRoute:
    """Remove a route, whoever made it: an advertised one is the kernel's in part."""

    route: Route

    @property
    def line(self) -> str:
        return f"route del {replace(self.route, protocol='').words()}"

    def inverse(self, host: Host) -> tuple[str, ...]:
        return (f"route replace {self.route.words()}",)

    def happen(self, host: Host) -> None:
        host.routes = [route for route in host.routes if route != self.route]


@dataclass(frozen=True)
class RememberRoutes:
    """Note the routes that the following steps lose or replace, so that undoing those ends with the routes back."""

    routes: tuple[Route, ...]

    @property
    def line(self) -> str:
        return ""

    def inverse(self, host: Host) -> tuple[str, ...]:
        return tuple(f"route replace {route.words()}" for route in self.routes)

    def happen(self, host: Host) -> None:
        return


@dataclass(frozen=True)
class RememberOrder:
    """Note the order of the IPv4 addresses of a link, so that undoing the following steps ends with it restored.

    :param routes: the routes that go when all of them are taken off.
    """

    device: str
    routes: tuple[Route, ...]

    @property
    def line(self) -> str:
        return ""

    def inverse(self, host: Host) -> tuple[str, ...]:
        ipv4 = host.links[self.device].of_family(4)
        lines = [DeleteAddress(self.device, address).line for address in reversed(ipv4)]
        lines += [AddAddress(self.device, address).line for address in ipv4]
        return (*lines, *RememberRoutes(self.routes).inverse(host))

    def happen(self, host: Host) -> None:
        return


@dataclass(frozen=True)
class AddNeighbour:
    """Tell a link where a neighbour is. It asks the neighbour itself soon after."""

    neighbour: Neighbour

    @property
    def line(self) -> str:
        found = self.neighbour
        return f"neigh replace {found.address} lladdr {found.mac} dev {found.device} nud stale"

    def inverse(self, host: Host) -> tuple[str, ...]:
        return ()

    def happen(self, host: Host) -> None:
        return


@dataclass(frozen=True)
class Settle:
    """Go on when the kernel has done what it does a little later, or has had long enough to.

    :param carriers: links that shall have found out that they have a carrier, and send.
    :param addresses: (link, IPv6 address) pairs that shall be answered for.
    """

    carriers: tuple[str, ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()

    @property
    def line(self) -> str:
        return ""

    def inverse(self, host: Host) -> tuple[str, ...]:
        return ()

    def happen(self, host: Host) -> None:
        return


@dataclass(frozen=True)
class Heed:
    """Say how bridges heed router advertisements: pairs of a name and a value of ``accept_ra``."""

    values: tuple[tuple[str, str], ...]

    @property
    def line(self) -> str:
        return ""

    def inverse(self, host: Host) -> tuple[str, ...]:
        return ()

    def happen(self, host: Host) -> None:
        host.heeding.update(self.values)
