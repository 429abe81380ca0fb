# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An IPAM that takes over a nova database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed_views import view_reservations
from ansible_collections.novanet.network.plugins.module_utils.ipam.import_nova import import_nova
from ansible_collections.novanet.network.plugins.module_utils.ipam.information import gather
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import reading

from tests.unit.plugins.module_utils.ipam.nova_cloud import NovaCloud
from tests.unit.plugins.module_utils.ipam.scratch import Scratch


@dataclass(frozen=True)
class Imported:
    changes: list[str]
    warnings: list[str]
    left_behind: list[str]
    carried_over: dict[str, int]


class Import(Scratch):
    """An IPAM beside a nova database."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.nova = NovaCloud(directory)

    def __call__(self, check: bool = False, **options: Any) -> Imported:
        given = {
            "database": self.url,
            "nova_database": self.nova.url,
            "manager": "flatdhcp",
            "projects": {},
            "hosts": {},
        }
        with self.work(check) as work:
            result = import_nova(work, {**given, **options})
            left = [f"{entry['thing']}: {entry['reason']}" for entry in result["left_behind"]]
            changes = [change.describe() for change in work.changes]
            return Imported(changes, list(work.warnings), left, result["carried_over"])

    def look(self, *kinds: str) -> dict[str, Any]:
        with reading(self.url) as work:
            return gather(work, kinds)

    def nics(self) -> dict[str, list[tuple[str, str, str]]]:
        return {
            view["name"]: [(nic["network"], nic["mac"], nic["address"]) for nic in view["nics"]]
            for view in self.look("instances")["instances"]
        }

    def reserved(self) -> list[tuple[str, str, str]]:
        """Return what operators reserved, which is what the import says on top of the layout."""
        with reading(self.url) as work:
            return [
                (row["first"], row["last"], row["note"])
                for row in view_reservations(work)
                if row["reason"] == "operator"
            ]
