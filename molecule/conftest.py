# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of all scenarios share: the machines that run, the guests in them, the world outside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import testinfra

from tests.lab.cloud import GATEWAY, OUTSIDE, Instance, parse_instances
from tests.lab.topology import SWITCH
from tests.machines.guests import Guest, boot, parse_information
from tests.machines.running import Attached, state_of
from tests.machines.ssh import CONFIGURATION


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
def instances() -> dict[str, Instance]:
    """What the IPAM holds."""
    words = [GATEWAY, "-i", os.environ["MOLECULE_INVENTORY_FILE"], "-m", "novanet.network.nova_ipam_info"]
    program = str(Path(sys.executable).parent / "ansible")
    arguments = ["-a", '{"gather": ["instances", "floating"]}']
    done = subprocess.run([program, *words, *arguments], capture_output=True, text=True, check=True, timeout=120)
    information = parse_information(done.stdout)
    return parse_instances(information["instances"], information["floating"])


@pytest.fixture(scope="session")
def guests(state: Path, instances: dict[str, Instance]) -> dict[str, Guest]:
    """All guests, booted by the port names and MACs that the IPAM gave out."""
    return boot(state, instances)
