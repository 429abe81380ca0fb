# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, Exhausted, InUse, InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.ipam import fixed_pool, fixed_views, schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed import (
    allocate,
    free_if_due,
    release,
    release_port,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.reservations import reserve, unreserve
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Caller, Transaction, transaction
from tests.unit.plugins.module_utils.ipam.scratch import Scratch, apply_in, free_addresses, make_port

NETWORK = {"label": "public", "cidr": "10.0.0.0/28"}
BASE = 10 << 24


@pytest.fixture
def ipam(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path)
    scratch.apply(NETWORK)
    return scratch


def network_in(work: Transaction) -> Any:
    return work.connection.execute(select(schema.networks)).first()


def boot(work: Transaction, name: str, address: str | None = None) -> str:
    network = network_in(work)
    return allocate(work, network, *make_port(work, network, name), address, "instances[0].address")


def halt(work: Transaction, name: str, *hosts: str) -> None:
    row = work.connection.execute(select(schema.fixed_ips).where(schema.fixed_ips.c.instance == name)).one()
    release(work, row, hosts)


def confirm(work: Transaction, host: str) -> None:
    work.connection.execute(delete(schema.withdrawals).where(schema.withdrawals.c.host == host))


def free(work: Transaction) -> set[int]:
    return {number - BASE for number in free_addresses(work, schema.fixed_extents, "network_id", network_in(work).id)}


def test_addresses_are_given_in_order_and_recorded(ipam: Scratch) -> None:
    with ipam.work() as work:
        assert [boot(work, "vm1"), boot(work, "vm2")] == ["10.0.0.2", "10.0.0.3"]
        assert [change.describe() for change in work.changes] == [
            "create fixed IP 10.0.0.2 (vm1, network public)",
            "create fixed IP 10.0.0.3 (vm2, network public)",
        ]
        assert free(work) == set(range(4, 15))


def test_the_address_that_was_asked_for_is_given(ipam: Scratch) -> None:
    with ipam.work() as work:
        assert boot(work, "vm1", "10.0.0.7") == "10.0.0.7"
        assert boot(work, "vm2") == "10.0.0.2"


def test_an_address_in_quarantine_is_not_given_to_anybody(ipam: Scratch) -> None:
    with ipam.work() as work:
        boot(work, "vm1")
        halt(work, "vm1", "c1", "net1")
        assert boot(work, "vm2") == "10.0.0.3"
        with pytest.raises(InUse, match="quarantine: instance vm1 had it, not yet confirmed by c1, net1"):
            boot(work, "vm3", "10.0.0.2")


@pytest.mark.parametrize(
    ("address", "error", "message"),
    [
        ("10.0.1.1", InvalidInput, r"instances\[0\].address 10.0.1.1 is outside network public .10.0.0.0/28."),
        ("10.0.0.1", Conflict, "is reserved in network public .gateway."),
        ("10.0.0.9", Conflict, "is reserved in network public .operator: printer."),
        ("10.0.0.5", Conflict, "is taken by instance vm1"),
        ("ten", InvalidInput, "is not an IPv4 address"),
    ],
)
def test_an_address_that_cannot_be_had_is_refused_with_the_reason(
    ipam: Scratch, address: str, error: type[Exception], message: str
) -> None:
    with ipam.work() as work:
        reserve(work, network_in(work), BASE + 9, BASE + 9, note="printer")
        boot(work, "vm1", "10.0.0.5")
    with pytest.raises(error, match=message), ipam.work() as work:
        boot(work, "vm2", address)


def test_a_network_runs_out(ipam: Scratch) -> None:
    with ipam.work() as work:
        for number in range(13):
            boot(work, f"vm{number}")
        with pytest.raises(Exhausted, match=r"network public .10.0.0.0/28. has no free address left"):
            boot(work, "vm99")


def test_quarantine_ends_when_every_host_has_confirmed(ipam: Scratch) -> None:
    with ipam.work() as work:
        boot(work, "vm1")
        halt(work, "vm1", "c1", "net1")
        assert free_if_due(work) == []
        confirm(work, "c1")
        assert free_if_due(work) == []
        confirm(work, "net1")
        before = len(work.changes)
        assert free_if_due(work) == ["10.0.0.2"]
        assert len(work.changes) == before, "coming out of quarantine is nobody's wish"
        assert free(work) == set(range(2, 15))
        assert boot(work, "vm2") == "10.0.0.3", "an address that was never used comes before one that was"


