# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the stages of the demo share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.tools.tree import ROOT, link_collection

from .cloud import COMPUTE, GATEWAY, Instance, parse_instances
from .errors import LabError
from .host import Host
from .lab import Lab
from .modules import run_module
from .playbook import Ansible, Run, connection_variables
from .report import Report
from .snapshot import take

HOSTS = (GATEWAY, *COMPUTE)


class Stage:
    """A lab with a cloud on it, and the report of what happens there.

    :param example: name of the inventory below ``examples/`` that the cloud is made of.
    :param hosts: its hosts, the one that keeps the IPAM first.
    """

    def __init__(self, lab: Lab, report: Report, example: str = "flatdhcp", hosts: Sequence[str] = HOSTS) -> None:
        self.lab = lab
        self.report = report
        self.example = ROOT / "examples" / example
        self.hosts = hosts
        self.instances: dict[str, Instance] = {}
        self.cloud: dict[str, Any] = {}
        self._inventory = lab.state / "inventory"
        self.ansible = Ansible(lab.state, (self._inventory,), link_collection())

    def node(self, name: str) -> Host:
        """Return a guest or a host by name."""
        return self.lab.guests[name] if name in self.lab.guests else self.lab.host(name)

    def use_example(self) -> None:
        """Copy the example inventory, and say how its hosts are reached in this lab."""
        shutil.copytree(self.example, self._inventory)
        hosts = {name: connection_variables(self.lab.host(name)) for name in self.hosts}
        (self._inventory / "lab.json").write_text(json.dumps({"all": {"hosts": hosts}}, indent=2) + "\n")
        self.cloud = yaml.safe_load(self._variables.read_text())

    @property
    def _variables(self) -> Path:
        return self._inventory / "group_vars" / "nova.yml"

    def write_cloud(self, variables: Mapping[str, Any]) -> None:
        """Edit the inventory: from now on these are the cloud's variables."""
        self.cloud = dict(variables)
        self._variables.write_text(yaml.safe_dump(self.cloud, sort_keys=False))

    def play(self, playbook: str, *arguments: str, warns: str = "") -> Run:
        """Run a playbook, print what it said last, and go no further if it failed.

        :param warns: the one warning that is due; any other is a failed check.
        """
        run = self.ansible.play(playbook, *arguments)
        self.report.say(f"$ {run.command}    ({run.seconds:.1f} s)")
        rows = [
            (host, *(str(counts.get(name, 0)) for name in ("ok", "changed", "unreachable", "failed")))
            for host, counts in run.recap.items()
        ]
        self.report.table(("host", "ok", "changed", "unreachable", "failed"), rows)
        if run.code != 0 or not rows:
            messages = [f"{item.host}: {item.task}: {item.message}" for item in run.results if item.failed]
            said = "\n".join(messages) or run.output[-3000:]
            raise LabError(f"{run.command}: exit code {run.code}\n{said}")
        for warning in run.warnings:
            self.report.say(f"[WARNING]: {warning}")
        surplus = [warning for warning in run.warnings if not warns or warns not in warning]
        if warns or surplus:
            due = len(run.warnings) == 1 and not surplus
            self.report.check("it warns of what it should, and only of that", due, "\n".join(surplus))
        return run

    def ask_ipam(self, *parts: str) -> dict[str, Any]:
        """Return what the IPAM says of itself."""
        result = run_module(
            self.lab.host(self.hosts[0]),
            "nova_ipam_info",
            {"gather": list(parts)},
            collections=self.ansible.collections,
        )
        if result.get("failed"):
            raise LabError(f"nova_ipam_info: {result.get('msg')}")
        return result

    def read_instances(self) -> dict[str, Instance]:
        """Read all instances anew from the IPAM."""
        info = self.ask_ipam("instances", "floating")
        self.instances = parse_instances(info["instances"], info["floating"])
        return self.instances

    def snapshots(self) -> dict[str, dict[str, Any]]:
        """Return all hosts as they are."""
        return {name: take(self.lab.host(name)) for name in HOSTS}
