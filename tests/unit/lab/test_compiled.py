# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible sends as an archive is compiled once, and again when it has changed."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.lab.node import HERE, PYTHON
from tests.tools.gates import FLOOR_PYTHON, NEXT_PYTHON
from tests.tools.interpreters import find_python

ASK = "import os, sys; sys.path.insert(0, sys.argv[1]); import sent; print(sent.value, sorted(os.environ))"


OTHER = """import marshal, sys
with open(sys.argv[1], "wb") as file:
    marshal.dump(compile("value = 'kept'", "kept", "exec"), file)
"""
# What Python keeps of an archive is not the same in all of its versions.
PYTHONS = [PYTHON, *(str(path) for path in map(find_python, (FLOOR_PYTHON, NEXT_PYTHON)) if path)]


def value_of(work: Path, source: str, python: str = PYTHON) -> str:
    """Return what a module in an archive says, and the names in the environment of the one who imports it."""
    with zipfile.ZipFile(work / "archive.zip", "w") as archive:
        archive.writestr("sent.py", source)
    environment = {"PYTHONPATH": str(HERE / "compiled"), "CODE_CACHE": str(work / "code"), "PATH": os.defpath}
    argv = [python, "-c", ASK, str(work / "archive.zip")]
    return subprocess.run(argv, env=environment, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: Path(path).name)
def test_the_compiled_form_is_kept_by_what_the_source_says(tmp_path: Path, python: str) -> None:
    assert value_of(tmp_path, "value = 1", python).startswith("1 ")
    (kept,) = (tmp_path / "code").iterdir()
    subprocess.run([python, "-I", "-c", OTHER, str(kept)], check=True)
    assert value_of(tmp_path, "value = 1", python).startswith("kept ")
    assert value_of(tmp_path, "value = 2", python).startswith("2 ")
    assert len(list((tmp_path / "code").iterdir())) == 2


def test_programs_that_a_module_starts_do_not_notice(tmp_path: Path) -> None:
    said = value_of(tmp_path, "value = 1")
    assert "'PATH'" in said and "PYTHONPATH" not in said and "CODE_CACHE" not in said
