# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The loop that every subsystem of a host goes through: read, compare, change only the difference, read back."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from ..change import Change
from ..errors import DamagedMemory, HostError, InvalidInput, RolledBack
from .journal import (
    Journal,
    admit,
    aside_path,
    journal_path,
    load_journal,
    render_journal,
    save_journal,
    with_plan,
)
from .runner import Runner

_OWNER = re.compile(r"[a-z][a-z0-9_]{0,14}")

Want = TypeVar("Want")
Have = TypeVar("Have")


class Guarding(Protocol):
    """What stands behind a change that may cut off the one who makes it."""

    def arm(self, runner: Runner, journal: str) -> None:
        """Stand ready; from now on the changes are taken back unless they are confirmed."""

    def disarm(self, runner: Runner) -> None:
        """Let things be as they are."""

    @property
    def hint(self) -> str:
        """What becomes of a change that failed."""


@dataclass(frozen=True)
class Plan(Generic[Have]):
    """What one subsystem would do on a host.

    :param changes: the changes in the order in which they are made.
    :param after: the host as it will be.
    :param steps: what ``apply`` needs to do it; only the subsystem itself looks into it.
    :param owned: the ownership to remember afterwards (see :class:`~.journal.Journal`).
    :param guard: what takes the changes back unless they are confirmed; what is remembered then is its to write.
    :param notes: what people shall know of earlier runs.
    :param spent: files that told that, and need not be kept after a real run. A guard sees to them itself.
    :param pending: for the first of two calls of a run: whether something is left to the second, which removes. What is
        remembered does not purge until that has come, or a reboot in between would remove it early.
    """

    changes: tuple[Change, ...]
    after: Have
    steps: Any
    owned: Mapping[str, Any]
    guard: Guarding | None = None
    notes: tuple[str, ...] = ()
    spent: tuple[str, ...] = ()
    pending: bool | None = None


class Subsystem(Protocol[Want, Have]):
    """One part of a host that is brought to a wanted state. ``parse``, ``diff`` and ``view`` are pure."""

    name: str

    def parse(self, applied: Mapping[str, Any]) -> Want:
        """Validate and normalise the options; raise :class:`~..errors.InvalidInput` with the item's position."""

    def read(self, runner: Runner, want: Want, journal: Journal) -> Have:
        """Read the host as it is."""

    def diff(self, want: Want, have: Have, journal: Journal) -> Plan[Have]:
        """Compare; the same for a real run and for check mode."""

    def apply(self, runner: Runner, plan: Plan[Have]) -> None:
        """Make the changes of a plan; on failure say what was done before."""

    def view(self, have: Have) -> Any:
        """Return the managed things as people know them, for the diff and for the result."""


@dataclass(frozen=True)
class Request:
    """Who asks, and how.

    :param owner: whose things these are; two owners on one host never touch each other's.
    :param state_path: directory of the journals.
    :param ipam_uuid: IPAM that made the plan; None when made by hand.
    :param generation: generation of the plan; None when made by hand.
    :param check: True to predict only.
    :param part: True when only a part of what is remembered is applied: the rest stays remembered, and stays ours.
    :param set_aside: go on without memory that is damaged; it is kept beside the other.
    :param follows: True for the later one of two calls of a run: a preview tells things once.
    """

    owner: str
    state_path: str
    ipam_uuid: str | None = None
    generation: int | None = None
    check: bool = False
    part: bool = False
    set_aside: bool = False
    follows: bool = False

    def __post_init__(self) -> None:
        # It becomes a part of paths, of names of tables and of units.
        if not _OWNER.fullmatch(self.owner):
            raise InvalidInput(
                f"owner {self.owner}",
                "is no name of an owner",
                "It is a lower case letter, then lower case letters, digits and underscores, at most 15 in all.",
            )


@dataclass(frozen=True)
class Outcome:
    """What was changed, or would be. ``before`` and ``after`` are what ``view`` returned.

    :param notes: what people shall know of earlier runs.
    :param pending: see :class:`Plan`.
    """

    changes: tuple[Change, ...]
    before: Any
    after: Any
    notes: tuple[str, ...] = ()
    pending: bool | None = None


def reconcile(
    subsystem: Subsystem[Want, Have], applied: Mapping[str, Any], runner: Runner, request: Request
) -> Outcome:
    """Bring one subsystem of a host to the wanted state.

    :param applied: the options of the module, plain JSON data (this is what the journal keeps and a reboot replays).
    :raises NovaError: bad options, a refused plan, a failed command, or a host that did not become what was predicted.
    """
    want = subsystem.parse(applied)
    path = journal_path(request.state_path, request.owner, subsystem.name)
    with locked(request, subsystem.name):
        journal, have, set_aside = _read(subsystem, want, runner, request, path)
        plan = subsystem.diff(want, have, journal)
        if not request.check:
            if set_aside:
                _keep_aside(runner, path)
            remembered = _remember(journal, plan, applied, request)
            if plan.guard:
                _carry_out_guarded(subsystem, want, runner, plan, plan.guard, remembered)
            else:
                _carry_out(subsystem, want, runner, plan, journal, path)
                save_journal(runner, path, remembered)
                for spent in plan.spent:
                    runner.remove(spent)
        told = () if request.check and request.follows else set_aside
        changes = (*told, *plan.changes)
        return Outcome(changes, subsystem.view(have), subsystem.view(plan.after), plan.notes, plan.pending)


