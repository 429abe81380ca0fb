# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Own gate: playbooks, and the plays in examples and guides, are at least plays that Ansible accepts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.tree import ROOT, link_collection

INVENTORIES = sorted((ROOT / "examples").glob("*/hosts.yml"))
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
GUIDES = sorted(ROOT.glob("*.md")) + sorted((ROOT / "roles").glob("*/README.md"))
BLOCK = re.compile(r"^```yaml\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
PLAYS = [
    (guide, text)
    for guide in GUIDES
    for text in BLOCK.findall(guide.read_text(encoding="utf-8"))
    if re.search(r"^- (name: .*\n  )?(hosts|ansible\.builtin\.import_playbook):", text, flags=re.MULTILINE)
]


def tool(name: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a tool of Ansible that sees this collection."""
    return subprocess.run(
        [str(Path(sys.executable).parent / name), *words],
        cwd=cwd,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(link_collection()), "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def complaint(playbook: Path) -> str:
    """Return what Ansible has to say against a playbook; nothing when it is well."""
    result = tool("ansible-playbook", "--syntax-check", "-i", "localhost,", str(playbook), cwd=playbook.parent)
    return "" if result.returncode == 0 else result.stdout + result.stderr


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_a_playbook_is_accepted(playbook: Path) -> None:
    assert complaint(playbook) == ""


@pytest.mark.parametrize(("guide", "text"), PLAYS, ids=lambda value: value.name if isinstance(value, Path) else "")
def test_a_play_in_a_guide_is_accepted(guide: Path, text: str, tmp_path: Path) -> None:
    playbook = tmp_path / "play.yml"
    playbook.write_text(text, encoding="utf-8")
    assert complaint(playbook) == ""


@pytest.mark.parametrize("inventory", INVENTORIES, ids=lambda path: path.parent.name)
def test_an_example_inventory_has_the_groups_that_playbooks_use(inventory: Path) -> None:
    output = tool("ansible-inventory", "-i", str(inventory), "--list", cwd=ROOT).stdout
    groups = json.loads(output)
    # In flat mode nobody serves a network.
    serving = [] if inventory.parent.name == "flat" else ["nova_network"]
    assert all(groups[name]["hosts"] for name in ("nova_controller", "nova_compute", *serving))


def test_the_gate_sees_a_module_that_does_not_exist(tmp_path: Path) -> None:
    playbook = tmp_path / "play.yml"
    playbook.write_text("- hosts: all\n  tasks:\n    - novanet.network.nova_ghost: {}\n", encoding="utf-8")
    assert "nova_ghost" in complaint(playbook)
