# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floating addresses: allocated to projects, associated with instances, moved and released."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import Conflict, InvalidInput, NotFound
from . import schema
from .floating_book import MANY, FloatingBook
from .floating_inputs import WantedAddress, read_addresses
from .floating_places import place_floating_addresses
from .floating_rows import FixedIp, FloatingIp, Pool
from .floating_space import pool_at
from .inputs import dotted
from .network_views import chunks
from .projects import ensure_project
from .sql import select
from .store import Transaction

DEFAULT_POOL = "nova"


def apply_floating_addresses(
    work: Transaction,
    items: Sequence[Mapping[str, Any]],
    defaults: Mapping[str, Any],
    purge: bool = False,
    where: str = "addresses",
) -> list[dict[str, Any]]:
    """Make floating addresses be as they were asked for, and return the ones that were.

    An item names an address, or asks for any address of a pool: one that is associated with the instance (or, without
    an instance, one that the project has) satisfies it, otherwise the one that was free for the longest time is taken.

    :param defaults: ``default_floating_pool``.
    :param where: the option that lists them, for messages.
    :param purge: release the addresses of this origin that are not listed, except those that go with their instance.
    :raises NovaError: a value is wrong, something does not exist, a pool is empty, or an address is another project's.
    """
    wanted = read_addresses(items, where)
    desk = _Desk(work, wanted, str(defaults.get("default_floating_pool") or DEFAULT_POOL))
    present = [item for item in wanted if item.present]
    claims = desk.match(present)
    for item in wanted:
        if not item.present:
            desk.release(item, set(claims.values()))
    if purge:
        desk.release_unlisted(set(claims.values()))
    # Named addresses first: what one item names must not be what another one happens to get.
    for index in sorted(range(len(present)), key=lambda number: present[number].address is None):
        claims[index] = desk.ensure(present[index], claims.get(index))
    desk.refuse_shared({address: f"{present[index].where}.address" for index, address in claims.items()})
    place_floating_addresses(work)
    # Read anew: who binds them is known only now.
    placed = FloatingBook(work, addresses=claims.values())
    found = [placed.at(claims[index]) for index in range(len(present))]
    return [ip.view() for ip in found if ip is not None]


class _Desk:
    """What is asked for on one side, what there is on the other."""

    def __init__(self, work: Transaction, wanted: Sequence[WantedAddress], default_pool: str) -> None:
        self._work = work
        self._default_pool = default_pool
        names = [item.instance for item in wanted if item.instance]
        self._book = FloatingBook(work, names, (item.address for item in wanted if item.address is not None))
        self._instances = read_fixed_ips(work, names)

    def match(self, present: Sequence[WantedAddress]) -> dict[int, int]:
        """Return, for each item that there is an address for already, that address."""
        claims = {
            index: item.address
            for index, item in enumerate(present)
            if item.address is not None and self._book.at(item.address) is not None
        }
        taken = set(claims.values())
        unnamed = [index for index, item in enumerate(present) if item.address is None]
        # Who asks for an instance is more particular than who asks for a project.
        for index in sorted(unnamed, key=lambda number: not present[number].instance):
            found = next((ip for ip in self._candidates(present[index]) if ip.address not in taken), None)
            if found is not None:
                claims[index] = found.address
                taken.add(found.address)
        return claims

    def release(self, item: WantedAddress, claimed: set[int]) -> None:
        """Release what an absent item names: one address, or those of a pool that an instance has."""
        if item.address is not None:
            ip = self._book.at(item.address)
            if ip is None:
                return
            self._refuse_automatic(item, ip)
            if item.project is not None and item.project != ip.project:
                raise Conflict(self._subject(item, ip), f"belongs to project {ip.project}, not to {item.project}")
            self._book.release(ip)
            return
        for ip in self._book.of_instance(item.instance or ""):
            if item.pool in (None, ip.pool.name) and not ip.auto_assigned and ip.address not in claimed:
                self._book.release(ip)

    def release_unlisted(self, claimed: set[int]) -> None:
        """Release the addresses of this origin that no item asks for."""
        for ip in self._book.all():
            goes_with_instance = ip.auto_assigned or ip.with_instance
            if ip.origin == self._work.origin and ip.address not in claimed and not goes_with_instance:
                self._book.release(ip)

    def ensure(self, item: WantedAddress, claimed: int | None) -> int:
        """Make one item true, and return its address."""
        ip = None if claimed is None else self._book.at(claimed)
        if ip is None:
            return self._allocate(item).address
        if item.pool not in (None, ip.pool.name):
            raise Conflict(self._subject(item, ip), f"is in floating pool {ip.pool.name}, not in {item.pool}")
        project = self._project(item) or ip.project
        if project != ip.project:
            raise Conflict(
                self._subject(item, ip),
                f"belongs to project {ip.project}, not to {project}",
                "An address moves within its project only. Release it first.",
            )
        if not _is_satisfied(item, ip):
            self._refuse_automatic(item, ip)
            ip = self._book.associate(ip, self._fixed(item))
            if ip.with_instance:
                self._book.stay(ip)
        return ip.address

    def refuse_shared(self, positions: Mapping[int, str]) -> None:
        """See :meth:`FloatingBook.refuse_shared`."""
        self._book.refuse_shared(positions)

    def _allocate(self, item: WantedAddress) -> FloatingIp:
        pool = self._pool(item)
        project = self._project(item)
        if project is None:
            raise InvalidInput(f"{item.where}.project", "is missing", "Say whose address it is to be.")
        if pool.project not in (None, project):
            raise Conflict(f"{item.where}.pool {pool.name}", f"belongs to project {pool.project}, not to {project}")
        ensure_project(self._work, project)
        return self._book.allocate(pool, project, item.address, self._fixed(item))

    def _pool(self, item: WantedAddress) -> Pool:
        if item.address is None:
            return self._book.pool(item.pool or self._default_pool, f"{item.where}.pool")
        return pool_of_address(self._work, self._book, item.address, item.pool, f"{item.where}.address")

    def _project(self, item: WantedAddress) -> str | None:
        if not item.instance:
            return item.project
        project = self._owner(item)[0]
        if item.project not in (None, project):
            raise Conflict(
                f"{item.where}.instance {item.instance}", f"belongs to project {project}, not to {item.project}"
            )
        return project

    def _fixed(self, item: WantedAddress) -> FixedIp | None:
        """Return the fixed IP that the address is to belong to: the instance's first, or the one that was named."""
        if not item.instance:
            return None
        fixed = self._owner(item)[1]
        subject = f"{item.where}.instance {item.instance}"
        if not fixed:
            raise Conflict(subject, "has no fixed IP that a floating address could belong to")
        if item.fixed_address is None:
            return fixed[0]
        for candidate in fixed:
            if candidate.address == item.fixed_address:
                return candidate
        raise NotFound(f"{item.where}.fixed_address {dotted(item.fixed_address)}", f"is not one of {item.instance}'s")

    def _owner(self, item: WantedAddress) -> tuple[str, list[FixedIp]]:
        if item.instance not in self._instances:
            raise NotFound(f"{item.where}.instance {item.instance}", "does not exist", "Create the instance first.")
        return self._instances[item.instance]

    def _candidates(self, item: WantedAddress) -> list[FloatingIp]:
        """Return the addresses that would do for an item that names none, the best first."""
        pool = item.pool or self._default_pool
        if item.instance:
            return [
                ip for ip in self._book.of_instance(item.instance) if ip.pool.name == pool and _is_satisfied(item, ip)
            ]
        found = [
            ip
            for ip in self._book.of_project(item.project or "")
            if ip.pool.name == pool and not ip.auto_assigned and not ip.with_instance and _is_satisfied(item, ip)
        ]
        return sorted(found, key=lambda ip: (ip.fixed is not None, ip.address))

    def _refuse_automatic(self, item: WantedAddress, ip: FloatingIp) -> None:
        if ip.auto_assigned and ip.fixed is not None:
            raise Conflict(
                self._subject(item, ip), f"was assigned to instance {ip.fixed.instance} automatically and goes with it"
            )

    @staticmethod
    def _subject(item: WantedAddress, ip: FloatingIp) -> str:
        return f"{item.where}.address {dotted(ip.address)}"


