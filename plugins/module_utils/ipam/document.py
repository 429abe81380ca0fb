# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An IPAM as a document: JSON with a checksum. What is damaged or something else is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidInput
from . import schema
from .contents import Contents
from .sql import JSON

KIND = "IPAM of novanet.network"
_KEYS = {"document", "schema_version", "sha256", "tables"}


def render_document(contents: Contents) -> str:
    """Return the document; the same contents give the same text."""
    tables = {name: list(rows) for name, rows in contents.tables.items()}
    # Keys stay in their order: what the audit holds is stored as text.
    document = {
        "document": KIND,
        "schema_version": schema.SCHEMA_VERSION,
        "sha256": checksum(tables),
        "tables": tables,
    }
    return json.dumps(document, indent=1) + "\n"


def parse_document(text: str, subject: str) -> Contents:
    """Return what a document holds.

    :param subject: what the document is called in messages.
    :raises InvalidInput: it is damaged, something else, or of another release.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidInput(subject, f"is damaged: it is no JSON ({error})") from error
    if not isinstance(document, dict) or document.get("document") != KIND:
        raise InvalidInput(subject, f"is no document of an {KIND}")
    version = document.get("schema_version")
    if version != schema.SCHEMA_VERSION:
        raise InvalidInput(
            subject,
            f"has schema {version}, this release knows {schema.SCHEMA_VERSION}",
            "Use the release of the collection that wrote it.",
        )
    tables = document.get("tables")
    if set(document) != _KEYS or not isinstance(tables, dict) or document["sha256"] != checksum(tables):
        raise InvalidInput(subject, "is damaged: its checksum is another one")
    problem = next((problem for table in schema.metadata.sorted_tables for problem in _problems(table, tables)), None)
    if problem or set(tables) != set(schema.metadata.tables):
        raise InvalidInput(subject, f"is damaged: {problem or 'it has tables that are not known'}")
    return Contents({table.name: tuple(tables[table.name]) for table in schema.metadata.sorted_tables})


def checksum(tables: Any) -> str:
    """Return what tells damage: it depends on what the tables hold, not on how it is written."""
    return hashlib.sha256(json.dumps(tables, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _problems(table: Any, tables: Mapping[str, Any]) -> list[str]:
    rows = tables.get(table.name)
    if not isinstance(rows, list):
        return [f"table {table.name} is missing"]
    if table is schema.meta and len(rows) != 1:
        return [f"table {table.name} has {len(rows)} rows"]
    names = set(table.c.keys())
    for number, row in enumerate(rows):
        if not isinstance(row, dict) or set(row) != names:
            return [f"{table.name}[{number}] has other columns"]
        for column in table.c:
            if not _fits(column, row[column.name]):
                return [f"{table.name}[{number}].{column.name} has a value that is none"]
    return []


def _fits(column: Any, value: Any) -> bool:
    if isinstance(column.type, JSON):
        return value is None or isinstance(value, dict)
    if value is None:
        return bool(column.nullable)
    # SQLAlchemy 1.4 wraps a type that has another one for some databases.
    expected = getattr(column.type, "impl", column.type).python_type
    # To Python a truth value is a number as well.
    return isinstance(value, expected) and isinstance(value, bool) == (expected is bool)
