# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Own gate: what every module documents, and that examples use what exists, which no stock tool checks."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tools.repo.module_docs import documents, misuse_in, options_of, uses
from tests.tools.tree import ROOT

FRAGMENTS = ROOT / "plugins/doc_fragments"
MODULES = sorted((ROOT / "plugins/modules").glob("*.py"))
TEST_TEXTS = [
    path.read_text(encoding="utf-8")
    for layer in ("unit", "functional")
    for path in (ROOT / "tests" / layer).rglob("test_*.py")
    if not path.name.startswith("test_repo_")
]
EXAMPLE_OPTIONS: dict[str, dict[str, Any]] = {
    "nova_thing": {
        "things": {
            "type": "list",
            "elements": "dict",
            "suboptions": {"name": {"required": True}, "state": {"choices": ["present", "absent"]}},
        },
        "features": {"type": "list", "elements": "str", "choices": ["nat", "vlan"]},
    }
}

every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)


@cache
def all_options() -> dict[str, dict[str, Any]]:
    return {path.stem: options_of(text_of(path), FRAGMENTS) for path in MODULES}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@every_module
def test_a_module_documents_itself_its_use_and_its_result(path: Path) -> None:
    found = documents(text_of(path))
    assert {"DOCUMENTATION", "EXAMPLES", "RETURN"} <= set(found)
    document = yaml.safe_load(found["DOCUMENTATION"])
    assert document["module"] == path.stem
    assert {"short_description", "description", "version_added", "author", "options"} <= set(document)
    assert {"changed", "msg"}.isdisjoint(yaml.safe_load(found["RETURN"])), "Ansible documents these itself"


@every_module
def test_examples_of_a_module_use_real_options(path: Path) -> None:
    examples = documents(text_of(path))["EXAMPLES"]
    assert misuse_in(examples, all_options()) == []
    assert path.stem in uses(examples), "shows other modules only"


@every_module
def test_every_option_at_every_depth_is_described(path: Path) -> None:
    def bare(options: dict[str, Any], where: str) -> list[str]:
        found = [f"{where}.{name}" for name, option in options.items() if not option.get("description")]
        nested = [
            (f"{where}.{name}", option["suboptions"]) for name, option in options.items() if "suboptions" in option
        ]
        return found + [deeper for name, inner in nested for deeper in bare(inner, name)]

    assert bare(all_options()[path.stem], path.stem) == []


@every_module
def test_a_module_is_tested(path: Path) -> None:
    assert any(re.search(rf"\b{path.stem}\b", text) for text in TEST_TEXTS), "no unit or functional test names it"


def test_the_action_group_is_all_modules() -> None:
    runtime = yaml.safe_load(text_of(ROOT / "meta/runtime.yml"))
    assert runtime["action_groups"] == {"nova": sorted(path.stem for path in MODULES)}


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.rst")), ids=lambda path: path.name
)
def test_examples_in_the_guides_use_real_options(path: Path) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", text_of(path), flags=re.DOTALL | re.MULTILINE)
    rst = re.findall(r"^\.\. code-block:: yaml\n\n((?:    .*\n|\n)+)", text_of(path), flags=re.MULTILINE)
    for block in blocks + ["".join(line[4:] or "\n" for line in text.splitlines(True)) for text in rst]:
        assert misuse_in(block, all_options()) == []


@pytest.mark.parametrize(
    ("task", "problem"),
    [
        ("things: [{name: a, state: present}]", ""),
        ("things: '{{ all }}'", ""),
        ("features: [nat, vlan]", ""),
        ("features: [nat, magic]", "nova_thing.features 'magic' is none of ['nat', 'vlan']"),
        ("stuff: []", "nova_thing.stuff is no option"),
        ("things: [{name: a, colour: red}]", "nova_thing.things[0].colour is no option"),
        ("things: [{name: a}, {state: absent}]", "nova_thing.things[1] lacks name"),
        ("things: [{name: a, state: gone}]", "nova_thing.things[0].state 'gone' is none of ['present', 'absent']"),
        ("things: {name: a}", "nova_thing.things is no list"),
    ],
)
def test_the_gate_sees_a_wrong_option_in_an_example(task: str, problem: str) -> None:
    plain = f"- name: Do it\n  novanet.network.nova_thing: {{{task}}}\n"
    nested = f"- hosts: all\n  tasks:\n    - block:\n        - novanet.network.nova_thing: {{{task}}}\n"
    expected = [problem] if problem else []
    assert misuse_in(plain, EXAMPLE_OPTIONS) == expected
    assert misuse_in(nested, EXAMPLE_OPTIONS) == expected


def test_the_gate_sees_a_module_that_does_not_exist_and_broken_yaml() -> None:
    assert misuse_in("- novanet.network.nova_ghost: {}", EXAMPLE_OPTIONS) == ["novanet.network.nova_ghost is no module"]
    assert misuse_in("- a: [", EXAMPLE_OPTIONS)[0].startswith("no valid YAML")
