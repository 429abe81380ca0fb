# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbooks promise beyond being accepted by Ansible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tools.repo.module_docs import options_of
from tests.tools.tree import ROOT

OPERATIONS = [
    ("project", "projects", "nova_project", "projects"),
    ("network", "networks", "nova_network", "networks"),
    ("security_group", "security_groups", "nova_security_group", "security_groups"),
    ("instance", "instances", "nova_instance", "instances"),
    ("floating_ip", "floating_addresses", "nova_floating_pool", "addresses"),
]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def item_options(module: str, option: str) -> set[str]:
    source = (ROOT / "plugins/modules" / f"{module}.py").read_text(encoding="utf-8")
    return set(options_of(source, ROOT / "plugins/doc_fragments")[option]["suboptions"])


@pytest.mark.parametrize(("playbook", "key", "module", "option"), OPERATIONS, ids=[row[0] for row in OPERATIONS])
def test_an_operation_offers_every_option_of_the_thing_that_it_changes(
    playbook: str, key: str, module: str, option: str
) -> None:
    operation = load(ROOT / "playbooks" / f"{playbook}.yml")[0]["vars"]["nova_operation"]
    assert set(operation) == {key}
    assert set(operation[key][0]) == item_options(module, option)


@pytest.mark.parametrize("playbook", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda path: path.name)
def test_a_playbook_prompts_for_nothing_and_runs_as_whoever_the_inventory_says(playbook: Path) -> None:
    for play in load(playbook):
        assert not {"vars_prompt", "become", "remote_user", "connection"} & set(play)


def test_a_host_has_as_many_tasks_whatever_the_cloud_is() -> None:
    for file in (ROOT / "roles/nova/tasks").glob("*.yml"):
        loops = [task["name"] for task in load(file) if "loop" in task]
        # The files beside a database are always the same ones.
        assert loops in ([], ["Remove the database"]), file.name
