# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Machines boot again, with nobody there to help them; what they were like before is kept for the tests."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .errors import MachineError
from .ssh import ssh

BEFORE = "before-reboot.json"
BOOT = "cat /proc/sys/kernel/random/boot_id"
LEASES = "cat /var/lib/novanet/nova/dnsmasq/*/leases 2>/dev/null || true"
LIMIT_SECONDS = 300


def reboot(state: Path, hosts: Sequence[str]) -> None:
    """Boot hosts again, all at once, and wait until they have come up."""
    before = {host: {"boot": ssh(state, host, BOOT).strip(), "leases": ssh(state, host, LEASES)} for host in hosts}
    (state / BEFORE).write_text(json.dumps(before))
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda host: _reboot(state, host, before[host]["boot"]), hosts))


def _reboot(state: Path, host: str, old: str) -> None:
    began = time.monotonic()
    # Its end cuts the connection, so it comes a moment after the answer.
    ssh(state, host, "systemd-run --quiet --on-active=1 systemctl reboot")
    while True:
        try:
            new = ssh(state, host, f"{BOOT}; systemctl is-system-running --wait >/dev/null || true", timeout=120)
        except MachineError:
            new = old
        if new.strip() != old:
            break
        if time.monotonic() - began > LIMIT_SECONDS:
            raise MachineError(f"{host} did not come back within {LIMIT_SECONDS} s")
        time.sleep(0.5)
    print(f"{host}: up again after {time.monotonic() - began:.0f} s", flush=True)
