# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of ``make lint``: each looks at the sources with one tool and says what it found."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.tools.interpreters import find_python
from tests.tools.tree import BUILD, ROOT, copy_collection, link_collection, source_files

VENVS = ROOT / ".venvs"
BIN = Path(sys.executable).parent
NEXT_PYTHON = "3.13"
FLOOR_PYTHON = "3.9"
# Sanity tests whose verdict depends on ansible-core; the others look at the same text in the same way.
VERSION_TESTS = ("ansible-doc", "compile", "import", "runtime-metadata", "validate-modules")

# ansible-test fetches this script from a host that not every network lets through. The interpreter's own copy of pip
# serves as well.
GET_PIP = """import ensurepip, importlib, runpy, sys
ensurepip.bootstrap()
importlib.invalidate_caches()
sys.argv = ["pip", "install"] + [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
runpy.run_module("pip", run_name="__main__")
"""
MYPY_TESTS = (("tests", "lab"), ("tests", "machines"), ("tests", "tools"))
GET_PIP_VERSIONS = ("24_2", "25_2")


@dataclass(frozen=True)
class Verdict:
    """What a gate says: ``passed``, ``failed`` or ``skipped``, and the output or reason behind it."""

    status: str
    text: str


@dataclass(frozen=True)
class Gate:
    """A named check of the sources."""

    name: str
    check: Callable[[], Verdict]


