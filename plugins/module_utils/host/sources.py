# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source of the code that runs now, so that a host can keep a copy of it."""

from __future__ import annotations

import sys

from ..errors import HostError

_BESIDE = ("change", "errors")


def running_sources() -> dict[str, str]:
    """Return the text of the code of this storey that is loaded, by path below ``module_utils``.

    Ansible brings this code in an archive that is gone afterwards; the interpreter knows how to read in it.
    """
    base = __name__.rpartition(".host.")[0]
    sources = {}
    for name, module in sorted(sys.modules.items()):
        inner = name[len(base) + 1 :]
        if not name.startswith(f"{base}.") or not (inner in _BESIDE or inner.partition(".")[0] == "host"):
            continue
        # Archives have loaders that know this as well, and declare nothing.
        read = getattr(module.__spec__ and module.__spec__.loader, "get_source", None)
        text = read(name) if read else None
        if text is None:
            raise HostError(f"source of {name}", "cannot be read, so it cannot be installed")
        place = inner.replace(".", "/")
        sources[f"{place}/__init__.py" if hasattr(module, "__path__") else f"{place}.py"] = text
    return sources
