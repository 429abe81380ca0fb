# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kinds of databases there are, how each is opened, and what its failures mean."""

from __future__ import annotations

from typing import Any

from ..errors import Conflict, Contention, NovaError, StoreError
from .sql import (
    URL,
    ArgumentError,
    Connection,
    DBAPIError,
    Engine,
    IntegrityError,
    NoSuchModuleError,
    SQLAlchemyError,
    create_engine,
    event,
    make_url,
)

# A writer waits this long for the others before it gives up; the longest wait seen with 64 writers was 0.2 s.
BUSY_TIMEOUT = 60

# Transactions, locks inside transactions and constraints are relied on, so others are not let in by chance.
_DRIVERS = {"sqlite": ("", "pysqlite"), "postgresql": ("", "psycopg2", "psycopg")}

# A server that is gone is noticed in seconds. Linux probes a silent connection only while nothing is on its way that
# the other side has not confirmed; that has a limit of its own (RFC 5482), in milliseconds, and a quarter of an hour
# without. What the URL says counts more.
_LIBPQ_OPTIONS = {
    "application_name": "novanet",
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
# So is, by the server, a controller that is gone while others wait for its lock.
_SESSION_SETTINGS = {
    "lock_timeout": f"{BUSY_TIMEOUT}s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25000",
}

_LOCK_NOT_AVAILABLE = "55P03"
_GIVE_WAY = ("40001", "40P01")  # serialization failure, deadlock


def read_url(url: str) -> URL:
    """Return a database URL in its parts.

    :raises StoreError: it is none, or of a kind that the IPAM cannot be kept in.
    """
    try:
        parsed = make_url(url)
    # SQLAlchemy converts the port without a word of its own.
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            "database URL", "is not understood", "Use a form such as sqlite:////var/lib/novanet/ipam.sqlite."
        ) from error
    kind, _plus, driver = parsed.drivername.partition("+")
    if driver not in _DRIVERS.get(kind, ()):
        raise StoreError(
            f"database {safe_url(url)}",
            f"has a kind that is not known: {parsed.drivername}",
            "Use sqlite, or postgresql with the driver psycopg2 or psycopg.",
        )
    return parsed


def sqlite_path(url: str) -> str | None:
    """Return the file of an SQLite database; None when there is none."""
    parsed = read_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return parsed.database


def safe_url(url: str) -> str:
    """Return a database URL without its passwords, fit for messages."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return "(not a database URL)"
    hidden = {name: "***" for name in parsed.query if "password" in name}
    return parsed.update_query_dict(hidden).render_as_string(hide_password=True)


def open_engine(url: str, writing: bool) -> Engine:
    """Return what connects to a database.

    :param writing: the first thing that its transactions do is to keep other writers out; otherwise they see
        one state of the database from their beginning to their end.
    :raises StoreError: the driver of this kind of database is missing.
    """
    parsed = read_url(url)
    on_server = parsed.get_backend_name() == "postgresql"
    options: dict[str, Any] = {}
    if on_server:
        parsed = parsed.set(query={**_LIBPQ_OPTIONS, **parsed.query})
        # Said here because a server may have another default. Writers wait for each other by a lock.
        options["isolation_level"] = "READ COMMITTED" if writing else "REPEATABLE READ"
        if parsed.get_driver_name() == "psycopg2":
            # A list is not sent line by line, each with a wait for the answer; psycopg does so by itself.
            options["executemany_mode"] = "values_plus_batch"
    try:
        engine = create_engine(parsed, future=True, **options)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        reason = f"needs a driver that is not installed: {getattr(error, 'name', None) or error}"
        hint = "Debian has it as python3-psycopg2." if on_server else ""
        raise StoreError(f"database {safe_url(url)}", reason, hint) from error
    if on_server:
        event.listen(engine, "begin", _begin_on_server)
    else:
        begin = "BEGIN IMMEDIATE" if writing else "BEGIN"
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def explain(error: SQLAlchemyError, url: str, committing: bool = False) -> NovaError:
    """Return what a failure of the database means for the one who asked.

    :param committing: it happened while the transaction was being committed.
    """
    subject = f"database {safe_url(url)}"
    reason = " ".join(str(getattr(error, "orig", None) or error).split()).rstrip(".?")
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        if committing:
            return StoreError(
                subject,
                f"was lost while the change was committed: {reason}",
                "The change is there as a whole, or nothing of it is. Run again: what is there already stays.",
            )
        return StoreError(subject, f"was lost in the middle of the transaction: {reason}", "Nothing was changed.")
    cause = getattr(error, "orig", None)
    state = getattr(cause, "pgcode", None) or getattr(cause, "sqlstate", None)  # psycopg2, psycopg
    if state in _GIVE_WAY:
        return Contention(subject, f"let others go first: {reason}", "Nothing was changed. Run again.")
    if state == _LOCK_NOT_AVAILABLE:
        return StoreError(
            subject,
            f"has been kept by another transaction for {BUSY_TIMEOUT} s",
            "Nothing was changed. The view pg_stat_activity of the server shows whose it is.",
        )
    if isinstance(error, IntegrityError):
        return Conflict("change", f"contradicts what the database holds: {reason}", "Run again.")
    return StoreError(
        subject, f"cannot be used: {reason}", "Check that it exists, that it can be written, and who else has it open."
    )


def _prepare_sqlite(connection: Any, record: Any) -> None:
    # The driver must not begin transactions by itself: BEGIN IMMEDIATE is what keeps writers from failing halfway.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_TIMEOUT * 1000}", "foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_on_server(connection: Connection) -> None:
    # For this transaction only: behind a pooler the session is somebody else's afterwards.
    calls = (f"set_config('{name}', '{value}', true)" for name, value in _SESSION_SETTINGS.items())
    connection.exec_driver_sql(f"SELECT {', '.join(calls)}")
