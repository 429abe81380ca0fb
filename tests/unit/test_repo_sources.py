# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Own gate: what is pure stays pure, what runs at boot needs no Ansible, and nothing grows without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.repo.sources import (
    PURE_MODULES,
    broad_excepts,
    code_lines,
    foreign_imports,
    impure_calls,
    licence_missing,
    long_functions,
    reachable,
    standard_library,
)
from tests.tools.tree import ROOT, source_files

UTILS = ROOT / "plugins/module_utils"
PYTHON = [source for source in source_files() if source.suffix == ".py"]
PLUGINS = [source for source in PYTHON if source.parts[0] == "plugins"]
PURE = [*sorted((UTILS / "plan").glob("*.py")), *(UTILS / "ipam").glob("allocation.py")]
HOST = sorted((UTILS / "host").rglob("*.py"))
FUNCTION_LINES = 40
FILE_LINES = 300
MODULE_LINES = 80
# Tests are lists of cases, which are read one by one.
TEST_LINES = 400


def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def relative(paths: list[Path]) -> list[Path]:
    return [path.relative_to(ROOT) for path in paths]


def most_lines(path: Path) -> int:
    if path.name.startswith("test_"):
        return TEST_LINES
    return MODULE_LINES if path.parent == Path("plugins/modules") else FILE_LINES


@pytest.mark.parametrize("path", relative(reachable(PURE)), ids=str)
def test_what_decides_reads_no_clock_no_file_no_network_and_no_chance(path: Path) -> None:
    assert foreign_imports(text_of(path), PURE_MODULES) == []
    assert impure_calls(text_of(path)) == []


@pytest.mark.parametrize("path", relative(reachable(HOST)), ids=str)
def test_what_runs_on_hosts_at_boot_needs_the_standard_library_only(path: Path) -> None:
    assert foreign_imports(text_of(path), standard_library()) == []


@pytest.mark.parametrize("path", [path for path in PLUGINS if path.name != "sql.py"], ids=str)
def test_the_database_library_is_asked_for_in_one_place_which_can_do_without(path: Path) -> None:
    everything_else = standard_library() | {"ansible", "ansible_collections"}
    # Filters run where Ansible does, which is made of Jinja2.
    everything_else |= {"jinja2"} if path.parent.name == "filter" else set()
    assert foreign_imports(text_of(path), everything_else) == []


@pytest.mark.parametrize("path", PLUGINS, ids=str)
def test_no_plugin_catches_everything(path: Path) -> None:
    assert broad_excepts(text_of(path)) == []


@pytest.mark.parametrize("path", PYTHON, ids=str)
def test_files_and_functions_stay_short(path: Path) -> None:
    assert len(code_lines(text_of(path))) <= most_lines(path)
    assert long_functions(text_of(path), FUNCTION_LINES) == []


@pytest.mark.parametrize("path", PYTHON, ids=str)
def test_every_file_names_its_licence(path: Path) -> None:
    assert not licence_missing(text_of(path))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import json\nfrom dataclasses import dataclass\n", []),
        ("import os.path\n", ["os.path"]),
        ("from ansible.module_utils.basic import AnsibleModule\n", ["ansible.module_utils.basic"]),
        ("def late():\n    import socket\n", ["socket"]),
        ("if True:\n    from random import choice\n", ["random"]),
    ],
)
def test_the_gate_sees_an_impure_import(source: str, found: list[str]) -> None:
    assert foreign_imports(source, PURE_MODULES) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("value = f(today)", []),
        ("value = datetime.now()", ["now"]),
        ("value = uuid.uuid4()", ["uuid4"]),
        ("value = open('/etc/hosts')", ["open"]),
    ],
)
def test_the_gate_sees_an_impure_call(source: str, found: list[str]) -> None:
    assert impure_calls(source) == found


def test_the_gate_follows_relative_imports(tmp_path: Path) -> None:
    files = {
        "errors.py": "",
        "clock.py": "import time",
        "other.py": "",
        "plan/__init__.py": "",
        "plan/model.py": "from ..errors import E",
        "plan/compile.py": "from .model import M\nfrom .. import clock",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = reachable([tmp_path / "plan/compile.py"])
    assert {str(path.relative_to(tmp_path)) for path in found} == {
        "plan/compile.py",
        "plan/model.py",
        "errors.py",
        "clock.py",
    }


def test_the_gate_counts_code_and_not_what_explains_it() -> None:
    explained = '"""Says\n\nmuch."""\n\nDOCUMENTATION = r"""\na: 1\n"""\n# comment\n'
    text = explained + 'x = (\n    1,\n)\n\n\ndef f():\n    """Doc."""\n    return x\n'
    assert len(code_lines(text)) == 5


@pytest.mark.parametrize(("statements", "found"), [(39, []), (40, ["f:1 has 41 lines"])])
def test_the_gate_sees_a_long_function(statements: int, found: list[str]) -> None:
    text = "def f():\n" + '    """Doc."""\n' + "    x = 1\n" * statements
    assert long_functions(text, FUNCTION_LINES) == found


@pytest.mark.parametrize(
    ("clause", "found"),
    [("except:", 1), ("except Exception:", 1), ("except BaseException as e:", 1), ("except (OSError, ValueError):", 0)],
)
def test_the_gate_sees_a_broad_except(clause: str, found: int) -> None:
    assert len(broad_excepts(f"try:\n    pass\n{clause}\n    pass\n")) == found


def test_the_gate_sees_a_missing_licence() -> None:
    assert licence_missing("import json\n")
    assert not licence_missing("#!/usr/bin/env python3\n" + text_of(Path("tests/conftest.py")))