def test_quarantine_lasts_as_long_as_the_lease(ipam: Scratch) -> None:
    with ipam.work() as work:
        boot(work, "vm1")
        halt(work, "vm1")
        rows = update(schema.fixed_ips)
        work.connection.execute(rows.values(lease_expires=work.now + 60))
        assert free_if_due(work) == []
        with pytest.raises(InUse, match="its lease runs until .* UTC"):
            boot(work, "vm2", "10.0.0.2")
        work.connection.execute(rows.values(lease_expires=work.now - 1))
        assert free_if_due(work) == ["10.0.0.2"]


def test_a_port_gives_up_its_address(ipam: Scratch) -> None:
    with ipam.work() as work:
        network = network_in(work)
        port, mac, name = make_port(work, network, "vm1")
        allocate(work, network, port, mac, name)
        assert release_port(work, port, ["c1"]) == "10.0.0.2"
        assert release_port(work, port, ["c1"]) is None


def test_releasing_again_asks_for_the_newer_generation(ipam: Scratch) -> None:
    for name in ("vm1", "vm2"):
        with ipam.work() as work:
            boot(work, name, "10.0.0.2")
            halt(work, name, "c1")
            work.connection.execute(delete(schema.fixed_ips))
            work.connection.execute(delete(schema.fixed_extents).where(schema.fixed_extents.c.first == BASE + 2))
            network = network_in(work)
            row = {"network_id": network.id, "first": BASE + 2, "last": BASE + 2, "freed_at": 0.0}
            work.connection.execute(schema.fixed_extents.insert().values(row))
    with ipam.work(check=True) as work:
        rows = work.connection.execute(select(schema.withdrawals)).all()
        assert [(row.host, row.generation) for row in rows] == [("c1", 3)]


def test_a_reservation_keeps_addresses_from_instances_until_it_is_gone(ipam: Scratch) -> None:
    with ipam.work() as work:
        network = network_in(work)
        assert reserve(work, network, BASE + 2, BASE + 4, note="printers")
        assert not reserve(work, network, BASE + 2, BASE + 4, note="printers")
        assert reserve(work, network, BASE + 2, BASE + 4, note="scanners")
        assert boot(work, "vm1") == "10.0.0.5"
        assert unreserve(work, network, BASE + 3, BASE + 3)
        assert free(work) == {3, *range(6, 15)}
        assert unreserve(work, network, BASE, BASE + 15)
        assert not unreserve(work, network, BASE, BASE + 15)
        assert free(work) == {2, 3, 4, *range(6, 15)}


def test_reservations_for_different_reasons_do_not_undo_each_other(ipam: Scratch) -> None:
    with ipam.work() as work:
        network = network_in(work)
        reserve(work, network, BASE + 2, BASE + 6)
        reserve(work, network, BASE + 4, BASE + 8, "floating")
        unreserve(work, network, BASE + 2, BASE + 6)
        assert free(work) == {2, 3, *range(9, 15)}
        unreserve(work, network, BASE + 4, BASE + 8, "floating")
        assert free(work) == set(range(2, 15))


@pytest.mark.parametrize(
    ("first", "last", "error", "message"),
    [
        (4, 20, InvalidInput, "reservation 10.0.0.4-10.0.0.20 is outside network public"),
        (1, 6, InUse, "holds 1 allocated address, the first is 10.0.0.5 of instance vm1"),
        (8, 9, Conflict, "overlaps 10.0.0.9-10.0.0.10, which is reserved already"),
    ],
)
def test_a_reservation_that_cannot_be_is_refused(
    ipam: Scratch, first: int, last: int, error: type[Exception], message: str
) -> None:
    with ipam.work() as work:
        boot(work, "vm1", "10.0.0.5")
        reserve(work, network_in(work), BASE + 9, BASE + 10)
        with pytest.raises(error, match=message):
            reserve(work, network_in(work), BASE + first, BASE + last)


