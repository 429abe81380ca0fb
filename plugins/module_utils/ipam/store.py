# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database behind the IPAM: how it is opened, locked, versioned, and changed in one transaction."""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..change import Change
from ..errors import StoreError
from . import schema
from .database import explain, open_engine, safe_url, sqlite_path
from .sql import Connection, SQLAlchemyError, func, insert, inspect, select, update

# Whoever makes the tables on a server holds the advisory lock of this number ("nova" in ASCII) meanwhile.
_CREATION_LOCK = 0x6E6F7661


@dataclass(frozen=True)
class Caller:
    """Who asks, for the audit and for the origin of rows.

    :param actor: a person's name; the login user when empty.
    :param origin: ``inventory`` or ``operation``.
    :param check: True to roll back at the end.
    """

    actor: str = ""
    origin: str = "operation"
    check: bool = False


@dataclass
class Transaction:
    """One transaction: everything in it happens, or nothing.

    :param connection: SQLAlchemy connection with the transaction begun.
    :param now: seconds since 1970; one time for all that happens in it.
    :param generation: the generation that rows changed in it get (the stored one plus one).
    :param changes: what was changed so far, in order.
    :param warnings: what a person should know although it is no error.
    """

    connection: Connection
    caller: Caller
    now: float
    ipam_uuid: str
    generation: int
    changes: list[Change] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _documents: list[tuple[str, Any, Any]] = field(default_factory=list)
    _events: list[dict[str, Any]] = field(default_factory=list)
    _plan_changed: bool = False
    _actor: str = ""

    def __post_init__(self) -> None:
        self._actor = self.caller.actor or _login_user()

    @property
    def origin(self) -> str:
        """Return the origin that new rows get."""
        return self.caller.origin

    def record(
        self,
        change: Change,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Note a change that somebody asked for: it counts as changed, raises the generation and is audited.

        :param before: the thing before, as people know it; None when it did not exist.
        :param after: the thing after; None when it is gone.
        """
        self.changes.append(change)
        self._documents.append((f"{change.kind} {change.name}", before, after))
        self._plan_changed = True
        self.observe(change, before, after)

    def observe(
        self,
        change: Change,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        at: float | None = None,
    ) -> None:
        """Note a change that followed by itself (an address came out of quarantine): audited, but nobody's wish.

        :param at: when it happened, if that was not just now.
        """
        self._events.append(
            {
                "at": self.now if at is None else at,
                "actor": self._actor,
                "origin": self.origin,
                "generation": self.generation,
                "action": change.action,
                "kind": change.kind,
                "name": change.name,
                "before": dict(before) if before is not None else None,
                "after": dict(after) if after is not None else None,
            }
        )

    def difference(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the recorded changes were about, before and after, by kind and name."""
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for thing, earlier, later in self._documents:
            # A thing that is changed twice in one transaction is shown as it was at first and as it is at last. A
            # change may tell of some of its fields only.
            before[thing] = _joined(earlier, before[thing]) if thing in before else earlier
            after[thing] = _joined(after.get(thing), later)
        # What does not exist on one side is simply not there, as in a diff of files.
        return _existing(before), _existing(after)

    @property
    def plan_generation(self) -> int:
        """Return the generation of plans made now: a new one only if something was changed in this transaction."""
        return self.generation if self._plan_changed else self.generation - 1

    def write_events(self) -> None:
        """Write the audit of what was noted so far, for those who read it in the same transaction."""
        if self._events:
            self.connection.execute(insert(schema.events), self._events)
            self._events.clear()

    def close(self) -> None:
        """Write the audit and the generation; the last thing before the commit."""
        self.write_events()
        if self._plan_changed:
            self.connection.execute(update(schema.meta).values(generation=self.generation))


def _joined(one: Any, two: Any) -> Any:
    """Return the fields of two documents of one thing, of ``two`` where they differ; None is a thing that is not."""
    return {**one, **two} if isinstance(one, Mapping) and isinstance(two, Mapping) else two


def _existing(documents: Mapping[str, Any]) -> dict[str, Any]:
    return {thing: document for thing, document in documents.items() if document is not None}


def _login_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as containers have
        return str(os.getuid())


@contextlib.contextmanager
def transaction(url: str, caller: Caller) -> Iterator[Transaction]:
    """Open the database, hand out one transaction, and commit it; roll back in check mode and on any error.

    A database that does not exist is made on the first use; in check mode an empty one is pretended.

    :param url: SQLAlchemy URL.
    :raises StoreError: it cannot be opened or written, or its schema is not that of this release.
    :raises Contention: the server let others go first; the same can be tried again.
    :raises Conflict: a constraint of the database refused the change.
    """
    path = sqlite_path(url)
    pretend = caller.check and path is not None and not os.path.exists(path)
    committing = False
    try:
        with contextlib.ExitStack() as stack:
            if path is not None and not caller.check:
                _refuse_throw_away(url)
                stack.enter_context(_write_lock(path))
                stack.enter_context(_no_file_of_a_failure(path))
            engine = open_engine("sqlite://" if pretend else url, writing=True)
            stack.callback(engine.dispose)
            connection = stack.enter_context(engine.connect())
            work = _begin(connection, caller, url)
            yield work
            # The only place that decides between a run and a prediction.
            if caller.check:
                connection.rollback()
            else:
                work.close()
                committing = True
                connection.commit()
    except SQLAlchemyError as error:
        raise explain(error, url, committing) from error


@contextlib.contextmanager
def reading(url: str) -> Iterator[Transaction]:
    """Open a database that exists, and hand out a transaction for looking around; it is always rolled back.

    :raises StoreError: there is no database, it cannot be read, or its schema is not that of this release.
    """
    path = sqlite_path(url)
    if path is not None and not os.path.exists(path):
        raise StoreError(f"database {path}", "does not exist", "It is made by the first module that changes something.")
    try:
        with contextlib.ExitStack() as stack:
            engine = open_engine(url, writing=False)
            stack.callback(engine.dispose)
            connection = stack.enter_context(engine.connect())
            if not _holds_ipam(connection):
                raise StoreError(f"database {safe_url(url)}", "holds no IPAM")
            # Without a lock: who looks around neither waits for writers nor keeps them waiting.
            row = connection.execute(select(schema.meta)).one()
            yield _work(connection, Caller(check=True), url, row)
            connection.rollback()
    except SQLAlchemyError as error:
        raise explain(error, url) from error


def _refuse_throw_away(url: str) -> None:
    """Refuse an SQLite file inside the execution environment that the run itself lives in: both end together."""
    # Execution environment images keep the job's data in /runner; AWX names its directory in the environment.
    in_container = os.path.isdir("/runner") or "AWX_ISOLATED_DATA_DIR" in os.environ
    if in_container and "SSH_CONNECTION" not in os.environ:
        raise StoreError(
            f"database {safe_url(url)}",
            "lies inside an execution environment and would be lost with it",
            "Put a lasting host into group nova_controller and reach it over SSH, or use PostgreSQL.",
        )


@contextlib.contextmanager
def _write_lock(path: str) -> Iterator[None]:
    """Queue writers fairly: SQLite alone lets single processes starve under many writers."""
    directory = os.path.dirname(path) or "."
    try:
        os.makedirs(directory, mode=0o750, exist_ok=True)
        handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"database {path}", f"cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _no_file_of_a_failure(path: str) -> Iterator[None]:
    """Remove a database that was made in vain: without its tables it would look like one that was lost."""
    is_wanted = os.path.exists(path)
    try:
        yield
        is_wanted = True
    finally:
        for name in () if is_wanted else (path, f"{path}-wal", f"{path}-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(name)


def _begin(connection: Connection, caller: Caller, url: str) -> Transaction:
    if not _holds_ipam(connection):
        _create(connection)
    # The row lock makes writers wait for each other where the database has no lock of its own (PostgreSQL).
    return _work(connection, caller, url, connection.execute(select(schema.meta).with_for_update()).one())


def _holds_ipam(connection: Connection) -> bool:
    return bool(inspect(connection).has_table(schema.meta.name))


def _create(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Several may have found nothing at once. The first one makes the tables, the others wait and find them.
        connection.execute(select(func.pg_advisory_xact_lock(_CREATION_LOCK)))
        if _holds_ipam(connection):
            return
    # Somebody else's table with a name of ours is an error, and no table of ours.
    schema.metadata.create_all(connection, checkfirst=False)
    row = {"id": 1, "schema_version": schema.SCHEMA_VERSION, "ipam_uuid": str(uuid.uuid4()), "generation": 0}
    connection.execute(insert(schema.meta).values(row))


def _work(connection: Connection, caller: Caller, url: str, row: Any) -> Transaction:
    if row.schema_version > schema.SCHEMA_VERSION:
        raise StoreError(
            f"database {safe_url(url)}",
            f"has schema {row.schema_version}, this release knows {schema.SCHEMA_VERSION}",
            "Use the release of the collection that wrote it, or a newer one.",
        )
    if row.schema_version < schema.SCHEMA_VERSION:
        raise StoreError(
            f"database {safe_url(url)}",
            f"has schema {row.schema_version}, this release needs {schema.SCHEMA_VERSION}",
            "It was written before the first release. Remove it, and run again.",
        )
    # Read after all waiting is over: who comes later has a later time.
    return Transaction(connection, caller, time.time(), row.ipam_uuid, row.generation + 1)
