# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host remembers is read file by file: whatever one of them has become, it is named, and the others are good."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host.boot_memory import read_memory
from ansible_collections.novanet.network.plugins.module_utils.host.boot_slices import LISTS
from ansible_collections.novanet.network.plugins.module_utils.host.journal import (
    Journal,
    journal_path,
    load_journal,
    save_journal,
)
from ansible_collections.novanet.network.plugins.module_utils.host.runner import SystemRunner

SLICES = {
    "firewall": [{"label": "front", "cidr": "10.0.0.0/16", "bridge": "br100"}],
    "vlans": [{"name": "vlan101", "id": 101, "parent": "eth1"}],
    "bridges": [{"name": "br100", "interface": "eth2", "addresses": ["10.0.0.1/16"]}],
    "dhcp": [
        {
            "bridge": "br100",
            "listen_addresses": ["10.0.0.1"],
            "networks": [{"label": "front", "cidr": "10.0.0.0/16", "router": "10.0.0.1", "hosts": []}],
        }
    ],
    "floating": [{"address": "192.0.2.225", "fixed_address": "10.0.0.3", "interface": "eth0"}],
}
DAMAGES = {
    "empty": b"",
    "binary": b"\xff\x80",
    "cut-off": b'{"schema": 1, ',
    "without-content": b'{"schema": 1, "slice": {}, "owned": {}}',
}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return the state directory of a host on which a plan was applied."""
    (tmp_path / "nova").mkdir()
    for name, items in SLICES.items():
        journal = Journal("ipam", 7, {LISTS[name]: items, "purge": True}, {})
        save_journal(SystemRunner(), journal_path(str(tmp_path), "nova", name), journal)
    return tmp_path


def test_what_is_sound_is_there(state: Path) -> None:
    memory = read_memory(SystemRunner(), str(state), "nova")
    assert (list(memory.journals), memory.failed) == (list(LISTS), {})
    path = journal_path(str(state), "nova", "bridges")
    assert memory.journals["bridges"] == load_journal(SystemRunner(), path)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", LISTS)
def test_a_damaged_file_is_named_and_the_others_are_good(state: Path, name: str, damage: str) -> None:
    path = state / "nova" / f"{name}.json"
    path.write_bytes(DAMAGES[damage])
    memory = read_memory(SystemRunner(), str(state), "nova")
    assert list(memory.failed) == [name]
    assert memory.failed[name].startswith(f"state file {path} is damaged")
    assert {*memory.journals} == {*LISTS} - {name}


@pytest.mark.parametrize("name", LISTS)
def test_a_file_that_is_missing_though_there_was_a_plan_is_named(state: Path, name: str) -> None:
    path = state / "nova" / f"{name}.json"
    path.unlink()
    assert read_memory(SystemRunner(), str(state), "nova").failed == {name: f"state file {path} is missing"}
