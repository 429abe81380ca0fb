# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last part of the demo: damage by hand, repair, and the end."""

from __future__ import annotations

import shlex
from typing import Any

from .cloud import BRIDGE, GATEWAY, HEIR, OUTSIDE_ADDRESS
from .errors import LabError
from .host import Host
from .snapshot import differences
from .stage import HOSTS, Stage
from .stages_cloud import get_addresses

ADDRESS = "10.0.0.1/8"
FOREIGN_MAC, FOREIGN_ADDRESS = "02:00:00:00:00:66", "10.66.66.66"


def damage_and_repair(stage: Stage) -> None:
    """Change two things behind the collection's back; it must name these, and repair these."""
    stage.report.stage("Drift: two things are changed by hand")
    gateway = stage.lab.host(GATEWAY)
    file = _hosts_file(stage, gateway)
    intact = gateway.path(file).read_text()
    for command in (
        f"ip address delete {ADDRESS} dev {BRIDGE}",
        f"echo {FOREIGN_MAC},{FOREIGN_ADDRESS},stranger >> {file}",
    ):
        stage.report.say(f"{GATEWAY}# {command}")
        gateway.run(["sh", "-c", command])
    looked = stage.play("site.yml", "--check", "--diff")
    stage.report.say("\n".join(looked.changes()))
    found = [line for line in looked.changes() if not _is_damage(line)]
    stage.report.check("--check --diff names the deleted address", any(ADDRESS in line for line in looked.changes()))
    stranger = any(FOREIGN_MAC in line or FOREIGN_ADDRESS in line for line in looked.changes())
    stage.report.check("--check --diff names the foreign hosts line", stranger)
    exact = not found and set(looked.changed_hosts) == {GATEWAY}
    stage.report.check("and nothing else", exact, "\n".join(found) or str(looked.changed_hosts))
    done = stage.play("site.yml")
    stage.report.check("the run does what was named", done.changes() == looked.changes(), "\n".join(done.changes()))
    addresses = gateway.run(["ip", "-4", "address", "show", "dev", BRIDGE]).stdout
    stage.report.check("the address is back", f"inet {ADDRESS}" in addresses, addresses)
    stage.report.check("the hosts file is as it was", gateway.path(file).read_text() == intact)
    again = stage.play("site.yml", "--check")
    stage.report.check("nothing is left to do", not again.changed_hosts, "\n".join(again.changes()))
    get_addresses(stage, list(stage.instances.values()))


def _is_damage(line: str) -> bool:
    # The server has to read its hosts file again, which is part of that repair.
    return any(word in line for word in (ADDRESS, FOREIGN_MAC, FOREIGN_ADDRESS, f"DHCP server {BRIDGE} (reload"))


def _hosts_file(stage: Stage, gateway: Host) -> str:
    """Return the file in which the DHCP server finds its guests."""
    mac = next(iter(stage.instances.values())).mac
    found = gateway.run(["grep", "-rl", mac, "/var/lib/novanet/nova/dnsmasq"], check=False).stdout.split()
    files = [file for file in found if "lease" not in file]
    if len(files) != 1:
        raise LabError(f"{GATEWAY}: expected one hosts file of dnsmasq, found {files or 'none'}")
    return files[0]


def tear_down(stage: Stage, found: dict[str, dict[str, Any]]) -> None:
    """Take the cloud down; hosts must be as they were found."""
    stage.report.stage("The end: guests are destroyed, the cloud is torn down")
    for guest in list(stage.lab.guests.values()):
        stage.lab.unplug(guest)
    stage.lab.set_bridge_calls(False)
    stage.play("teardown.yml", "-e", "nova_teardown_confirm=true", "-e", "nova_teardown_ipam=true")
    left = stage.snapshots()
    for name in HOSTS:
        lines = differences(found[name], left[name])
        stage.report.check(f"{name} is as it was found", not lines, "\n".join(lines))


def look_around(stage: Stage) -> None:
    """Leave the lab up, and say how to use it."""
    script = stage.lab.state / "bin" / "play"
    environment = [f"{name}={value}" for name, value in stage.ansible.environment(stage.lab.state / "results").items()]
    command = shlex.join(["env", *environment, *stage.ansible.command("")[:-1]])
    playbooks = shlex.quote(stage.ansible.command("")[-1])
    script.write_text(f'#!/bin/sh\nplaybook=$1\nshift\nexec {command} {playbooks}/"$playbook" "$@"\n')
    script.chmod(0o755)
    place = stage.lab.state
    hints = (
        ("bin/network1 ip address", "what the gateway has: any command, or a shell"),
        ("bin/network1 nft list ruleset", ""),
        (f"bin/{HEIR} ping -c 1 {OUTSIDE_ADDRESS}", "the same for guests, hosts and outside"),
        ("bin/play site.yml --check --diff", "any playbook of the collection, on this cloud"),
        ("inventory/group_vars/nova.yml", "the cloud itself: edit it and play site.yml"),
    )
    stage.report.stage("The lab stays up (KEEP)")
    stage.report.table(("there", "is"), [*((f"{place}/{what}", text) for what, text in hints)])
    stage.report.say("make clean takes the lab away.")
