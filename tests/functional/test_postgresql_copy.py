# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moving an IPAM to a real PostgreSQL server and back, its backup, and a nova database that lies there."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.databases import WEB, Databases
from tests.lab.postgresql import PASSWORD, Server, running_server
from tests.unit.plugins.module_utils.ipam.nova_cloud import RED, TABLES, NovaCloud

# The types that nova's migrations gave these columns on PostgreSQL, where other databases have plain text.
NOVA_TYPES = {"DATETIME": "TIMESTAMP"}
INET = ("address", "cidr", "netmask", "gateway", "broadcast", "dns1", "dns2", "dhcp_start", "dhcp_server")
INSTANCES = {"manager": "flatdhcp", "instances": [{**WEB, "name": "web3"}]}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture
def databases(server: Server) -> Databases:
    return Databases(server.state)


@pytest.fixture
def url(server: Server, request: pytest.FixtureRequest) -> str:
    return server.create_database(str(request.node.name)[-60:])


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_ipam_moves_there_and_back_without_loss(databases: Databases, url: str, tmp_path: Path) -> None:
    here, again = f"sqlite:///{tmp_path}/ipam.sqlite", f"sqlite:///{tmp_path}/again.sqlite"
    databases.fill(here)
    places = [here, url, again]
    for source, target in zip(places, places[1:]):
        foretold = databases.run("nova_ipam_copy", True, source=source, target=target)
        copied = databases.run("nova_ipam_copy", source=source, target=target)
        assert copied["changes"] == foretold["changes"] != []
        assert not databases.run("nova_ipam_copy", source=source, target=target)["changed"]
    digests = set()
    for number, place in enumerate(places):
        document = tmp_path / f"{number}.json"
        databases.run("nova_ipam_copy", source=place, target=str(document))
        digests.add(digest(document))
    assert len(digests) == 1
    # All of them go on, and in the same way: numbers of rows that came with their numbers are not given again.
    changes = {tuple(databases.run("nova_instance", database=place, **INSTANCES)["changes"]) for place in places}
    assert len(changes) == 1 and changes.pop()


def test_a_backup_brings_back_what_was_there(databases: Databases, url: str, tmp_path: Path) -> None:
    first, second = tmp_path / "ipam.json", tmp_path / "restored.json"
    databases.fill(url)
    databases.run("nova_ipam_copy", source=url, target=str(first))
    databases.run("nova_instance", database=url, **INSTANCES)
    refused = databases.run("nova_ipam_copy", source=str(first), target=url)
    assert "holds a newer state of this IPAM" in refused["msg"]
    restored = databases.run("nova_ipam_copy", source=str(first), target=url, replace=True)
    assert restored["changed"]
    databases.run("nova_ipam_copy", source=url, target=str(second))
    assert digest(first) == digest(second)
    beyond = databases.run("nova_ipam_copy", source=str(first), target=url, replace=True, minimum_generation=57)
    assert beyond["generation"] == 57


def nova_there(server: Server, url: str, database: str, nova: NovaCloud) -> str:
    """Put a nova database on the server, with the types that its columns have there."""
    for name, columns in TABLES.items():
        text = columns
        for before, after in NOVA_TYPES.items():
            text = text.replace(before, after)
        # As in nova: one table may name another before that exists, rows come in any order.
        text = text.replace(" REFERENCES instances (uuid)", "").replace(" REFERENCES security_groups (id)", "")
        text = text.replace("BOOLEAN", "INTEGER")
        server.sql(f"CREATE TABLE {name} ({text})", database)
        for row in nova.rows(name):
            values = ", ".join("NULL" if value is None else f"'{value}'" for value in row)
            server.sql(f"INSERT INTO {name} VALUES ({values})", database)
        _give_types(server, database, name)
    server.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO nova", database)
    return url


def _give_types(server: Server, database: str, table: str) -> None:
    for line in TABLES[table].replace("\n", " ").split(","):
        words = line.split()
        if len(words) > 1 and words[1] == "BOOLEAN":
            change = f"ALTER COLUMN {words[0]} TYPE BOOLEAN USING {words[0]}::int::boolean"
            server.sql(f"ALTER TABLE {table} {change}", database)
        elif len(words) > 1 and words[0] in INET and words[1] in ("VARCHAR(39)", "VARCHAR(43)"):
            change = f"ALTER COLUMN {words[0]} TYPE INET USING {words[0]}::inet"
            server.sql(f"ALTER TABLE {table} {change}", database)


def filled(directory: Path) -> NovaCloud:
    directory.mkdir()
    nova = NovaCloud(directory)
    network = nova.network()
    nova.boot("web one", {network: "10.0.0.4"})
    nova.boot("web two", {network: "10.0.0.5"}, host="c2")
    nova.floating("192.0.2.1", "10.0.0.4")
    nova.floating("192.0.2.2", None, None)
    return nova


def test_a_nova_database_there_is_taken_over_as_one_in_a_file(
    server: Server, databases: Databases, url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    nova = filled(tmp_path / "nova")
    there = nova_there(server, url, str(request.node.name)[-60:], nova)
    told: list[Any] = []
    for number, source in enumerate((nova.url, there)):
        target = f"sqlite:///{tmp_path}/{number}.sqlite"
        options = {"nova_database": source, "projects": {RED: "red"}}
        result = databases.run("nova_ipam_import", database=target, **options)
        assert not result.get("failed"), result
        assert PASSWORD not in json.dumps(result)
        assert not databases.run("nova_ipam_import", database=target, **options)["changed"]
        told.append((result["changes"], result["left_behind"], result["carried_over"]))
    assert told[0] == told[1]
    assert told[1][2]["instances"] == 2 and told[1][2]["floating_addresses"] == 1
    with sqlite3.connect(nova.path) as file:
        count = file.execute("SELECT count(*) FROM fixed_ips").fetchone()[0]
    assert server.sql("SELECT count(*) FROM fixed_ips", str(request.node.name)[-60:]) == str(count)
