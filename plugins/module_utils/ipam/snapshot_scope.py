# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which instances the plans of some hosts depend on, so that nothing else is read.

Plans of a part of the hosts come out as if everything had been read, and so do the errors, and who waits for whom.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..plan.model import HostSettings, Settings
from . import schema
from .sql import String, and_, bindparam, or_, select, union
from .store import Transaction


@dataclass(frozen=True)
class Scope:
    """What plans are wanted for.

    :param targets: the hosts whose plans are wanted.
    :param computes: the hosts that may run instances.
    :param flat_gateway: whether flat networks are served.
    """

    targets: frozenset[str]
    computes: frozenset[str]
    flat_gateway: bool


def plan_scope(hosts: Sequence[HostSettings], targets: Iterable[str] | None, settings: Settings) -> Scope | None:
    """Return what the plans of some hosts are made of; None when that is everything."""
    names = {host.name for host in hosts}
    if targets is None or names <= set(targets):
        return None
    computes = frozenset(host.name for host in hosts if host.compute)
    return Scope(frozenset(targets), computes, settings.flat_gateway)


def concerned_instances(scope: Scope) -> Any:
    """Return the query for the ids of the instances that the plans depend on."""
    instances, ports, networks = schema.instances, schema.ports, schema.networks
    guests = select(ports.c.instance_id).select_from(ports.join(networks, networks.c.id == ports.c.network_id))
    served = and_(networks.c.multi_host.is_(False), networks.c.host.in_(_names(scope.targets)))
    parts = [
        select(instances.c.id).where(instances.c.host.in_(_names(scope.targets))),
        select(instances.c.id).where(instances.c.next_host.in_(_names(scope.targets))),
        guests.where(served),
        _misplaced(scope),
        _with_moving_floating_address(),
        _of_networks_whose_gateway_moves(),
    ]
    if not scope.flat_gateway:
        parts.append(_with_floating_address().where(networks.c.manager == "flat"))
    return union(*parts)


def concerned_hosts(work: Transaction, scope: Scope) -> Any:
    """Return a condition on the table ``fixed_ips``: the address is of a host that the plans depend on."""
    columns = schema.instances.c
    concerned = columns.id.in_(concerned_instances(scope))
    places = work.connection.execute(select(columns.host, columns.next_host).where(concerned).distinct())
    names = {name for row in places for name in row if name is not None}
    return schema.fixed_ips.c.host.in_(_names(scope.targets | names))


def _names(names: Iterable[str]) -> Any:
    """Return names as a part of the statement's text: there may be more of them than a statement has parameters."""
    return bindparam(None, sorted(names), type_=String(255), expanding=True, literal_execute=True)


def _misplaced(scope: Scope) -> Any:
    """Return the query for instances on hosts that cannot run any: they are an error."""
    columns, computes = schema.instances.c, _names(scope.computes)
    return select(columns.id).where(or_(columns.host.not_in(computes), columns.next_host.not_in(computes)))


def _with_floating_address() -> Any:
    """Return the query for instances with a floating address; the network is that of the fixed one."""
    floating, fixed, ports, networks = schema.floating_ips, schema.fixed_ips, schema.ports, schema.networks
    return select(ports.c.instance_id).select_from(
        floating.join(fixed, fixed.c.id == floating.c.fixed_ip_id)
        .join(ports, ports.c.id == fixed.c.port_id)
        .join(networks, networks.c.id == fixed.c.network_id)
    )


def _with_moving_floating_address() -> Any:
    """Return the query for instances whose floating address another host is still to give up."""
    withdrawals = schema.withdrawals
    moving = select(withdrawals.c.address).where(withdrawals.c.kind == "floating")
    return _with_floating_address().where(schema.floating_ips.c.address.in_(moving))


def _of_networks_whose_gateway_moves() -> Any:
    """Return the query for the guests of networks that their hosts serve and another host is still to give up."""
    ports, networks, withdrawals = schema.ports, schema.networks, schema.withdrawals
    inside = and_(withdrawals.c.kind == "gateway", withdrawals.c.address.between(networks.c.first, networks.c.last))
    return (
        select(ports.c.instance_id)
        .select_from(ports.join(networks, networks.c.id == ports.c.network_id).join(withdrawals, inside))
        .where(networks.c.multi_host.is_(True))
    )
