# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only whole machines show: units of systemd, and a preview over SSH."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def hosts(state: Path) -> list[str]:
    """All machines of the scenario."""
    return sorted(path.stem for path in state.glob("*.console"))


def test_a_preview_foretells_no_change(state: Path, hosts: list[str]) -> None:
    preview = json.loads((state / "predictions.json").read_text())
    assert sorted(preview["hosts"]) == hosts
    assert all(counts["ok"] > 0 and not counts["failures"] for counts in preview["hosts"].values())
    assert preview["changed"] == []


def test_no_unit_has_failed(machine: Any, hosts: list[str]) -> None:
    for name in hosts:
        assert machine(name).check_output("systemctl --failed --no-legend --plain") == ""


def test_bridges_forward_at_once(machine: Any, hosts: list[str]) -> None:
    for name in hosts:
        links = json.loads(machine(name).check_output("ip -d -j link show type bridge"))
        assert links
        assert {link["linkinfo"]["info_data"]["forward_delay"] for link in links} == {0}
