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
from .access import Access
from .batch import run_steps
from .checks import addresses_in_use, check_addresses, check_bridge, check_uplink
from .draft import Draft
from .establish import establish
from .heeding import arrange_heeding
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
    :param access: how the link of the controller's connection is treated.
    :param foreseen: interfaces that are made before the bridges: name, MAC address and perhaps MTU of each. A preview
        makes none of them, and yet has to say what would come of them.
    """

    name = "bridges"

    def __init__(
        self,
        owner: str,
        access: Access | None = None,
        foreseen: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self.owner = owner
        self.access = access or Access()
        self.foreseen = foreseen

    def parse(self, applied: Mapping[str, Any]) -> Want:
        return parse_want(applied)

    def read(self, runner: Runner, want: Want, journal: Journal) -> Have:
        reach, host = self.access.read(runner), read_host(runner, [item.interface for item in want.bridges])
        for item in self.foreseen:
            link = Link(item["name"], mac=item["mac"], mtu=item.get("mtu") or 1500, up=True)
            host.links.setdefault(link.name, link)
        return Have(self.owner, want, host, records_from(journal.owned), reach, reach.sight.own)

    def diff(self, want: Want, have: Have, journal: Journal) -> Plan[Have]:
        have.reach.sight.refuse_others()
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
        arrange_heeding(draft, want.bridges, have.host)
        guard = self.access.guard(draft, have.host, have.reach, want)
        after = replace(have, host=draft.host, records=draft.records, guarded=guard is not None)
        owned, sight = records_to(draft.records), have.reach.sight
        return Plan(tuple(draft.changes), after, tuple(draft.steps), owned, guard, sight.notes, sight.spent)

    def apply(self, runner: Runner, plan: Plan[Have]) -> None:
        run_steps(runner, plan.steps)

    def view(self, have: Have) -> dict[str, Any]:
        return {"bridges": view_bridges(have), "guarded": have.guarded}
