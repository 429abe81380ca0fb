# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, Exhausted, InUse
from ansible_collections.novanet.network.plugins.module_utils.ipam import fixed_views, schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed import (
    allocate,
    free_if_due,
    release,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.reservations import reserve, unreserve
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Caller, Transaction, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.unit.plugins.module_utils.ipam.scratch import (
    BASE,
    SMALL,
    apply_in,
    confirm,
    free,
    make_port,
    network_in,
)

OFFSET = st.integers(0, 15)
STEP = st.one_of(
    st.tuples(st.just("boot"), st.just(0), st.just(0)),
    st.tuples(st.just("boot at"), OFFSET, st.just(0)),
    st.tuples(st.just("halt"), OFFSET, st.just(0)),
    st.tuples(st.just("confirm"), st.just(0), st.just(0)),
    st.tuples(st.just("reserve"), OFFSET, st.integers(0, 3)),
    st.tuples(st.just("unreserve"), OFFSET, st.integers(0, 3)),
)


class Model:
    """What the addresses of the network are, according to nothing but the rules."""

    def __init__(self, work: Transaction) -> None:
        self.work = work
        self.network = network_in(work)
        self.allocated: set[int] = set()
        self.quarantined: set[int] = set()
        self.fixed = {0, 1, 15}
        self.reserved: dict[int, int] = {}
        self.booted = 0

    def all_reserved(self) -> set[int]:
        return self.fixed | {number for first, last in self.reserved.items() for number in range(first, last + 1)}

    def free(self) -> set[int]:
        return set(range(16)) - self.allocated - self.quarantined - self.all_reserved()

    def do(self, what: str, offset: int, length: int) -> None:
        last = min(offset + length, 15)
        if what.startswith("boot"):
            self.boot(offset if what == "boot at" else None)
        elif what == "halt" and offset in self.allocated:
            row = schema.fixed_ips.c
            release(
                self.work,
                self.work.connection.execute(select(schema.fixed_ips).where(row.address == BASE + offset)).one(),
                ["c1"],
            )
            self.allocated.remove(offset)
            self.quarantined.add(offset)
        elif what == "confirm":
            confirm(self.work, "c1")
            free_if_due(self.work)
            self.quarantined.clear()
        elif what == "reserve":
            self.reserve(offset, last)
        elif what == "unreserve":
            unreserve(self.work, self.network, BASE + offset, BASE + last)
            left = self.all_reserved() - self.fixed - set(range(offset, last + 1))
            own = {number for first, end in self.reserved.items() for number in range(first, end + 1)}
            self.reserved = {number: number for number in own if number in left or not offset <= number <= last}

    def boot(self, offset: int | None) -> None:
        self.booted += 1
        port = make_port(self.work, self.network, f"vm{self.booted}")
        possible = self.free() if offset is None else self.free() & {offset}
        if possible:
            text = None if offset is None else f"10.0.0.{offset}"
            got = int(allocate(self.work, self.network, *port, text).rsplit(".", 1)[1])
            assert got in possible
            self.allocated.add(got)
            return
        with pytest.raises((Exhausted, Conflict, InUse)):
            allocate(self.work, self.network, *port, None if offset is None else f"10.0.0.{offset}")

    def reserve(self, first: int, last: int) -> None:
        wanted = set(range(first, last + 1))
        own = {number for start, end in self.reserved.items() for number in range(start, end + 1)}
        if wanted & (self.allocated | own):
            return
        reserve(self.work, self.network, BASE + first, BASE + last)
        self.reserved[first] = last


@settings(max_examples=80, deadline=None)
@given(st.lists(STEP, max_size=25))
def test_every_address_is_in_exactly_one_state_whatever_happens(steps: list[tuple[str, int, int]]) -> None:
    with transaction("sqlite://", Caller(check=True)) as work:
        apply_in(work, SMALL)
        model = Model(work)
        for step in steps:
            model.do(*step)
            assert free(work) == model.free()
            rows = work.connection.execute(select(schema.fixed_ips)).all()
            assert {row.address - BASE for row in rows if row.state == "allocated"} == model.allocated
            assert {row.address - BASE for row in rows if row.state == "released"} == model.quarantined
            pool = fixed_views.view_pools(work)[0]
            assert pool["size"] == pool["free"] + pool["reserved"] + pool["allocated"] + pool["quarantined"]
