# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database library: everything of the IPAM takes it from here.

Only the IPAM host has it. Elsewhere, and where documentation and imports are checked, files load with a stand-in, and
a module says what is missing instead of failing to load.
"""

# What is imported here is for the others. pylint: disable=unused-import

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

MISSING_LIBRARY: str | None = None
try:
    from sqlalchemy import (
        JSON,
        BigInteger,
        Boolean,
        CheckConstraint,
        Column,
        Float,
        ForeignKey,
        Index,
        Integer,
        MetaData,
        String,
        Table,
        Text,
        UniqueConstraint,
        and_,
        bindparam,
        case,
        column,
        create_engine,
        delete,
        event,
        func,
        insert,
        inspect,
        or_,
        select,
        table,
        union,
        update,
    )
    from sqlalchemy.engine import URL, Connection, Engine, make_url
    from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError
except ImportError:
    MISSING_LIBRARY = traceback.format_exc()

    if not TYPE_CHECKING:

        class _Absent:
            """Whatever is done with it gives itself: tables can be described, and are never used."""

            def __call__(self, *arguments: Any, **options: Any) -> _Absent:
                return self

            def __getattr__(self, name: str) -> _Absent:
                return self

        def __getattr__(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return _Absent()
