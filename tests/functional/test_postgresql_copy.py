# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moving an IPAM to a real PostgreSQL server and back, and its backup."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.databases import WEB, Databases
from tests.lab.postgresql import NAME, PASSWORD, Server, running_server

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


def test_an_ipam_moves_there_and_back_without_loss(
    server: Server, databases: Databases, url: str, tmp_path: Path
) -> None:
    here, again = f"sqlite:///{tmp_path}/ipam.sqlite", f"sqlite:///{tmp_path}/again.sqlite"
    databases.fill(here)
    passfile = tmp_path / "pgpass"
    passfile.write_text(f"{NAME}:{server.port}:*:nova:{PASSWORD}\n")
    passfile.chmod(0o600)
    database = url.partition("?")[0].rpartition("/")[2]
    places = [here, server.url_with_tls(database, passfile), again]
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
