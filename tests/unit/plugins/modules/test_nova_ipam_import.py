# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.novanet.network.plugins.modules import nova_ipam_import, nova_ipam_info

from tests.unit.plugins.module_utils.ipam.libvirt_documents import DEFAULT, ISOLATED, TOP, domain, interface
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


@pytest.fixture
def run_libvirt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    return partial(run_module, nova_ipam_import, capsys, database=f"sqlite:///{tmp_path}/ipam.sqlite")


def test_libvirt_is_taken_over_with_the_same_preview_report_and_second_run(run_libvirt: Any, tmp_path: Path) -> None:
    guest = {"xml": domain("web", interface("52:54:00:00:00:05", "default")), "project": "red", "host": "c1"}
    wanted = {"libvirt_networks": [DEFAULT, ISOLATED], "libvirt_domains": [guest]}
    preview = run_libvirt(check=True, **wanted)
    assert not (tmp_path / "ipam.sqlite").exists()
    assert run_libvirt(**wanted) == preview
    assert "create fixed IP 192.168.122.5 (web, network default)" in preview["changes"]
    assert "network default" in preview["diff"]["after"]
    assert preview["left_behind"][-1]["thing"] == "network isolated"
    assert (preview["carried_over"]["networks"], preview["carried_over"]["nics"]) == (1, 1)
    assert not run_libvirt(**wanted)["changed"]


def test_a_document_that_cannot_be_is_one_message_and_nothing_of_the_others_is_carried_over(
    run_libvirt: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_libvirt(libvirt_networks=[TOP])
    result = run_libvirt(libvirt_networks=[DEFAULT, "<!DOCTYPE network>" + ISOLATED])
    assert result["failed"]
    assert (result["subject"], result["reason"]) == ("libvirt_networks[1]", "has a document type")
    listed = run_module(nova_ipam_info, capsys, database=f"sqlite:///{tmp_path}/ipam.sqlite")
    assert [row["label"] for row in listed["networks"]] == ["top"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "one of the following is required: nova_database, libvirt_networks"),
        ({"nova_database": "sqlite:////x", "libvirt_networks": []}, "are mutually exclusive: nova_database|libvirt"),
        ({"nova_database": "sqlite:////x", "libvirt_vlan_interface": "eth1"}, "'libvirt_vlan_interface': libvirt_net"),
        (
            {"nova_database": "sqlite:////x", "libvirt_domains": [{"xml": "", "project": "red", "host": "c1"}]},
            "libvirt_domains goes with libvirt_networks only",
        ),
    ],
)
def test_it_has_one_source_and_its_options(run_libvirt: Any, options: dict[str, Any], problem: str) -> None:
    result = run_libvirt(**options)
    assert result["failed"]
    assert problem in result["msg"]


@pytest.mark.parametrize("url", ["postgresql://nova:hunter2@127.0.0.1:1/nova", "postgresql://nova:hunter2/nova"])
def test_the_password_of_nova_is_in_no_result_and_no_log(run: Any, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(AnsibleModule, "log", lambda self, text, log_args=None: logged.append(f"{text} {log_args}"))
    result = run(nova_database=url)
    assert result["failed"]
    assert "hunter2" not in json.dumps(result) + "".join(logged)
