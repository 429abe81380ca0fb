# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Machines boot again, with nobody there to help them; what they were like before is kept for the tests.

Meanwhile somebody knocks at them from all sides, and every frame on the wires is recorded.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from tests.lab.node import PYTHON
from tests.lab.topology import SWITCH

from .errors import MachineError
from .knocks import Gateway, Knock, floating_addresses, gateways, leased, plan_knocks
from .platform import PUBLIC, Platform
from .running import Attached, power_on
from .ssh import HERE, ssh

BEFORE, KNOCKS = "before-reboot.json", "knocks.json"
BOOT = "cat /proc/sys/kernel/random/boot_id"
LEASES = "cat /var/lib/novanet/nova/dnsmasq/*/leases 2>/dev/null || true"
# Addresses of guests in the files that their images have.
INJECTED = "sed -n 's/^ *address \\([0-9.]*\\)$/\\1/p' /var/lib/novanet/nova/injection/*/interfaces 2>/dev/null || true"
LINKS = "ip -j -d address show"
PUBLIC_LINK = "ip route show default | sed 's/.* dev \\([^ ]*\\).*/\\1/'"
LIMIT_SECONDS = 1200
# How long they knock before all goes down and after all is up.
AROUND_SECONDS = 5.0


def recording(wire: str) -> str:
    """Return the name of the file that has a wire's frames."""
    return f"reboot-{wire}.pcap"


def reboot(state: Path, platforms: Sequence[Platform]) -> None:
    """Boot hosts again, all at once, and wait until they have come up."""
    with ThreadPoolExecutor() as pool:
        before = dict(zip((each.name for each in platforms), pool.map(lambda each: _look(state, each), platforms)))
        (state / BEFORE).write_text(json.dumps(before))
        list(pool.map(lambda each: _make_late(state, each), platforms))
        found, knocks = plan(platforms, before)
        with knocking(state, knocks):
            time.sleep(AROUND_SECONDS)
            began = time.time()
            list(pool.map(lambda each: boot_again(state, each.name, before[each.name]["boot"]), platforms))
            ended = time.time()
            time.sleep(AROUND_SECONDS)
    networks = sorted({str(each.network) for each in found})
    document = {"knocks": [asdict(knock) for knock in knocks], "networks": networks, "began": began, "ended": ended}
    (state / KNOCKS).write_text(json.dumps(document))


def _look(state: Path, platform: Platform) -> dict[str, str]:
    questions = {"boot": BOOT, "leases": LEASES, "injected": INJECTED, "links": LINKS, "public": PUBLIC_LINK}
    command = "; echo =; ".join(f"({question})" for question in questions.values())
    answers = ssh(state, platform.name, command).split("=\n")
    return {name: answer.strip() for name, answer in zip(questions, answers)}


def plan(platforms: Sequence[Platform], before: Mapping[str, Mapping[str, str]]) -> tuple[list[Gateway], list[Knock]]:
    """Return the gateways on these hosts, and what knocks at them."""
    found, floating = [], {}
    for platform in platforms:
        seen = before[platform.name]
        links = json.loads(seen["links"])
        given = [*leased(seen["leases"]), *seen["injected"].split()]
        found += list(gateways(platform, links, seen["public"], given))
        floating.update(floating_addresses(links))
    return found, plan_knocks(found, floating)


@contextlib.contextmanager
def knocking(state: Path, knocks: Sequence[Knock]) -> Iterator[None]:
    """Knock and record as long as the block lasts."""
    switch, frames = Attached(SWITCH, state), state / "frames.json"
    frames.write_text(json.dumps([(knock.wire, knock.raw.hex()) for knock in knocks]))
    with contextlib.ExitStack() as stack:
        for wire in sorted({PUBLIC, *(knock.wire for knock in knocks)}):
            argv = ["tcpdump", "-Z", "root", "-U", "-i", wire, "-w", str(state / recording(wire))]
            stack.enter_context(switch.start(argv, limit=LIMIT_SECONDS)).wait_for("listening on", 30)
        argv = [PYTHON, "-I", str(HERE / "knock.py"), str(frames), str(LIMIT_SECONDS)]
        stack.enter_context(switch.start(argv, limit=LIMIT_SECONDS))
        yield


def _make_late(state: Path, platform: Platform) -> None:
    if platform.late:
        ssh(state, platform.name, f"systemctl --quiet enable late@{platform.late}.service")


def boot_again(state: Path, host: str, old: str) -> None:
    """Boot a host again and wait until it has come up.

    :param old: identity of its boot until now.
    """
    began = time.monotonic()
    # Its end cuts the connection, so it comes a moment after the answer.
    ssh(state, host, "systemd-run --quiet --on-active=1 systemctl reboot")
    while (state / f"{host}.pid").exists():
        _wait(host, began)
    power_on(state, host)
    while _boot_of(state, host) in ("", old):
        _wait(host, began)
    print(f"{host}: up again after {time.monotonic() - began:.0f} s", flush=True)


def _boot_of(state: Path, host: str) -> str:
    """Return the identity of a host's boot once that has ended, empty when it does not answer."""
    try:
        return ssh(state, host, f"{BOOT}; systemctl is-system-running --wait >/dev/null || true").strip()
    except MachineError:
        return ""


def _wait(host: str, began: float) -> None:
    if time.monotonic() - began > LIMIT_SECONDS:
        raise MachineError(f"{host} did not come back within {LIMIT_SECONDS} s")
    time.sleep(0.5)
