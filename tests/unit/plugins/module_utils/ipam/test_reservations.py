# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, InUse, InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.ipam import fixed_pool
from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed import (
    free_if_due,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.reservations import reserve, unreserve

from tests.unit.plugins.module_utils.ipam.scratch import BASE, SMALL, Scratch, boot, confirm, free, halt, network_in


@pytest.fixture
def ipam(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path)
    scratch.apply(SMALL)
    return scratch


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
