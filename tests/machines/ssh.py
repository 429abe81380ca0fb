# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How hosts are reached: ssh with a configuration of the scenario's own."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from .errors import MachineError
from .platform import Platform

HERE = Path(__file__).resolve().parent
CONFIGURATION, KEY = "ssh_config", "key"
# For whatever takes a machine a moment, and a slow and busy one much longer.
PATIENCE = 240.0


def make_key(state: Path) -> str:
    """Make the key of this run and return its public half."""
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "machines", "-f", str(state / KEY)]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
    return (state / f"{KEY}.pub").read_text().strip()


def write_configuration(state: Path, platforms: Sequence[Platform], switch: Path) -> None:
    """Write the client's configuration.

    :param switch: executable that runs its arguments where the machines' forwarded ports are.
    """
    pipe = f"{shlex.quote(str(switch))} python3 -I {shlex.quote(str(HERE / 'pipe.py'))} %h %p"
    lines = [f"Host {platform.name}\n    Port {platform.port}\n" for platform in platforms]
    common = f"""Host *
    HostName 127.0.0.1
    User root
    IdentityFile {state / KEY}
    IdentitiesOnly yes
    BatchMode yes
    ConnectTimeout 30
    ServerAliveInterval 10
    ServerAliveCountMax 6
    ProxyCommand {pipe}
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
    ControlMaster auto
    ControlPersist 600
    ControlPath {state}/ssh-%n
"""
    (state / CONFIGURATION).write_text("".join([*lines, common]))


def ssh(state: Path, host: str, command: str, *, stdin: bytes = b"", timeout: float = PATIENCE) -> str:
    """Run a shell command on a host and return its output.

    :raises MachineError: it failed or took too long.
    """
    argv = ["ssh", "-F", str(state / CONFIGURATION), host, command]
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise MachineError(f"{host}: {command}: no end within {timeout:.0f} s") from error
    if done.returncode != 0:
        raise MachineError(f"{host}: {command}: exit code {done.returncode}: {done.stderr.decode().strip()}")
    return done.stdout.decode()


def wait_for_ssh(state: Path, host: str, patience: float) -> None:
    """Wait until a host answers.

    :raises MachineError: it does not; with the end of its console.
    """
    deadline = time.monotonic() + patience
    # What is asked before the host listens is asked again after ever longer pauses: anew is quicker, at first.
    timeout = 4.0
    while True:
        try:
            ssh(state, host, "true", timeout=timeout)
            return
        except MachineError as error:
            if time.monotonic() > deadline:
                console = (state / f"{host}.console").read_text(errors="replace").splitlines()[-30:]
                raise MachineError(f"{host} does not answer: {error}\n" + "\n".join(console)) from error
        timeout = min(timeout * 1.3, 30.0)
        time.sleep(0.5)
