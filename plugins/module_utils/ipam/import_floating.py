# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floating addresses of nova: pools with their ranges, and who has which address."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import Conflict, InvalidInput
from .floating import DEFAULT_POOL, read_fixed_ips
from .floating_book import FloatingBook
from .floating_inputs import read_range
from .floating_places import place_floating_addresses
from .floating_rows import FixedIp
from .import_instances import CarriedNic
from .import_report import Places, Report
from .inputs import dotted, read_address
from .projects import ensure_projects
from .store import Transaction


@dataclass(frozen=True)
class CarriedFloating:
    """A floating address that a project has.

    :param nic: the NIC that it leads to; None when it leads nowhere.
    """

    address: int
    pool: str
    project: str
    nic: CarriedNic | None
    auto_assigned: bool


def carry_floating(
    rows: Sequence[Any], places: Places, nics: Iterable[CarriedNic], held: Mapping[int, str], report: Report
) -> tuple[list[dict[str, Any]], list[CarriedFloating]]:
    """Return the pools as items of the option ``pools``, and the addresses that projects have.

    :param held: addresses that guests, hosts or networks have themselves, and whose they are.
    """
    by_fixed = {nic.fixed_id: nic for nic in nics if nic.fixed_id is not None}
    used: set[int] = set()
    good, carried = [], []
    for row in rows:
        thing = f"floating IP {row.address}"
        number = _number(row, held, report)
        if number is None:
            continue
        good.append((number, row))
        if not row.project_id and row.fixed_ip_id is None:
            continue
        nic = by_fixed.get(row.fixed_ip_id)
        project = places.project(row.project_id) or (nic.instance.project if nic and not row.project_id else None)
        if project is None:
            report.leave(thing, f"its project {row.project_id} is not among projects; it is free here")
            continue
        nic = _associated(row, project, nic, used, report)
        automatic = bool(row.auto_assigned) and nic is not None
        carried.append(CarriedFloating(number, row.pool or DEFAULT_POOL, project, nic, automatic))
    return _pools(good, report), carried


def store_floating(work: Transaction, wanted: Sequence[CarriedFloating]) -> None:
    """Give projects their floating addresses. One that is had already must be had just like that.

    :raises Conflict: it is had otherwise.
    """
    book = FloatingBook(work, addresses=[ip.address for ip in wanted])
    fixed = read_fixed_ips(work, {ip.nic.instance.name for ip in wanted if ip.nic is not None})
    ensure_projects(work, (ip.project for ip in wanted))
    for ip in wanted:
        target = None if ip.nic is None else _fixed_of(fixed[ip.nic.instance.name][1], ip.nic)
        known = book.at(ip.address)
        if known is None:
            pool = book.pool(ip.pool, f"floating IP {dotted(ip.address)}: pool")
            book.allocate(pool, ip.project, ip.address, target, auto_assigned=ip.auto_assigned)
        elif (known.pool.name, known.project, known.fixed) != (ip.pool, ip.project, target):
            view = known.view()
            raise Conflict(
                f"floating IP {dotted(ip.address)}",
                f"is of project {view['project']} and instance {view['instance'] or 'none'} here, and not so in nova",
            )
    place_floating_addresses(work)


def _fixed_of(fixed: Iterable[FixedIp], nic: CarriedNic) -> FixedIp:
    return next(one for one in fixed if one.address == nic.address)


def _number(row: Any, held: Mapping[int, str], report: Report) -> int | None:
    """Return an address as a number; None, and a report, when it cannot be a floating address here."""
    thing = f"floating IP {row.address}"
    try:
        number = read_address(row.address, thing)
        read_range(row.address, thing)
    except InvalidInput as error:
        report.leave(thing, error.reason)
        return None
    if number in held:
        report.leave(thing, f"it is {held[number]} as well")
        return None
    return number


def _associated(row: Any, project: str, nic: CarriedNic | None, used: set[int], report: Report) -> CarriedNic | None:
    """Return the NIC that an address leads to here."""
    if row.fixed_ip_id is None:
        return None
    reason = None
    if nic is None:
        reason = "its fixed IP is not carried over"
    elif nic.instance.project != project:
        reason = f"instance {nic.instance.name} belongs to project {nic.instance.project}"
    elif row.fixed_ip_id in used:
        reason = f"{nic.describe()} has another floating IP, and can have one here"
    if reason is not None:
        report.leave(f"association of floating IP {row.address}", reason)
        return None
    used.add(row.fixed_ip_id)
    return nic


def _pools(rows: Sequence[tuple[int, Any]], report: Report) -> list[dict[str, Any]]:
    pools: dict[str, list[tuple[int, Any]]] = {}
    for number, row in sorted(rows, key=lambda entry: entry[0]):
        pools.setdefault(row.pool or DEFAULT_POOL, []).append((number, row))
    return [_pool(name, members, report) for name, members in pools.items()]


def _pool(name: str, members: Sequence[tuple[int, Any]], report: Report) -> dict[str, Any]:
    interfaces: Collection[str] = sorted({row.interface for _number, row in members if row.interface})
    if len(interfaces) > 1:
        report.leave(
            f"interfaces of floating pool {name}",
            f"a pool has one here, these are {', '.join(interfaces)}; the public interface of hosts is used",
        )
    item: dict[str, Any] = {"name": name, "ranges": _ranges([number for number, _row in members])}
    return {**item, "interface": next(iter(interfaces))} if len(interfaces) == 1 else item


def _ranges(numbers: Sequence[int]) -> list[str]:
    """Return addresses in order as ranges of a pool, each written as it would be by hand."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return [dotted(first) if first == last else f"{dotted(first)}-{dotted(last)}" for first, last in runs]
