# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compiles once what Ansible sends with every task.

Ansible sends a module and all that it imports as an archive, and Python keeps no compiled form of what it imports out
of one: that is about half of what a task that finds nothing to do computes, seconds of it on an emulated processor.
Whoever starts Python with this directory in ``PYTHONPATH`` compiles each source once. Nothing else changes, and
programs that the module starts do not notice.

``CODE_CACHE`` names the directory for the compiled forms. They are named by the checksums that the archive has of their
sources, so none is old.
"""

from __future__ import annotations

import marshal
import os
import sys
import zipimport
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType

DIRECTORY = os.environ.pop("CODE_CACHE", "")
os.environ.pop("PYTHONPATH", None)
# Not an interface, so it may be missing in a Python to come: then all is compiled each time.
INNER = "_get_module_code"
read_code: Any = getattr(zipimport, INNER, None)
asked: dict[str, CodeType] = {}
# Where an entry of an archive's list of files has these.
PLACE, SIZE, CHECKSUM = 0, 3, 7


def entry_of(importer: Any, module: str) -> tuple[Any, bool]:
    """Return an archive's entry for the source of a module, if there is one, and whether it is a package's."""
    path = importer.prefix + module.rpartition(".")[2]
    # Since Python 3.13 they are read when they are needed.
    files = importer._get_files() if hasattr(importer, "_get_files") else importer._files
    package = files.get(f"{path}{os.sep}__init__.py")
    return package or files.get(f"{path}.py"), package is not None


def read_code_once(importer: Any, module: str) -> tuple[CodeType, bool, str]:
    """Return the code of a module in an archive, whether it is a package, and where it is from."""
    entry, is_package = entry_of(importer, module)
    if not entry:
        missing: tuple[CodeType, bool, str] = read_code(importer, module)
        return missing
    name = f"{module}-{entry[SIZE]}-{entry[CHECKSUM]:08x}.{sys.implementation.cache_tag}"
    # Python asks twice, first for the place alone.
    if name in asked:
        return asked.pop(name), is_package, entry[PLACE]
    kept = os.path.join(DIRECTORY, name)
    try:
        with open(kept, "rb") as file:
            asked[name] = marshal.load(file)
            return asked[name], is_package, entry[PLACE]
    except OSError:
        pass
    code = read_code(importer, module)[0]
    # Others may do the same at the same time, under the same process id in namespaces of their own.
    fresh = f"{kept}.{os.urandom(8).hex()}"
    with open(fresh, "xb") as file:
        marshal.dump(code, file)
    os.replace(fresh, kept)
    return code, is_package, entry[PLACE]


if DIRECTORY and read_code is not None:
    os.makedirs(DIRECTORY, exist_ok=True)
    setattr(zipimport, INNER, read_code_once)
