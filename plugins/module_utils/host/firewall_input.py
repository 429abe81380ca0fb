# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``nova_firewall`` is asked for: options in, checked settings out. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..errors import Conflict, InvalidInput
from .firewall_groups import (
    Group,
    GuestPort,
    arrange_groups,
    arrange_ports,
    group_of,
    parse_groups,
    parse_guest_ports,
    plain_group,
    plain_port,
    port_of,
    refuse_unknown,
)
from .firewall_ipv6 import Prefix, parse_prefixes
from .nft_values import require_address, require_interface, require_network


@dataclass(frozen=True)
class FirewallNetwork:
    """A network that this host is the gateway of.

    :param public_interface: where its outbound traffic leaves and is translated.
    :param source_address: what it is translated to; None for no outbound NAT.
    :param no_snat: destinations that see the fixed address.
    :param force_snat: when not empty, only these destinations are translated.
    """

    label: str
    cidr: str
    bridge: str
    public_interface: str | None = None
    source_address: str | None = None
    no_snat: tuple[str, ...] = ()
    force_snat: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metadata:
    """Where requests to 169.254.169.254:80 go."""

    address: str
    port: int


@dataclass(frozen=True)
class Isolated:
    """An address that every host has for itself, as gateway and DHCP server of its own guests.

    :param bridge: the bridge that has the address.
    :param uplink: the port of that bridge which leads to the other hosts.
    """

    bridge: str
    uplink: str
    address: str


@dataclass(frozen=True)
class Settings:
    """All that the ruleset is made of.

    :param forwarding: True when this host shall forward for the networks and prefixes.
    :param closed: bridges that are about to go: nothing is routed from or to them any more.
    """

    networks: tuple[FirewallNetwork, ...] = ()
    metadata: Metadata | None = None
    hairpin_ports: tuple[str, ...] = ()
    forwarding: bool = True
    isolated: tuple[Isolated, ...] = ()
    closed: tuple[str, ...] = ()
    prefixes: tuple[Prefix, ...] = ()
    groups: tuple[Group, ...] = ()
    guest_ports: tuple[GuestPort, ...] = ()

    @property
    def bridges(self) -> frozenset[str]:
        """The bridges that something is routed from or to."""
        return frozenset({*(each.bridge for each in self.networks), *(each.bridge for each in self.prefixes)})

    @property
    def forwards_ipv4(self) -> bool:
        """Tell whether IPv4 is forwarded."""
        return self.forwarding and bool(self.networks)

    @property
    def forwards_ipv6(self) -> bool:
        """Tell whether IPv6 is forwarded."""
        return self.forwarding and bool(self.prefixes)


@dataclass(frozen=True)
class Want:
    """What was asked for. None where the option was omitted.

    :param absent: labels of networks that shall go.
    :param positions: label to the position of its item, for messages.
    """

    networks: tuple[FirewallNetwork, ...]
    absent: frozenset[str]
    metadata: Metadata | None
    hairpin_ports: tuple[str, ...] | None
    isolated: tuple[Isolated, ...] | None
    prefixes: tuple[Prefix, ...] | None
    forwarding: bool
    purge: bool
    positions: Mapping[str, str]
    groups: tuple[Group, ...] | None = None
    guest_ports: tuple[GuestPort, ...] | None = None


def parse_want(applied: Mapping[str, Any]) -> Want:
    """Return what the options ask for.

    :raises InvalidInput: an option has a value that can never be right.
    """
    networks: list[FirewallNetwork] = []
    absent: set[str] = set()
    positions: dict[str, str] = {}
    for index, item in enumerate(applied.get("networks") or ()):
        position, label = f"networks[{index}]", str(item.get("label") or "")
        if not label:
            raise InvalidInput(f"{position}.label", "is missing")
        if label in positions:
            raise InvalidInput(f"{position}.label {label}", f"is already used by {positions[label]}")
        positions[label] = position
        if item.get("state", "present") == "absent":
            absent.add(label)
        else:
            networks.append(_parse_network(item, position))
    ports, isolated, prefixes = (applied.get(key) for key in ("hairpin_ports", "isolated", "prefixes"))
    groups, guest_ports = (applied.get(key) for key in ("groups", "guest_ports"))
    return Want(
        tuple(networks),
        frozenset(absent),
        _parse_metadata(applied.get("metadata")),
        None if ports is None else _parse_ports(ports),
        None if isolated is None else _parse_isolated(isolated),
        None if prefixes is None else parse_prefixes(prefixes),
        bool(applied.get("forwarding", True)),
        bool(applied.get("purge", False)),
        positions,
        None if groups is None else parse_groups(groups),
        None if guest_ports is None else parse_guest_ports(guest_ports),
    )


