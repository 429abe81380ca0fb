# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host remembers, read and tried file by file: a damaged one is named, and the others are still good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import NovaError
from .announce import PacketAnnouncer
from .boot_slices import LISTS, WRONG_DATA, Memory, lost_subsystems
from .dhcp.subsystem import DhcpServers
from .firewall import Firewall
from .firewall_input import from_owned
from .floating import Floating
from .floating_input import FloatingAddress
from .journal import ITEM_NAMES, Journal, journal_path, load_journal
from .link.access import Access
from .link.bridges import Bridges
from .link.ownership import records_from
from .link.vlan_ownership import vlans_from
from .link.vlans import Vlans
from .reconcile import Subsystem
from .runner import Runner


@dataclass(frozen=True)
class Stored:
    """A subsystem whose slices are stored.

    :param build: (owner, state path) to the subsystem.
    :param recall: reads the ownership document as the subsystem does, and so tries it.
    """

    build: Callable[[str, str], Subsystem[Any, Any]]
    recall: Callable[[Mapping[str, Any]], object]


def _recall_floating(owned: Mapping[str, Any]) -> object:
    addresses = [FloatingAddress(address, **each) for address, each in owned.get("addresses", {}).items()]
    return addresses, {address: tuple(places) for address, places in owned.get("assigned", {}).items()}


# At boot there is no controller whose connection could be cut; what was applied once was consented to.
STORED: Mapping[str, Stored] = {
    "firewall": Stored(Firewall, from_owned),
    "vlans": Stored(lambda owner, _path: Vlans(owner, access=Access(consent=True), replace_own=True), vlans_from),
    "bridges": Stored(lambda owner, _path: Bridges(owner, access=Access(consent=True)), records_from),
    "dhcp": Stored(DhcpServers, lambda owned: owned),
    "floating": Stored(lambda owner, _path: Floating(owner, PacketAnnouncer()), _recall_floating),
}


def read_owners(runner: Runner, state_path: str) -> tuple[str, ...]:
    """Return the owners that have anything stored, sound or not."""
    files = {f"{name}.json" for name in LISTS}
    return tuple(name for name in runner.names(state_path) if files & {*runner.names(f"{state_path}/{name}")})


def read_memory(runner: Runner, state_path: str, owner: str) -> Memory:
    """Read and try all that is stored for an owner."""
    journals: dict[str, Journal] = {}
    failed: dict[str, str] = {}
    for name in LISTS:
        path = journal_path(state_path, owner, name)
        if f"{name}.json" not in runner.names(f"{state_path}/{owner}"):
            continue
        try:
            journals[name] = load_journal(runner, path)
            _try(name, journals[name], owner, state_path)
        except NovaError as error:
            known = path in error.subject
            failed[name] = f"{error.subject} {error.reason}" if known else f"state file {path} is damaged ({error})"
        except WRONG_DATA as error:
            failed[name] = f"state file {path} is damaged (unexpected content: {error!r})"
    present = {**journals, **dict.fromkeys(failed, Journal())}
    for name in lost_subsystems({**present, **journals}):
        failed[name] = f"state file {journal_path(state_path, owner, name)} is missing"
    return Memory(owner, {name: each for name, each in journals.items() if name not in failed}, failed)


def with_failure(memory: Memory, name: str, reason: str) -> Memory:
    """Return the memory after a subsystem turned out not to be usable."""
    return replace(memory, failed={**memory.failed, name: reason})


def _try(name: str, journal: Journal, owner: str, state_path: str) -> None:
    """Raise what using a journal would raise."""
    stored = STORED.get(name)
    if stored is None or journal.slice is None:
        return
    stored.build(owner, state_path).parse(journal.slice)
    stored.recall(journal.owned)
    items, key = journal.slice[LISTS[name]], ITEM_NAMES[LISTS[name]]
    if not all(isinstance(item[key], str) for item in items):
        raise ValueError(f"{key} is no text")
