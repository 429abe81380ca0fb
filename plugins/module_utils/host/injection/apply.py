# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the files and makes the images. A guest finds the old image or the new one, never a part of one."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import HostError, NovaError
from ..runner import Runner
from .mark import Made, Mark, parse_mark, render_mark
from .model import MARKER, OWN_DIRECTORIES, TEMPORARY_PREFIX, Directory, Step

# Only root and whom the hypervisor lets in: user data may hold secrets.
_MODE = 0o600
# The same content is the same image, whenever it is made: all times in it are this one.
_MOMENT = "2000010100000000"


def apply_steps(runner: Runner, owner: str, steps: Sequence[Step]) -> None:
    """Carry out steps.

    :raises HostError: it names the instance, and what was done before.
    """
    building = [step.name for step in steps if step.build]
    if building and runner.which("xorriso") is None:
        raise HostError(
            "program xorriso",
            f"is not installed on this host, and the image of instance {building[0]} needs it",
            "Its package is xorriso. Nothing was changed.",
        )
    done: list[str] = []
    for step in steps:
        try:
            if step.after is None:
                _remove(runner, step.directory, step.remove)
            else:
                _write(runner, owner, step)
        except NovaError as error:
            before = f"Done before: {', '.join(done)}." if done else "Nothing else was changed before."
            raise HostError(f"instance {step.name}", f"could not be injected: {error}", before) from error
        done.append(step.name)


def _write(runner: Runner, owner: str, step: Step) -> None:
    path, files = step.directory.path, (step.after.files if step.after else None) or {}
    before = parse_mark(runner.read(f"{path}/{MARKER}")).images
    made = {name: each for name, each in before.items() if name not in step.build and name not in step.remove}
    # The mark comes first: what a crash leaves behind is known to be ours.
    runner.write(f"{path}/{MARKER}", render_mark(Mark(owner, step.name, made)), _MODE)
    _sweep(runner, path, step.remove)
    for name, text in step.write.items():
        runner.write(f"{path}/{name}", text, _MODE)
    for name, (label, content) in step.build.items():
        inside = [file for file in files if file.startswith(f"{label}/")]
        made[name] = Made(content, _build(runner, path, name, label, inside))
    runner.write(f"{path}/{MARKER}", render_mark(Mark(owner, step.name, made)), _MODE)


def _build(runner: Runner, path: str, name: str, label: str, files: Sequence[str]) -> str:
    """Make an image beside its place, put it there in one step, and return its digest."""
    # Each file is named: what somebody else has put beside them does not get in.
    content = [f"{file.removeprefix(f'{label}/')}={path}/{file}" for file in files]
    temporary = f"{path}/{TEMPORARY_PREFIX}{name}"
    try:
        # xorriso fills the file that is there, so nobody else can read it meanwhile.
        runner.write(temporary, "", _MODE)
        options = ("-quiet", "-no-pad", "-V", label, "-J", "-joliet-long", "-r")
        times = (f"--modification-date={_MOMENT}", "--set_all_file_dates", _MOMENT)
        runner.run(("xorriso", "-as", "mkisofs", *options, *times, "-o", temporary, "-graft-points", *content))
        digest = runner.run(("sha256sum", "--", temporary)).out.split(" ", 1)[0]
        runner.run(("mv", "-T", "--", temporary, f"{path}/{name}"))
    finally:
        runner.remove(temporary)
    return digest


def _remove(runner: Runner, directory: Directory, names: Sequence[str]) -> None:
    """Take away what is ours. What somebody else has put there stays, and its directory with it."""
    _sweep(runner, directory.path, names)
    # The mark goes last, so that a crash before leaves something that is known to be ours.
    runner.remove(f"{directory.path}/{MARKER}")
    if not runner.names(directory.path):
        runner.remove(directory.path)


def _sweep(runner: Runner, path: str, names: Sequence[str]) -> None:
    """Remove files, what a crash has left half written, and directories of ours that are empty then."""
    for name in names:
        runner.remove(f"{path}/{name}")
    for place in (*(f"{path}/{name}" for name in OWN_DIRECTORIES), path):
        left = runner.names(place)
        for name in left:
            if name.startswith(TEMPORARY_PREFIX):
                runner.remove(f"{place}/{name}")
        if place != path and all(name.startswith(TEMPORARY_PREFIX) for name in left):
            runner.remove(place)
