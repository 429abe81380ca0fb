# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.modules import nova_ipam_import, nova_ipam_info

from tests.unit.plugins.module_utils.ipam.nova_cloud import RED, NovaCloud
from tests.unit.plugins.modules.module_run import run_module


@pytest.fixture
def nova(tmp_path: Path) -> NovaCloud:
    nova = NovaCloud(tmp_path)
    network = nova.network()
    nova.boot("web", {network: "10.0.0.5"})
    nova.boot("web", {network: "10.0.0.6"})
    nova.boot("lost", {network: "10.0.0.7"}, host=None)
    return nova


@pytest.fixture
def run(nova: NovaCloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    options = {"database": f"sqlite:///{tmp_path}/ipam.sqlite", "projects": {RED: "red"}}
    return partial(run_module, nova_ipam_import, capsys, nova_database=nova.url, **options)


def test_a_preview_has_the_report_and_the_difference_of_the_run(run: Any, tmp_path: Path) -> None:
    preview = run(check=True)
    assert not (tmp_path / "ipam.sqlite").exists()
    assert run() == preview
    assert "instance web-00000002" in preview["diff"]["after"]
    assert preview["left_behind"][0]["reason"] == "it runs on no host; its addresses stay reserved"
    assert "web-00000002: that name is taken" in str(preview["warnings"])
    assert (preview["carried_over"]["instances"], preview["carried_over"]["nics"]) == (2, 2)


def test_a_second_run_changes_nothing(run: Any) -> None:
    assert run()["changed"]
    assert not run()["changed"]


def test_what_was_taken_over_is_what_the_ipam_lists(
    run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run()
    listed = run_module(nova_ipam_info, capsys, database=f"sqlite:///{tmp_path}/ipam.sqlite")
    assert [(row["name"], row["project"], row["networks"]) for row in listed["instances"]] == [
        ("web", "red", "public=10.0.0.5"),
        ("web-00000002", "red", "public=10.0.0.6"),
    ]


def test_a_clash_is_one_message_and_changes_nothing(run: Any, nova: NovaCloud) -> None:
    run()
    nova.change("instances", "id = 1", host="c7")
    result = run()
    assert result["failed"]
    assert result["subject"] == "instance web"
    assert result["reason"] == "exists already and differs from nova's: host c1 -> c7"
