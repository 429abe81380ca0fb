# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory changes after the reboot: a project's last instance leaves a host."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.cloud import GATEWAY
from tests.machines.guests import Guest, destroy

VARIABLES = Path(__file__).parent.parent / "group_vars/nova.yml"
GONE = "green1"


@pytest.fixture(scope="module", autouse=True)
def run(state: Path, guests: dict[str, Guest], playbook: Callable[..., str]) -> str:
    """Its guest is gone from its host, and from the inventory; then the whole cloud is brought to that."""
    instances = [one for one in yaml.safe_load(VARIABLES.read_text())["nova_instances"] if one["name"] != GONE]
    changed = state / "changed.json"
    changed.write_text(json.dumps({"nova_instances": instances}))
    destroy(state, guests[GONE].instance)
    return playbook("site", "-e", f"@{changed}")


def links(machine: Any, name: str) -> set[str]:
    """Return the names of a host's links."""
    return {link["ifname"] for link in json.loads(machine(name).check_output("ip -j link show"))}


def test_the_last_instance_takes_vlan_and_bridge_of_its_project_along(machine: Any) -> None:
    assert not {"vlan171", "br171"} & links(machine, "compute1")
    # The control: those of others stay, and the network is still served where networks are served.
    assert {"vlan169", "br169", "vlan170", "br170"} <= links(machine, "compute1")
    assert {"vlan171", "br171"} <= links(machine, GATEWAY)


def test_its_lease_is_given_back(machine: Any, guests: dict[str, Guest]) -> None:
    leases = machine(GATEWAY).check_output("cat /var/lib/novanet/nova/dnsmasq/*/leases")
    assert guests["red1"].instance.mac in leases
    assert guests[GONE].instance.mac not in leases


def test_only_what_is_concerned_has_changed(run: str) -> None:
    recap = {line.split()[0]: line for line in run.splitlines() if "changed=" in line}
    assert "changed=0" in recap["compute2"]
    assert "changed=0" not in recap["compute1"]
