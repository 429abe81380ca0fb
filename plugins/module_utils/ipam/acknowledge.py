# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What flows up from hosts: how far each of them has come, and which leases it has given.

Nothing of it is anybody's wish: it is observed, never recorded as a change. Addresses come out of quarantine here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..change import Change
from ..errors import InvalidInput
from . import schema
from .fixed import free_if_due
from .floating_space import put_back
from .inputs import dotted, read_address, read_items, read_mac, read_text, shown
from .lease_reports import Contradiction, LeaseEvent, note_report, read_lease_events
from .network_views import chunks
from .owners import owner
from .serving import serving_host
from .sql import and_, bindparam, delete, insert, select, update
from .store import Transaction

REPORT_KEYS = ("host", "generation", "leases", "lease_events")
LEASE_KEYS = ("bridge", "address", "mac", "hostname", "expires")

# What dnsmasq calls a lease without an end: the last second of the year 9999.
FOREVER = 253402300799.0


@dataclass(frozen=True)
class Lease:
    """A DHCP lease as a host reports it."""

    address: int
    mac: str
    expires: float


@dataclass(frozen=True)
class Report:
    """What one host says.

    :param generation: the plan that it has applied; None when it does not say.
    :param leases: all that it has; None when it does not say.
    :param events: leases that came and went since its last report.
    """

    where: str
    host: str
    generation: int | None
    leases: tuple[Lease, ...] | None
    events: tuple[LeaseEvent, ...]


