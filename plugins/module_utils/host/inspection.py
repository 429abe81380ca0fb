# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host has of what the other modules need, and what it remembers. Changes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import DamagedMemory, HostError
from .dhcp.leases import parse_leases
from .dhcp.model import LEASE_FILE, Places
from .dhcp.read import own_bridges
from .firewall_kernel import MODULE, tracks_bridges
from .journal import journal_path, load_journal
from .kernel_modules import offers_module
from .runner import Runner

# Program, the package that has it on Debian, and how it is asked for its version.
_PROGRAMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ip": ("iproute2", ("-V",)),
    "ss": ("iproute2", ("-V",)),
    "nft": ("nftables", ("--version",)),
    "conntrack": ("conntrack", ("--version",)),
    "dnsmasq": ("dnsmasq-base", ("--version",)),
    "dhcp_release": ("dnsmasq-utils", ()),
    "xorriso": ("xorriso", ("--version",)),
}
_OLDEST: Mapping[str, tuple[int, ...]] = {"dnsmasq": (2, 79)}
_VERSION = re.compile(r"\d+(?:\.\d+)+")

_NAT_PROBE = """\
table ip novanet_probe {
    map addresses { type ipv4_addr : ipv4_addr; elements = { 192.0.2.1 : 192.0.2.2 }; }
    chain incoming { type nat hook prerouting priority -101; dnat to ip daddr map @addresses; }
    chain outgoing { type nat hook postrouting priority 99; snat to ip saddr map @addresses; }
}
"""
_BRIDGE_FILTER_PROBE = """\
table bridge novanet_probe {
    chain forwarded { type filter hook forward priority -200; }
}
"""
# How nova-network found out a host's own address: the kernel is asked for the way there, and nothing is sent.
_WORLD = "8.8.8.8"
_STATE_FILE = ".json"
_BRIDGE_PROBE = "link add name probe0 type bridge\n"
_VLAN_PROBE = f"{_BRIDGE_PROBE}link add link probe0 name probe1 type vlan id 2\n"


@dataclass(frozen=True)
class Need:
    """What a feature needs.

    :param links: kinds of interface: (description, kernel module, ``ip -batch`` lines that make one).
    :param rules: kinds of nftables rule: (description, rule set that has one).
    :param tracking: whether the connections of bridged frames must be known.
    """

    programs: tuple[str, ...]
    links: tuple[tuple[str, str, str], ...] = ()
    rules: tuple[tuple[str, str], ...] = ()
    tracking: bool = False


FEATURES: Mapping[str, Need] = {
    "bridge": Need(("ip",), links=(("bridges", "bridge", _BRIDGE_PROBE),)),
    "dhcp": Need(("ip", "ss", "dnsmasq", "dhcp_release")),
    "groups": Need(("nft",), tracking=True),
    "injection": Need(("xorriso",)),
    "nat": Need(
        ("ip", "nft", "conntrack"),
        rules=(
            ("address translation by nftables maps", _NAT_PROBE),
            ("nftables rules for bridges", _BRIDGE_FILTER_PROBE),
        ),
    ),
    "vlan": Need(("ip",), links=(("802.1Q VLAN interfaces", "8021q", _VLAN_PROBE),)),
}


# Files, each with its path and what is wrong with it.
Unusable = list[dict[str, str]]


@dataclass(frozen=True)
class Report:
    """What was found.

    :param missing: everything that is needed and not there, in words.
    :param damaged: state files that cannot be used: path and reason.
    :param source_address: address from which the host reaches the world; None when it has no way there.
    :param remembered: names of the parts of this host that remember what was applied, soundly or not.
    :param generation: the smallest generation that a part of this host has; None when none has one.
    """

    missing: list[str]
    damaged: list[dict[str, str]]
    tools: dict[str, dict[str, str | None]]
    interfaces: list[dict[str, Any]]
    source_address: str | None
    remembered: list[str]
    generation: int | None
    ipam_uuid: str | None
    leases: list[dict[str, Any]]

    def to_result(self) -> dict[str, Any]:
        """Return the report as a module returns it."""
        return asdict(self)


def inspect_host(
    runner: Runner,
    places: Places,
    features: Sequence[str] = (),
    interfaces: Sequence[str] = (),
    sound: bool = True,
) -> Report:
    """Look at a host for features and interfaces that are needed.

    :param sound: damaged state files count as missing.
    """
    tools = {program: _tool(runner, program) for program in _PROGRAMS}
    needs = [FEATURES[feature] for feature in FEATURES if feature in features]
    found = _interfaces(runner, interfaces)
    remembered = _remembered(runner, places)
    generation, ipam_uuid, damaged, newer = _memory(runner, places, remembered)
    missing = [
        *_missing_programs(tools, needs),
        *(f"kernel support for {name}" for name in _missing_kernel(runner, tools, needs)),
        *(f"interface {item['name']}" for item in found if not item["exists"]),
        *(f"a sound state file {item['path']} (it {item['reason']})" for item in (*(damaged if sound else ()), *newer)),
    ]
    source, leases = _source_address(runner), _leases(runner, places)
    return Report(missing, [*damaged, *newer], tools, found, source, remembered, generation, ipam_uuid, leases)


