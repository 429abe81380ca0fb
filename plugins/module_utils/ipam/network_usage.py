# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who uses a network, and the refusal to pull it away from under them."""

from __future__ import annotations

from typing import Any

from ..errors import InUse
from . import schema
from .inputs import dotted
from .owners import owner
from .sql import func, select
from .store import Transaction

_CONVERGE = "Converge the hosts, then run again."
# In which order the states of addresses are looked for, with their words and what to do about them.
_STATES = (
    ("allocated", "allocated", "Delete these instances first."),
    ("host", "of hosts", _CONVERGE),
    ("device", "of devices", "Remove their reservations first."),
    ("released", "in quarantine", _CONVERGE),
)


def refuse_if_used(work: Transaction, row: Any, subject: str, reason: str) -> None:
    """Refuse to touch a network in which an address is allocated or in quarantine, or an instance has a port.

    :param subject: what was asked for, with its position.
    :param reason: how the sentence goes on, such as ``cannot be changed while it``.
    :raises InUse: saying how many addresses, and which is the first.
    """
    fixed = schema.fixed_ips
    mine = fixed.c.network_id == row.id
    for state, words, hint in _STATES:
        found = select(fixed).where(mine, fixed.c.state == state).order_by(fixed.c.address).limit(1)
        first = work.connection.execute(found).first()
        if first is not None:
            counted = select(func.count()).select_from(fixed).where(mine, fixed.c.state == state)
            count = work.connection.execute(counted).scalar()
            raise InUse(
                subject,
                f"{reason} has {count} address{'es' if count != 1 else ''} {words}, "
                f"the first is {dotted(first.address)} of {owner(first)}",
                hint,
            )
    ports, instances = schema.ports, schema.instances
    plugged = select(instances.c.name).select_from(ports.join(instances)).where(ports.c.network_id == row.id).limit(1)
    port = work.connection.execute(plugged).first()
    if port is not None:
        raise InUse(subject, f"{reason} has a port of instance {port.name}", "Delete the instance first.")
