# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of an owner's stored slices can be applied, and what stays down because something else is damaged or missing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .journal import ITEM_NAMES, Journal

# In converge order, with the list that each slice is about: rules before links, NAT with the addresses at the end.
LISTS: Mapping[str, str] = {
    "firewall": "networks",
    "vlans": "vlans",
    "bridges": "bridges",
    "dhcp": "servers",
    "floating": "addresses",
}
# What code that trusts its input raises on data that somebody else wrote.
WRONG_DATA = (AttributeError, IndexError, KeyError, TypeError, ValueError)
# What keeps the guests of a network apart and translates for them: without it the network stays down.
RULES = ("firewall", "floating")


@dataclass(frozen=True)
class Memory:
    """What a host remembers for one owner.

    :param journals: by subsystem, the sound ones.
    :param failed: by subsystem, why it cannot be relied on: its file is damaged or lost, or applying it failed.
    """

    owner: str
    journals: Mapping[str, Journal] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)

    def items(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """Return the items of a subsystem's slice; none when there is no sound one."""
        journal = self.journals.get(name)
        if journal is None or journal.slice is None or name in self.failed:
            return ()
        return tuple(journal.slice.get(LISTS[name]) or ())

    @property
    def prefixes(self) -> tuple[Mapping[str, Any], ...]:
        """The IPv6 networks that the firewall's slice has rules for; none when there is no sound one."""
        journal = self.journals.get("firewall")
        if journal is None or journal.slice is None or "firewall" in self.failed:
            return ()
        return tuple(journal.slice.get("prefixes") or ())


@dataclass(frozen=True)
class Selection:
    """What to apply of one subsystem.

    :param slice: the options; None for nothing.
    :param part: True when something stays down.
    :param down: what stays down, and why, in sentences.
    """

    slice: Mapping[str, Any] | None
    part: bool = False
    down: tuple[str, ...] = ()


def lost_subsystems(journals: Mapping[str, Journal]) -> tuple[str, ...]:
    """Return the subsystems whose file must be there and is not: a plan says something for each, if only none."""
    planned = any(journal.generation is not None for journal in journals.values())
    return tuple(name for name in LISTS if planned and name not in journals)


def known_bridges(memory: Memory) -> tuple[str, ...]:
    """Return the bridges that any sound slice speaks of."""
    pairs = (("bridges", "name"), ("firewall", "bridge"), ("dhcp", "bridge"))
    names = {str(item[key]) for name, key in pairs for item in memory.items(name) if item.get(key)}
    return tuple(sorted(names | {str(item["bridge"]) for item in memory.prefixes}))


def gateway_bridges(memory: Memory) -> frozenset[str]:
    """Return the bridges whose networks this host is the gateway of."""
    networks = {str(item["bridge"]) for item in memory.items("firewall")}
    return frozenset(networks | {str(item["name"]) for item in memory.items("bridges") if item.get("addresses")})


def bridges_without_rules(memory: Memory) -> dict[str, str]:
    """Return the bridges that must not carry anything, with the reason: the slice of their rules failed.

    Nobody knows what a damaged slice said. So the firewall counts for every bridge, and NAT for all of a gateway.
    """
    reasons: dict[str, str] = {}
    if "floating" in memory.failed:
        reasons.update(dict.fromkeys(gateway_bridges(memory), memory.failed["floating"]))
    if "firewall" in memory.failed:
        reasons.update(dict.fromkeys(known_bridges(memory), memory.failed["firewall"]))
    return reasons


def tables_of_failed(memory: Memory) -> frozenset[tuple[str, str]]:
    """Return the tables, by family and name, that hold the rules of slices that failed, if the kernel has any still.

    What a damaged slice of the firewall said is told by the bridges: each kind of address has a table of its own.
    """
    texts = [str(text) for item in memory.items("bridges") for text in item.get("addresses") or ()]
    families = {"ip6" if ":" in text else "ip" for text in texts} or {"ip"}
    found = {(family, f"{memory.owner}_firewall") for family in families if "firewall" in memory.failed}
    return frozenset(found | {("ip", f"{memory.owner}_floating") for name in memory.failed if name == "floating"})


def needed_interfaces(memory: Memory) -> frozenset[str]:
    """Return the interfaces that somebody else must bring before the slices can be applied."""
    vlans, bridges = memory.items("vlans"), memory.items("bridges")
    made = {str(item["name"]) for item in (*vlans, *bridges)}
    wanted = {item.get("parent") for item in vlans} | {item.get("interface") for item in bridges}
    wanted |= {item.get("interface") for item in memory.items("floating")}
    return frozenset({str(name) for name in wanted if name} - made | adopted_bridges(memory))


def adopted_bridges(memory: Memory) -> frozenset[str]:
    """Return the bridges that were there before us, and that somebody else makes at boot."""
    journal = memory.journals.get("bridges")
    records = journal.owned.get("bridges", {}) if journal else {}
    return frozenset(str(name) for name, record in records.items() if record.get("found") is not None)


def moved_addresses(memory: Memory) -> dict[str, tuple[str, frozenset[str]]]:
    """Return, by bridge, the uplink and the addresses that it gave to the bridge.

    Who configures the uplink puts them there again at boot, and they move again.
    """
    journal = memory.journals.get("bridges")
    records = journal.owned.get("bridges", {}) if journal else {}
    uplinks = {name: record["uplink"] for name, record in records.items() if record.get("uplink")}
    return {
        name: (uplink["name"], frozenset(str(address["local"]) for address in uplink["addresses"]))
        for name, uplink in uplinks.items()
        if uplink["addresses"]
    }


def select(memory: Memory, name: str, interfaces: Iterable[str]) -> Selection:
    """Return what to apply of a subsystem on a host that has these interfaces now."""
    journal = memory.journals.get(name)
    if journal is None or journal.slice is None or name in memory.failed:
        return Selection(None)
    items = memory.items(name)
    if name == "floating" and "firewall" in memory.failed:
        # Not even taken away: a host that runs goes on with the rules that it has.
        left = f"is left as it is: {memory.failed['firewall']}"
        return Selection(None, True, tuple(f"floating IP {item['address']} {left}" for item in items))
    present = frozenset(interfaces)
    reasons = [_obstacle(memory, name, item, present) for item in items]
    going = [item for item, reason in zip(items, reasons) if not reason]
    down = tuple(
        f"{_TITLES[name]} {item[ITEM_NAMES[LISTS[name]]]} stays down: {reason}"
        for item, reason in zip(items, reasons)
        if reason
    )
    if not down:
        return Selection(journal.slice)
    # NAT is remembered as a whole, so what stays down must go explicitly. Elsewhere it is only not spoken of.
    return Selection({**journal.slice, LISTS[name]: going, "purge": name == "floating"}, True, down)


def single_items(chosen: Mapping[str, Any], name: str) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Return a slice cut into its items, each with its name: what one of them lacks does not keep the others down."""
    return tuple(
        (f"{_TITLES[name]} {item[ITEM_NAMES[LISTS[name]]]}", {**chosen, LISTS[name]: [item], "purge": False})
        for item in chosen[LISTS[name]]
    )


_TITLES = {
    "firewall": "firewall of network",
    "vlans": "VLAN interface",
    "bridges": "bridge",
    "dhcp": "DHCP server of",
    "floating": "floating IP",
}


def _obstacle(memory: Memory, name: str, item: Mapping[str, Any], present: frozenset[str]) -> str:
    """Return why an item stays down, empty when nothing is in its way."""
    if name == "vlans":
        return _missing(item.get("parent"), present)
    if name == "bridges":
        return _bridge_obstacle(memory, item, present)
    if name == "dhcp":
        return _closed(memory, str(item["bridge"]), present)
    if name == "floating":
        return _floating_obstacle(memory, item, present)
    return ""


def _bridge_obstacle(memory: Memory, item: Mapping[str, Any], present: frozenset[str]) -> str:
    name = str(item["name"])
    reason = bridges_without_rules(memory).get(name, "")
    if not reason and name in adopted_bridges(memory):
        reason = _missing(name, present)
    return reason or _missing(item.get("interface"), present)


def _closed(memory: Memory, bridge: str, present: frozenset[str]) -> str:
    reason = bridges_without_rules(memory).get(bridge, "")
    if not reason and bridge not in present:
        reason = memory.failed.get("bridges") or f"bridge {bridge} is down"
    return reason


def _floating_obstacle(memory: Memory, item: Mapping[str, Any], present: frozenset[str]) -> str:
    network = _network_of(memory.items("firewall"), str(item["fixed_address"]))
    reason = _closed(memory, str(network["bridge"]), present) if network else ""
    return reason or _missing(item.get("interface"), present)


def _network_of(networks: Sequence[Mapping[str, Any]], address: str) -> Mapping[str, Any] | None:
    fixed = ipaddress.ip_address(address)
    return next((item for item in networks if fixed in ipaddress.ip_network(str(item["cidr"]))), None)


def _missing(interface: Any, present: frozenset[str]) -> str:
    return f"interface {interface} does not exist" if interface and interface not in present else ""
