# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Own gate: defaults of a role equal its argument specification. No stock tool compares their values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.tools.repo.roles import drift, load, specified_options, undescribed
from tests.tools.tree import ROOT

ROLES = sorted(path.parent for path in (ROOT / "roles").glob("*/tasks"))
every_role = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)


@every_role
def test_defaults_equal_the_argument_specification(role: Path) -> None:
    entries = specified_options(role)
    assert entries, f"roles/{role.name} has no meta/argument_specs.yml"
    assert drift(load(role / "defaults/main.yml"), entries) == []


@every_role
def test_every_argument_is_described(role: Path) -> None:
    assert undescribed(specified_options(role)) == []


@every_role
def test_every_entry_point_that_is_specified_exists(role: Path) -> None:
    assert {entry for entry in specified_options(role) if not (role / f"tasks/{entry}.yml").is_file()} == set()


@every_role
def test_a_role_says_what_it_is_for(role: Path) -> None:
    assert (role / "README.md").is_file()


@pytest.mark.parametrize(
    ("defaults", "option", "problem"),
    [
        ({"nova_a": True}, {"default": True}, ""),
        ({}, {}, ""),
        ({"nova_a": True}, {"default": False}, "main: nova_a defaults to True, specified as False"),
        ({"nova_a": "1"}, {"default": 1}, "main: nova_a defaults to '1', specified as 1"),
        ({"nova_a": 1}, {"default": True}, "main: nova_a defaults to 1, specified as True"),
        ({"nova_a": 1}, {}, "main: nova_a has the default 1, its specification has none"),
        ({}, {"default": 1}, "main: nova_a is specified with a default that defaults/main.yml lacks"),
        ({"nova_b": 1}, {}, "nova_b has a default and no specification"),
    ],
)
def test_the_gate_sees_drift(defaults: dict[str, Any], option: dict[str, Any], problem: str) -> None:
    assert drift(defaults, {"main": {"nova_a": option}}) == ([problem] if problem else [])


def test_the_gate_sees_an_argument_without_description() -> None:
    assert undescribed({"main": {"nova_a": {"type": "str"}}}) == ["main: nova_a lacks description"]
