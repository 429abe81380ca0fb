# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A controller that reaches its hosts over real SSH, on a wire of the lab, and can be cut off from them.

``ssh`` runs in the controller's node; ansible-playbook itself runs outside, as it needs nothing of the network.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.lab import HostSpec, Lab, Nic, Topology, Wire
from tests.lab.host import Host
from tests.lab.modules import run_module
from tests.lab.playbook import Ansible, Run
from tests.tools.tree import link_collection

CONTROLLER, HOST = "controller", "network1"
ADDRESS, ADDRESS6, ROUTER, ROUTER6 = "192.0.2.11", "2001:db8::11", "192.0.2.1", "2001:db8::1"
BEYOND, BEYOND6 = "198.51.100.1", "2001:db8:f::1"
# One interface for everything: it has the host's own address and its default routes.
TOPOLOGY = Topology(
    (
        HostSpec(
            HOST,
            (Nic("eth0", "wire", (f"{ADDRESS}/24", f"{ADDRESS6}/64")), Nic("eth1", "nowhere")),
            (("default", ROUTER), ("::/0", ROUTER6)),
        ),
        HostSpec(CONTROLLER, (Nic("eth0", "wire", ("192.0.2.9/24", "2001:db8::9/64")),)),
        HostSpec(
            "router",
            (Nic("eth0", "wire", (f"{ROUTER}/24", f"{ROUTER6}/64"), on_link=("203.0.113.0/29",)),),
        ),
    ),
    (Wire("wire"), Wire("nowhere")),
)
# The home of root is that of the machine; its keys are none of our business.
_SERVER = """
mkdir -m 700 -p /run/home/.ssh /run/dropbear && cp "$1" /run/home/.ssh/authorized_keys
chmod 600 /run/home/.ssh/authorized_keys
sed -i 's,^root:.*,root:x:0:0:root:/run/home:/bin/sh,' /etc/passwd
dropbearkey -t ed25519 -f /run/dropbear/key >/dev/null 2>&1
dropbear -r /run/dropbear/key -P /run/dropbear/pid -s -p 22
"""


@dataclass
class Playing:
    """A playbook that runs."""

    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it at once, with all that it started: its workers have sessions of their own."""
        for pid in _with_descendants(self.process.pid) if self.process.poll() is None else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)


def _with_descendants(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in (line.split() for line in listed.splitlines())}
    found = [pid]
    for parent in found:
        found += [child for child in parents if parents[child] == parent]
    return found


class Controller:
    """A controller of one host.

    :param lab: a lab after :data:`TOPOLOGY`.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.host: Host = lab.host(HOST)
        self._key = lab.state / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self._key], check=True)
        self.host.run(["sh", "-ec", _SERVER, "sh", f"{self._key}.pub"])
        self.inventory = lab.state / "hosts.json"
        self._write_inventory()
        self.ansible = Ansible(lab.state, (self.inventory,), link_collection())

    def _write_inventory(self) -> None:
        ssh = self.lab.state / "bin" / "ssh"
        ssh.write_text(f'#!/bin/sh\nexec {shlex.quote(str(self.lab.host(CONTROLLER).shell))} ssh "$@"\n')
        ssh.chmod(0o755)
        options = "-F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        variables = {
            "ansible_host": ADDRESS,
            "ansible_user": "root",
            "ansible_ssh_executable": str(ssh),
            "ansible_ssh_private_key_file": str(self._key),
            "ansible_ssh_common_args": options,
            "ansible_control_path_dir": str(self.lab.state / "cp"),
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_timeout": 3,
        }
        groups = ("nova_controller", "nova_network", "nova_compute")
        children = {"nova": {"children": {name: {"hosts": {HOST: None}} for name in groups}}}
        document = {"all": {"hosts": {HOST: variables}, "children": children}}
        self.inventory.write_text(json.dumps(document, indent=2) + "\n")

    def instances(self) -> dict[str, dict[str, Any]]:
        """Return the first card of every instance in the IPAM of the host, by the instance's name."""
        result = run_module(self.host, "nova_ipam_info", {"gather": ["instances"]}, collections=link_collection())
        return {item["name"]: item["nics"][0] for item in result["instances"]}

    def set_variables(self, **variables: Any) -> None:
        """Set further variables of the host."""
        document = json.loads(self.inventory.read_text())
        document["all"]["hosts"][HOST].update(variables)
        self.inventory.write_text(json.dumps(document, indent=2) + "\n")

    def write_play(self, tasks: Sequence[Mapping[str, Any]]) -> Path:
        """Write a playbook of these tasks."""
        path = self.lab.state / "play.yml"
        path.write_text(yaml.safe_dump([{"hosts": HOST, "gather_facts": False, "tasks": list(tasks)}]))
        return path

    def play(self, tasks: Sequence[Mapping[str, Any]], *arguments: str) -> Run:
        """Run tasks on the host, over SSH."""
        return self.ansible.play(str(self.write_play(tasks)), *arguments)

    @contextlib.contextmanager
    def playing(self, tasks: Sequence[Mapping[str, Any]]) -> Iterator[Playing]:
        """Let tasks run on the host while the block lasts."""
        command = self.ansible.command(str(self.write_play(tasks)))
        process = subprocess.Popen(
            command,
            env=self.ansible.environment(self.lab.state / "playing.results"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        playing = Playing(process)
        try:
            yield playing
        finally:
            playing.kill()

    def reaches(self) -> bool:
        """Tell whether a new connection by SSH is possible."""
        options = ["ControlPath=none", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=2"]
        words = [word for option in options for word in ("-o", option)]
        command = [str(self.lab.state / "bin" / "ssh"), "-F", "/dev/null", "-i", str(self._key), *words]
        return subprocess.run([*command, f"root@{ADDRESS}", "true"], capture_output=True, check=False).returncode == 0