def run(command: list[str | Path], cwd: Path = ROOT, **environment: str) -> Verdict:
    """Run a tool; its exit code is the verdict."""
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])
    settings = {**os.environ, "PATH": path, "PY_COLORS": "0", "NO_COLOR": "1", "ANSIBLE_NOCOLOR": "1", **environment}
    words = [str(word) for word in command]
    result = subprocess.run(
        words,
        cwd=cwd,
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Verdict("passed" if result.returncode == 0 else "failed", f"$ {' '.join(words)}\n{result.stdout}")


def mypy() -> Verdict:
    """Check types under the name that the collection has when installed, so that modules' imports resolve.

    Tests themselves are left out: they feed functions with what their types forbid.
    """
    collection = link_collection() / "ansible_collections/novanet/network"
    plugins = [
        collection / source for source in source_files() if source.suffix == ".py" and source.parts[0] == "plugins"
    ]
    tools = [source for source in source_files() if source.suffix == ".py" and source.parts[:2] in MYPY_TESTS]
    listing = BUILD / "mypy-files"
    listing.write_text("\n".join(map(str, [*plugins, *tools])), encoding="utf-8")
    return run([BIN / "mypy", f"@{listing}"])


def yamllint() -> Verdict:
    """Check the YAML files."""
    return run([BIN / "yamllint", "-s", "."], cwd=copy_collection("yamllint"))


def documentation() -> Verdict:
    """Check what the documentation site would be built from."""
    tree = copy_collection("antsibull-docs")
    return run(
        [BIN / "antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs", "all", "."],
        cwd=tree,
    )


def changelog() -> Verdict:
    """Check the changelog's configuration and fragments."""
    return run([BIN / "antsibull-changelog", "lint"], cwd=copy_collection("antsibull-changelog"))


def ansible_lint() -> Verdict:
    """Check roles and playbooks with the production profile and the rules that it leaves out."""
    tree = copy_collection("ansible-lint")
    collections = str(BUILD / "ansible-lint")
    return run([BIN / "ansible-lint", "--offline", "--strict"], cwd=tree, ANSIBLE_COLLECTIONS_PATH=collections)


def _ansible_test_home(name: str) -> Path:
    """Return a home directory for ansible-test: its environments and caches stay in the checkout."""
    home = VENVS / f"ansible-test-{name}"
    cache = home / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in GET_PIP_VERSIONS:
        (cache / f"get_pip_{version}.py").write_text(GET_PIP, encoding="utf-8")
    settings = Path.home() / ".config/pip"
    if settings.is_dir() and not (home / ".config/pip").exists():
        (home / ".config").mkdir(exist_ok=True)
        (home / ".config/pip").symlink_to(settings)
    return home


def _sanity(name: str, binaries: Path, words: list[str], more_path: list[str]) -> Verdict:
    path = os.pathsep.join([str(binaries), *more_path, os.environ.get("PATH", os.defpath)])
    home = str(_ansible_test_home(name))
    tree = copy_collection(f"sanity-{name}")
    return run([binaries / "ansible-test", "sanity", "--color", "no", *words], cwd=tree, HOME=home, PATH=path)


def sanity() -> Verdict:
    """Run ansible-test's sanity tests with the development environment's ansible-core."""
    version = "{}.{}".format(*sys.version_info[:2])
    return _sanity("dev", BIN, ["--venv", "--python", version], [])


def sanity_next() -> Verdict:
    """Run those that depend on ansible-core again with the newest one, which needs a newer Python."""
    python = find_python(NEXT_PYTHON)
    if python is None:
        return Verdict("skipped", f"no python{NEXT_PYTHON} on this machine")
    made = run([ROOT / "tests/tools/bootstrap", "next", python])
    if made.status != "passed":
        return made
    words = [word for test in VERSION_TESTS for word in ("--test", test)]
    return _sanity("next", VENVS / "next/bin", ["--venv", "--python", NEXT_PYTHON, *words], [])


def sanity_floor() -> Verdict:
    """Compile and import everything that runs on hosts with the oldest Python they may have."""
    python = find_python(FLOOR_PYTHON)
    if python is None:
        return Verdict("skipped", f"no python{FLOOR_PYTHON} on this machine")
    words = ["--controller", "origin:python={}.{}".format(*sys.version_info[:2]), "--target-python", FLOOR_PYTHON]
    return _sanity("floor", BIN, [*words, "--test", "compile", "--test", "import"], [str(python.parent)])


def artefact(name: str = "artefact") -> tuple[Verdict, Path]:
    """Build what would be published, below ``.build/<name>``, and return it."""
    tree = copy_collection(f"{name}-tree")
    output = BUILD / name
    shutil.rmtree(output, ignore_errors=True)
    built = run([BIN / "ansible-galaxy", "collection", "build", "--output-path", output], cwd=tree)
    return built, next(output.glob("*.tar.gz"), output)


def importer() -> Verdict:
    """Import the built artefact as a registry of collections would."""
    made = run([ROOT / "tests/tools/bootstrap", "importer"])
    if made.status != "passed":
        return made
    built, archive = artefact("importer")
    if built.status != "passed":
        return built
    settings = BUILD / "importer/galaxy-importer.cfg"
    # What ansible-test and ansible-lint say is known from gates of their own.
    wishes = ("[galaxy-importer]", "RUN_ANSIBLE_TEST=False", "RUN_ANSIBLE_LINT=False", "CHECK_REQUIRED_TAGS=True")
    settings.write_text("".join(f"{line}\n" for line in wishes), encoding="utf-8")
    binaries = VENVS / "importer/bin"
    path = os.pathsep.join([str(binaries), os.environ.get("PATH", os.defpath)])
    # It leaves importer_result.json where it runs.
    words: list[str | Path] = [binaries / "python", "-m", "galaxy_importer.main", archive]
    verdict = run(words, cwd=BUILD / "importer", PATH=path, GALAXY_IMPORTER_CONFIG=str(settings))
    # It also ends well when it could not read the documentation.
    complaints = re.search(r"^(ERROR|WARNING|CRITICAL):", verdict.text, flags=re.MULTILINE)
    return Verdict("failed", verdict.text) if complaints else verdict


# The longest first, so that no core idles at the end.
GATES = (
    Gate("ansible-test sanity", sanity),
    Gate("ansible-test sanity, next ansible-core", sanity_next),
    Gate("galaxy-importer", importer),
    Gate("ansible-lint", ansible_lint),
    Gate("mypy", mypy),
    Gate("ansible-test sanity, oldest Python of hosts", sanity_floor),
    Gate("antsibull-docs", documentation),
    Gate("antsibull-changelog", changelog),
    Gate("yamllint", yamllint),
    Gate("ruff check", lambda: run([BIN / "ruff", "check", "."])),
    Gate("ruff format", lambda: run([BIN / "ruff", "format", "--check", "--diff", "."])),
)
