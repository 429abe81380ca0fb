# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quotas under many hands at once, and that they cost nothing where nobody has one."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import OverQuota
from ansible_collections.novanet.network.plugins.module_utils.ipam import quotas
from ansible_collections.novanet.network.plugins.module_utils.ipam.instances import apply_instances
from ansible_collections.novanet.network.plugins.module_utils.ipam.project_lists import apply_projects
from ansible_collections.novanet.network.plugins.module_utils.ipam.quotas import quotas_kept, view_projects
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Caller, transaction

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, web

PROCESSES = 6
EACH = 3
QUOTA = 7


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    return SmallCloud(tmp_path)


def boot_each(url: str, number: int) -> None:
    """Boot instances one after the other, as far as the quota goes."""
    for turn in range(EACH):
        try:
            with transaction(url, Caller("tester")) as work, quotas_kept(work, {}):
                apply_instances(work, [web(f"p{number}-{turn}")], {"manager": "flatdhcp"})
        except OverQuota as error:
            assert error.subject == "project red"


def test_many_processes_together_never_exceed_a_quota_and_use_it_up(cloud: SmallCloud) -> None:
    with cloud.work() as work:
        apply_projects(work, [{"name": "red", "quotas": {"fixed_ips": QUOTA}}])
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=boot_each, args=(cloud.url, number)) for number in range(PROCESSES)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0] * PROCESSES
    with cloud.work(check=True) as work:
        assert view_projects(work, ["red"])[0]["used"]["fixed_ips"] == QUOTA


def test_what_nobody_is_limited_in_is_not_counted(cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    count = quotas._count
    monkeypatch.setattr(quotas, "_count", lambda work, name: counted.append(name) or count(work, name))

    def boot(name: str) -> list[str]:
        counted.clear()
        unlimited = {"networks": -1, "fixed_ips": -1, "floating_ips": None}
        with cloud.work() as work, quotas_kept(work, {"projects": None, "default_quotas": unlimited}):
            apply_instances(work, [web(name)], {"manager": "flatdhcp"})
        return [*counted]

    assert boot("a") == []
    with cloud.work() as work, quotas_kept(work, {"default_quotas": {"networks": 1}}):
        apply_projects(work, None, {"networks": 1})
    assert counted == [*quotas.RESOURCES, "networks"], "before it is known what will be limited, and after"
    assert boot("b") == ["networks", "networks"]
