# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many processes that allocate and release at random in one IPAM, some of them killed in between.

A program of its own, as the driver of PostgreSQL may exist for another interpreter than that of the tests. What to do
comes as JSON on standard input; it forks the workers, each of which writes a journal: what it begins, what came of it.
"""

from __future__ import annotations

import ctypes
import functools
import ipaddress
import json
import mmap
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.errors import NovaError
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema, store
from ansible_collections.novanet.network.plugins.module_utils.ipam.acknowledge import acknowledge
from ansible_collections.novanet.network.plugins.module_utils.ipam.copying import copy_ipam
from ansible_collections.novanet.network.plugins.module_utils.ipam.database import open_engine
from ansible_collections.novanet.network.plugins.module_utils.ipam.floating import apply_floating_addresses
from ansible_collections.novanet.network.plugins.module_utils.ipam.floating_pools import apply_pools
from ansible_collections.novanet.network.plugins.module_utils.ipam.instances import apply_instances
from ansible_collections.novanet.network.plugins.module_utils.ipam.networks import apply_networks, read_defaults
from ansible_collections.novanet.network.plugins.module_utils.ipam.projects import ensure_project
from ansible_collections.novanet.network.plugins.module_utils.ipam.run import run_operation
from ansible_collections.novanet.network.plugins.module_utils.ipam.sql import select
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Caller, Transaction, reading

HOSTS = ["net1", "c0", "c1", "c2", "c3"]
NETWORK = {"label": "private", "cidr": "10.0.0.0/16", "host": "net1", "bridge": "br100"}
POOL = {"name": "nova", "ranges": ["198.18.0.0/16"]}
# How many instances a project has at most, in lists.
LIVE = 4
# How many lists the first worker does before the others are there.
FIRST_LISTS = 10
# How often each kind is chosen.
WEIGHTS = {"boot": 22, "delete": 18, "move": 10, "grab": 22, "name": 6, "drop": 9, "confirm": 2}


def keep_connections() -> Callable[[], None]:
    """Let each process open the database once and stay connected, so that all it does is to work in it.

    A module opens it for its one transaction; what that costs is much more than the transaction, and in nobody's way.

    :returns: what closes the connections again. What was compiled stays, also for those who are forked then.
    """
    engines: list[Any] = []

    @functools.cache
    def opened(url: str, writing: bool) -> Any:
        engine: Any = open_engine(url, writing)
        engine.dispose = lambda: None
        engines.append(engine)
        return engine

    def close() -> None:
        for engine in engines:
            type(engine).dispose(engine)

    store.open_engine = opened
    return close


def last_ones(slots: int) -> int:
    """Return how many addresses many compete for: ten, and fewer where only few do."""
    return min(10, max(2, slots // 4))


def set_up(url: str, slots: int) -> None:
    """Make the cloud that the workers live in."""

    def operate(work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
        apply_networks(work, [NETWORK], read_defaults("flatdhcp", {"flat_interface": "eth2"}), False)
        apply_pools(work, [POOL, {"name": "last", "ranges": [f"198.51.100.1-198.51.100.{last_ones(slots)}"]}])
        for slot in range(slots):
            ensure_project(work, f"p{slot}")
        return {}

    run_operation(url, Caller("base"), operate, {})


class Board:
    """Memory that all processes see, with a place for each."""

    def __init__(self, slots: int) -> None:
        # How many operations were begun there, and whether one is in its transaction now.
        self.begun = memoryview(mmap.mmap(-1, 8 * slots)).cast("Q")
        self.inside = memoryview(mmap.mmap(-1, 8 * slots)).cast("Q")


class Worker:
    """One process. It knows what its project has, and asks for more, for less, or for something else."""

    def __init__(self, url: str, directory: Path, slot: int, number: int, board: Board, most: int = 1) -> None:
        self.url, self.project, self.number, self.most = url, f"p{slot}", number, most
        self.slot, self.board = slot, board
        self.attempts = 0
        self.random = random.Random(number)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self.journal = os.open(directory / f"{slot}.{number}.journal", flags)
        # The hosts of its instances, the oldest first.
        self.instances: dict[str, str] = {}
        self.floating: list[str] = []
        self.refused = ""

    def adopt(self) -> None:
        """Take over what the one before it has left behind."""
        instances, floating = schema.instances, schema.floating_ips
        mine = select(instances.c.name, instances.c.host).where(instances.c.project == self.project)
        first, last = int(ipaddress.IPv4Address("198.51.100.0")), int(ipaddress.IPv4Address("198.51.100.255"))
        owned = select(floating.c.address).where(floating.c.project == self.project)
        with reading(self.url) as work:
            rows = work.connection.execute(mine.order_by(instances.c.id))
            self.instances = {row.name: row.host for row in rows}
            addresses = work.connection.execute(owned.where(floating.c.address.between(first, last))).scalars()
            self.floating = [str(ipaddress.IPv4Address(address)) for address in addresses]

    def run(self, count: int) -> None:
        index = 0
        while count > 0:
            index += 1
            kind = self.choose()
            name = f"w{self.number}.{index}"
            size = min(count, self.size(kind))
            count -= size
            self.write({"begin": name, "kind": kind, "size": size, "again": kind == self.refused})
            self.board.begun[self.slot] += size
            self.attempts = 0
            options = {"name": name, "kind": kind, "size": size}
            try:
                work, results = run_operation(self.url, Caller(name), self.operate, options)
                outcome: dict[str, Any] = {"changes": [change.describe() for change in work.changes], **results}
                self.refused = ""
            except NovaError as error:
                outcome = {"refused": type(error).__name__, "message": str(error)}
                self.refused = kind
            self.board.inside[self.slot] = 0
            self.write({"done": name, "attempts": self.attempts, **outcome})
            self.remember(kind, outcome)

    def operate(self, work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
        self.attempts += 1
        self.board.inside[self.slot] = 1
        result: dict[str, Any] = getattr(self, options["kind"])(work, options)
        return result

    def choose(self) -> str:
        """Return what to do next; what was refused is often tried again at once."""
        if self.refused and self.random.random() < 0.5:
            return self.refused
        weights = dict(WEIGHTS)
        if len(self.instances) >= LIVE * self.most:
            del weights["boot"]
        if not self.instances:
            del weights["delete"], weights["move"]
        if not self.floating:
            del weights["drop"]
        else:
            del weights["grab"]
        return self.random.choices([*weights], [*weights.values()])[0]

    def size(self, kind: str) -> int:
        """Return for how many things one call asks. Of the last addresses everybody takes one at a time."""
        if kind not in ("boot", "delete", "move"):
            return 1
        size = self.random.randint(1, 2 * self.most - 1)
        return size if kind == "boot" else min(size, len(self.instances))

    def remember(self, kind: str, outcome: Mapping[str, Any]) -> None:
        if "refused" in outcome:
            return
        if kind in ("boot", "move"):
            self.instances.update(outcome["hosts"])
        elif kind == "delete":
            for name in outcome["instances"]:
                del self.instances[name]
        elif kind in ("grab", "name") and outcome["address"] not in self.floating:
            self.floating.append(outcome["address"])
        elif kind == "drop":
            self.floating.remove(outcome["address"])

    def write(self, entry: Mapping[str, Any]) -> None:
        # At once, and out of the process: what was written survives its death.
        os.write(self.journal, f"{json.dumps(entry)}\n".encode())

    def boot(self, work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
        names = [f"{options['name'].replace('.', '-')}-{index}" for index in range(options["size"])]
        items: list[dict[str, Any]] = [
            {"name": name, "project": self.project, "host": self.random.choice(HOSTS[1:])} for name in names
        ]
        for item in items:
            if self.random.random() < 0.1:
                item["floating_ip"] = {"pool": "nova"}
        apply_instances(work, items, {"manager": "flatdhcp"})
        return {"hosts": {item["name"]: item["host"] for item in items}}

    def delete(self, work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
        names = [*self.instances][: options["size"]]
        apply_instances(work, [{"name": name, "state": "absent"} for name in names], {"manager": "flatdhcp"})
        return {"instances": names}

    def move(self, work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
        names = self.random.sample([*self.instances], options["size"])
        others = {name: [host for host in HOSTS[1:] if host != self.instances[name]] for name in names}
        hosts = {name: self.random.choice(others[name]) for name in names}
        apply_instances(work, [{"name": name, "host": hosts[name]} for name in names], {"manager": "flatdhcp"})
        return {"hosts": hosts}

    def grab(self, work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
        return self._take(work, {"pool": "last"})

    def name(self, work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
        number = self.random.randint(1, last_ones(len(self.board.begun)))
        return self._take(work, {"address": f"198.51.100.{number}"})

    def _take(self, work: Transaction, item: Mapping[str, Any]) -> dict[str, Any]:
        (view,) = apply_floating_addresses(work, [{"project": self.project, **item}], {})
        return {"address": view["address"]}

    def drop(self, work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
        address = self.floating[0]
        apply_floating_addresses(work, [{"address": address, "state": "absent"}], {})
        return {"address": address}

    def confirm(self, work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
        reports = [{"host": host, "generation": work.generation - 1, "leases": []} for host in HOSTS]
        return {"free": acknowledge(work, reports)}


class Crowd:
    """All workers, and who kills some of them."""

    def __init__(self, url: str, directory: Path, slots: int, each: int, kills: int, most: int) -> None:
        self.url, self.directory, self.most = url, directory, most
        self.each, self.total = each, each * slots
        self.kills, self.killed = kills, 0
        self.number = 0
        self.running: dict[int, int] = {}
        self.board = Board(slots)
        self.random = random.Random(slots)

    def begin(self, close_connections: Callable[[], None] | None) -> None:
        """Start all workers.

        :param close_connections: given where connections are kept. Then the first one begins before it is forked: what
            is compiled for it is there for all of them.
        """
        if close_connections is not None:
            Worker(self.url, self.directory, 0, 0, self.board, self.most).run(FIRST_LISTS * self.most)
            close_connections()
        for slot in range(len(self.board.begun)):
            self.start(slot, self.board.begun[slot] > 0)

    def start(self, slot: int, again: bool) -> None:
        self.number += 1
        pid = os.fork()
        if pid == 0:
            try:
                _die_with_parent()
                worker = Worker(self.url, self.directory, slot, self.number, self.board, self.most)
                if again:
                    worker.adopt()
                worker.run(self.each - self.board.begun[slot])
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        self.running[pid] = slot

    def watch(self) -> None:
        """Kill one whenever a part of the work is done, and let another one go on with what it had not begun."""
        shown = time.monotonic()
        while self.running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid:
                slot = self.running.pop(pid)
                self.board.inside[slot] = 0
                if os.WIFSIGNALED(status):
                    self.start(slot, True)
                elif status:
                    raise SystemExit(f"worker {slot} failed")
                continue
            time.sleep(0.005)
            done = sum(self.board.begun)
            if self.killed < self.kills and done * (self.kills + 1) > self.total * (self.killed + 1):
                self.kill_one()
            if time.monotonic() - shown > 15:
                shown = time.monotonic()
                print(f"{done:,} of {self.total:,} operations", file=sys.stderr, flush=True)

    def kill_one(self) -> None:
        """Kill one in the middle of a transaction, wherever in it that is; now and then anyone."""
        inside = [pid for pid, slot in self.running.items() if self.board.inside[slot]]
        if not inside and self.random.random() < 0.9:
            return
        os.kill(self.random.choice(inside or [*self.running]), signal.SIGKILL)
        self.killed += 1

    def end(self) -> None:
        """End whoever still runs."""
        for pid in self.running:
            os.kill(pid, signal.SIGKILL)


def _die_with_parent() -> None:
    """Let nobody go on whose end no one waits for (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def main() -> None:
    """Do what standard input says, and say how long it took."""
    task = json.load(sys.stdin)
    set_up(task["url"], task["processes"])
    close_connections = keep_connections() if task["keep_connections"] else None
    start = time.monotonic()
    each = -(-task["operations"] // task["processes"])
    crowd = Crowd(task["url"], Path(task["directory"]), task["processes"], each, task["kills"], task["most"])
    try:
        # A connection must not be shared by those who are forked.
        crowd.begin(close_connections)
        crowd.watch()
    finally:
        crowd.end()
    seconds = time.monotonic() - start
    copy_ipam(task["url"], task["document"])
    print(json.dumps({"seconds": seconds, "killed": crowd.killed}))


if __name__ == "__main__":
    main()
