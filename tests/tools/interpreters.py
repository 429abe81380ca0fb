# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds Python interpreters of a given version that work, wherever a machine keeps them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def _candidates(version: str) -> list[Path]:
    found = shutil.which(f"python{version}")
    roots = [
        Path(os.environ.get("PYENV_ROOT", "~/.pyenv")),
        Path(os.environ.get("UV_PYTHON_INSTALL_DIR", "~/.local/share/uv/python")),
    ]
    kept: list[Path] = [Path(found)] if found else []
    for root in roots:
        kept += (
            sorted(root.expanduser().glob(f"**/bin/python{version}"), reverse=True)
            if root.expanduser().is_dir()
            else []
        )
    return kept


def _answers(interpreter: Path, version: str) -> bool:
    """Tell whether it runs and is that version: a version manager's shim exists for versions that it then refuses."""
    code = "import sys, ensurepip, venv; print('%d.%d' % sys.version_info[:2])"
    try:
        result = subprocess.run([str(interpreter), "-c", code], capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return False
    return result.returncode == 0 and result.stdout.strip() == version


def find_python(version: str) -> Path | None:
    """Return a working interpreter of ``version`` (such as ``3.13``) that can make virtual environments, or None."""
    return next((candidate for candidate in _candidates(version) if _answers(candidate, version)), None)
