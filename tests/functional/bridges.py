# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of bridges share: looking at a host by other ways than the module does (plain text, sysfs)."""

from __future__ import annotations

import re
from typing import Any

from tests.lab.node import Node

# What comes and goes by itself: link-local addresses and their states, lifetimes, states of the carrier.
_VOLATILE = re.compile(r"fe80::|ff00::|valid_lft|^\s*$")
_SETTINGS = (
    "/sys/class/net/*/bridge/stp_state /sys/class/net/*/bridge/forward_delay /sys/class/net/*/brport/hairpin_mode"
)


def shell(node: Node, text: str) -> str:
    """Run a piece of shell on a node; the first command that fails ends it."""
    return node.run(["sh", "-ec", text]).stdout


def addresses(node: Node, device: str, family: int = 4) -> list[str]:
    """Return the addresses of a link in the order of the kernel, as ``ip`` prints them for people."""
    text = shell(node, f"ip -o -{family} addr show dev {device}")
    return [line.split()[3] for line in text.splitlines() if "fe80" not in line]


def setting(node: Node, path: str) -> str:
    """Return a setting of a link, by its path under /sys/class/net."""
    return shell(node, f"cat /sys/class/net/{path}").strip()


def master(node: Node, device: str) -> str:
    """Return the bridge that a link is a port of, empty for none."""
    return shell(node, f"basename $(readlink /sys/class/net/{device}/master) || true").strip()


def exists(node: Node, device: str) -> bool:
    """Tell whether there is a link of that name."""
    return node.run(["test", "-e", f"/sys/class/net/{device}"], check=False).returncode == 0


def snapshot(node: Node) -> dict[str, list[str]]:
    """Return everything that the module could change, without what changes by itself."""
    links = re.sub(r"state \w+ |NO-CARRIER,|,LOWER_UP", "", shell(node, "ip -o link show"))
    texts = {
        "links": re.sub(r"^\d+: ", "", links, flags=re.M),
        "settings": shell(node, f"grep -H . {_SETTINGS} 2>/dev/null || true"),
        "addresses": re.sub(r"^\d+: (\S+):.*mtu \d+.*$", r"\1", shell(node, "ip addr show"), flags=re.M),
        "routes": shell(node, "ip route show table all").replace(" linkdown", ""),
        "journal": shell(node, "find /var/lib/novanet -name '*.json' -exec cat {} + || true"),
    }
    lines = {key: [line for line in text.splitlines() if not _VOLATILE.search(line)] for key, text in texts.items()}
    return {**lines, **{key: sorted(lines[key]) for key in ("links", "routes")}}


def succeeded(result: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a module that did not fail."""
    assert not result.get("failed"), result["msg"]
    return result
