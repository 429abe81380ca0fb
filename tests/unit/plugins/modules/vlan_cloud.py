# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VLAN cloud that is changed by modules alone, as people do: three networks, one floating pool."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.ipam.acknowledge import acknowledge
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Caller, transaction
from ansible_collections.novanet.network.plugins.modules import (
    nova_floating_pool,
    nova_instance,
    nova_ipam_info,
    nova_network,
    nova_plan,
    nova_project,
    nova_security_group,
)

from tests.unit.plugins.modules.module_run import run_module

Result = dict[str, Any]
NETWORKS = {"label": "tenant", "cidr": "10.0.0.0/26", "num_networks": 3, "network_size": 16, "host": "net1"}
POOL = {"name": "nova", "ranges": ["192.0.2.0/28"]}
VLAN_INTERFACE = {"vlan_interface": "eth0"}
HOSTS = [
    {"name": "net1", "network": True, "public_interface": "eth1", "my_ip": "192.0.2.100"},
    {"name": "c1", "compute": True},
]


class VlanCloud:
    """Runs each module as Ansible does. What is given to ``origin`` and ``check`` holds for one run."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.database = f"sqlite:///{directory}/ipam.sqlite"
        self.networks(NETWORKS)
        self.pools(POOL)

    def networks(self, *items: Mapping[str, Any], **options: Any) -> Result:
        return self._run(nova_network, networks=list(items), defaults=VLAN_INTERFACE, **options)

    def pools(self, *items: Mapping[str, Any], **options: Any) -> Result:
        return self._run(nova_floating_pool, pools=list(items), **options)

    def floating(self, *items: Mapping[str, Any], **options: Any) -> Result:
        return self._run(nova_floating_pool, addresses=list(items), **options)

    def boot(self, *items: Mapping[str, Any], **options: Any) -> Result:
        return self._run(nova_instance, instances=list(items), **options)

    def projects(self, *items: Mapping[str, Any], **options: Any) -> Result:
        return self._run(nova_project, projects=list(items), **options)

    def groups(self, *items: Mapping[str, Any], **options: Any) -> Result:
        return self._run(nova_security_group, security_groups=list(items), **options)

    def default_quotas(self, **quotas: int) -> Result:
        return self._run(nova_project, default_quotas=quotas)

    def plan(self, **options: Any) -> Result:
        return self._run(nova_plan, **{"hosts": HOSTS, "defaults": VLAN_INTERFACE, "origin": "inventory", **options})

    def confirm(self, *hosts: str) -> None:
        """Let hosts say that they have applied the newest plan."""
        generation = self.info("hosts")["generation"]
        with transaction(self.database, Caller("tester")) as work:
            acknowledge(work, [{"host": host, "generation": generation, "leases": []} for host in hosts])

    def info(self, *gather: str) -> Result:
        return run_module(nova_ipam_info, self._capsys, database=self.database, gather=list(gather))

    def project(self, name: str) -> Result:
        """Return a project as the IPAM shows it."""
        return next(project for project in self.info("projects")["projects"] if project["name"] == name)

    def _run(self, module: Any, check: bool = False, **options: Any) -> Result:
        return run_module(module, self._capsys, check, database=self.database, **options)


def guest(name: str, project: str = "red", **more: Any) -> dict[str, Any]:
    return {"name": name, "project": project, "host": "c1", **more}


def quota(project: str = "red", **quotas: int) -> dict[str, Any]:
    return {"name": project, "quotas": quotas}
