# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the tests that need a full kernel in a virtual machine: ``python -m tests.machines.kernel [PYTEST WORDS]``.

They are the functional tests with the mark ``full_kernel``. Leaves no machine behind, also when it is interrupted.
"""

from __future__ import annotations

import io
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.kernel import requires_kernel
from tests.tools.summary import from_junit
from tests.tools.tree import BUILD, ROOT

from .errors import MachineError
from .platform import Card, Platform
from .running import OWNER_VARIABLE, create, destroy, state_of
from .ssh import CONFIGURATION, ssh

NAME, MARK = "kernel", "full_kernel"
MACHINE = Platform(name=NAME, number=1, image="debian12", memory=1024, cards=(Card("public"),))
PROGRAMS = ("qemu-system-x86_64", "qemu-img", "mmdebstrap", "mkfs.ext4", "ssh", "ssh-keygen")
RESULTS = BUILD / "logs" / f"{NAME}.xml"
LIMIT_SECONDS = 2700
# Where things lie in the machine.
CHECKOUT, LIBRARIES, REMOTE_RESULTS = "/opt/checkout", "/opt/libraries", "/run/results.xml"
SHIPPED = ("galaxy.yml", "pyproject.toml", "meta", "plugins", "tests")
# What runs tests, none of it compiled: the machine has another Python than this one, perhaps.
DISTRIBUTIONS = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")
# Modules need no more of it, on a host.
ANSIBLE = ("__init__.py", "release.py", "_vendor", "module_utils")


def main(words: Sequence[str]) -> int:
    """Boot the machine, run the tests in it, and return the exit code."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        print(f"no machine can be booted, so tests that need a full kernel do not run: there is no {missing[0]} here")
        return 1
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    # The machine is in use as long as this process lives.
    os.environ[OWNER_VARIABLE] = str(os.getpid())
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.unlink(missing_ok=True)
    try:
        create(NAME, [MACHINE])
        code = run_tests(state_of(NAME), words)
        counts, reasons = from_junit(RESULTS, code)
    except (MachineError, LabError) as error:
        print(f"tests that need a full kernel did not run: {error}", file=sys.stderr)
        return 1
    finally:
        # A second interruption does not stop this.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        destroy(NAME)
    # There is no third place where what is skipped here could run.
    print("\n".join([*(f"skipped {reason}" for reason in reasons), str(counts)]))
    return 1 if counts.failed or counts.skipped or not counts.passed else 0


def run_tests(state: Path, words: Sequence[str]) -> int:
    """Put everything that is needed on the machine, run the tests there, and return pytest's exit code."""
    began = time.monotonic()
    ship(state, CHECKOUT, {name: ROOT / name for name in SHIPPED})
    ship(state, LIBRARIES, libraries())
    print(f"{NAME}: {ssh(state, NAME, 'uname -r').strip()}, ready after {time.monotonic() - began:.0f} s", flush=True)
    pytest = ["python3", "-m", "pytest", *files_with_mark(), "-v", "-m", MARK, "-p", "no:cacheprovider"]
    pytest += ["--durations=5", f"--junitxml={REMOTE_RESULTS}", *words]
    command = f"cd {CHECKOUT} && PYTHONPATH={LIBRARIES} {shlex.join(pytest)}"
    argv = ["ssh", "-F", str(state / CONFIGURATION), NAME, command]
    try:
        code = subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS, check=False).returncode
    except subprocess.TimeoutExpired as error:
        raise MachineError(f"no end within {LIMIT_SECONDS} s") from error
    RESULTS.write_text(ssh(state, NAME, f"cat {REMOTE_RESULTS}"))
    return code


def files_with_mark() -> list[str]:
    """Return the files that have such tests. The others import what the machine does not have."""
    files = sorted((ROOT / "tests/functional").glob("test_*.py"))
    return [str(file.relative_to(ROOT)) for file in files if requires_kernel.__name__ in file.read_text()]


def ship(state: Path, target: str, sources: dict[str, Path]) -> None:
    """Copy files and trees to a directory of the machine."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=1) as tar:
        for name, path in sources.items():
            tar.add(path, name, filter=_wanted)
    ssh(state, NAME, f"mkdir -p {target} && tar -xzf - -C {target}", stdin=archive.getvalue(), timeout=300)


def _wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in member.name else member


def libraries() -> dict[str, Path]:
    """Return what is imported in the machine beside the checkout, by the name that it has below the directory there."""
    spec = find_spec("ansible")
    if spec is None or not spec.submodule_search_locations:
        raise MachineError("ansible-core is not installed for this python (make venv)")
    ansible = Path(spec.submodule_search_locations[0])
    found = {f"ansible/{name}": ansible / name for name in ANSIBLE}
    for name in DISTRIBUTIONS:
        files = distribution(name).files or ()
        # Programs lie outside of the directory, and are not needed.
        tops = sorted({file.parts[0] for file in files} - {"..", "__pycache__"})
        found.update({top: Path(str(distribution(name).locate_file(top))) for top in tops})
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
