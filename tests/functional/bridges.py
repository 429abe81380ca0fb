# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of bridges share: looking at a host by other ways than the module does (plain text, sysfs)."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.lab.modules import import_path
from tests.lab.node import PYTHON, Node, Running
from tests.tools.tree import link_collection

from .waiting import until

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


def lost_pings(pings: Sequence[tuple[Node, str]], action: Callable[[], object]) -> list[int]:
    """Return how many pings are lost, of those from each node to its address, while something is done."""
    running = [node.start(["ping", "-n", "-i", "0.01", "-W", "1", far]) for node, far in pings]
    time.sleep(0.3)
    action()
    time.sleep(0.3)
    assert all(ping.is_running() for ping in running), "the pings ended before what they should watch"
    return [_lost(ping) for ping in running]


def _lost(ping: Running) -> int:
    ping.stop(signal.SIGINT)
    # What started it may end before it.
    until(lambda: "transmitted" in ping.output, f"the end of {ping.argv}")
    sent = re.search(r"(\d+) packets transmitted", ping.output)
    answered = {int(number) for number in re.findall(r"icmp_seq=(\d+) .*time=", ping.output)}
    # The last ones are on their way when it ends.
    assert sent, f"no end of {ping.argv}: {ping.output[-200:]}"
    return len({*range(1, int(sent.group(1)) - 4)} - answered)


def succeeded(result: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a module that did not fail."""
    assert not result.get("failed"), result["msg"]
    return result


# Runs the reconciler behind the module with a runner whose batches go another way.
_DRIVER = """
import json, sys, time
from ansible_collections.novanet.network.plugins.module_utils.errors import RolledBack
from ansible_collections.novanet.network.plugins.module_utils.host.link.bridges import Bridges
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Request, reconcile
from ansible_collections.novanet.network.plugins.module_utils.host.runner import SystemRunner

class Odd(SystemRunner):
    def run(self, argv, stdin=None, accept=(0,)):
        if tuple(argv) != ("ip", "-batch", "-"):
            return super().run(argv, stdin, accept)
        return self.batch(argv, stdin.splitlines(keepends=True))

    {batch}

runner = Odd()
runner.number = {number}
try:
    options = {{"bridges": json.loads(sys.argv[1]), "purge": True}}
    reconcile(Bridges("nova"), options, runner, Request("nova", "/var/lib/novanet"))
    print("done")
except RolledBack:
    print("undone")
"""
# Lets so many lines through, then one that the kernel refuses.
_FAILING = """def batch(self, argv, lines):
        if self.number < len(lines):
            lines = lines[: self.number] + ["link set dev nowhere up\\n"]
        self.number -= len(lines)
        return super().run(argv, "".join(lines))"""
# Waits after every line, as a busy machine may.
_SLOW = """def batch(self, argv, lines):
        for line in lines:
            super().run(argv, line)
            time.sleep(self.number)"""


def fails_after(node: Node, bridges: list[dict[str, Any]], lines: int) -> bool:
    """Let a run, with purge, fail after so many lines of its batches; tell whether it has that many."""
    return _drive(node, bridges, _FAILING, lines) == "undone"


def converge_slowly(node: Node, bridges: list[dict[str, Any]], pause: float) -> None:
    """Bring a host to exactly these bridges with a pause after every line."""
    assert _drive(node, bridges, _SLOW, pause) == "done"


def _drive(node: Node, bridges: list[dict[str, Any]], batch: str, number: float) -> str:
    path = import_path(node.state, link_collection())
    script = _DRIVER.format(batch=batch, number=number)
    argv = ["env", f"PYTHONPATH={path}", "PYTHONDONTWRITEBYTECODE=1", PYTHON, "-c", script, json.dumps(bridges)]
    return node.run(argv).stdout.strip()
