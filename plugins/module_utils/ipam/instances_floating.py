# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floating addresses that come and go with instances: automatic ones, and those that the instance itself asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ..errors import Conflict, Exhausted
from . import schema
from .floating import pool_of_address
from .floating_book import FloatingBook
from .floating_rows import FixedIp, FloatingIp
from .floating_space import count_free_addresses
from .inputs import dotted
from .instances_inputs import WantedFloating, WantedInstance
from .instances_rows import StoredInstance
from .sql import select
from .store import Transaction


class InstanceFloating:
    """What happens to floating addresses while instances are changed.

    :param default_pool: pool of automatic addresses, and of items that name none.
    :param automatic: True when every new instance gets an address (nova's ``auto_assign_floating_ip``).
    :param wanted: the instances that were asked for.
    :param leaving: names of instances that go without being asked for.
    """

    def __init__(
        self,
        work: Transaction,
        default_pool: str,
        automatic: bool,
        wanted: Sequence[WantedInstance],
        leaving: Sequence[str] = (),
    ) -> None:
        self._work = work
        self._default_pool = default_pool
        self._automatic = automatic
        networks = schema.networks
        labels = work.connection.execute(select(networks.c.label).where(networks.c.cidr.is_(None)))
        self._without_ipv4 = frozenset(labels.scalars())
        # Addresses that an instance of the list asks for by name: from one that goes they move, they are not released.
        self._heirs = {
            item.floating.address: item
            for item in wanted
            if item.present and item.floating is not None and item.floating.address is not None
        }
        self._book = FloatingBook(work, [*(item.name for item in wanted), *leaving], self._heirs)

    def prepare(self, present: Sequence[WantedInstance], known: Collection[str]) -> None:
        """Refuse what cannot be had before anything is changed.

        :param known: names of the instances that exist already.
        :raises NotFound: a pool does not exist.
        :raises Exhausted: a pool has fewer free addresses than are needed.
        """
        needed: dict[str, int] = {}
        for item in present:
            asked = item.floating
            if (asked is None or asked.address is None) and self._is_lacking(item, known):
                where = f"{asked.where}.pool" if asked else f"{item.where}: default_floating_pool"
                pool = self._book.pool((asked and asked.pool) or self._default_pool, where)
                needed[pool.name] = needed.get(pool.name, 0) + 1
        for name, count in needed.items():
            pool = self._book.pool(name, "floating pool")
            free = count_free_addresses(self._work, pool.id)
            if count > free:
                raise Exhausted(
                    f"floating pool {name}",
                    f"has {free} free addresses, {count} are needed",
                    "Add a range to the pool, or release addresses.",
                )

    def detach_instance(self, instance: StoredInstance) -> None:
        """Disassociate the addresses of an instance that goes; what was made for it is released."""
        for ip in self._book.of_instance(instance.name):
            heir = self._heirs.get(ip.address)
            moves = heir is not None and heir.name != instance.name and heir.project in (None, ip.project)
            if moves and not ip.auto_assigned:
                continue
            if ip.auto_assigned or ip.with_instance:
                self._book.release(ip)
            else:
                self._book.associate(ip, None)

    def follow(self, instance: str, moved: Mapping[int, FixedIp | None], first: FixedIp | None) -> None:
        """Let the addresses of fixed IPs that an instance has no more belong to what it has now.

        :param moved: for the id of each such fixed IP, the one that the same NIC has instead.
        :param first: the instance's first fixed IP.
        """
        for ip in self._book.of_instance(instance):
            if ip.fixed is None or ip.fixed.id not in moved:
                continue
            made_for_it = ip.auto_assigned or ip.with_instance
            target = moved[ip.fixed.id] or (first if made_for_it else None)
            if target is None and made_for_it:
                self._book.release(ip)
            else:
                self._book.associate(ip, target)

    def ensure(self, item: WantedInstance, project: str, fixed: Sequence[FixedIp], is_new: bool, purge: bool) -> None:
        """Give an instance the floating address that it asks for, or that every new instance gets."""
        own = [ip for ip in self._book.of_instance(item.name) if ip.with_instance and ip.origin == self._work.origin]
        if item.floating is not None:
            kept = self._ensure_asked(item, item.floating, project, fixed)
            self._release(ip for ip in own if ip.address != kept)
        elif is_new and self._automatic and fixed:
            pool = self._book.pool(self._default_pool, f"{item.where}: default_floating_pool")
            self._refuse_foreign_pool(pool.project, project, f"{item.where}: default_floating_pool {pool.name}")
            self._book.allocate(pool, project, None, fixed[0], auto_assigned=True)
        elif purge:
            self._release(own)

    def finish(self) -> None:
        """Refuse what would leave an instance with two floating addresses for one fixed IP."""
        self._book.refuse_shared(
            {address: f"{item.floating.where}.address" for address, item in self._heirs.items() if item.floating}
        )

    def _ensure_asked(self, item: WantedInstance, asked: WantedFloating, project: str, fixed: Sequence[FixedIp]) -> int:
        if not fixed:
            raise Conflict(
                asked.where,
                f"cannot be had: instance {item.name} has no fixed IP",
                "IPv6 has no floating addresses; give the instance a NIC in a network with IPv4.",
            )
        if asked.address is not None:
            ip = self._book.at(asked.address)
            if ip is not None:
                return self._move(item, asked, ip, project, fixed)
            pool = pool_of_address(self._work, self._book, asked.address, asked.pool, f"{asked.where}.address")
        else:
            pool = self._book.pool(asked.pool or self._default_pool, f"{asked.where}.pool")
            for ip in self._book.of_instance(item.name):
                if ip.pool == pool:
                    return ip.address
        self._refuse_foreign_pool(pool.project, project, f"{asked.where}.pool {pool.name}")
        return self._book.allocate(pool, project, asked.address, fixed[0], with_instance=True).address

    def _move(
        self, item: WantedInstance, asked: WantedFloating, ip: FloatingIp, project: str, fixed: Sequence[FixedIp]
    ) -> int:
        subject = f"{asked.where}.address {dotted(ip.address)}"
        if asked.pool not in (None, ip.pool.name):
            raise Conflict(subject, f"is in floating pool {ip.pool.name}, not in {asked.pool}")
        if ip.project != project:
            raise Conflict(subject, f"belongs to project {ip.project}, not to {project}")
        if ip.fixed is not None and ip.fixed.instance == item.name:
            return ip.address
        if ip.auto_assigned and ip.fixed is not None:
            raise Conflict(subject, f"was assigned to instance {ip.fixed.instance} automatically and goes with it")
        return self._book.associate(ip, fixed[0]).address

    def _is_lacking(self, item: WantedInstance, known: Collection[str]) -> bool:
        """Tell whether an instance needs an address that it does not have yet."""
        if item.floating is None:
            may_have_fixed = item.nics is None or any(nic.network not in self._without_ipv4 for nic in item.nics)
            return self._automatic and item.name not in known and may_have_fixed
        pool = item.floating.pool or self._default_pool
        return not any(ip.pool.name == pool for ip in self._book.of_instance(item.name))

    def _release(self, ips: Iterable[FloatingIp]) -> None:
        for ip in ips:
            self._book.release(ip)

    @staticmethod
    def _refuse_foreign_pool(owner: str | None, project: str, subject: str) -> None:
        if owner not in (None, project):
            raise Conflict(subject, f"belongs to project {owner}, not to {project}")