def _parse_network(item: Mapping[str, Any], position: str) -> FirewallNetwork:
    for key in ("cidr", "bridge"):
        if not item.get(key):
            raise InvalidInput(f"{position}.{key}", "is missing")
    public, source = item.get("public_interface") or None, item.get("source_address") or None
    if source and not public:
        raise InvalidInput(
            f"{position}.source_address {source}",
            "needs public_interface",
            "Traffic is only translated where it leaves by a named interface.",
        )
    if item.get("force_snat") and not source:
        raise InvalidInput(f"{position}.force_snat", "needs source_address", "Without it nothing is translated.")
    return FirewallNetwork(
        label=str(item["label"]),
        cidr=require_network(item["cidr"], f"{position}.cidr"),
        bridge=require_interface(item["bridge"], f"{position}.bridge"),
        public_interface=require_interface(public, f"{position}.public_interface") if public else None,
        source_address=require_address(source, f"{position}.source_address") if source else None,
        no_snat=_parse_ranges(item.get("no_snat"), f"{position}.no_snat"),
        force_snat=_parse_ranges(item.get("force_snat"), f"{position}.force_snat"),
    )


def _parse_ranges(values: Iterable[Any] | None, position: str) -> tuple[str, ...]:
    ranges = [require_network(value, f"{position}[{index}]") for index, value in enumerate(values or ())]
    return tuple(sorted(set(ranges), key=ipaddress.IPv4Network))


def _parse_metadata(value: Mapping[str, Any] | None) -> Metadata | None:
    if not value:
        return None
    if not value.get("address"):
        raise InvalidInput("metadata.address", "is missing")
    port = int(value.get("port") or 8775)
    if not 1 <= port <= 65535:
        raise InvalidInput(f"metadata.port {port}", "is outside 1 to 65535")
    return Metadata(require_address(value["address"], "metadata.address", loopback=True), port)


