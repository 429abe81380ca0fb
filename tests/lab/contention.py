# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of an IPAM in which many processes worked at once: its tables, its audit and their journals compared.

Each operation has an actor of its own in the audit, so the audit says which of them are there, and whether as a whole.
"""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.tools.tree import link_collection

from .errors import LabError
from .modules import import_path
from .node import ENVIRONMENT, PYTHON

WORKER = Path(__file__).with_name("contention_worker.py")
BASE = "base"
# What an operation writes into the audit for each thing that it is about, exactly once or at most once.
_SHAPES: Mapping[str, tuple[Counter[str], set[str]]] = {
    "boot": (Counter(["create instance", "create fixed IP"]), {"create floating IP"}),
    "delete": (Counter(["delete instance", "delete fixed IP"]), {"delete floating IP"}),
    "move": (Counter(["update instance"]), set()),
    "grab": (Counter(["create floating IP"]), set()),
    "name": (Counter(["create floating IP"]), set()),
    "drop": (Counter(["delete floating IP"]), set()),
}
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Operation:
    """What a worker began.

    :param size: how many things it is about.
    :param again: it was refused just before, and tried again.
    :param outcome: what it was told; None when it was killed before.
    """

    name: str
    kind: str
    size: int
    again: bool
    outcome: Mapping[str, Any] | None

    @property
    def repetitions(self) -> int:
        """How often the database undid it in favour of others, and it was begun anew."""
        return max(0, (self.outcome or {}).get("attempts", 1) - 1)

    @property
    def succeeded(self) -> bool:
        """Tell whether it was told that it has what it wanted."""
        return self.outcome is not None and "refused" not in self.outcome


@dataclass(frozen=True)
class Aftermath:
    """All that is left when everybody has ended."""

    seconds: float
    killed: int
    operations: tuple[Operation, ...]
    tables: Mapping[str, Rows]

    def summary(self) -> dict[str, int]:
        """Return how often what happened."""
        refused = Counter(o.outcome["refused"] for o in self.operations if o.outcome and "refused" in o.outcome)
        known = {event["actor"] for event in self.tables["events"]}
        unfinished = [operation for operation in self.operations if operation.outcome is None]
        return {
            "calls": len(self.operations),
            "operations": sum(operation.size for operation in self.operations),
            "succeeded": sum(operation.succeeded for operation in self.operations),
            "refused": sum(refused.values()),
            "exhausted": refused["Exhausted"],
            "conflicts": refused["Conflict"],
            "won after a refusal": sum(o.again and o.succeeded for o in self.operations),
            "repeated for the database": sum(operation.repetitions for operation in self.operations),
            "killed": self.killed,
            "unfinished and whole": sum(operation.name in known for operation in unfinished),
            "unfinished and absent": sum(operation.name not in known for operation in unfinished),
        }


def run_crowd(
    url: str,
    directory: Path,
    *,
    processes: int,
    operations: int,
    kills: int,
    most: int = 1,
    keep_connections: bool = False,
    timeout: float = 7200.0,
) -> Aftermath:
    """Let many processes work in an empty database, kill some, and return what is left.

    :param operations: how many things are made, changed or removed.
    :param most: how many of them one call asks for on average, where it is about instances.
    :param directory: an empty one, for the journals.
    """
    document = directory / "ipam.json"
    task = {"url": url, "directory": str(directory), "document": str(document), "processes": processes}
    task |= {"operations": operations, "kills": kills, "most": most, "keep_connections": keep_connections}
    environment = {**ENVIRONMENT, "PYTHONPATH": str(import_path(directory, link_collection()))}
    done = subprocess.run(
        ["setpriv", "--pdeathsig=TERM", "--", PYTHON, str(WORKER)],
        input=json.dumps(task),
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        timeout=timeout,
        check=False,
    )
    if done.returncode != 0:
        raise LabError(f"the workers ended with {done.returncode}")
    told = json.loads(done.stdout)
    tables = json.loads(document.read_text())["tables"]
    return Aftermath(told["seconds"], told["killed"], tuple(_operations(directory)), tables)


def _operations(directory: Path) -> Iterator[Operation]:
    for journal in sorted(directory.glob("*.journal")):
        begun: dict[str, Any] | None = None
        for line in journal.read_text().splitlines():
            entry = json.loads(line)
            if "begin" in entry:
                begun = entry
            elif begun is not None:
                yield _operation(begun, entry)
                begun = None
        if begun is not None:
            yield _operation(begun, None)


def _operation(begun: Mapping[str, Any], outcome: Mapping[str, Any] | None) -> Operation:
    return Operation(begun["begin"], begun["kind"], begun["size"], begun["again"], outcome)


def problems(after: Aftermath) -> list[str]:
    """Return everything that must not be."""
    return [
        *_problems_of_operations(after),
        *_problems_of_generations(after),
        *_problems_of_history(after.tables),
        *_problems_of_space(after.tables),
    ]


def _problems_of_operations(after: Aftermath) -> Iterator[str]:
    """Every operation is there as a whole or not at all, and whoever was told so is right."""
    events: dict[str, list[Mapping[str, Any]]] = {}
    for event in after.tables["events"]:
        events.setdefault(event["actor"], []).append(event)
    yield from (f"{name} is in the audit and in no journal" for name in _unknown(events, after.operations))
    for operation in after.operations:
        found = events.get(operation.name, [])
        told = [f"{event['action']} {event['kind']}" for event in found]
        if operation.outcome is not None:
            changes = operation.outcome.get("changes", [])
            # A confirmation is nobody's wish: it changes nothing, and tells of what has become free.
            free = operation.outcome.get("free", [])
            names = [event["name"] for event in found]
            if operation.kind == "confirm":
                if not set(names) <= set(free):
                    yield f"{operation.name} freed {names}, and told of {free}"
            elif len(told) != len(changes) or any(name not in " ".join(changes) for name in names):
                yield f"{operation.name} told of {changes}, the audit of {told} {names}"
        if found and operation.kind != "confirm" and not _is_whole(operation, told):
            yield f"{operation.name} ({operation.kind}) is there in part: {told}"


def _unknown(events: Mapping[str, Any], operations: Sequence[Operation]) -> list[str]:
    return sorted(set(events) - {operation.name for operation in operations} - {BASE})


def _is_whole(operation: Operation, told: Sequence[str]) -> bool:
    required, optional = _SHAPES[operation.kind]
    rest = Counter(told)
    rest.subtract({what: count * operation.size for what, count in required.items()})
    return all(count == 0 or (0 < count <= operation.size and what in optional) for what, count in rest.items())


def _problems_of_generations(after: Aftermath) -> Iterator[str]:
    """Nobody's change was overwritten: each has a generation of its own, and none is missing."""
    observers = {operation.name for operation in after.operations if operation.kind == "confirm"}
    generations: dict[int, set[str]] = {}
    for event in after.tables["events"]:
        if event["actor"] not in observers:
            generations.setdefault(event["generation"], set()).add(event["actor"])
    yield from (f"generation {number} belongs to {who}" for number, who in generations.items() if len(who) > 1)
    last = after.tables["meta"][0]["generation"]
    if sorted(generations) != list(range(1, last + 1)):
        yield f"generations are {len(generations)}, the database says {last}"


