# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall of a machine, told by the program that is installed there: a second instead of a run of Ansible."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from .ssh import ssh

# An owner of its own beside the cloud's: neither touches the other's rules, and nothing of it outlives the tests.
OWNER = "tested"
MEMORY = "/run/tested"
PROGRAM = """\
import glob, json, sys

(path,) = glob.glob("/var/lib/novanet/lib/*")
sys.path.insert(0, path)
from novanet.host.firewall import Firewall
from novanet.host.reconcile import Request, reconcile
from novanet.host.runner import SystemRunner

owner, memory = sys.argv[1:]
done = reconcile(Firewall(owner, memory), json.load(sys.stdin), SystemRunner(), Request(owner, memory))
print(json.dumps([change.describe() for change in done.changes]))
"""


def tell_firewall(state: Path, host: str, **options: Any) -> list[str]:
    """Apply options of nova_firewall for an owner of its own, and return what that changed."""
    command = f"python3 -I -c {shlex.quote(PROGRAM)} {OWNER} {MEMORY}"
    given = {"networks": [], "purge": True, **options}
    changes: list[str] = json.loads(ssh(state, host, command, stdin=json.dumps(given).encode()))
    return changes


def forget_firewall(state: Path, host: str) -> None:
    """Take the rules away whatever they are, and what the host remembers of them."""
    ssh(state, host, f"nft delete table bridge {OWNER}_firewall 2>/dev/null; rm -rf {MEMORY}")
