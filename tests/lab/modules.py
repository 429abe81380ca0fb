# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running one module of the collection on a host of the lab, for real and without the time that ansible takes."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

from tests.tools.tree import BUILD

from .errors import LabError
from .node import PYTHON, Node

COLLECTION = "ansible_collections.novanet.network.plugins.modules"
# What ansible does on the target, in short: hand over the arguments and run the module as the main program.
LAUNCHER = """
import runpy, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
"""


def import_path(state: Path, collections: Path) -> Path:
    """Return a directory from which a host imports ansible's and the collection's code, and nothing else.

    :param collections: directory that holds ``ansible_collections``.
    """
    path = state / "import"
    if not path.exists():
        spec = importlib.util.find_spec("ansible")
        if spec is None or not spec.submodule_search_locations:
            raise LabError("ansible-core is not installed for this python (make venv)")
        path.mkdir()
        (path / "ansible").symlink_to(Path(spec.submodule_search_locations[0]).resolve())
        (path / "ansible_collections").symlink_to((collections / "ansible_collections").resolve())
    return path


def run_module(
    node: Node,
    name: str,
    arguments: dict[str, Any],
    *,
    collections: Path,
    check: bool = False,
    diff: bool = False,
    timeout: float = 120.0,
) -> dict[str, Any]:
    """Run a module of the collection on a node and return its result. A failure is a result too (``failed``).

    :raises LabError: the module did not answer with a result.
    """
    done = node.run(
        module_command(node.state, collections, name),
        check=False,
        stdin=module_input(arguments, check, diff),
        timeout=timeout,
    )
    return module_result(f"{node.name}: {name}", done.stdout, done.stderr)


def module_command(state: Path, collections: Path, name: str) -> list[str]:
    """Return the command that runs a module of the collection, which takes its arguments from standard input."""
    # What is compiled lies aside from the sources, and serves every lab.
    argv = ["env", f"PYTHONPATH={import_path(state, collections)}", f"PYTHONPYCACHEPREFIX={BUILD / 'pycache'}"]
    return [*argv, PYTHON, "-c", LAUNCHER, f"{COLLECTION}.{name}"]


def module_input(arguments: dict[str, Any], check: bool, diff: bool) -> str:
    """Return what a module reads."""
    options = {**arguments, "_ansible_check_mode": check, "_ansible_diff": diff}
    return json.dumps({"ANSIBLE_MODULE_ARGS": options})


def module_result(subject: str, output: str, errors: str) -> dict[str, Any]:
    """Return the result that a module wrote."""
    try:
        result: dict[str, Any] = json.loads(output)
    except ValueError:
        raise LabError(f"{subject} gave no result: {(errors or output).strip()}") from None
    return result
