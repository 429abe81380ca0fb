# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machines of a scenario that run: made here, found again by later steps, taken away."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.lab.cloud import OUTSIDE
from tests.lab.host import TOKEN_PORT, Host
from tests.lab.lab import Lab
from tests.lab.node import PYTHON
from tests.lab.probes import OUTSIDE_TOKEN
from tests.lab.process import Process, identify
from tests.lab.state import OWNER, has_owner, load_process, remove
from tests.lab.topology import SWITCH
from tests.tools.tree import BUILD

from .acceleration import acceleration
from .errors import MachineError
from .image import Image, image_of
from .platform import Platform, access_commands, access_ports, tap_commands, topology
from .qemu import qemu_command
from .recipe import RECIPES
from .ssh import HERE, make_key, wait_for_ssh, write_configuration

LINKS = BUILD / "machines"
# Set by whoever runs a whole scenario: its machines are in use as long as that process lives.
OWNER_VARIABLE = "NOVANET_MACHINES_OWNER"
LIMIT_SECONDS = 7200
BOOT_SECONDS = 900
START_SECONDS = 60


class Attached(Host):
    """A node that an earlier process has made."""

    def __init__(self, name: str, state: Path) -> None:
        super().__init__(name, state)
        self.holder = load_process(state / "nodes" / f"{name}.holder")
        # Logs are named after this; the node's maker has counted from 0.
        self._started = os.getpid() * 1000


def state_of(scenario: str) -> Path:
    """Return the directory of a scenario's machines.

    :raises MachineError: they are not there.
    """
    link = LINKS / scenario
    if not link.is_dir():
        raise MachineError(f"scenario {scenario} has no machines (molecule create -s {scenario})")
    return link.resolve()


def create(scenario: str, platforms: Sequence[Platform]) -> None:
    """Boot the machines of a scenario, and the world outside. Leaves nothing when it fails."""
    destroy(scenario)
    images = {name: image_of(RECIPES[name]) for name in sorted({platform.image for platform in platforms})}
    began = time.monotonic()
    with Lab(topology(platforms)) as lab:
        if OWNER_VARIABLE in os.environ:
            _claim(lab.state, _runner())
        LINKS.mkdir(parents=True, exist_ok=True)
        (LINKS / scenario).symlink_to(lab.state)
        _serve_outside(lab.host(OUTSIDE))
        switch = Attached(SWITCH, lab.state)
        _connect(switch, platforms)
        _boot(switch, platforms, images)
        for platform in platforms:
            wait_for_ssh(lab.state, platform.name, BOOT_SECONDS)
            print(f"{platform.name}: answers after {time.monotonic() - began:.0f} s", flush=True)
        if OWNER_VARIABLE not in os.environ:
            # Made by hand, so they are their own: they stay until they are destroyed, or this checkout is cleaned.
            _claim(lab.state, switch.holder)
        lab.keep = True


def _serve_outside(outside: Host) -> None:
    """Let the world outside answer as long as the machines may live."""
    words = ("serve-token", OUTSIDE_TOKEN, str(TOKEN_PORT), "--seconds", str(LIMIT_SECONDS))
    outside.traffic(*words, limit=LIMIT_SECONDS).wait_for("ready")


def _connect(switch: Attached, platforms: Sequence[Platform]) -> None:
    """Make the wires' ends, and what carries frames from one wire to another."""
    ports = access_ports(platforms)
    switch.batch([*tap_commands(platforms), *access_commands(ports)])
    for access in ports:
        (_trunk, _port, tagged), (_wire, _other, untagged) = access.ends
        argv = [PYTHON, "-I", "-u", str(HERE / "access.py"), str(access.vlan), tagged, untagged]
        switch.start(argv, limit=LIMIT_SECONDS).wait_for("ready")


def _claim(state: Path, owner: Process | None) -> None:
    """Note whose machines these are: they are in use as long as that process lives."""
    if owner is None:
        raise MachineError("whoever wanted these machines is gone")
    (state / OWNER).write_text(json.dumps(asdict(owner)))


def _runner() -> Process | None:
    """Return the process that runs a whole scenario, if this is one of its steps."""
    number = os.environ.get(OWNER_VARIABLE)
    return identify(int(number)) if number else None


def _boot(switch: Attached, platforms: Sequence[Platform], images: dict[str, Image]) -> None:
    state = switch.state
    key = make_key(state)
    accelerated = acceleration(next(iter(images.values())))
    write_configuration(state, platforms, switch.shell)
    for platform in platforms:
        image = images[platform.image]
        disk = state / f"{platform.name}.qcow2"
        base = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(image.disk), str(disk)]
        subprocess.run(base, check=True, stdin=subprocess.DEVNULL)
        command = qemu_command(platform, image, accelerated, state, key)
        (state / f"{platform.name}.command").write_text(json.dumps(command))
        power_on(state, platform.name)


def power_on(state: Path, host: str) -> None:
    """Start a host that does not run. One that boots again is a new process: what it was before has left no trace.

    :raises MachineError: it does not start.
    """
    command = json.loads((state / f"{host}.command").read_text())
    deadline = time.monotonic() + START_SECONDS
    while True:
        process = Attached(SWITCH, state).start(command, limit=LIMIT_SECONDS)
        while process.is_running():
            if (state / f"{host}.pid").exists():
                return
            time.sleep(0.1)
        # Its disk and its cards are given back a moment after its former process is gone.
        if time.monotonic() > deadline:
            raise MachineError(f"{host} does not start: {process.output.strip()}")
        time.sleep(0.5)


def destroy(scenario: str) -> int:
    """Take a scenario's machines away, whatever state they are in. Returns how many processes that ended."""
    link = LINKS / scenario
    ended = remove(link.resolve()) if link.is_dir() else 0
    link.unlink(missing_ok=True)
    return ended


def clean() -> int:
    """Take away this checkout's machines, but not those of a scenario that runs. Returns how many scenarios."""
    removed = 0
    for link in sorted(LINKS.glob("*")):
        state = link.resolve()
        owner, own = load_process(state / OWNER), load_process(state / "nodes" / f"{SWITCH}.holder")
        if has_owner(state) and owner != own:
            print(f"machines of {link.name}: in use, left alone")
        else:
            destroy(link.name)
            removed += 1
    return removed
