# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.ipam import run
from ansible_collections.novanet.network.plugins.modules import nova_network

from tests.unit.plugins.modules.module_run import run_module

PUBLIC = {"label": "public", "cidr": "10.0.0.0/8", "dhcp_start": "10.0.0.2"}
FLAT = {"flat_network_bridge": "br100", "flat_interface": "eth2"}


@pytest.fixture
def nova(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    database = f"sqlite:///{tmp_path}/state/ipam.sqlite"
    return partial(run_module, nova_network, capsys, database=database, manager="flatdhcp", defaults=FLAT)


def test_a_network_is_created_once(nova: Any) -> None:
    first = nova(networks=[PUBLIC])
    assert (first["changed"], first["changes"]) == (True, ["create network public (10.0.0.0/8, bridge br100)"])
    assert first["networks"][0]["netmask"] == "255.0.0.0"
    assert [item["reason"] for item in first["reserved"]] == ["network", "gateway", "broadcast"]
    second = nova(networks=[PUBLIC])
    assert (second["changed"], second["changes"], second["networks"]) == (False, [], first["networks"])
    assert "diff" not in second


def test_check_mode_predicts_the_result_and_leaves_no_file(nova: Any, tmp_path: Path) -> None:
    predicted = nova(check=True, networks=[PUBLIC])
    assert list(tmp_path.iterdir()) == []
    assert nova(networks=[PUBLIC]) == predicted


def test_the_difference_names_what_changes(nova: Any) -> None:
    nova(networks=[PUBLIC])
    diff = nova(networks=[{"label": "public", "mtu": 1400}])["diff"]
    assert '"mtu": null' in diff["before"]
    assert '"mtu": 1400' in diff["after"]


def test_a_wrong_item_fails_with_its_position(nova: Any) -> None:
    networks = [PUBLIC, {"label": "b", "cidr": "11.0.0.0/24", "gateway": "11.0.1.1"}]
    result = nova(networks=networks)
    assert result["failed"]
    assert result["msg"] == "networks[1].gateway 11.0.1.1 is outside 11.0.0.0/24"
    assert (result["subject"], result["reason"]) == ("networks[1].gateway 11.0.1.1", "is outside 11.0.0.0/24")
    assert nova(check=True)["networks"] == []


def test_an_unknown_option_of_a_network_is_refused(nova: Any) -> None:
    assert "colour" in nova(networks=[{"label": "b", "colour": "red"}])["msg"]


def test_purging_everything_needs_consent(nova: Any) -> None:
    nova(networks=[PUBLIC])
    refused = nova(networks=[], purge=True)
    assert refused["msg"].startswith("networks [] together with purge would remove everything")
    assert nova(networks=[], purge=True, allow_empty_purge=True)["changes"] == ["delete network public (10.0.0.0/8)"]


def test_an_omitted_list_changes_nothing(nova: Any) -> None:
    nova(networks=[PUBLIC])
    result = nova(purge=True)
    assert (result["changed"], result["networks"]) == (False, [])


def test_purge_keeps_to_the_origin(nova: Any) -> None:
    nova(networks=[PUBLIC], origin="operation")
    assert not nova(networks=[], purge=True, allow_empty_purge=True, origin="inventory")["changed"]


def test_host_bits_are_warned_about(nova: Any) -> None:
    assert "10.0.0.9/8 has host bits" in str(nova(networks=[{**PUBLIC, "cidr": "10.0.0.9/8"}])["warnings"])


def test_a_missing_library_is_named(nova: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MISSING_LIBRARY", "No module named 'sqlalchemy'")
    assert "SQLAlchemy (1.4 or later)" in nova(networks=[PUBLIC])["msg"]


def test_a_database_that_cannot_be_written_fails_readably(nova: Any) -> None:
    result = nova(database="sqlite:////dev/null/ipam.sqlite", networks=[PUBLIC])
    assert result["msg"].startswith("database /dev/null/ipam.sqlite cannot be written: ")
