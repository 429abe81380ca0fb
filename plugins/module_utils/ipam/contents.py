# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that an IPAM holds, as plain data: read from a database, written to one, and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import schema
from .network_views import chunks
from .sql import delete, func, insert, select
from .store import Transaction

Rows = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Contents:
    """All rows of all tables, those of each table in the order of their keys."""

    tables: Mapping[str, Rows]

    @property
    def ipam_uuid(self) -> str:
        """Return which IPAM it is."""
        return str(self.tables["meta"][0]["ipam_uuid"])

    @property
    def generation(self) -> int:
        """Return how many changes it has seen."""
        return int(self.tables["meta"][0]["generation"])

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was ever done with it."""
        return self.generation == 0 and not any(rows for name, rows in self.tables.items() if name != "meta")

    def at_least(self, generation: int) -> Contents:
        """Return the same, counting on from a generation that is not below this one."""
        (row,) = self.tables["meta"]
        return Contents({**self.tables, "meta": ({**row, "generation": max(self.generation, generation)},)})

    def summary(self) -> dict[str, Any]:
        """Return what a person wants to know of it."""
        rows = {name: len(rows) for name, rows in self.tables.items()}
        return {"ipam_uuid": self.ipam_uuid, "generation": self.generation, "rows": rows}


def read_contents(work: Transaction) -> Contents:
    """Return what a database holds."""
    tables: dict[str, Rows] = {}
    for table in schema.metadata.sorted_tables:
        keys = [column.name for column in table.primary_key]
        rows = [dict(row) for row in work.connection.execute(select(table)).mappings()]
        # Sorted here and not by the database, of which each has its own idea of the order of text.
        tables[table.name] = tuple(sorted(rows, key=lambda row: [row[key] for key in keys]))
    return Contents(tables)


def write_contents(work: Transaction, contents: Contents) -> None:
    """Make a database hold this and nothing else: its own identity, its generation and its audit as well."""
    for table in reversed(schema.metadata.sorted_tables):
        work.connection.execute(delete(table))
    for table in schema.metadata.sorted_tables:
        for part in chunks(contents.tables[table.name]):
            work.connection.execute(insert(table), [dict(row) for row in part])
    if work.connection.dialect.name == "postgresql":
        _set_sequences(work)


def why_not(held: Contents, contents: Contents) -> str | None:
    """Return why something must not be put in the place of what is held there; None when nothing is lost by it.

    It must be the same IPAM, gone on from exactly there.
    """
    if held.is_empty:
        return None
    if held.ipam_uuid != contents.ipam_uuid:
        return f"holds another IPAM, {held.ipam_uuid}"
    if held.generation > contents.generation:
        return f"holds a newer state of this IPAM, generation {held.generation} against {contents.generation}"
    events = held.tables["events"]
    if events != contents.tables["events"][: len(events)] or _acknowledged(held) > _acknowledged(contents):
        return "holds this IPAM with changes that the source does not have"
    return None


def _acknowledged(contents: Contents) -> float:
    """Return when a host reported last: that is neither a generation nor an event."""
    return max((float(row["acknowledged_at"]) for row in contents.tables["hosts"]), default=0.0)


def _set_sequences(work: Transaction) -> None:
    """Let the server number new rows after the ones that came with their numbers."""
    for table in schema.metadata.sorted_tables:
        if table is schema.meta or "id" not in table.c:
            continue
        sequence = work.connection.execute(select(func.pg_get_serial_sequence(table.name, "id"))).scalar()
        highest = work.connection.execute(select(func.max(table.c.id))).scalar()
        work.connection.execute(select(func.setval(sequence, highest or 1, highest is not None)))
