# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts had and have not yet confirmed to have given up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from . import schema
from .network_views import chunks
from .sql import and_, delete, insert
from .store import Transaction


def withdraw(work: Transaction, kind: str, pairs: Iterable[tuple[int, str]]) -> None:
    """Note that hosts shall give up addresses, from this generation on.

    :param kind: ``fixed`` or ``floating``.
    :param pairs: (address, host).
    """
    unique = sorted(set(pairs))
    reinstate(work, kind, unique)
    rows = [{"kind": kind, "address": address, "host": host, "generation": work.generation} for address, host in unique]
    if rows:
        work.connection.execute(insert(schema.withdrawals), rows)


def reinstate(work: Transaction, kind: str, pairs: Sequence[tuple[int, str]]) -> None:
    """Forget that hosts should give up addresses: they have them again, or their withdrawal is noted anew."""
    columns = schema.withdrawals.c
    addresses: dict[str, set[int]] = {}
    for address, host in pairs:
        addresses.setdefault(host, set()).add(address)
    for host in sorted(addresses):
        for part in chunks(sorted(addresses[host])):
            these = and_(columns.kind == kind, columns.host == host, columns.address.in_(part))
            work.connection.execute(delete(schema.withdrawals).where(these))
