# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Projects and quotas as people write them, checked without a look at the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidInput
from .arguments_projects import PROJECT_ITEM, QUOTAS
from .inputs import read_consent, read_item, read_items, read_number, read_text, shown
from .quotas import UNLIMITED

HIGHEST_QUOTA = (1 << 31) - 1


@dataclass(frozen=True)
class WantedProject:
    """A project that was asked for.

    :param quotas: all that it has of its own; None when that stays as it is.
    :param scrubbed: nothing is to belong to it.
    :param remove_instances: consent to remove the instances that stand in the way of that.
    """

    where: str
    name: str
    quotas: Mapping[str, int] | None
    scrubbed: bool
    remove_instances: bool


def read_projects(items: Any, where: str = "projects") -> tuple[WantedProject, ...]:
    """Check and normalise the projects that were asked for.

    :raises InvalidInput: a value is wrong, or a project is listed twice.
    """
    wanted = tuple(_read_project(item, position) for position, item in read_items(items, where, list(PROJECT_ITEM)))
    seen: dict[str, str] = {}
    for item in wanted:
        if item.name in seen:
            raise InvalidInput(f"{item.where}.name {shown(item.name)}", f"is listed twice, first at {seen[item.name]}")
        seen[item.name] = f"{item.where}.name"
    return wanted


def read_quotas(value: Any, where: str) -> dict[str, int] | None:
    """Return the quotas that were given; None when there are none at all."""
    if value is None:
        return None
    given = read_item(value, where, list(QUOTAS))
    return {
        name: read_number(quota, f"{where}.{name}", UNLIMITED, HIGHEST_QUOTA)
        for name, quota in given.items()
        if quota is not None
    }


def _read_project(item: Mapping[str, Any], where: str) -> WantedProject:
    state = item.get("state")
    if state not in (None, "present", "scrubbed"):
        raise InvalidInput(f"{where}.state {shown(state)}", "is neither present nor scrubbed")
    consent = read_consent(item.get("remove_instances"), f"{where}.remove_instances")
    if consent and state != "scrubbed":
        raise InvalidInput(f"{where}.remove_instances", "has no meaning without state scrubbed", "Leave it out.")
    return WantedProject(
        where=where,
        name=read_text(item.get("name"), f"{where}.name"),
        quotas=read_quotas(item.get("quotas"), f"{where}.quotas"),
        scrubbed=state == "scrubbed",
        remove_instances=consent,
    )
