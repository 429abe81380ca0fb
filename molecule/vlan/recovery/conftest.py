# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host loses what it remembers, and another one has leftovers of ours between things of others; a run cleans up.

Then the inventory changes: the last instances of two projects leave a host, one of them is deleted, the other one moves
to the host that was hurt.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.cloud import GATEWAY, Instance, parse_instances
from tests.machines.crash import (
    DAMAGED,
    FOREIGN,
    GONE,
    HURT,
    MOVED,
    OLD,
    OURS,
    THEIRS,
    Change,
    Cleanup,
    Crash,
    leases,
    links,
)
from tests.machines.expected import served
from tests.machines.guests import Guest, destroy
from tests.machines.reboot import BOOT, boot_again
from tests.machines.units import SERVICE

VARIABLES = Path(__file__).parent.parent / "group_vars/nova.yml"


@pytest.fixture(scope="session")
def crash(machine: Any, state: Path, guests: dict[str, Guest]) -> Crash:
    host, target = machine(HURT), guests["red1"].instance
    host.check_output("echo '{' >%s", DAMAGED)
    boot_again(state, HURT, host.check_output(BOOT))
    # Guests start with their host, and ask for their addresses then.
    guests["red2"].lease()
    return Crash(
        host.run("systemctl is-failed %s", SERVICE).stdout.strip(),
        host.check_output("journalctl --quiet --boot --priority=err --output=cat --unit=%s", SERVICE),
        links(host),
        guests["red2"].request(target.address),
    )


@pytest.fixture(scope="session")
def down(ipam: dict[str, Any]) -> set[str]:
    """Bridges of the host that is hurt whose rules are in the damaged file: those that it is the gateway of."""
    return {network["bridge"] for network in served(ipam, HURT)}


@pytest.fixture(scope="session")
def cleanup(
    crash: Crash, machine: Any, guests: dict[str, Guest], down: set[str], playbook: Callable[..., str]
) -> Cleanup:
    gateway = machine(GATEWAY)
    gateway.check_output("set -e" + OURS + FOREIGN)
    theirs = gateway.check_output("set -e" + THEIRS)
    server = gateway.check_output("systemctl is-active novanet-dnsmasq-nova@br999")
    playbook("cleanup")
    hurt = [guest for guest in guests.values() if guest.instance.host == HURT and guest.instance.bridge in down]
    for guest in hurt:
        guest.on_host(f"systemctl restart guest@{guest.name}")
    return Cleanup(server, theirs, {guest.name: guest.lease().address for guest in hurt})


@pytest.fixture(scope="session")
def change(
    cleanup: Cleanup,
    state: Path,
    instances: dict[str, Instance],
    playbook: Callable[..., str],
    read_ipam: Callable[[], dict[str, Any]],
) -> Change:
    """Guests are gone from their host; then the cloud is brought to an inventory that says so."""
    listed = yaml.safe_load(VARIABLES.read_text())["nova_instances"]
    wanted = [{**one, "host": HURT} if one["name"] == MOVED else one for one in listed if one["name"] != GONE]
    path = state / "changed.json"
    path.write_text(json.dumps({"nova_instances": wanted}))
    for name in (GONE, MOVED):
        destroy(state, instances[name])
    before = leases(state, OLD)
    playbook("site", "-e", f"@{path}")
    ipam = read_ipam()
    after = parse_instances(ipam["instances"], ipam["floating"])
    assert GONE not in after
    return Change(instances[MOVED], after[MOVED], before, leases(state, HURT))
