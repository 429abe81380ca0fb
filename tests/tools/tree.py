# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the checkout is, and the trees that make it look like an installed collection."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
COLLECTION = Path("ansible_collections", "novanet", "network")


def link_collection() -> Path:
    """Return a directory on whose path ``ansible_collections.novanet.network`` is this checkout itself."""
    link = BUILD / COLLECTION
    link.parent.mkdir(parents=True, exist_ok=True)
    if not (link.is_symlink() and link.resolve() == ROOT):
        link.unlink(missing_ok=True)
        # Another process may have made it in between: it made the same.
        with contextlib.suppress(FileExistsError):
            link.symlink_to(ROOT, target_is_directory=True)
    return BUILD


def source_files() -> list[Path]:
    """Return the files that a commit of the present state would hold, relative to the checkout."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-coz", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(Path(name) for name in set(listing.split("\0")) if name and (ROOT / name).is_file())


def copy_collection(name: str) -> Path:
    """Copy the sources to a real collection path below ``.build/<name>`` and return it.

    ansible-test resolves links and refuses what they lead to. A repository of its own hides the one around it, which
    ignores the copy.
    """
    target = BUILD / name / COLLECTION
    shutil.rmtree(BUILD / name, ignore_errors=True)
    for source in source_files():
        destination = target / source
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / source, destination)
    subprocess.run(["git", "init", "-q", str(target)], check=True)
    return target
