# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.modules import nova_fixed_pool, nova_network

from tests.unit.plugins.modules.module_run import run_module

PRINTER = {"network": "public", "address": "10.0.0.9", "note": "printer"}


@pytest.fixture
def pool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    database = f"sqlite:///{tmp_path}/ipam.sqlite"
    networks = [{"label": "public", "cidr": "10.0.0.0/24"}]
    defaults = {"flat_network_bridge": "br100"}
    run_module(nova_network, capsys, database=database, manager="flatdhcp", networks=networks, defaults=defaults)
    return partial(run_module, nova_fixed_pool, capsys, database=database)


def test_a_reservation_is_made_once(pool: Any) -> None:
    first = pool(reservations=[PRINTER])
    assert first["changes"] == ["create reservation 10.0.0.9 (network public)"]
    kept = {"network": "public", "first": "10.0.0.9", "last": "10.0.0.9", "reason": "operator", "note": "printer"}
    assert {**kept, "mac": None, "hostname": None} in first["reservations"]
    assert (first["pools"][0]["reserved"], first["pools"][0]["free"]) == (4, 252)
    assert not pool(reservations=[PRINTER])["changed"]


def test_check_mode_predicts_the_result(pool: Any) -> None:
    predicted = pool(check=True, reservations=[PRINTER])
    assert pool(reservations=[PRINTER]) == predicted


def test_without_a_list_it_only_looks(pool: Any) -> None:
    result = pool()
    assert (result["changed"], result["leases"]) == (False, [])
    assert result["pools"][0]["size"] == 256


def test_purge_gives_back_what_is_no_longer_listed(pool: Any) -> None:
    pool(reservations=[PRINTER])
    assert "would remove everything" in pool(reservations=[], purge=True)["msg"]
    result = pool(reservations=[], purge=True, allow_empty_purge=True)
    assert result["changes"] == ["delete reservation 10.0.0.9 (network public)"]


def test_a_wrong_reservation_fails_with_its_position(pool: Any) -> None:
    result = pool(reservations=[PRINTER, {**PRINTER, "address": "10.0.1.9"}])
    assert result["msg"] == "reservations[1] 10.0.1.9 is outside network public (10.0.0.0/24)"
    assert len(pool()["reservations"]) == 3