def acknowledge(work: Transaction, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Take over what hosts report, and return the addresses that are free because of it, fixed and floating.

    What contradicts the IPAM becomes a warning and is never adopted.

    :param items: reports with ``host``, ``generation``, ``leases`` and ``lease_events``.
    """
    reports = read_reports(items)
    waiting: list[int] = []
    # Leases first: whose word counts about a lease depends on who is still to give the address up.
    for report in reports:
        contradictions = None if report.leases is None else _note_leases(work, report, report.leases, reports)
        note_report(work, report.host, report.events, contradictions)
    for report in reports:
        if report.generation is not None:
            waiting += _confirm(work, report.host, report.generation)
    return _let_go(work, waiting)


def forget_hosts(work: Transaction, names: Iterable[str]) -> list[str]:
    """Stop waiting for hosts that are gone for good, and return the addresses that are free because of it.

    The caller knows that they are off: what they still bound may be given to others at once.
    """
    waiting: list[int] = []
    for name in sorted({read_text(name, "forget_hosts") for name in names}):
        waiting += _withdrawn(work, name, None)
        note_report(work, name, (), ())
        work.connection.execute(delete(schema.hosts).where(schema.hosts.c.name == name))
    return _let_go(work, waiting)


def read_reports(items: Any, where: str = "acknowledgements") -> tuple[Report, ...]:
    """Check and normalise what hosts report.

    :raises InvalidInput: a value is wrong, or a host reports twice.
    """
    reports = tuple(_read_report(item, position) for position, item in read_items(items, where, REPORT_KEYS))
    seen: set[str] = set()
    for report in reports:
        if report.host in seen:
            raise InvalidInput(f"{report.where}.host {report.host}", "is listed twice")
        seen.add(report.host)
    return reports


def _read_report(item: Mapping[str, Any], where: str) -> Report:
    generation = item.get("generation")
    if generation is not None and (isinstance(generation, bool) or not isinstance(generation, int) or generation < 0):
        raise InvalidInput(f"{where}.generation {shown(generation)}", "is not a generation")
    leases = item.get("leases")
    return Report(
        where=where,
        host=read_text(item.get("host"), f"{where}.host"),
        generation=generation,
        leases=None
        if leases is None
        else tuple(
            _read_lease(lease, position) for position, lease in read_items(leases, f"{where}.leases", LEASE_KEYS)
        ),
        events=read_lease_events(item.get("lease_events") or (), f"{where}.lease_events"),
    )


def _read_lease(item: Mapping[str, Any], where: str) -> Lease:
    expires = item.get("expires")
    if isinstance(expires, bool) or not isinstance(expires, (int, float)) or not 0 <= expires <= FOREVER:
        raise InvalidInput(f"{where}.expires {shown(expires)}", "is not a time in seconds since 1970")
    return Lease(
        address=read_address(item.get("address"), f"{where}.address"),
        mac=read_mac(item.get("mac"), f"{where}.mac"),
        expires=float(expires) or FOREVER,
    )


def _note_leases(
    work: Transaction, report: Report, leases: Sequence[Lease], reports: Sequence[Report]
) -> list[Contradiction]:
    """Note the leases that a host has. Return those that the IPAM has otherwise; people are warned of them."""
    rows = _rows_of(work, [lease.address for lease in leases])
    noted: dict[int, tuple[float | None, str | None]] = {}
    contradictions: list[Contradiction] = []
    for lease in leases:
        row = rows.get(lease.address)
        if row is not None and row.mac == lease.mac:
            if _is_news(row, report.host, lease):
                noted[row.id] = (lease.expires, report.host)
        elif lease.expires > work.now:
            contradictions.append(Contradiction(dotted(lease.address), lease.mac, lease.expires, _otherwise(row)))
    work.warnings += [_describe(report, contradiction) for contradiction in contradictions]
    elsewhere = {(lease.address, lease.mac) for other in reports for lease in other.leases or ()}
    for row in _answered_for(work, report.host):
        # The host that gave it says that there is no such lease any more.
        if (row.address, row.mac) not in elsewhere:
            noted[row.id] = (None, None)
    if noted:
        one = (
            update(schema.fixed_ips)
            .where(schema.fixed_ips.c.id == bindparam("this_row"))
            .values(lease_expires=bindparam("new_expiry"), lease_host=bindparam("new_host"))
        )
        values = [{"this_row": key, "new_expiry": end, "new_host": host} for key, (end, host) in noted.items()]
        work.connection.execute(one, values)
    return contradictions


def _is_news(row: Any, host: str, lease: Lease) -> bool:
    """Tell whether a host knows better about a lease than what is noted.

    While an instance moves, two hosts have its lease: the later end is right, and of the same end the serving host.
    """
    if row.lease_host in (None, host):
        return (row.lease_expires, row.lease_host) != (lease.expires, host)
    return lease.expires > row.lease_expires or (lease.expires == row.lease_expires and host == row.serving)


def _rows_of(work: Transaction, addresses: Sequence[int]) -> dict[int, Any]:
    rows: dict[int, Any] = {}
    for part in chunks(addresses):
        query = _with_serving_host().where(schema.fixed_ips.c.address.in_(part))
        rows.update((row.address, row) for row in work.connection.execute(query))
    return rows


def _answered_for(work: Transaction, host: str) -> list[Any]:
    """Return the addresses with a lease of which this host knows whether it still has it: it gave the lease.

    Once its instance has moved, a host drops a lease that lives on at the next one: that is no news.
    """
    fixed = schema.fixed_ips
    given = _with_serving_host().where(fixed.c.lease_host == host)
    return [
        row
        for row in work.connection.execute(given)
        if row.state == "released" or host in (row.serving, row.multi_host and row.next_host)
    ]


def _with_serving_host() -> Any:
    """Return a query for fixed addresses, each with the host that serves it (``serving``) and the next one."""
    fixed, networks, ports, instances = schema.fixed_ips, schema.networks, schema.ports, schema.instances
    return select(fixed, networks.c.multi_host, instances.c.next_host, serving_host().label("serving")).select_from(
        fixed.join(networks, networks.c.id == fixed.c.network_id)
        .outerjoin(ports, ports.c.id == fixed.c.port_id)
        .outerjoin(instances, instances.c.id == ports.c.instance_id)
    )


def _otherwise(row: Any) -> str:
    """Return what the IPAM has of an address in place of a lease that a host has."""
    if row is None:
        return "which nobody has in the IPAM"
    return f"in the IPAM it is of {owner(row)}" + (f" with {row.mac}" if row.mac else "")


def _describe(report: Report, item: Contradiction) -> str:
    return f"host {report.host} has a lease of {item.address} for {item.mac}, {item.reason}"


def _confirm(work: Transaction, host: str, generation: int) -> list[int]:
    """Note how far a host has come. Return the floating addresses that it has given up."""
    # The generation that is stored is the last one that a plan can have been made of; in check mode, the next one.
    latest_plan = work.generation if work.caller.check else work.generation - 1
    if generation > latest_plan:
        work.warnings.append(
            f"host {host} reports generation {generation}, the IPAM is at {work.generation - 1}: "
            "its report is not counted; was the database restored from an old copy?"
        )
        return []
    hosts = schema.hosts
    known = work.connection.execute(select(hosts.c.generation).where(hosts.c.name == host)).scalar()
    if known is None:
        values = {"name": host, "generation": generation, "acknowledged_at": work.now}
        work.connection.execute(insert(hosts).values(values))
    else:
        latest = {"generation": max(known, generation), "acknowledged_at": work.now}
        work.connection.execute(update(hosts).where(hosts.c.name == host).values(latest))
    return _withdrawn(work, host, generation)


def _withdrawn(work: Transaction, host: str, generation: int | None) -> list[int]:
    """Delete what a host was to give up, up to a generation. Return the floating addresses among it."""
    columns = schema.withdrawals.c
    condition = (
        columns.host == host if generation is None else and_(columns.host == host, columns.generation <= generation)
    )
    floating = select(columns.address).where(condition, columns.kind == "floating")
    addresses = list(work.connection.execute(floating).scalars())
    work.connection.execute(delete(schema.withdrawals).where(condition))
    return addresses


def _let_go(work: Transaction, waiting: Sequence[int]) -> list[str]:
    """Make free what no host has any more."""
    fixed = free_if_due(work)
    floating = [dotted(address) for address in put_back(work, waiting)]
    for address in floating:
        work.observe(Change("delete", "floating IP", address, "free again"))
    return fixed + floating
