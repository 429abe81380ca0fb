# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host remembers of us: the slice it applied, whose plan that was, and what we own but cannot mark."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import DamagedMemory, HostError, PlanRefused
from .runner import Runner

JOURNAL_SCHEMA = 1

# The lists in slices, and what names an item of each.
ITEM_NAMES: Mapping[str, str] = {
    "networks": "label",
    "vlans": "name",
    "bridges": "name",
    "servers": "bridge",
    "addresses": "address",
    "instances": "name",
}


# What an item tells one run only. A lease that was taken over is in the server's own file from then on. Told again
# after a reboot, it would come back though its guest has given it back.
PASSING: Mapping[str, tuple[str, ...]] = {"servers": ("leases",)}


@dataclass(frozen=True)
class Journal:
    """The memory of one subsystem for one owner.

    :param ipam_uuid: identity of the IPAM whose plan was applied last; None for plans made by hand.
    :param generation: generation of that plan; None for plans made by hand.
    :param slice: the options that apply, as plain data: those of the last run, and what earlier runs without purge made
        and no later one spoke of. A reboot replays it. None before the first run.
    :param owned: what we own where the thing itself cannot carry a mark (addresses, memberships, moved routes).
    """

    ipam_uuid: str | None = None
    generation: int | None = None
    slice: Mapping[str, Any] | None = None
    owned: Mapping[str, Any] = field(default_factory=dict)


def journal_path(state_path: str, owner: str, subsystem: str) -> str:
    """Return where the journal of a subsystem lies."""
    return f"{state_path}/{owner}/{subsystem}.json"


def aside_path(path: str, text: str) -> str:
    """Return where a damaged journal is kept. Another text lies elsewhere, so that none is ever lost."""
    directory, _slash, name = path.rpartition("/")
    digest = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{directory}/damaged/{name}.{digest}"


def parse_journal(text: str | None, path: str) -> Journal:
    """Return the journal in a file's text, an empty one when there is no file.

    :raises DamagedMemory: the text is not a journal.
    :raises HostError: a newer release wrote it.
    """
    if text is None:
        return Journal()
    hint = "Restore it from a backup, or set set_aside_damaged to true: then only marks say what is ours."
    try:
        content = json.loads(text)
    except ValueError as error:
        raise DamagedMemory(f"state file {path}", f"is damaged ({error})", hint) from error
    if not isinstance(content, dict) or not isinstance(content.get("schema"), int):
        raise DamagedMemory(f"state file {path}", "is damaged (no schema number)", hint)
    if content["schema"] > JOURNAL_SCHEMA:
        raise HostError(
            f"state file {path}",
            f"has schema {content['schema']}, this release knows {JOURNAL_SCHEMA}",
            "Use the release of the collection that wrote it, or a newer one.",
        )
    if not isinstance(content.get("owned"), dict) or not isinstance(content.get("slice"), (dict, type(None))):
        raise DamagedMemory(f"state file {path}", "is damaged (unexpected content)", hint)
    return Journal(content.get("ipam_uuid"), content.get("generation"), content["slice"], content["owned"])


def render_journal(journal: Journal) -> str:
    """Return the text of a journal's file."""
    content = {
        "schema": JOURNAL_SCHEMA,
        "ipam_uuid": journal.ipam_uuid,
        "generation": journal.generation,
        "slice": journal.slice,
        "owned": journal.owned,
    }
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def admit(journal: Journal, ipam_uuid: str | None, generation: int | None) -> None:
    """Refuse a plan that must not replace the one that is applied.

    :raises PlanRefused: the plan comes from another IPAM, or is older than the applied one.
    """
    if ipam_uuid and journal.ipam_uuid and ipam_uuid != journal.ipam_uuid:
        raise PlanRefused(
            f"plan of IPAM {ipam_uuid}",
            f"is refused: this host follows IPAM {journal.ipam_uuid}",
            "Point the run at the right database, or tear the host down first.",
        )
    if generation is not None and journal.generation is not None and generation < journal.generation:
        raise PlanRefused(
            f"plan of generation {generation}",
            f"is refused: this host already has generation {journal.generation}",
            "Run again: a plan made now is newer.",
        )


def load_journal(runner: Runner, path: str) -> Journal:
    """Read a journal from its file."""
    return parse_journal(runner.read(path), path)


def save_journal(runner: Runner, path: str, journal: Journal) -> None:
    """Write a journal unless the file says the same already."""
    text = render_journal(journal)
    if runner.read(path) != text:
        runner.write(path, text, 0o600)


def with_plan(journal: Journal, ipam_uuid: str | None, generation: int | None, applied: Mapping[str, Any]) -> Journal:
    """Return the journal after a plan was applied; a plan made by hand keeps the identity of the one before."""
    return replace(
        journal,
        ipam_uuid=ipam_uuid or journal.ipam_uuid,
        generation=generation if generation is not None else journal.generation,
        slice=remembered_slice(journal.slice, applied),
    )


def remembered_slice(before: Mapping[str, Any] | None, applied: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be remembered of options that were applied: what shall be, with nothing that shall not be."""
    remembered = dict(applied)
    for key, name in ITEM_NAMES.items():
        if key in applied and isinstance(applied[key], (list, tuple)):
            spoken_of = {item[name] for item in applied[key]}
            kept = [] if applied.get("purge") else (before or {}).get(key) or ()
            earlier = [item for item in kept if item[name] not in spoken_of]
            present = (item for item in applied[key] if item.get("state") != "absent")
            remembered[key] = [*earlier, *(_lasting(item, PASSING.get(key, ())) for item in present)]
    return remembered


def _lasting(item: Mapping[str, Any], passing: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in passing}
