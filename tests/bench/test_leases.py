# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What it costs a DHCP server that lease events are written down: a ratio of one run, printed and never asserted."""

from __future__ import annotations

import ipaddress
import os
import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional.conftest import HOST, WIRES
from tests.functional.dhcp import DIRECTORY, add_bridge
from tests.lab import Lab, Topology
from tests.lab.host import Host
from tests.lab.modules import run_module
from tests.lab.node import PYTHON
from tests.tools.tree import link_collection

COUNT = 4000
RENEWALS = 1000
ROUNDS = 3
FIRST = int(ipaddress.IPv4Address("10.0.16.0"))
# Asks for a lease for one MAC after the other, some at a time, as guests do that boot again. Prints seconds.
CLIENT = """
import socket, struct, sys, time
count, first, window = int(sys.argv[1]), int(sys.argv[2]), 16
card = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
card.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
card.bind(("eth0", 0))
card.settimeout(1)


def frame(number):
    mac = bytes([0xFA, 0x16, 0x3E, 1]) + struct.pack("!H", number)
    options = bytes([53, 1, 3, 50, 4]) + struct.pack("!I", first + number) + bytes([255])
    text = struct.pack("!4BIHHIIII", 1, 1, 6, 0, number + 1, 0, 0x8000, 0, 0, 0, 0) + mac + bytes(202)
    text = (text + bytes([99, 130, 83, 99]) + options).ljust(300, bytes(1))
    datagram = struct.pack("!HHHH", 68, 67, 8 + len(text), 0) + text
    header = struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(datagram), number, 0, 64, 17, 0, 0, 0xFFFFFFFF)
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    checked = struct.pack("!H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF)
    return bytes([255] * 6) + mac + bytes([8, 0]) + header[:10] + checked + header[12:] + datagram


start, waiting, sent, refused = time.perf_counter(), set(), 0, 0
while sent < count or waiting:
    while sent < count and len(waiting) < window:
        card.send(frame(sent))
        waiting.add(sent)
        sent += 1
    try:
        reply = card.recv(2048)
    except socket.timeout:
        refused += 1
        if refused > 10:
            sys.exit(f"no answer for {len(waiting)} after {sent}")
        for number in waiting:
            card.send(frame(number))
        continue
    if len(reply) > 285 and reply[23] == 17 and reply[34:36] == bytes([0, 67]) and reply[284] == 5:
        waiting.discard(struct.unpack("!I", reply[46:50])[0] - 1)
print(time.perf_counter() - start)
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces, which needs root")


def guests() -> list[dict[str, Any]]:
    return [
        {
            "mac": f"fa:16:3e:01:{number >> 8:02x}:{number & 255:02x}",
            "address": str(ipaddress.IPv4Address(FIRST + number)),
            "hostname": f"n{number}",
        }
        for number in range(COUNT)
    ]


@pytest.fixture
def served() -> Iterator[tuple[Lab, Host]]:
    """Return a host that serves many guests."""
    with Lab(Topology((HOST,), WIRES)) as lab:
        host = lab.host(HOST.name)
        add_bridge(host, "br100", "10.0.0.1/8")
        network = {"label": "a", "cidr": "10.0.0.0/8", "hosts": guests()}
        item = {"bridge": "br100", "listen_addresses": ["10.0.0.1"], "networks": [network]}
        made = run_module(host, "nova_dnsmasq", {"servers": [item]}, collections=link_collection())
        assert "failed" not in made, made["msg"]
        yield lab, host


def start_afresh(host: Host, script: bool) -> None:
    """Start the server without any lease, with its script or without."""
    directory = host.path(f"{DIRECTORY}/br100")
    pid = (directory / "pid").read_text().strip()
    host.run(["kill", pid])
    # Its helper goes on until it has told all, and has the same command line.
    deadline = time.monotonic() + 60
    while host.run(["pgrep", "-x", "dnsmasq"], check=False).stdout:
        assert time.monotonic() < deadline, "the server does not end"
        time.sleep(0.05)
    for name in ("leases", "events"):
        (directory / name).unlink(missing_ok=True)
    conf = [line for line in (directory / "conf").read_text().splitlines() if not line.startswith("dhcp-script=")]
    if script:
        conf.append(f"dhcp-script={DIRECTORY}/br100/script")
    (directory / "conf").write_text("".join(f"{line}\n" for line in conf))
    host.run(["dnsmasq", f"--conf-file={DIRECTORY}/br100/conf"])


def wait_for_lines(host: Host, count: int) -> float:
    """Return how long it takes from now until all events are written down."""
    start = time.perf_counter()
    path = host.path(f"{DIRECTORY}/br100/events")
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        assert time.perf_counter() - start < 120, "events are missing"
        time.sleep(0.02)
    return time.perf_counter() - start


def ask(asker: Host, count: int) -> float:
    """Let so many guests ask for their lease; return how long it takes until all have it."""
    return float(asker.run([PYTHON, "-c", CLIENT, str(count), str(FIRST)], timeout=300).stdout)


def report(title: str, seconds: dict[bool, list[float]], count: int) -> None:
    without, with_script = (statistics.median(seconds[script]) for script in (False, True))
    print(
        f"\n{title} with the script against without: {with_script / without:.2f} times"
        f" ({count / with_script:,.0f} leases a second against {count / without:,.0f})"
    )


def test_leases_with_the_script_and_without_while_nothing_else_happens_and_after_a_reload(
    served: tuple[Lab, Host],
) -> None:
    lab, host = served
    asker = lab.plug("asker", HOST.name, port="tapasker", mac="fa:16:3e:00:00:aa", bridge="br100")
    fresh: dict[bool, list[float]] = {False: [], True: []}
    reloaded: dict[bool, list[float]] = {False: [], True: []}
    behind = []
    for _unused in range(ROUNDS):
        for script in (False, True):
            start_afresh(host, script)
            fresh[script].append(ask(asker, COUNT))
            if script:
                behind.append(wait_for_lines(host, COUNT))
            # Now the script runs once for each lease.
            host.run(["kill", "-HUP", host.path(f"{DIRECTORY}/br100/pid").read_text().strip()])
            reloaded[script].append(ask(asker, RENEWALS))
    report(f"{COUNT} new leases", fresh, COUNT)
    print(f"the last event was written {statistics.median(behind):.1f} s after the last answer")
    report(f"{RENEWALS} renewals just after a reload with {COUNT} leases", reloaded, RENEWALS)
