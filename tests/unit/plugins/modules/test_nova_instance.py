# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.modules import nova_instance

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud
from tests.unit.plugins.modules.module_run import run_module

WEB: dict[str, Any] = {"name": "web1", "project": "red", "host": "c1"}


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    return SmallCloud(tmp_path)


@pytest.fixture
def run(cloud: SmallCloud, capsys: pytest.CaptureFixture[str]) -> Any:
    return partial(run_module, nova_instance, capsys, database=cloud.url, manager="flatdhcp")


def test_a_preview_and_the_run_after_it_return_the_same(run: Any) -> None:
    preview = run(check=True, instances=[WEB])
    assert preview["changed"]
    assert run(instances=[WEB]) == preview
    again = run(instances=[WEB])
    assert (again["changed"], again["changes"], again["instances"]) == (False, [], preview["instances"])


def test_the_diff_shows_things_as_people_know_them(run: Any) -> None:
    diff = run(instances=[WEB])["diff"]
    assert "instance web1" not in json.loads(diff["before"])
    after = json.loads(diff["after"])
    assert after["instance web1"]["host"] == "c1"
    assert after["fixed IP 10.0.0.2"]["instance"] == "web1"


def test_an_omitted_list_is_not_managed(run: Any) -> None:
    run(instances=[WEB])
    result = run(purge=True)
    assert (result["changed"], result["instances"]) == (False, [])


def test_a_purge_to_nothing_needs_consent(run: Any) -> None:
    run(instances=[WEB])
    refused = run(instances=[], purge=True)
    assert refused["failed"]
    assert "would remove everything" in refused["msg"]
    assert run(instances=[], purge=True, allow_empty_purge=True)["changes"][-1] == "delete instance web1 (host c1)"


def test_a_wrong_item_is_an_error_with_its_position_and_no_traceback(run: Any) -> None:
    result = run(instances=[WEB, {"name": "web2", "nics": [{"network": "nope"}], "project": "p", "host": "c"}])
    assert result["failed"]
    assert result["subject"] == "instances[1].nics[0].network nope"
    assert "exception" not in result


def test_the_options_of_nova_conf_hold(run: Any, cloud: SmallCloud) -> None:
    cloud.pools({"name": "public", "ranges": ["198.51.100.9"]})
    result = run(instances=[WEB], auto_assign_floating_ip=True, default_floating_pool="public")
    assert result["instances"][0]["floating_ips"] == ["198.51.100.9"]
