# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.novanet.network.plugins.modules import nova_ipam_info

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, web
from tests.unit.plugins.modules.module_run import run_module


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    cloud = SmallCloud(tmp_path)
    cloud.boot(web("a", floating_ip={}))
    return cloud


@pytest.mark.parametrize("check", [False, True])
def test_everything_is_returned_and_nothing_changed(
    cloud: SmallCloud, capsys: pytest.CaptureFixture[str], check: bool
) -> None:
    result = run_module(nova_ipam_info, capsys, check, database=cloud.url)
    assert result["changed"] is False
    assert result["generation"] == cloud.generation()
    assert set(nova_ipam_info.KINDS) <= set(result)
    assert result["instances"][0]["networks"] == "private=10.0.0.2, 192.0.2.1"


def test_only_what_is_asked_for_is_returned(cloud: SmallCloud, capsys: pytest.CaptureFixture[str]) -> None:
    options: dict[str, Any] = {"gather": ["events"], "events_of": ["a"], "events_limit": 5}
    result = run_module(nova_ipam_info, capsys, database=cloud.url, **options)
    assert [(event["action"], event["kind"]) for event in result["events"]] == [("create", "instance")]
    assert "instances" not in result


def test_a_missing_database_is_an_error_that_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_module(nova_ipam_info, capsys, database=f"sqlite:///{tmp_path}/none.sqlite")
    assert result["failed"]
    assert "does not exist" in result["msg"]
    assert list(tmp_path.iterdir()) == []


def test_who_held_an_address_is_returned_when_one_is_named(
    cloud: SmallCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    example = yaml.safe_load(nova_ipam_info.EXAMPLES)[2]["novanet.network.nova_ipam_info"]
    options: dict[str, Any] = {**example, "database": cloud.url, "address": "192.0.2.1"}
    assert run_module(nova_ipam_info, capsys, **{**options, "at": "1999-12-31T23:59:59Z"})["holders"] == []
    del options["at"]
    (holder,) = run_module(nova_ipam_info, capsys, **options)["holders"]
    assert (holder["instance"], holder["project"], holder["host"], holder["until"]) == ("a", "red", "c1", None)
    assert "holders" not in run_module(nova_ipam_info, capsys, database=cloud.url)


def test_a_time_without_an_address_is_refused(cloud: SmallCloud, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_module(nova_ipam_info, capsys, database=cloud.url, at="2026-03-01T12:00:00Z")
    assert "at is given without an address" in result["msg"]
