# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Projects: who networks, instances and floating addresses belong to. A project is made when it is first named."""

from __future__ import annotations

from collections.abc import Iterable

from . import schema
from .sql import insert, select
from .store import Transaction


def ensure_projects(work: Transaction, names: Iterable[str]) -> None:
    """Make the projects that are not known yet. Nobody asks for a project by itself, so that is no change."""
    wanted = dict.fromkeys(names)
    if not wanted:
        return
    known = set(work.connection.execute(select(schema.projects.c.name)).scalars())
    missing = [{"name": name, "origin": work.origin} for name in wanted if name not in known]
    if missing:
        work.connection.execute(insert(schema.projects), missing)


def ensure_project(work: Transaction, name: str) -> None:
    """Make one project if it is not known yet."""
    ensure_projects(work, [name])
