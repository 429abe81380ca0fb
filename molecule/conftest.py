# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of all scenarios share: the machines that run, the guests in them, the world outside."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import testinfra

from tests.lab.cloud import GATEWAY, OUTSIDE, Instance, parse_instances
from tests.lab.topology import SWITCH
from tests.machines.guests import Guest, boot, each, parse_information
from tests.machines.running import Attached, state_of
from tests.machines.ssh import CONFIGURATION


def run_ansible(program: str, *words: str) -> str:
    """Run one of Ansible's programs with the scenario's inventory, and return what it printed."""
    path = str(Path(sys.executable).parent / program)
    argv = [path, "-i", os.environ["MOLECULE_INVENTORY_FILE"], *words]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def playbook() -> Callable[..., str]:
    """Return a function that runs a playbook of the collection by its short name."""
    return lambda name, *words: run_ansible("ansible-playbook", f"novanet.network.{name}", *words)


@pytest.fixture(scope="session")
def ansible() -> Callable[..., str]:
    """Return a function that runs one task on a host."""
    return lambda *words: run_ansible("ansible", *words)


@pytest.fixture(scope="session")
def state() -> Path:
    return state_of(os.environ["MOLECULE_SCENARIO_NAME"])


@pytest.fixture(scope="session")
def machine(state: Path) -> Any:
    """Return a function that gives a host by name."""
    return lambda name: testinfra.get_host(f"ssh://{name}", ssh_config=str(state / CONFIGURATION))


@pytest.fixture(scope="session")
def outside(state: Path) -> Attached:
    """The world outside; it answers requests with its token."""
    return Attached(OUTSIDE, state)


@pytest.fixture(scope="session")
def switch(state: Path) -> Attached:
    """Where the wires are."""
    return Attached(SWITCH, state)


@pytest.fixture(scope="session")
def read_ipam() -> Callable[[], dict[str, Any]]:
    """Return a function that reads what the IPAM holds, as its module returns it."""
    wanted = '{"gather": ["networks", "instances", "floating", "fixed"]}'
    words = (GATEWAY, "-m", "novanet.network.nova_ipam_info", "-a", wanted)
    return lambda: parse_information(run_ansible("ansible", *words))


@pytest.fixture(scope="session")
def ipam(read_ipam: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What the IPAM holds when the tests begin."""
    return read_ipam()


@pytest.fixture(scope="session")
def instances(ipam: dict[str, Any]) -> dict[str, Instance]:
    """What the IPAM holds of instances."""
    return parse_instances(ipam["instances"], ipam["floating"])


@pytest.fixture(scope="session")
def guests(state: Path, instances: dict[str, Instance]) -> dict[str, Guest]:
    """All guests, booted by the port names and MACs that the IPAM gave out; each has an address and answers."""
    found = boot(state, instances)
    each(found, Guest.lease)
    return found
