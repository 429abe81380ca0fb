# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Own gate: what README and guides say of variables, modules and files is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tools.repo.guides import tables, unknown_variables, wrong_defaults
from tests.tools.repo.roles import load, specified_options
from tests.tools.tree import ROOT

RST = ROOT / "docs/docsite/rst"
GUIDES = [*sorted(ROOT.glob("*.md")), *sorted(RST.glob("*.rst")), *sorted((ROOT / "roles").glob("*/README.md"))]
ROLE = ROOT / "roles/nova"
# Names of nftables tables and groups of hosts, with the prefix that variables have as well.
OTHER_NAMES = {"nova_floating", "nova_firewall", "nova_controller", "nova_network", "nova_compute", "nova_hosts"}

every_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.relative_to(ROOT)))


def known_names() -> set[str]:
    variables = {
        name for role in ROOT.glob("roles/*") for options in specified_options(role).values() for name in options
    }
    playbooks = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "playbooks").rglob("*.yml"))
    modules = {path.stem for path in (ROOT / "plugins/modules").glob("*.py")}
    return variables | modules | OTHER_NAMES | set(re.findall(r"\bnova_\w+", playbooks))


@every_guide
def test_a_guide_names_variables_and_modules_that_exist(guide: Path) -> None:
    assert unknown_variables(guide.read_text(encoding="utf-8"), known_names()) == []


@every_guide
def test_a_guide_leads_to_files_that_exist(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    paths = re.findall(r"`{1,2}((?:docs|playbooks|roles|plugins|tests|changelogs)/[\w./-]+)`", text)
    missing = [link for link in links if not (guide.parent / link).exists()]
    assert missing + [path for path in paths if not (ROOT / path).exists()] == []


@every_guide
def test_a_guide_names_targets_that_make_has(guide: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", guide.read_text(encoding="utf-8"))) - targets == set()


def test_the_migration_guide_tells_true_defaults() -> None:
    rows = tables((RST / "migration.rst").read_text(encoding="utf-8"))[0]
    assert len(rows) > 20
    assert wrong_defaults(rows, load(ROLE / "defaults/main.yml")) == []


def test_the_gate_sees_a_wrong_default_and_a_name_that_does_not_exist() -> None:
    rows = [
        {"variable": "nova_a", "is": "86400"},
        {"variable": "nova_b", "is": '""'},
        {"variable": "nova_c", "is": "1"},
    ]
    assert wrong_defaults(rows, {"nova_a": 120, "nova_b": ""}) == [
        "nova_a defaults to 120, not 86400",
        "nova_c is no variable",
    ]
    assert unknown_variables("set `nova_a: 1` or nova_ghost, not nova_* or x/nova_b", {"nova_a"}) == ["nova_ghost"]
