# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is asked of an IPAM module: it gives a result, or an error for people, and then nothing is changed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.security_groups import apply_security_groups
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import reading
from ansible_collections.novanet.network.plugins.modules import (
    nova_fixed_pool,
    nova_floating_pool,
    nova_instance,
    nova_ipam_info,
    nova_network,
    nova_plan,
    nova_project,
    nova_security_group,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.tools.repo.module_docs import options_of
from tests.tools.tree import ROOT
from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, web
from tests.unit.plugins.modules.module_run import run_module
from tests.unit.plugins.modules.option_values import options_for

MODULES = [
    nova_network,
    nova_fixed_pool,
    nova_floating_pool,
    nova_instance,
    nova_project,
    nova_security_group,
    nova_plan,
    nova_ipam_info,
]

HOSTS: list[dict[str, Any]] = [
    {"name": "net1", "network": True, "public_interface": "eth0", "my_ip": "192.0.2.100"},
    *({"name": name, "compute": True, "public_interface": "eth0", "my_ip": "192.0.2.101"} for name in ("c1", "c2")),
]
# What is right whenever a test draws so: without it hardly anything would get beyond the first check.
RIGHT: dict[Any, dict[str, Any]] = {
    nova_network: {"manager": "flatdhcp"},
    nova_instance: {"manager": "flatdhcp"},
    nova_plan: {"manager": "flatdhcp", "hosts": HOSTS, "defaults": {"vlan_interface": "eth1"}, "settings": {}},
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with some of everything."""
    cloud = SmallCloud(tmp_path_factory.mktemp("template"))
    cloud.apply({"label": "wide", "cidr": "10.1.0.0/24", "multi_host": True, "bridge": "br7"})
    cloud.apply({"label": "six", "cidr_v6": "fd00:1::/64", "host": "net1", "bridge": "br8"})
    cloud.apply(
        {"label": "tenant", "cidr": "10.2.0.0/26", "num_networks": 2, "network_size": 16},
        manager="vlan",
        vlan_start=200,
    )
    cloud.pools({"name": "own", "ranges": ["198.51.100.1-198.51.100.3"], "project": "red"})
    with cloud.work() as work:
        rules = [{"protocol": "tcp", "from_port": 22}, {"group": "web"}]
        apply_security_groups(work, [{"project": "red", "name": "web", "rules": rules}])
    cloud.boot(
        web("a", floating_ip={}, security_groups=["web"]),
        web("b", nics=[{"network": "private"}, {"network": "tenant_0"}]),
    )
    cloud.floating({"project": "blue"})
    return cloud.path


def tables(database: str) -> dict[str, list[Any]]:
    with reading(database) as work:
        return {
            table.name: [tuple(row) for row in work.connection.execute(select(table))]
            for table in schema.metadata.sorted_tables
        }


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), check=st.booleans())
def test_whatever_is_asked_is_done_or_refused_in_words(
    template: Path, capsys: pytest.CaptureFixture[str], module: Any, data: st.DataObject, check: bool
) -> None:
    path = template.with_name("tried.sqlite")
    shutil.copy(template, path)
    database = f"sqlite:///{path}"
    before = tables(database)
    source = Path(module.__file__ or "").read_text(encoding="utf-8")
    firm = {"database": database, **(RIGHT.get(module, {}) if data.draw(st.booleans()) else {})}
    options = data.draw(options_for(options_of(source, ROOT / "plugins/doc_fragments"), firm))
    result = run_module(module, capsys, check, **options)
    if result.get("failed"):
        assert "Traceback" not in result["msg"]
    if result.get("failed") or check or not result["changed"]:
        assert tables(database) == before