def pool_of_address(work: Transaction, book: FloatingBook, address: int, pool: str | None, where: str) -> Pool:
    """Return the pool that an address lies in.

    :param pool: the pool that it should lie in; None for any.
    :raises NotFound: it lies in none, or the pool does not exist.
    :raises Conflict: it lies in another one.
    """
    subject = f"{where} {dotted(address)}"
    span = pool_at(work, address)
    if pool is not None:
        book.pool(pool, where.replace(".address", ".pool"))
    if span is None:
        raise NotFound(subject, "is in no floating pool", "Add it to the ranges of a pool first.")
    found = book.pool_by_id(span.pool_id)
    if pool not in (None, found.name):
        raise Conflict(subject, f"is in floating pool {found.name}, not in {pool}")
    return found


def read_fixed_ips(work: Transaction, names: Iterable[str]) -> dict[str, tuple[str, list[FixedIp]]]:
    """Return the project and the fixed IPs of instances, in the order of the NICs, by the instance's name."""
    wanted = sorted(set(names))
    instances, ports, fixed, networks = schema.instances, schema.ports, schema.fixed_ips, schema.networks
    query = (
        select(instances.c.name, instances.c.project, fixed.c.id, fixed.c.address, networks.c.label)
        .select_from(
            instances.outerjoin(ports, ports.c.instance_id == instances.c.id)
            .outerjoin(fixed, fixed.c.port_id == ports.c.id)
            .outerjoin(networks, networks.c.id == ports.c.network_id)
        )
        .order_by(instances.c.name, ports.c.position)
    )
    parts = [query] if len(wanted) > MANY else [query.where(instances.c.name.in_(part)) for part in chunks(wanted)]
    found: dict[str, tuple[str, list[FixedIp]]] = {}
    for part in parts:
        for name, project, number, address, label in work.connection.execute(part):
            fixed_ips = found.setdefault(name, (project, []))[1]
            if number is not None:
                fixed_ips.append(FixedIp(number, address, label, name))
    return found


def _is_satisfied(item: WantedAddress, ip: FloatingIp) -> bool:
    """Tell whether an address is associated as an item asks; without an instance, any association will do."""
    if item.instance is None:
        return True
    if ip.fixed is None or not item.instance:
        return ip.fixed is None and not item.instance
    same_address = item.fixed_address in (None, ip.fixed.address)
    return ip.fixed.instance == item.instance and same_address
