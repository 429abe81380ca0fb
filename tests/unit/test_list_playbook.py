# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that prints lists, run by Ansible on an IPAM in a file: it needs no host of the cloud."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.tools.tree import ROOT, link_collection
from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud

DEFAULT_STATE = Path("/var/lib/novanet")
FORMULA = "=1+1{{ 7 * 7 }}"


class Lists:
    """The playbook on a small cloud."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.cloud = SmallCloud(directory)
        self.cloud.apply({"label": "network2", "cidr": "20.20.0.0/24", "dhcp_start": "20.20.0.3", "bridge": "br2"})
        nics = [{"network": "private", "address": "10.0.0.5"}, {"network": "network2"}]
        self.cloud.boot({"name": "web1", "project": "red", "host": "compute1", "nics": nics})
        self.cloud.floating({"address": "192.0.2.3", "instance": "web1"})
        host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        host["nova_database"] = self.cloud.url
        (directory / "hosts.json").write_text(json.dumps({"nova_controller": {"hosts": {"network1": host}}}))

    def __call__(self, *arguments: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        words = ["-i", "hosts.json", "-e", json.dumps(variables), *arguments, str(ROOT / "playbooks/list.yml")]
        return subprocess.run(
            [str(Path(sys.executable).parent / "ansible-playbook"), *words],
            cwd=self.directory,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(link_collection()),
                "ANSIBLE_LOCAL_TEMP": str(self.directory / "local"),
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_REMOTE_TEMP": str(self.directory / "remote"),
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def lists(tmp_path: Path) -> Lists:
    return Lists(tmp_path)


def test_it_prints_all_lists_and_leaves_the_database_as_it_was(lists: Lists) -> None:
    before = lists.cloud.path.read_bytes(), DEFAULT_STATE.exists()
    run = lists()
    assert run.returncode == 0, run.stdout + run.stderr
    lines = [line.strip().strip('",') for line in run.stdout.splitlines()]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    assert [line for line in lines if line in {"Instances", "Networks", "Floating pools"}] == [
        "Instances",
        "Networks",
        "Floating pools",
    ]
    assert ["web1", "red", "compute1", "network2=20.20.0.3; private=10.0.0.5, 192.0.2.3"] in [row[1:] for row in cells]
    assert [row for row in cells if row[0] == "private" and row[1] == "10.0.0.5"][0][3:] == [
        "web1",
        "web1",
        "compute1",
        "allocated",
    ]
    assert ["192.0.2.3", "web1", "10.0.0.5", "nova", "red", "-"] in cells
    assert ["network2", "20.20.0.0/24", "-", "20.20.0.3", "8.8.4.4"] in [row[:5] for row in cells]
    assert "changed=0" in run.stdout
    assert (lists.cloud.path.read_bytes(), DEFAULT_STATE.exists()) == before


def test_one_list_goes_to_a_file_for_spreadsheets_with_names_taken_literally(lists: Lists) -> None:
    lists.cloud.boot({"name": FORMULA, "project": "red", "host": "compute1", "hostname": "odd", "nics": []})
    file = lists.directory / "instances.csv"
    options = {"nova_lists": "instances", "nova_list_format": "csv", "nova_list_file": str(file)}
    assert lists("--check", **options).returncode == 0
    assert not file.exists()
    run = lists(**options)
    assert run.returncode == 0, run.stdout + run.stderr
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert [(row["Name"], row["Host"]) for row in rows] == [(f"'{FORMULA}", "compute1"), ("web1", "compute1")]
    assert file.stat().st_mode & 0o777 == 0o600
    assert "changed=0" in lists(**options).stdout


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"nova_lists": ["ghosts"]}, "nova_lists"),
        ({"nova_list_format": "csv"}, "csv has one list at a time"),
        ({"nova_database": "sqlite:///nowhere/ipam.sqlite"}, "nowhere/ipam.sqlite"),
    ],
)
def test_what_cannot_be_is_said(lists: Lists, variables: dict[str, Any], problem: str) -> None:
    run = lists(**variables)
    assert run.returncode != 0
    assert problem in run.stdout + run.stderr
