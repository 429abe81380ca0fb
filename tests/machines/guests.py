# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests inside the machines: installed, plugged in as the IPAM says, asked over SSH."""

from __future__ import annotations

import io
import json
import shlex
import tarfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from tests.lab.cloud import Instance
from tests.lab.guest import RECORD, Lease, parse_lease
from tests.lab.host import TOKEN_PORT, Answer
from tests.lab.node import HERE as LAB

from .ssh import HERE, PATIENCE, ssh

Asked = TypeVar("Asked")
DIRECTORY = "/usr/local/lib/guest"
UNITS = "/etc/systemd/system"
TRAFFIC = f"python3 -I {DIRECTORY}/traffic.py"


def install(state: Path, hosts: Iterable[str]) -> None:
    """Put what makes guests on hosts, and start the metadata service there."""
    archive = pack()
    command = "tar -x -C / && mkdir -p /etc/guests && systemctl --quiet enable --now metadata.service"
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda host: ssh(state, host, command, stdin=archive), hosts))


def pack() -> bytes:
    """Return the files of a host as an archive."""
    sources = [
        HERE / "guest/guest",
        HERE / "guest/unplug",
        HERE / "guest/flood.py",
        HERE / "guest/late",
        HERE / "guest/python",
        LAB / "traffic.py",
        LAB / "udhcpc.sh",
    ]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for source in sources:
            archive.add(source, f"{DIRECTORY}/{source.name}", filter=_executable)
        archive.add(LAB / "compiled/sitecustomize.py", f"{DIRECTORY}/compiled/sitecustomize.py", filter=_executable)
        for unit in sorted((HERE / "guest").glob("*.service")):
            archive.add(unit, f"{UNITS}/{unit.name}")
    return buffer.getvalue()


def _executable(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode, member.uid, member.gid = 0o755, 0, 0
    return member


class Guest:
    """A guest of a machine."""

    def __init__(self, state: Path, instance: Instance) -> None:
        self.instance = instance
        self.name = instance.name
        self._state = state

    def on_host(self, command: str, timeout: float = PATIENCE) -> str:
        """Run a shell command on the guest's host."""
        return ssh(self._state, self.instance.host, command, timeout=timeout)

    def run(self, command: str, timeout: float = PATIENCE) -> str:
        """Run a shell command in the guest."""
        return self.on_host(f"ip netns exec {self.name} sh -c {shlex.quote(command)}", timeout)

    def request(self, address: str, port: int = TOKEN_PORT, *, udp: bool = False, timeout: float = 20.0) -> Answer:
        """Ask the token server at an address who it is and whom it sees."""
        return self._ask(f"request {address} {port} {'--udp ' if udp else ''}--timeout {timeout}")

    def fetch(self, url: str, *, timeout: float = 20.0) -> Answer:
        """Ask the metadata service."""
        return self._ask(f"fetch {url} --timeout {timeout}")

    def _ask(self, arguments: str) -> Answer:
        answer = json.loads(self.run(f"{TRAFFIC} {arguments}"))
        return Answer(answer["token"], answer["peer"], answer["error"])

    def lease(self) -> Lease:
        """Return what its DHCP client got; wait for it for a while, and for its server."""
        unit = f"guest@{self.name}.service"
        root = f"p=$(systemctl show -P MainPID {unit}); r=/proc/$p/root"
        there = f"[ -e $r{RECORD} ] && grep -q ready $r/run/server"
        wait = f"for i in $(seq 240); do if {there}; then cat $r{RECORD}; exit; fi; sleep 0.5; done"
        return parse_lease(self.on_host(f"{root}; {wait}; systemctl status {unit} >&2; exit 1"))

    def first_ping(self) -> tuple[str, float]:
        """Return in which boot of its host it reached its router first, and how many seconds after the start."""
        boot, seconds = self.on_host(f"cat /var/lib/guests/{self.name}").split()
        return boot, float(seconds)

    def begin_capture(self, seconds: float) -> None:
        """See every frame that reaches its card, for a while; :meth:`captured` has them."""
        record = f"/run/capture-{self.name}"
        command = f"ip netns exec {self.name} {TRAFFIC} capture eth0 --seconds {seconds}"
        wait = f"until grep -q ready {record}; do sleep 0.1; done"
        self.on_host(
            f"rm -f {record}; setsid {command} >{record} 2>&1 </dev/null & sleep 0.2; timeout 120 sh -c '{wait}'"
        )

    def captured(self) -> bytes:
        """Return all that was captured so far, frame after frame."""
        lines = self.on_host(f"cat /run/capture-{self.name}").splitlines()
        return b"".join(bytes.fromhex(line.split()[2]) for line in lines if len(line.split()) == 3)

    def flood(self, marker: str, *macs: str, rounds: int = 20) -> None:
        """Send frames with a marker to everybody, to nobody and to some MACs."""
        self.run(f"python3 -I {DIRECTORY}/flood.py {marker} {rounds} {' '.join(macs)}")

    def set_mac(self, mac: str) -> None:
        """Change its MAC by hand, as its owner could."""
        self.run(f"ip link set eth0 address {mac}")


def each(guests: Mapping[str, Guest], ask: Callable[[Guest], Asked]) -> dict[str, Asked]:
    """Ask guests the same, all at once."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(guests, pool.map(ask, guests.values())))


def describe(instance: Instance) -> str:
    """Return the file that a guest boots from."""
    values = {"PORT": instance.port, "MAC": instance.mac, "BRIDGE": instance.bridge, "TOKEN": instance.token}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())


def boot(state: Path, instances: Mapping[str, Instance]) -> dict[str, Guest]:
    """Boot all guests that do not run as they should yet; those started by their host are not touched."""
    hosts: dict[str, list[Instance]] = {}
    for instance in instances.values():
        hosts.setdefault(instance.host, []).append(instance)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda item: ssh(state, item[0], _boot_command(item[1])), hosts.items()))
    return {name: Guest(state, instance) for name, instance in instances.items()}


def destroy(state: Path, instance: Instance) -> None:
    """Take a guest away from its host for good."""
    unit = f"guest@{instance.name}"
    command = f"systemctl --quiet disable {unit} && systemctl stop {unit} && rm /etc/guests/{instance.name}"
    ssh(state, instance.host, command)


def _boot_command(instances: Iterable[Instance]) -> str:
    steps = ["units="]
    for instance in instances:
        text, path = shlex.quote(describe(instance)), f"/etc/guests/{instance.name}"
        steps.append(
            f'if [ "$(cat {path} 2>/dev/null)" != "$(printf %s {text})" ]; then printf %s {text} >{path}; '
            f'units="$units guest@{instance.name}"; fi'
        )
    # All at once: each of these words costs a slow machine seconds.
    steps.append('[ -z "$units" ] || { systemctl --quiet enable $units && systemctl restart $units; }')
    return "; ".join(steps)


def parse_information(output: str) -> dict[str, Any]:
    """Return the result in what ``ansible`` printed for one host."""
    result: dict[str, Any] = json.loads(output.partition("=> ")[2])
    return result
