# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, Contention
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.database import explain
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.schema import CreateTable

URL = "postgresql://nova:secret@db/ipam"


class DriverError(Exception):
    """An error with a code of PostgreSQL's, as psycopg2 (``pgcode``) and psycopg (``sqlstate``) have it."""

    def __init__(self, text: str, attribute: str = "pgcode", code: str | None = None) -> None:
        super().__init__(text)
        setattr(self, attribute, code)


def failure(orig: DriverError, lost: bool = False) -> DBAPIError:
    return DBAPIError("SELECT 1", {}, orig, connection_invalidated=lost)


@pytest.mark.parametrize("attribute", ["pgcode", "sqlstate"])
@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_what_the_server_undid_for_others_can_be_tried_again(attribute: str, code: str) -> None:
    assert isinstance(explain(failure(DriverError("deadlock detected", attribute, code)), URL), Contention)


def test_another_error_is_not_tried_again() -> None:
    found = explain(failure(DriverError("permission denied for schema public\n", code="42501")), URL)
    assert not isinstance(found, Contention)
    assert str(found).startswith("database postgresql://nova:***@db/ipam cannot be used: permission denied for schema")


def test_a_lock_that_somebody_keeps_is_named() -> None:
    found = explain(failure(DriverError("canceling statement due to lock timeout", code="55P03")), URL)
    assert "has been kept by another transaction for 60 s. Nothing was changed" in str(found)


def test_a_lost_connection_says_whether_anything_may_have_changed() -> None:
    lost = failure(DriverError("server closed the connection unexpectedly\n\tThis probably means\n"), lost=True)
    assert str(explain(lost, URL)) == (
        "database postgresql://nova:***@db/ipam was lost in the middle of the transaction: "
        "server closed the connection unexpectedly This probably means. Nothing was changed."
    )
    committing = str(explain(lost, URL, committing=True))
    assert "The change is there as a whole, or nothing of it is" in committing
    assert "Nothing was changed" not in committing


def test_a_refused_change_is_a_conflict() -> None:
    found = explain(IntegrityError("INSERT", {}, DriverError("duplicate key value", code="23505")), URL)
    assert isinstance(found, Conflict)


def test_ids_are_numbered_by_the_server() -> None:
    text = str(CreateTable(schema.fixed_ips).compile(dialect=postgresql.dialect()))
    assert "id BIGSERIAL NOT NULL" in text
