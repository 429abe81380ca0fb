# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.novanet.network.plugins.module_utils.errors import Contention
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.projects import ensure_project
from ansible_collections.novanet.network.plugins.module_utils.ipam.run import ATTEMPTS, run_ipam_module
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Transaction, reading
from ansible_collections.novanet.network.plugins.module_utils.wiring import ipam_module
from ansible_collections.novanet.network.plugins.modules import nova_fixed_pool, nova_ipam_info
from sqlalchemy import select

from tests.unit.plugins.module_utils.ipam.scratch import Scratch
from tests.unit.plugins.modules.module_run import run_module

# Nobody listens there; where the driver is missing, that is what the error says.
UNREACHABLE = "postgresql+psycopg2://nova:hunter2@127.0.0.1:1/ipam?sslmode=disable"


class Yielding:
    """A module whose transaction is undone in favour of others some times before it goes through."""

    def __init__(self, times: int) -> None:
        self.left = times

    def main(self) -> None:
        run_ipam_module(ipam_module({}), self._operate)

    def _operate(self, work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
        ensure_project(work, f"project{self.left}")
        if self.left:
            self.left -= 1
            raise Contention("database", "let others go first")
        return {}


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes to the system log."""
    lines: list[str] = []
    monkeypatch.setattr(AnsibleModule, "log", lambda self, text, log_args=None: lines.append(f"{text} {log_args}"))
    return lines


@pytest.mark.parametrize("module", [nova_fixed_pool, nova_ipam_info], ids=["changes", "looks"])
@pytest.mark.parametrize("wrong", [{}, {"colour": "red"}], ids=["no-connection", "wrong-option"])
def test_a_password_is_in_no_result_and_no_log(
    module: Any, wrong: dict[str, Any], capsys: pytest.CaptureFixture[str], logged: list[str]
) -> None:
    result = run_module(module, capsys, database=UNREACHABLE, **wrong)
    assert result["failed"]
    assert "hunter2" not in json.dumps(result) + "".join(logged)


def test_results_name_the_database_and_hide_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path}/ipam.sqlite"
    assert run_module(nova_fixed_pool, capsys, database=url)["invocation"]["module_args"]["database"] == url
    refused = run_module(nova_fixed_pool, capsys, database="mysql://nova:hunter2@db/ipam")
    assert refused["subject"] == "database mysql://nova:***@db/ipam"
    assert refused["invocation"]["module_args"]["database"] == "mysql://nova:***@db/ipam"


def test_what_was_undone_in_favour_of_others_is_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ipam = Scratch(tmp_path)
    result = run_module(Yielding(ATTEMPTS - 1), capsys, database=ipam.url)
    assert not result.get("failed")
    with reading(ipam.url) as work:
        assert work.connection.execute(select(schema.projects.c.name)).scalars().all() == ["project0"]


def test_a_database_that_never_lets_one_through_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_module(Yielding(ATTEMPTS), capsys, database=Scratch(tmp_path).url)
    assert result["failed"]
    assert result["msg"] == "database let others go first"
