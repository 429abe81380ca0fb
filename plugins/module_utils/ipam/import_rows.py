# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of a nova database that say who has which network and address. It is read, and never written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from ..errors import StoreError
from .database import safe_url
from .sql import (
    ArgumentError,
    Connection,
    NoSuchModuleError,
    SQLAlchemyError,
    column,
    create_engine,
    inspect,
    make_url,
    select,
    table,
)

_TABLES: Mapping[str, Sequence[str]] = {
    "networks": (
        "id",
        "uuid",
        "label",
        "cidr",
        "cidr_v6",
        "gateway",
        "gateway_v6",
        "dhcp_server",
        "dhcp_start",
        "dns1",
        "dns2",
        "vlan",
        "bridge",
        "bridge_interface",
        "project_id",
        "host",
        "multi_host",
        "mtu",
        "enable_dhcp",
        "share_address",
        "priority",
        "vpn_private_address",
        "vpn_public_address",
        "vpn_public_port",
    ),
    "fixed_ips": (
        "id",
        "address",
        "network_id",
        "virtual_interface_id",
        "instance_uuid",
        "allocated",
        "leased",
        "reserved",
        "host",
    ),
    "floating_ips": ("id", "address", "fixed_ip_id", "project_id", "pool", "interface", "auto_assigned"),
    "virtual_interfaces": ("id", "address", "network_id", "instance_uuid", "uuid", "tag"),
    "instances": ("id", "uuid", "display_name", "hostname", "project_id", "host"),
}
# Not every cloud has them.
_GROUPS: Mapping[str, Sequence[str]] = {
    "security_groups": ("id", "name", "description", "project_id"),
    "security_group_rules": ("id", "parent_group_id", "protocol", "from_port", "to_port", "cidr", "group_id"),
    "security_group_instance_association": ("id", "security_group_id", "instance_uuid"),
}


@dataclass(frozen=True)
class NovaRows:
    """Rows that nova has not deleted, oldest first; each has the columns of its table as attributes."""

    networks: tuple[Any, ...]
    fixed_ips: tuple[Any, ...]
    floating_ips: tuple[Any, ...]
    virtual_interfaces: tuple[Any, ...]
    instances: tuple[Any, ...]
    security_groups: tuple[Any, ...]
    security_group_rules: tuple[Any, ...]
    security_group_instance_association: tuple[Any, ...]


def read_nova(url: str) -> NovaRows:
    """Read what a nova database says, all of it at one time.

    :param url: SQLAlchemy URL.
    :raises StoreError: it cannot be read, or is no nova database of a release that had all these columns.
    """
    subject = f"nova database {safe_url(url)}"
    _refuse_missing(url, subject)
    # A server shows each statement another state otherwise, and nova may still be at work. SQLite has no such level.
    options = {} if make_url(url).get_backend_name() == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    try:
        engine = create_engine(url, future=True, **options)
    except NoSuchModuleError as error:
        raise StoreError(subject, f"has a kind that is not known: {error}") from error
    except ModuleNotFoundError as error:
        raise StoreError(subject, f"needs a driver that is not installed: {error.name}") from error
    try:
        with engine.connect() as connection:
            return NovaRows(**_read_tables(connection, subject))
    except SQLAlchemyError as error:
        raise StoreError(subject, f"cannot be read: {getattr(error, 'orig', None) or error}") from error
    finally:
        engine.dispose()


def _refuse_missing(url: str, subject: str) -> None:
    """Refuse a file that does not exist: looking for it would make it."""
    try:
        parsed = make_url(url)
    # SQLAlchemy converts the port without a word of its own.
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            "nova_database", "is not understood", "Use a form such as mysql+pymysql://nova@db.example.org/nova."
        ) from error
    if parsed.get_backend_name() == "sqlite" and not os.path.exists(parsed.database or ""):
        raise StoreError(subject, "does not exist")


def _read_tables(connection: Connection, subject: str) -> dict[str, tuple[Any, ...]]:
    known = set(inspect(connection).get_table_names())
    missing = [name for name in _TABLES if name not in known]
    if missing:
        raise StoreError(subject, f"is no nova database: it has no table {missing[0]}")
    found = {name: _read_table(connection, name, columns, subject) for name, columns in _TABLES.items()}
    for name, columns in _GROUPS.items():
        found[name] = _read_table(connection, name, columns, subject) if name in known else ()
    return found


def _read_table(connection: Connection, name: str, columns: Sequence[str], subject: str) -> tuple[Any, ...]:
    known = {entry["name"] for entry in inspect(connection).get_columns(name)}
    missing = [key for key in (*columns, "deleted") if key not in known]
    if missing:
        raise StoreError(
            subject,
            f"has no column {missing[0]} in table {name}",
            "Bring it to the schema of the last releases with nova-network first: nova-manage db sync.",
        )
    source = table(name, *(column(key) for key in (*columns, "deleted")))
    query = select(*(source.c[key] for key in columns)).where(source.c.deleted == 0).order_by(source.c.id)
    return tuple(
        SimpleNamespace(**{key: _plain(value) for key, value in row.items()})
        for row in connection.execute(query).mappings()
    )


def _plain(value: Any) -> Any:
    """Return a value as it would be in any database: some drivers make objects of addresses and identities."""
    return value if value is None or isinstance(value, (str, int)) else str(value)
