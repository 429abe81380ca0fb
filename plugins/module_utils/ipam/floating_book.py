# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The floating addresses that somebody has: allocated, associated, moved, released, each step recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..change import Change
from ..errors import Conflict, NotFound
from . import schema
from .floating_rows import FixedIp, FloatingIp, Pool, read_floating_ips, read_pool_rows
from .floating_space import put_back, take_any, take_this
from .inputs import dotted
from .network_views import chunks
from .sql import delete, insert, update
from .store import Transaction
from .withdrawals import withdraw

# From this many keys on, reading everything is quicker than asking for each.
MANY = 5000


class FloatingBook:
    """The addresses that projects have, as far as anybody asks; every step goes through it to the database.

    :param instances: names of instances whose addresses will be asked for: together they are read quicker.
    :param addresses: addresses that will be asked for.
    """

    def __init__(self, work: Transaction, instances: Iterable[str] = (), addresses: Iterable[int] = ()) -> None:
        self._work = work
        self._pools = read_pool_rows(work)
        self._by_address: dict[int, FloatingIp] = {}
        self._by_instance: dict[str, set[int]] = {}
        self._by_project: dict[str, set[int]] = {}
        # What has been read: all of it, or what has these addresses, instances and projects.
        self._is_whole = False
        self._read: dict[str, set[Any]] = {}
        # Fixed IPs that an address leads to since this transaction began.
        self._led_to: set[int] = set()
        self._look_up(schema.fixed_ips.c.instance, instances)
        self._look_up(schema.floating_ips.c.address, addresses)

    def pool(self, name: str, where: str) -> Pool:
        """Return a pool by its name.

        :param where: position of the name in what was asked for.
        """
        if name not in self._pools:
            raise NotFound(f"{where} {name}", "does not exist", "Create the floating pool first.")
        return self._pools[name]

    def pool_by_id(self, pool_id: int) -> Pool:
        """Return the pool that a range belongs to."""
        return next(pool for pool in self._pools.values() if pool.id == pool_id)

    def at(self, address: int) -> FloatingIp | None:
        """Return who has an address; None when nobody has it."""
        self._look_up(schema.floating_ips.c.address, [address])
        return self._by_address.get(address)

    def of_instance(self, instance: str) -> list[FloatingIp]:
        """Return the addresses of an instance, in the order of the addresses."""
        self._look_up(schema.fixed_ips.c.instance, [instance])
        return [self._by_address[address] for address in sorted(self._by_instance.get(instance, ()))]

    def of_project(self, project: str) -> list[FloatingIp]:
        """Return the addresses of a project, in the order of the addresses."""
        self._look_up(schema.floating_ips.c.project, [project])
        return [self._by_address[address] for address in sorted(self._by_project.get(project, ()))]

    def all(self) -> list[FloatingIp]:
        """Return every address that a project has, in the order of the addresses."""
        self._look_up(None, [None])
        return [self._by_address[address] for address in sorted(self._by_address)]

    def refuse_shared(self, positions: Mapping[int, str]) -> None:
        """Refuse two floating addresses of one fixed IP: which of them would the guest's own traffic leave with?

        The last step of whoever associates, so that two addresses can change places in one list.

        :param positions: where the addresses were asked for, by address.
        """
        self._look_up(schema.floating_ips.c.fixed_ip_id, self._led_to)
        first_of: dict[int, FloatingIp] = {}
        for ip in (self._by_address[address] for address in sorted(self._by_address)):
            if ip.fixed is None or ip.fixed.id not in self._led_to:
                continue
            first = first_of.setdefault(ip.fixed.id, ip)
            if first is ip:
                continue
            asked, other = (ip, first) if ip.address in positions else (first, ip)
            raise Conflict(
                f"{positions.get(asked.address, 'floating IP')} {dotted(asked.address)}",
                f"cannot lead to instance {ip.fixed.describe()}: {dotted(other.address)} does already",
                "Disassociate that one first, or name another fixed address.",
            )

    def allocate(
        self,
        pool: Pool,
        project: str,
        address: int | None = None,
        fixed: FixedIp | None = None,
        auto_assigned: bool = False,
        with_instance: bool = False,
    ) -> FloatingIp:
        """Give a project an address of a pool: the one that is named, or the one that was free for the longest time."""
        if address is None:
            address = take_any(self._work, pool.id, pool.name)
        else:
            take_this(self._work, pool.id, address)
        ip = FloatingIp(address, pool, project, fixed, auto_assigned, with_instance, None, self._work.origin)
        self._work.connection.execute(
            insert(schema.floating_ips).values(
                pool_id=pool.id,
                address=address,
                project=project,
                fixed_ip_id=fixed.id if fixed else None,
                auto_assigned=auto_assigned,
                with_instance=with_instance,
                host=None,
                origin=ip.origin,
                generation=self._work.generation,
            )
        )
        self._keep(ip)
        self._note_led(ip)
        detail = f"pool {pool.name}, project {project}" + (f", instance {fixed.describe()}" if fixed else "")
        self._work.record(Change("create", "floating IP", dotted(address), detail), None, ip.view())
        return ip

    def associate(self, ip: FloatingIp, fixed: FixedIp | None) -> FloatingIp:
        """Let an address belong to a fixed IP, wherever it was before, or to none."""
        if fixed == ip.fixed:
            return ip
        # The host stays until the addresses are placed: it is what shows who must give the address up.
        later = replace(ip, fixed=fixed)
        self._set(ip, fixed_ip_id=fixed.id if fixed else None)
        self._drop(ip)
        self._keep(later)
        self._note_led(later)
        old, new = (item.describe() if item else "none" for item in (ip.fixed, fixed))
        change = Change("update", "floating IP", dotted(ip.address), f"instance {old} -> {new}")
        self._work.record(change, ip.view(), later.view())
        return later

    def stay(self, ip: FloatingIp) -> None:
        """Let an address that its instance asked for stay when the instance goes: somebody else asks for it now."""
        self._set(ip, with_instance=False)
        self._keep(replace(ip, with_instance=False))

    def release(self, ip: FloatingIp) -> None:
        """Take an address back; it is free as soon as the host that binds it has given it up."""
        this = schema.floating_ips.c.address == ip.address
        self._work.connection.execute(delete(schema.floating_ips).where(this))
        if ip.host is None:
            put_back(self._work, [ip.address])
        else:
            withdraw(self._work, "floating", [(ip.address, ip.host)])
        self._drop(ip)
        detail = f"pool {ip.pool.name}, project {ip.project}"
        detail += f", instance {ip.fixed.describe()}" if ip.fixed else ""
        self._work.record(Change("delete", "floating IP", dotted(ip.address), detail), ip.view(), None)

    def _look_up(self, column: Any, keys: Iterable[Any]) -> None:
        """Read the addresses of which a column has one of these values, unless they have been read already.

        :param column: None for all addresses, whatever the keys.
        """
        known = self._read.setdefault(str(column), set())
        new = sorted(set(keys) - known) if column is not None else [None]
        if self._is_whole or not new:
            return
        known.update(new)
        self._is_whole = column is None or len(new) > MANY
        for condition in [None] if self._is_whole else [column.in_(part) for part in chunks(new)]:
            for ip in read_floating_ips(self._work, self._pools, condition):
                if ip.address not in self._by_address:
                    self._keep(ip)

    def _note_led(self, ip: FloatingIp) -> None:
        if ip.fixed is not None:
            self._led_to.add(ip.fixed.id)

    def _set(self, ip: FloatingIp, **values: Any) -> None:
        this = schema.floating_ips.c.address == ip.address
        values["generation"] = self._work.generation
        self._work.connection.execute(update(schema.floating_ips).where(this).values(**values))

    def _keep(self, ip: FloatingIp) -> None:
        self._by_address[ip.address] = ip
        self._by_project.setdefault(ip.project, set()).add(ip.address)
        if ip.fixed is not None:
            self._by_instance.setdefault(ip.fixed.instance, set()).add(ip.address)

    def _drop(self, ip: FloatingIp) -> None:
        del self._by_address[ip.address]
        self._by_project[ip.project].discard(ip.address)
        if ip.fixed is not None:
            self._by_instance[ip.fixed.instance].discard(ip.address)
