# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.modules import nova_floating_pool

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, web
from tests.unit.plugins.modules.module_run import run_module

NEW: dict[str, Any] = {
    "pools": [{"name": "second", "ranges": ["198.51.100.0/30"]}],
    "addresses": [{"instance": "a", "pool": "second"}],
}


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    cloud = SmallCloud(tmp_path)
    cloud.boot(web("a"), web("b"))
    return cloud


@pytest.fixture
def run(cloud: SmallCloud, capsys: pytest.CaptureFixture[str]) -> Any:
    return partial(run_module, nova_floating_pool, capsys, database=cloud.url)


def test_a_preview_and_the_run_after_it_return_the_same(run: Any) -> None:
    preview = run(check=True, **NEW)
    assert [pool["name"] for pool in preview["pools"]] == ["second"]
    assert [(ip["address"], ip["instance"]) for ip in preview["addresses"]] == [("198.51.100.1", "a")]
    assert run(**NEW) == preview
    assert run(**NEW)["changes"] == []


def test_lists_that_are_omitted_are_not_managed_and_all_pools_are_shown(run: Any) -> None:
    run(**NEW)
    result = run(purge=True)
    assert (result["changed"], result["addresses"]) == (False, [])
    assert [pool["name"] for pool in result["pools"]] == ["nova", "second"]


def test_a_purge_removes_addresses_and_then_their_pool(run: Any) -> None:
    run(origin="inventory", **NEW)
    result = run(origin="inventory", pools=[], addresses=[], purge=True, allow_empty_purge=True)
    assert [change.split(" (")[0] for change in result["changes"]] == [
        "delete floating IP 198.51.100.1",
        "delete floating pool second",
    ]
    assert run(pools=[], purge=True)["failed"]


def test_an_address_moves_by_its_name(run: Any) -> None:
    run(addresses=[{"instance": "a"}])
    result = run(addresses=[{"address": "192.0.2.1", "instance": "b"}])
    assert result["changes"] == ["update floating IP 192.0.2.1 (instance a 10.0.0.2 -> b 10.0.0.3)"]


def test_a_wrong_item_is_an_error_with_its_position(run: Any) -> None:
    result = run(pools=[{"name": "x", "ranges": ["198.51.100.0/31"]}])
    assert (result["failed"], result["subject"]) == (True, "pools[0].ranges[0] 198.51.100.0/31")


def test_a_range_inside_a_network_gives_a_warning(run: Any) -> None:
    result = run(pools=[{"name": "inside", "ranges": ["10.0.0.12"]}])
    assert "create reservation 10.0.0.12 (network private)" in result["changes"]
    assert "lies inside network private" in str(result["warnings"])
