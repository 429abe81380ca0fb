# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bridges of an owner on a host: removed, then taken apart where they changed, then made as they shall be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..journal import Journal
from ..reconcile import Plan
from ..runner import Runner
from .batch import run_steps
from .checks import addresses_in_use, check_addresses, check_bridge, check_uplink
from .draft import Draft
from .establish import establish
from .management import connection_address, refuse_disturbance
from .model import Link
from .ownership import records_from, records_to
from .reading import read_host
from .removal import take_apart
from .uplink import finish
from .view import Have, view_bridges
from .want import Want, parse_want


class Bridges:
    """The subsystem behind ``nova_bridge``.

    :param owner: whose bridges.
    :param management_address: the address that the controller is connected to; empty to find it out.
    :param allow_management_interface: consent to touch the link that has it.
    :param foreseen: interfaces that are made before the bridges: name, MAC address and perhaps MTU of each. A preview
        makes none of them, and yet has to say what would come of them.
    """

    name = "bridges"

    def __init__(
        self,
        owner: str,
        management_address: str = "",
        allow_management_interface: bool = False,
        foreseen: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self.owner = owner
        self.management_address = management_address
        self.allow_management_interface = allow_management_interface
        self.foreseen = foreseen

    def parse(self, applied: Mapping[str, Any]) -> Want:
        return parse_want(applied)

    def read(self, runner: Runner, want: Want, journal: Journal) -> Have:
        management = "" if self.allow_management_interface else connection_address(runner, self.management_address)
        host = read_host(runner)
        for item in self.foreseen:
            link = Link(item["name"], mac=item["mac"], mtu=item.get("mtu") or 1500, up=True)
            host.links.setdefault(link.name, link)
        return Have(self.owner, want, host, records_from(journal.owned), management)

    def diff(self, want: Want, have: Have, journal: Journal) -> Plan[Have]:
        draft = Draft(self.owner, have.host.copy(), dict(have.records))
        for item in want.bridges:
            check_bridge(draft, item)
        take_apart(draft, want, have.purgeable)
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
