# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host as it is, as plain data, so that two moments can be compared."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from .node import Node

# What counts, ages or is handed out anew each time is no property of a host.
FLEETING = {
    "ifindex", "link_index", "stats", "stats64", "valid_life_time", "preferred_life_time", "hello_timer", "tcn_timer",
    "topology_change_timer", "forward_delay_timer", "gc_timer", "expires", "link_netnsid", "linkmode", "promiscuity",
    "allmulti", "tentative",
}  # fmt: skip
COMMANDS = {
    "links": "ip -j -d link",
    "addresses": "ip -j address",
    "routes": "ip -j route show table all",
    "rules": "ip -j rule",
}
SYSCTLS = "net/ipv4/ip_forward net/ipv4/conf/*/* net/ipv6/conf/*/forwarding net/ipv6/conf/*/accept_ra net/bridge/*"
# /etc and /var/lib are overlays: what changed lies in their upper layers, and nothing else does.
FILES = """
for place in etc var/lib; do
    cd "$1/$place/upper" && find . ! -type d | sed "s,^[.],/$place," | sort
done
find /run ! -type d | sort
"""


def take(node: Node) -> dict[str, Any]:
    """Return links, addresses, routes, rules, firewall, settings, changed files and processes of a node."""
    _wait_for_detection(node)
    snapshot: dict[str, Any] = {
        name: plain(json.loads(node.run(command.split()).stdout or "[]")) for name, command in COMMANDS.items()
    }
    snapshot["firewall"] = node.run(["nft", "--stateless", "list", "ruleset"]).stdout.splitlines()
    settings = node.run(["sh", "-c", f"cd /proc/sys && grep -s . {SYSCTLS} || true"]).stdout
    snapshot["settings"] = dict(line.split(":", 1) for line in settings.splitlines() if ":" in line)
    scratch = str(node.state / "nodes" / f"{node.name}.root")
    snapshot["files"] = node.run(["sh", "-c", FILES, "sh", scratch]).stdout.splitlines()
    snapshot["processes"] = sorted(set(node.run(["ps", "-e", "-o", "comm="]).stdout.split()))
    return snapshot


def _wait_for_detection(node: Node) -> None:
    """Wait until the kernel has made up its mind about addresses that it looks for duplicates of."""
    for _unused in range(40):
        if not node.run(["ip", "-6", "address", "show", "tentative"]).stdout:
            return
        time.sleep(0.1)


def plain(document: Any) -> Any:
    """Return a JSON document without what is fleeting, lists in one order."""
    if isinstance(document, dict):
        return {key: plain(value) for key, value in document.items() if key not in FLEETING}
    if isinstance(document, list):
        return sorted((plain(item) for item in document), key=lambda item: json.dumps(item, sort_keys=True))
    return document


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what came and what went between two snapshots, one line each."""
    lines = []
    for part in before:
        old, new = _lines(before[part]), _lines(after[part])
        lines += [f"{part}: gone: {line}" for line in (Counter(old) - Counter(new)).elements()]
        lines += [f"{part}: new: {line}" for line in (Counter(new) - Counter(old)).elements()]
    return lines


def _lines(part: Any) -> list[str]:
    if isinstance(part, Mapping):
        return [f"{name} = {value}" for name, value in part.items()]
    return [item if isinstance(item, str) else json.dumps(item, sort_keys=True) for item in part]