def describe_missing(missing: Sequence[str]) -> HostError:
    """Return the one error that names everything that is missing."""
    return HostError("this host", f"lacks {', '.join(missing)}", "Nothing was changed.")


def _tool(runner: Runner, program: str) -> dict[str, str | None]:
    path = runner.which(program)
    question = _PROGRAMS[program][1]
    if path is None or not question:
        return {"path": path, "version": None}
    match = _VERSION.search(runner.run((program, *question), accept=(0, 1)).out)
    return {"path": path, "version": match[0] if match else None}


def _missing_programs(tools: Mapping[str, Mapping[str, str | None]], needs: Iterable[Need]) -> list[str]:
    missing = []
    for program in dict.fromkeys(program for need in needs for program in need.programs):
        package = _PROGRAMS[program][0]
        path, version = tools[program]["path"], tools[program]["version"]
        if path is None:
            missing.append(f"program {program} (package {package})")
        elif version and program in _OLDEST and _numbers(version) < _OLDEST[program]:
            oldest = ".".join(map(str, _OLDEST[program]))
            missing.append(f"program {program} {oldest} or later (it has {version})")
    return missing


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _missing_kernel(runner: Runner, tools: Mapping[str, Mapping[str, str | None]], needs: Iterable[Need]) -> list[str]:
    """Return what the kernel cannot do. What a missing program would be needed to find out is not among it."""
    missing = []
    for need in needs:
        for name, module, lines in need.links:
            if tools["ip"]["path"] and not _makes_link(runner, module, lines):
                missing.append(f"{name} (module {module})")
        for name, rules in need.rules:
            if tools["nft"]["path"] and runner.run(("nft", "-c", "-f", "-"), stdin=rules, accept=(0, 1)).code:
                missing.append(name)
        if need.tracking and tools["nft"]["path"] and not tracks_bridges(runner):
            missing.append(f"connection tracking of bridges (module {MODULE})")
    return missing


def _makes_link(runner: Runner, module: str, lines: str) -> bool:
    """Return whether the kernel has a kind of interface: loaded, loadable, or built in without a trace."""
    if offers_module(runner, module):
        return True
    # In a network namespace of its own, which goes with the command.
    attempt = ("unshare", "--net", "ip", "-batch", "-")
    return runner.which("unshare") is not None and runner.run(attempt, stdin=lines, accept=(0, 1, 2)).code == 0


def _interfaces(runner: Runner, names: Sequence[str]) -> list[dict[str, Any]]:
    if not names or runner.which("ip") is None:
        return [{"name": name, "exists": False} for name in names]
    links = {link["ifname"]: link for link in json.loads(runner.run(("ip", "-j", "addr", "show")).out) if link}
    return [_interface(name, links.get(name)) for name in names]


def _interface(name: str, link: Mapping[str, Any] | None) -> dict[str, Any]:
    if link is None:
        return {"name": name, "exists": False}
    return {
        "name": name,
        "exists": True,
        "up": "UP" in link.get("flags", ()),
        "mac": link.get("address"),
        "mtu": link.get("mtu"),
        "addresses": [f"{entry['local']}/{entry['prefixlen']}" for entry in link.get("addr_info", ())],
    }


def _source_address(runner: Runner) -> str | None:
    if runner.which("ip") is None:
        return None
    answer = runner.run(("ip", "-j", "-4", "route", "get", _WORLD), accept=(0, 1, 2))
    routes = json.loads(answer.out) if answer.code == 0 else []
    return next((route["prefsrc"] for route in routes if "prefsrc" in route), None)


def _remembered(runner: Runner, places: Places) -> list[str]:
    """Return the names of the subsystems that have a state file."""
    names = runner.names(f"{places.state_path}/{places.owner}")
    return sorted(name[: -len(_STATE_FILE)] for name in names if name.endswith(_STATE_FILE))


def _memory(runner: Runner, places: Places, names: Iterable[str]) -> tuple[int | None, str | None, Unusable, Unusable]:
    """Return the smallest generation, the IPAM, and the state files that are damaged or of a newer release."""
    generations, ipams = [], []
    damaged: Unusable = []
    newer: Unusable = []
    for name in names:
        path = journal_path(places.state_path, places.owner, name)
        try:
            journal = load_journal(runner, path)
        except HostError as error:
            found = {"path": path, "reason": error.reason}
            (damaged if isinstance(error, DamagedMemory) else newer).append(found)
            continue
        if journal.generation is not None:
            generations.append(journal.generation)
        if journal.ipam_uuid is not None:
            ipams.append(journal.ipam_uuid)
    return min(generations, default=None), next(iter(ipams), None), damaged, newer


def _leases(runner: Runner, places: Places) -> list[dict[str, Any]]:
    return [
        {"bridge": bridge, **asdict(lease)}
        for bridge in own_bridges(runner, places)
        for lease in parse_leases(runner.read(places.file(bridge, LEASE_FILE)))
    ]