def _read(
    subsystem: Subsystem[Want, Have], want: Want, runner: Runner, request: Request, path: str
) -> tuple[Journal, Have, tuple[Change, ...]]:
    """Return what the host remembers, what it has, and what is said of memory that is set aside as it is damaged."""
    try:
        journal = load_journal(runner, path)
        admit(journal, request.ipam_uuid, request.generation)
        return journal, subsystem.read(runner, want, journal), ()
    except DamagedMemory as error:
        if not request.set_aside:
            raise
        # What else is damaged, another owner's memory for one, is not ours to set aside: it is said now.
        return Journal(), subsystem.read(runner, want, Journal()), (Change("update", "state file", path, error.reason),)


def _keep_aside(runner: Runner, path: str) -> None:
    """Keep a copy of a damaged journal for people to look at; the sound one replaces it at the end."""
    text = runner.read(path) or ""
    runner.write(aside_path(path, text), text, 0o600)


def _remember(journal: Journal, plan: Plan[Have], applied: Mapping[str, Any], request: Request) -> Journal:
    if request.part:
        return replace(journal, owned=merge_owned(journal.owned, plan.owned))
    lasting = {**applied, "purge": False} if plan.pending else applied
    return replace(with_plan(journal, request.ipam_uuid, request.generation, lasting), owned=plan.owned)


def _carry_out(
    subsystem: Subsystem[Want, Have], want: Want, runner: Runner, plan: Plan[Have], journal: Journal, path: str
) -> None:
    if not plan.changes:
        return
    # Ownership is written before the deed: after a crash in between, what was made is still known to be ours.
    intended = replace(journal, owned=merge_owned(journal.owned, plan.owned))
    save_journal(runner, path, intended)
    try:
        subsystem.apply(runner, plan)
    except RolledBack:
        # Nothing was made after all: what somebody else makes under such a name must not count as ours.
        save_journal(runner, path, journal)
        raise
    _verify(subsystem, want, runner, plan, journal)


def _carry_out_guarded(
    subsystem: Subsystem[Want, Have],
    want: Want,
    runner: Runner,
    plan: Plan[Have],
    guard: Guarding,
    remembered: Journal,
) -> None:
    """Make changes that are to be confirmed. What the host remembers stays as it is until then."""
    guard.arm(runner, render_journal(remembered))
    try:
        subsystem.apply(runner, plan)
        _verify(subsystem, want, runner, plan, remembered)
    except RolledBack:
        guard.disarm(runner)
        raise
    except HostError as error:
        raise HostError(error.subject, error.reason, f"{error.hint} {guard.hint}".strip()) from error


def _verify(subsystem: Subsystem[Want, Have], want: Want, runner: Runner, plan: Plan[Have], journal: Journal) -> None:
    # Read back with the new ownership: what was just made counts as ours from here on.
    seen = subsystem.view(subsystem.read(runner, want, replace(journal, owned=plan.owned)))
    predicted = subsystem.view(plan.after)
    if seen != predicted:
        raise HostError(
            f"{subsystem.name} of this host",
            f"did not become what was predicted: {describe_difference(predicted, seen)}",
            "Something else changes the same things at the same time, or a tool refused silently.",
        )


def merge_owned(old: Any, new: Any) -> Any:
    """Return the union of two ownership documents: mappings key by key, lists as sets, else the newer value."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {
            key: merge_owned(old[key], new[key])
            if key in old and key in new
            else (new[key] if key in new else old[key])
            for key in sorted({*old, *new})
        }
    if isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        return [*old, *(item for item in new if item not in old)]
    return new


def describe_difference(predicted: Any, seen: Any, position: str = "") -> str:
    """Return the first place where two documents differ, as ``position: expected X, found Y``."""
    if isinstance(predicted, Mapping) and isinstance(seen, Mapping):
        for key in sorted({*predicted, *seen}, key=str):
            if predicted.get(key) != seen.get(key):
                return describe_difference(predicted.get(key), seen.get(key), f"{position}.{key}" if position else key)
    if isinstance(predicted, (list, tuple)) and isinstance(seen, (list, tuple)) and len(predicted) == len(seen):
        for index, (left, right) in enumerate(zip(predicted, seen)):
            if left != right:
                return describe_difference(left, right, f"{position}[{index}]")
    return f"{position or 'state'}: expected {predicted!r}, found {seen!r}"


@contextlib.contextmanager
def locked(request: Request, subsystem: str) -> Iterator[None]:
    """Keep two runs on one host apart. Check mode takes no lock: it must leave no file behind."""
    if request.check:
        yield
        return
    directory = f"{request.state_path}/{request.owner}"
    try:
        os.makedirs(directory, mode=0o755, exist_ok=True)
        handle = os.open(f"{directory}/{subsystem}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HostError(f"state directory {directory}", f"cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
