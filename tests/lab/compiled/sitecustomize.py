# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compiles once what Ansible sends with every task.

Ansible sends a module and all that it imports as an archive, and Python keeps no compiled form of what it imports out
of one: that is about half of what a task that finds nothing to do computes, seconds of it on an emulated processor.
Whoever starts Python with this directory in ``PYTHONPATH`` compiles each source once. Nothing else changes, and
programs that the module starts do not notice.

``CODE_CACHE`` names the directory for the compiled forms. They are named by digests of their sources, so none is old.
"""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
import os
import tempfile
import zipimport
from types import CodeType
from typing import Any

DIRECTORY = os.environ.pop("CODE_CACHE", "")
os.environ.pop("PYTHONPATH", None)
# Not an interface, so it may be missing in a Python to come: then all is compiled each time.
INNER = "_compile_source"
compile_source: Any = getattr(zipimport, INNER, None)


def compile_once(path: str, source: bytes) -> CodeType:
    """Return the compiled form of a source in an archive."""
    digest = hashlib.sha256(importlib.util.MAGIC_NUMBER + source).hexdigest()
    kept = os.path.join(DIRECTORY, digest)
    try:
        with open(kept, "rb") as file:
            known: CodeType = marshal.load(file)
            return known
    except OSError:
        pass
    code: CodeType = compile_source(path, source)
    # Others may do the same at the same time, under the same process id in namespaces of their own.
    handle, fresh = tempfile.mkstemp(dir=DIRECTORY)
    with open(handle, "wb") as file:
        marshal.dump(code, file)
    os.replace(fresh, kept)
    return code


if DIRECTORY and compile_source is not None:
    os.makedirs(DIRECTORY, exist_ok=True)
    setattr(zipimport, INNER, compile_once)
