# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that runs at boot, and whenever ``novanet.service`` is restarted: no Ansible, no controller.

It applies all stored slices in converge order, then turns forwarding on and opens the bridges that ``early`` closed.
What it changes goes to standard output, what stays down to standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from ..errors import NovaError
from .boot_early import RESTORED, close_bridges, has_table
from .boot_memory import STORED, read_memory, read_owners, with_failure
from .boot_runner import HoldingRunner
from .boot_slices import (
    RULES,
    WRONG_DATA,
    Memory,
    bridges_without_rules,
    moved_addresses,
    needed_interfaces,
    select,
    single_items,
    tables_of_failed,
)
from .guard import guarded_places
from .guard_end import drop_stale
from .journal import journal_path
from .link.model import Link
from .link.reading import read_links
from .reconcile import Request, reconcile
from .runner import Runner, SystemRunner

POLL = 0.1


@dataclass
class Restore:
    """One run.

    :param memories: by owner.
    :param guarded: subsystems with a change that waits to be confirmed, by owner: they are not ours to touch.
    :param down: sentences about what is damaged, missing or stays down.
    """

    runner: Runner
    state_path: str
    wait: float
    out: TextIO
    error: TextIO
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    memories: dict[str, Memory] = field(default_factory=dict)
    guarded: set[tuple[str, str]] = field(default_factory=set)
    down: int = 0
    repaired: int = 0

    def run(self) -> int:
        """Apply what is stored; return the exit code."""
        self._settle_guards()
        self._remember()
        self._await_interfaces()
        holding = HoldingRunner(self.runner, self._damaged_files())
        for name in STORED:
            for owner in self.memories:
                self._apply(holding, owner, name)
        holding.release()
        close_bridges(self.runner, self._unruled())
        self.runner.write(RESTORED, "")
        self._say(self.out, f"{self.repaired or 'no'} changes" + (f", {self.down} problems" if self.down else ""))
        return 1 if self.down else 0

    def _settle_guards(self) -> None:
        """Say which changes nobody confirmed before the boot: they are not in what is stored, and do not come back."""
        for place in guarded_places(self.runner, self.state_path):
            try:
                sentence = drop_stale(self.runner, place)
            except NovaError as error:
                self._fail(place.owner, str(error))
                continue
            if sentence:
                self._say(self.out, sentence)
            else:
                self.guarded.add((place.owner, place.subsystem))

    def _remember(self) -> None:
        for owner in read_owners(self.runner, self.state_path):
            self.memories[owner] = read_memory(self.runner, self.state_path, owner)
            for reason in self.memories[owner].failed.values():
                self._fail(owner, f"{reason}. Restore it from a backup, or run the playbook novanet.network.cleanup.")

    def _damaged_files(self) -> list[str]:
        memories = self.memories.values()
        return [journal_path(self.state_path, memory.owner, name) for memory in memories for name in memory.failed]

    def _await_interfaces(self) -> None:
        """Wait for what somebody else brings, and for the addresses that go from an uplink to its bridge."""
        deadline = self.clock() + self.wait
        while not self._settled(read_links(self.runner)) and self.clock() < deadline:
            self.sleep(POLL)

    def _settled(self, links: Mapping[str, Link]) -> bool:
        for memory in self.memories.values():
            if not needed_interfaces(memory) <= {*links}:
                return False
            for bridge, (uplink, addresses) in moved_addresses(memory).items():
                found = {item.local for name in (bridge, uplink) if name in links for item in links[name].addresses}
                if not addresses <= found:
                    return False
        return True

    def _apply(self, runner: Runner, owner: str, name: str) -> None:
        if (owner, name) in self.guarded:
            self._say(self.out, f"{owner}: the {name} are left as they are: a change of them waits to be confirmed")
            return
        memory = self.memories[owner]
        chosen = select(memory, name, read_links(runner))
        for sentence in chosen.down:
            self._fail(owner, sentence)
        if chosen.slice is None:
            return
        reason = self._reconcile(runner, owner, name, chosen.slice, chosen.part)
        if not reason:
            return
        parts = single_items(chosen.slice, name) if name not in RULES else ()
        if len(parts) < 2:
            self._fail(owner, reason)
            self.memories[owner] = with_failure(memory, name, reason)
            return
        for title, part in parts:
            reason = self._reconcile(runner, owner, name, part, True)
            if reason:
                self._fail(owner, f"{title} stays down: {reason}")

    def _reconcile(self, runner: Runner, owner: str, name: str, chosen: Mapping[str, Any], part: bool) -> str:
        """Apply a slice; return why that failed, nothing when it did not."""
        subsystem = STORED[name].build(owner, self.state_path)
        try:
            outcome = reconcile(subsystem, chosen, runner, Request(owner, self.state_path, part=part))
        except NovaError as error:
            return str(error)
        except WRONG_DATA as error:
            return f"state file {journal_path(self.state_path, owner, name)} is damaged (unexpected content: {error!r})"
        for change in outcome.changes:
            self._say(self.out, f"{owner}: {change.describe()}")
        self.repaired += len(outcome.changes)
        return ""

    def _unruled(self) -> set[str]:
        """Return the bridges whose rules failed and are not in the kernel either, from before."""
        closed: set[str] = set()
        for memory in self.memories.values():
            if not all(has_table(self.runner, *table) for table in sorted(tables_of_failed(memory))):
                closed |= bridges_without_rules(memory).keys()
        return closed

    def _fail(self, owner: str, sentence: str) -> None:
        self.down += 1
        # In the journal of systemd this is the mark of an error.
        self._say(self.error, f"{'<3>' if os.environ.get('JOURNAL_STREAM') else ''}{owner}: {sentence}")

    @staticmethod
    def _say(stream: TextIO, sentence: str) -> None:
        stream.write(f"{sentence}\n")
        stream.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; return its exit code: 0 when all is as it was."""
    parser = argparse.ArgumentParser(prog="novanet", description=__doc__)
    parser.add_argument("action", choices=("restore",))
    parser.add_argument("--state-path", required=True, help="where the slices are stored")
    parser.add_argument("--wait", type=float, default=10, help="longest time to wait for interfaces, in seconds")
    options = parser.parse_args(arguments)
    run = Restore(SystemRunner(), options.state_path, options.wait, sys.stdout, sys.stderr)
    try:
        return run.run()
    except NovaError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
