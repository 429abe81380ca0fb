# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bridges of an owner on a host: removed, then taken apart where they changed, then made as they shall be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..journal import Journal
from ..reconcile import Plan
from ..runner import Runner
from .addressing import arrange
from .batch import run_steps
from .checks import (
    addresses_in_use,
    check_addresses,
    check_bridge,
    check_removable,
    check_uplink,
    is_ours,
    record_for_removal,
    was_adopted,
)
from .draft import Draft
from .establish import establish, unwanted_addresses
from .management import connection_address, refuse_disturbance
from .operations import DeleteBridge, SetLink
from .ownership import RESTORED, Record, Uplink, records_from, records_to
from .reading import read_host
from .release import release
from .uplink import finish
from .view import Have, view_bridges
from .want import BridgeWant, Want, parse_want


class Bridges:
    """The subsystem behind ``nova_bridge``.

    :param owner: whose bridges.
    :param management_address: the address that the controller is connected to; empty to find it out.
    :param allow_management_interface: consent to touch the link that has it.
    """

    name = "bridges"

    def __init__(self, owner: str, management_address: str = "", allow_management_interface: bool = False) -> None:
        self.owner = owner
        self.management_address = management_address
        self.allow_management_interface = allow_management_interface

    def parse(self, applied: Mapping[str, Any]) -> Want:
        return parse_want(applied)

    def read(self, runner: Runner, want: Want, journal: Journal) -> Have:
        management = "" if self.allow_management_interface else connection_address(runner, self.management_address)
        return Have(self.owner, want, read_host(runner), records_from(journal.owned), management)

    def diff(self, want: Want, have: Have, journal: Journal) -> Plan[Have]:
        draft = Draft(self.owner, have.host.copy(), dict(have.records))
        for item in want.bridges:
            check_bridge(draft, item)
        for item in want.absent:
            _remove(draft, item.position, item.name, item)
        for name in have.purgeable:
            _remove(draft, "bridge", name)
        for item in want.bridges:
            _take_apart(draft, item)
        taken = addresses_in_use(draft.host)
        for item in want.bridges:
            check_uplink(draft, item)
            check_addresses(taken, item)
        moves = [establish(draft, item) for item in want.bridges]
        finish(draft, [move for move in moves if move])
        refuse_disturbance(draft, have.host, have.management, want)
        after = replace(have, host=draft.host, records=draft.records)
        return Plan(tuple(draft.changes), after, tuple(draft.steps), records_to(draft.records))

    def apply(self, runner: Runner, plan: Plan[Have]) -> None:
        run_steps(runner, plan.steps)

    def view(self, have: Have) -> list[dict[str, Any]]:
        return view_bridges(have)


def _remove(draft: Draft, position: str, name: str, item: BridgeWant | None = None) -> None:
    """Remove a bridge that we made, give back one that we adopted, and leave alone one that is not ours."""
    link = draft.host.links.get(name)
    if link is not None and not is_ours(draft, name):
        draft.records.pop(name, None)
        return
    record = record_for_removal(draft, name, item)
    if item and link and not record.uplink and item.interface in draft.host.ports(name):
        record = replace(record, uplink=Uplink(item.interface))
    adopted = link is not None and was_adopted(link, record)
    if link and not adopted:
        check_removable(draft, position, link, record)
    draft.records[name] = record
    release(draft, position, name, kept=adopted)
    if adopted:
        _give_back(draft, name, record)
    elif link:
        draft.do(DeleteBridge(name))
        draft.note("delete", "bridge", name)
    del draft.records[name]


def _give_back(draft: Draft, name: str, record: Record) -> None:
    link = draft.host.links[name]
    arrange(draft, name, (), [text for text in record.addresses if link.address(text)])
    found: Mapping[str, Any] = record.found or {"alias": ""}
    for key in RESTORED:
        if key in found and getattr(link, key) != found[key]:
            draft.do(SetLink(name, key, found[key]))
    if found.get("up") is False and link.up:
        draft.do(SetLink(name, "up", False))
    draft.note("update", "bridge", name, "given back as it was found")


def _take_apart(draft: Draft, item: BridgeWant) -> None:
    """Let go of what a bridge shall not have any more, before another one may get it."""
    record = draft.records.get(item.name)
    if record is None:
        return
    if record.uplink and record.uplink.name != item.interface:
        release(draft, item.position, item.name, kept=item.name in draft.host.links)
        record = replace(draft.records[item.name], uplink=None)
        draft.records[item.name] = record
    if item.name in draft.host.links:
        arrange(draft, item.name, (), unwanted_addresses(draft, item))
