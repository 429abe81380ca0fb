# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A nova database on a real server is taken over as the same one in a file is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.functional.databases import Databases
from tests.lab.mariadb import DATABASE, running_mariadb
from tests.lab.postgresql import PASSWORD, Server, running_server
from tests.unit.plugins.module_utils.ipam.nova_cloud import RED, TABLES, NovaCloud

# What nova's migrations made INET on PostgreSQL, and text elsewhere.
INET = {"address", "cidr", "netmask", "gateway", "broadcast", "dns1", "dns2", "dhcp_start", "dhcp_server"}


@pytest.fixture
def nova(tmp_path: Path) -> NovaCloud:
    (tmp_path / "nova").mkdir()
    nova = NovaCloud(tmp_path / "nova")
    network = nova.network()
    web = nova.boot("web one", {network: "10.0.0.4"})
    group = nova.add("security_groups", name="default", project_id=RED)
    for cidr in ("0.0.0.0/0", "192.0.2.7/32", "fd00::/64"):
        nova.add("security_group_rules", parent_group_id=group, protocol="tcp", from_port=22, to_port=22, cidr=cidr)
    nova.add("security_group_rules", parent_group_id=group, group_id=group)
    nova.add("security_group_instance_association", security_group_id=group, instance_uuid=web)
    nova.boot("web two", {network: "10.0.0.5"}, host="c2")
    nova.boot("lost", {network: "10.0.0.6"}, host=None)
    nova.floating("192.0.2.1", "10.0.0.4")
    nova.floating("192.0.2.2", None, None)
    return nova


def columns_of(table: str) -> str:
    """Return the columns of a table without what they refer to: rows come in any order."""
    return re.sub(r" REFERENCES \w+ \(\w+\)", "", TABLES[table])


def put_on_postgresql(server: Server, nova: NovaCloud) -> str:
    url = server.create_database("nova")
    for name in TABLES:
        # The file knows no truth values, so their columns become such afterwards.
        columns = columns_of(name).replace("DATETIME", "TIMESTAMP")
        server.sql(f"CREATE TABLE {name} ({columns.replace('BOOLEAN', 'INTEGER')})", "nova")
        for row in nova.rows(name):
            values = ", ".join("NULL" if value is None else f"'{value}'" for value in row)
            server.sql(f"INSERT INTO {name} VALUES ({values})", "nova")
        for column, kind in re.findall(r"(\w+) (BOOLEAN|VARCHAR\((?:39|43)\))", columns):
            target = "BOOLEAN" if kind == "BOOLEAN" else "INET"
            if target == "BOOLEAN" or column in INET:
                change = f"ALTER COLUMN {column} TYPE {target} USING {column}::{target}"
                server.sql(f"ALTER TABLE {name} {change}", "nova")
    server.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO nova", "nova")
    return url


def take_over(databases: Databases, directory: Path, source: str) -> Any:
    """Take a nova database over, a second time as well, and return what was done."""
    options = {
        "database": f"sqlite:///{directory}/{source.partition(':')[0]}.sqlite",
        "nova_database": source,
        "projects": {RED: "red"},
    }
    result = databases.run("nova_ipam_import", **options)
    assert not result.get("failed"), result
    assert PASSWORD not in json.dumps(result)
    assert not databases.run("nova_ipam_import", **options)["changed"]
    return result["changes"], result["left_behind"], result["carried_over"]


def test_a_nova_database_on_postgresql_is_taken_over_as_one_in_a_file(nova: NovaCloud, tmp_path: Path) -> None:
    with running_server() as server:
        there = take_over(Databases(server.state), tmp_path, put_on_postgresql(server, nova))
        assert there == take_over(Databases(server.state), tmp_path, nova.url)
        assert (there[2]["instances"], there[2]["floating_addresses"], there[2]["security_groups"]) == (2, 1, 1)
        assert "create security group default of project red (4 rules)" in there[0]


def test_a_nova_database_on_mariadb_is_taken_over_as_one_in_a_file(nova: NovaCloud, tmp_path: Path) -> None:
    with running_mariadb() as server:
        statements: list[Any] = []
        for name in TABLES:
            statements.append((f"CREATE TABLE {DATABASE}.{name} ({columns_of(name)})", []))
            for row in nova.rows(name):
                marks = ", ".join(["%s"] * len(row))
                statements.append((f"INSERT INTO {DATABASE}.{name} VALUES ({marks})", list(row)))
        server.execute(statements)
        there = take_over(Databases(server.state), tmp_path, server.url)
        assert there == take_over(Databases(server.state), tmp_path, nova.url)
        assert (there[2]["instances"], there[2]["floating_addresses"], there[2]["security_groups"]) == (2, 1, 1)
        assert "create security group default of project red (4 rules)" in there[0]