def _parse_ports(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(sorted({require_interface(port, f"hairpin_ports[{index}]") for index, port in enumerate(values)}))


def _parse_isolated(items: Iterable[Mapping[str, Any]]) -> tuple[Isolated, ...]:
    found: set[Isolated] = set()
    bridges: dict[str, tuple[str, str]] = {}
    for index, item in enumerate(items):
        position = f"isolated[{index}]"
        for key in ("bridge", "uplink", "address"):
            if not item.get(key):
                raise InvalidInput(f"{position}.{key}", "is missing")
        one = Isolated(
            bridge=require_interface(item["bridge"], f"{position}.bridge"),
            uplink=require_interface(item["uplink"], f"{position}.uplink"),
            address=require_address(item["address"], f"{position}.address"),
        )
        if one.uplink == one.bridge:
            raise InvalidInput(
                f"{position}.uplink {one.uplink}", "is the bridge itself", "Name the port of the bridge."
            )
        other, place = bridges.setdefault(one.uplink, (one.bridge, position))
        if other != one.bridge:
            raise Conflict(f"{position}.uplink {one.uplink}", f"is a port of bridge {other} in {place}")
        found.add(one)
    return tuple(sorted(found, key=lambda one: (one.bridge, one.uplink, ipaddress.IPv4Address(one.address))))


def merge(want: Want, known: Settings) -> Settings:
    """Return the settings as they shall be: what was asked for, and what was applied before and is not spoken of.

    :raises Conflict: two networks have addresses in common, or a group is named that is not there.
    """
    named = {network.label for network in want.networks} | want.absent
    kept = () if want.purge else tuple(network for network in known.networks if network.label not in named)
    networks = tuple(sorted((*want.networks, *kept), key=lambda network: network.label))
    _refuse_overlaps(networks, want.positions)
    ports = _choose(want.hairpin_ports, known.hairpin_ports, want.purge, ())
    isolated = _choose(want.isolated, known.isolated, want.purge, ())
    prefixes = _choose(want.prefixes, known.prefixes, want.purge, ())
    open_bridges = Settings(want.networks, prefixes=want.prefixes or ()).bridges
    closed = () if want.purge else tuple(bridge for bridge in known.closed if bridge not in open_bridges)
    # Metadata is for guests of our networks, and its address is one of IPv4.
    metadata = _choose(want.metadata, known.metadata, want.purge, None) if networks else None
    forwarding = want.forwarding and bool(networks or prefixes)
    groups = _choose(want.groups, known.groups, want.purge, ())
    guest_ports = _choose(want.guest_ports, known.guest_ports, want.purge, ())
    refuse_unknown(groups, guest_ports, want.groups, want.guest_ports)
    guarded = (arrange_groups(groups), arrange_ports(guest_ports))
    return Settings(networks, metadata, ports, forwarding, isolated, closed, prefixes, *guarded)


def _choose(asked: Any, known: Any, purge: bool, nothing: Any) -> Any:
    if asked is not None:
        return asked
    return nothing if purge else known


def _refuse_overlaps(networks: tuple[FirewallNetwork, ...], positions: Mapping[str, str]) -> None:
    ranges = sorted(networks, key=lambda network: ipaddress.IPv4Network(network.cidr))
    for lower, upper in zip(ranges, ranges[1:]):
        if ipaddress.IPv4Network(lower.cidr).overlaps(ipaddress.IPv4Network(upper.cidr)):
            subject, other = (upper, lower) if upper.label in positions else (lower, upper)
            place = positions.get(subject.label, f"network {subject.label}")
            raise Conflict(f"{place}.cidr {subject.cidr}", f"overlaps {other.cidr} of network {other.label}")


def to_owned(settings: Settings) -> dict[str, Any]:
    """Return the settings as plain data for the journal."""
    content: dict[str, Any] = {
        "networks": {network.label: _plain(network) for network in settings.networks},
        "hairpin_ports": list(settings.hairpin_ports),
        "forwarding": settings.forwarding,
        "isolated": [asdict(one) for one in settings.isolated],
        "closed": list(settings.closed),
        "prefixes": [asdict(one) for one in settings.prefixes],
        "groups": [plain_group(one) for one in settings.groups],
        "guest_ports": [plain_port(one) for one in settings.guest_ports],
    }
    if settings.metadata:
        content["metadata"] = asdict(settings.metadata)
    return content


def _plain(network: FirewallNetwork) -> dict[str, Any]:
    content = asdict(network)
    return {**content, "no_snat": list(network.no_snat), "force_snat": list(network.force_snat)}


def from_owned(owned: Mapping[str, Any]) -> Settings:
    """Return the settings that the journal remembers; the inverse of :func:`to_owned`."""
    networks = tuple(
        replace(FirewallNetwork(**item), no_snat=tuple(item["no_snat"]), force_snat=tuple(item["force_snat"]))
        for _label, item in sorted(owned.get("networks", {}).items())
    )
    metadata = owned.get("metadata")
    return Settings(
        networks,
        Metadata(**metadata) if metadata else None,
        tuple(owned.get("hairpin_ports", ())),
        bool(owned.get("forwarding", False)),
        tuple(Isolated(**item) for item in owned.get("isolated", ())),
        tuple(owned.get("closed", ())),
        tuple(Prefix(**item) for item in owned.get("prefixes", ())),
        tuple(group_of(item) for item in owned.get("groups", ())),
        tuple(port_of(item) for item in owned.get("guest_ports", ())),
    )
