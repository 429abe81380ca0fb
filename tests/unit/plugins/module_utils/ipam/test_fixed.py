# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, Exhausted, InUse, InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.ipam import fixed_views, schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed import (
    allocate,
    free_if_due,
    release_port,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.reservations import reserve
from sqlalchemy import delete, select, update

from tests.unit.plugins.module_utils.ipam.scratch import (
    BASE,
    SMALL,
    Scratch,
    boot,
    confirm,
    free,
    halt,
    make_port,
    network_in,
)


@pytest.fixture
def ipam(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path)
    scratch.apply(SMALL)
    return scratch


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
        work.connection.execute(rows.values(lease_expires=work.now + 60, lease_host="net1"))
        assert free_if_due(work) == []
        with pytest.raises(InUse, match="its lease runs until .* UTC"):
            boot(work, "vm2", "10.0.0.2")
        work.connection.execute(rows.values(lease_expires=work.now - 1))
        assert free_if_due(work) == ["10.0.0.2"]


def test_an_address_that_came_back_is_given_to_somebody_after_all_others(ipam: Scratch) -> None:
    with ipam.work() as work:
        boot(work, "vm1")
        halt(work, "vm1", "c1")
        confirm(work, "c1")
        assert free_if_due(work) == ["10.0.0.2"]
        later = [boot(work, f"vm{number}") for number in range(2, 15)]
    assert later == [f"10.0.0.{number}" for number in range(3, 15)] + ["10.0.0.2"]


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
                "hosts": 0,
                "quarantined": 1,
                "free": 8,
            }
        ]


def test_leases_are_shown_with_their_instance(ipam: Scratch) -> None:
    with ipam.work() as work:
        boot(work, "vm1")
        work.connection.execute(update(schema.fixed_ips).values(lease_expires=99.0, lease_host="net1"))
        assert fixed_views.view_leases(work) == [
            {
                "network": "public",
                "address": "10.0.0.2",
                "mac": "mac-vm1",
                "instance": "vm1",
                "device": None,
                "state": "allocated",
                "expires": 99.0,
                "leased_until": None,
                "host": "net1",
            }
        ]