def test_a_reserved_address_does_not_become_free_when_its_quarantine_ends(ipam: Scratch) -> None:
    with ipam.work() as work:
        boot(work, "vm1")
        halt(work, "vm1", "c1")
        reserve(work, network_in(work), BASE + 2, BASE + 2)
        confirm(work, "c1")
        assert free_if_due(work) == ["10.0.0.2"]
        assert 2 not in free(work)
        unreserve(work, network_in(work), BASE + 2, BASE + 2)
        assert 2 in free(work)


def test_the_numbers_of_a_pool_add_up(ipam: Scratch) -> None:
    with ipam.work() as work:
        for name in ("vm1", "vm2", "vm3"):
            boot(work, name)
        halt(work, "vm1", "c1")
        reserve(work, network_in(work), BASE + 8, BASE + 9)
        assert fixed_views.view_pools(work) == [
            {
                "network": "public",
                "cidr": "10.0.0.0/28",
                "project": None,
                "size": 16,
                "reserved": 5,
                "allocated": 2,
                "quarantined": 1,
                "free": 8,
            }
        ]


def test_leases_are_shown_with_their_instance(ipam: Scratch) -> None:
    with ipam.work() as work:
        boot(work, "vm1")
        work.connection.execute(update(schema.fixed_ips).values(lease_expires=99.0))
        assert fixed_views.view_leases(work) == [
            {
                "network": "public",
                "address": "10.0.0.2",
                "mac": "mac-vm1",
                "instance": "vm1",
                "state": "allocated",
                "expires": 99.0,
            }
        ]


def test_a_list_of_reservations_is_made_so(ipam: Scratch) -> None:
    items = [
        {"network": "public", "address": "10.0.0.4", "note": "printer"},
        {"network": "public", "cidr": "10.0.0.8/30"},
        {"network": "public", "start": "10.0.0.13", "end": "10.0.0.14"},
    ]
    with ipam.work(origin="inventory") as work:
        fixed_pool.apply_reservations(work, items)
        assert free(work) == {2, 3, 5, 6, 7, 12}
    with ipam.work(origin="inventory") as work:
        fixed_pool.apply_reservations(work, items, purge=True)
        assert work.changes == []
        fixed_pool.apply_reservations(work, items[:1], purge=True)
        assert free(work) == {2, 3, *range(5, 15)}
        fixed_pool.apply_reservations(work, [{**items[0], "state": "absent"}])
        assert free(work) == set(range(2, 15))


def test_purge_leaves_reservations_of_another_origin(ipam: Scratch) -> None:
    with ipam.work() as work:
        fixed_pool.apply_reservations(work, [{"network": "public", "address": "10.0.0.4"}])
    with ipam.work(origin="inventory") as work:
        fixed_pool.apply_reservations(work, [], purge=True)
        assert work.changes == []


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"network": "nowhere", "address": "10.0.0.4"}, r"reservations\[0\].network nowhere does not exist"),
        ({"network": "public"}, r"reservations\[0\] has no addresses. Give either address, or cidr, or start and end"),
        ({"network": "public", "address": "10.0.0.4", "cidr": "10.0.0.8/30"}, "has address and cidr"),
        ({"network": "public", "start": "10.0.0.4"}, "has start"),
        ({"network": "public", "start": "10.0.0.4", "end": "10.0.0.3"}, "end 10.0.0.3 is before start 10.0.0.4"),
        ({"network": "public", "address": "10.0.1.4"}, r"reservations\[0\] 10.0.1.4 is outside network public"),
    ],
)
def test_a_wrong_reservation_is_refused_with_its_position(ipam: Scratch, item: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match=message), ipam.work() as work:
        fixed_pool.apply_reservations(work, [item])


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
        apply_in(work, NETWORK)
        model = Model(work)
        for step in steps:
            model.do(*step)
            assert free(work) == model.free()
            rows = work.connection.execute(select(schema.fixed_ips)).all()
            assert {row.address - BASE for row in rows if row.state == "allocated"} == model.allocated
            assert {row.address - BASE for row in rows if row.state == "released"} == model.quarantined
            pool = fixed_views.view_pools(work)[0]
            assert pool["size"] == pool["free"] + pool["reserved"] + pool["allocated"] + pool["quarantined"]
