# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible sends as an archive is compiled once, and again when it has changed."""

from __future__ import annotations

import marshal
import os
import subprocess
import zipfile
from pathlib import Path

from tests.lab.node import HERE, PYTHON

ASK = "import os, sys; sys.path.insert(0, sys.argv[1]); import sent; print(sent.value, sorted(os.environ))"


def value_of(work: Path, source: str) -> str:
    """Return what a module in an archive says, and the names in the environment of the one who imports it."""
    with zipfile.ZipFile(work / "archive.zip", "w") as archive:
        archive.writestr("sent.py", source)
    environment = {"PYTHONPATH": str(HERE / "compiled"), "CODE_CACHE": str(work / "code"), "PATH": os.defpath}
    argv = [PYTHON, "-c", ASK, str(work / "archive.zip")]
    return subprocess.run(argv, env=environment, check=True, capture_output=True, text=True).stdout


def test_the_compiled_form_is_kept_by_what_the_source_says(tmp_path: Path) -> None:
    assert value_of(tmp_path, "value = 1").startswith("1 ")
    (kept,) = (tmp_path / "code").iterdir()
    kept.write_bytes(marshal.dumps(compile("value = 'kept'", "kept", "exec")))
    assert value_of(tmp_path, "value = 1").startswith("kept ")
    assert value_of(tmp_path, "value = 2").startswith("2 ")
    assert len(list((tmp_path / "code").iterdir())) == 2


def test_programs_that_a_module_starts_do_not_notice(tmp_path: Path) -> None:
    said = value_of(tmp_path, "value = 1")
    assert "'PATH'" in said and "PYTHONPATH" not in said and "CODE_CACHE" not in said