def _problems_of_history(tables: Mapping[str, Rows]) -> Iterator[str]:
    """What the audit tells, from the beginning to the end, never gives an address twice and leads to what there is."""
    history = _History()
    for event in sorted(tables["events"], key=lambda event: event["id"]):
        history.go_on(event)
    yield from history.problems
    fixed = {(_dotted(row["address"]), row["state"], row["instance"]) for row in tables["fixed_ips"]}
    floating = {(_dotted(row["address"]), row["project"]) for row in tables["floating_ips"]}
    instances = {(row["name"], row["host"]) for row in tables["instances"]}
    for what, told, there in (
        ("fixed IPs", history.fixed_ips(), fixed),
        ("floating IPs", set(history.floating.items()), floating),
        ("instances", set(history.instances.items()), instances),
    ):
        if told != there:
            yield f"{what}: the audit alone has {sorted(told - there)}, the tables alone have {sorted(there - told)}"


class _History:
    """Who has what, as the audit tells it."""

    def __init__(self) -> None:
        self.fixed: dict[str, tuple[str, str]] = {}
        self.floating: dict[str, str] = {}
        self.instances: dict[str, str] = {}
        self.problems: list[str] = []

    def fixed_ips(self) -> set[tuple[str, str, str]]:
        return {(address, *state) for address, state in self.fixed.items()}

    def go_on(self, event: Mapping[str, Any]) -> None:
        holders: dict[str, dict[str, Any]]
        holders = {"fixed IP": self.fixed, "floating IP": self.floating, "instance": self.instances}
        held = holders.get(event["kind"])
        if held is None:
            return
        name, after = event["name"], event["after"]
        # A floating address that waited for a host is free again: it was nobody's before.
        was_nobodys = event["before"] is None and after is None and name not in held
        if not was_nobodys and (event["action"] == "create") == (name in held):
            self.problems.append(
                f"{event['actor']}: {event['action']} {event['kind']} {name}, held by {held.get(name)}"
            )
        if after is None:
            held.pop(name, None)
        elif event["kind"] == "fixed IP":
            held[name] = (after["state"], after["instance"])
        else:
            held[name] = after["project"] if event["kind"] == "floating IP" else after["host"]


def _problems_of_space(tables: Mapping[str, Rows]) -> Iterator[str]:
    """Every address is in exactly one place."""
    waiting = {row["address"] for row in tables["withdrawals"] if row["kind"] == "floating"}
    (network,) = tables["networks"]
    places = {
        "network": (
            range(network["first"], network["last"] + 1),
            [*_spread(tables["fixed_extents"]), *_spread(tables["fixed_reservations"])],
            [row["address"] for row in tables["fixed_ips"]],
        ),
        "pools": (
            _spread(tables["floating_ranges"]),
            [*_spread(tables["floating_extents"]), *waiting],
            [row["address"] for row in tables["floating_ips"]],
        ),
    }
    for what, (everything, free, held) in places.items():
        count = Counter([*free, *held])
        yield from (f"{what}: {_dotted(address)} is in {n} places" for address, n in count.items() if n > 1)
        if set(count) != set(everything):
            yield f"{what}: {len(set(everything) ^ set(count))} addresses are nowhere, or come from nowhere"


def _spread(rows: Rows) -> list[int]:
    return [address for row in rows for address in range(row["first"], row["last"] + 1)]


def _dotted(address: int) -> str:
    return str(ipaddress.IPv4Address(address))


def fast_directory() -> Path | None:
    """Return where files wait for no disc, as neither database does in a comparison; None when there is no such."""
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else None
