# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from ansible_collections.novanet.network.plugins.module_utils.change import Change
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, NovaError, StoreError
from ansible_collections.novanet.network.plugins.module_utils.ipam import networks, schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.database import safe_url
from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed import allocate
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Caller, transaction
from sqlalchemy import insert, select, text

from tests.unit.plugins.module_utils.ipam.scratch import Scratch, make_port

PUBLIC = {"label": "public", "cidr": "10.0.0.0/16"}
PROCESSES = 8
EACH = 12


@pytest.fixture
def ipam(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "ipam")


def test_check_mode_leaves_no_file(ipam: Scratch, tmp_path: Path) -> None:
    assert ipam.apply(PUBLIC, check=True).changes
    assert list(tmp_path.iterdir()) == []


def test_check_mode_changes_nothing_in_what_exists(ipam: Scratch) -> None:
    ipam.apply(PUBLIC)
    before = ipam.path.read_bytes()
    ipam.apply({"label": "more", "cidr": "10.9.0.0/16"}, check=True)
    assert ipam.path.read_bytes() == before


def test_an_error_leaves_nothing_of_the_transaction(ipam: Scratch) -> None:
    ipam.apply(PUBLIC)
    with pytest.raises(NovaError), ipam.work() as work:
        networks.assign_serving_host(work, networks.network_by_label(work, "public"), "net1")
        networks.network_by_label(work, "nowhere")
    assert ipam.apply(PUBLIC).views[0]["host"] is None
    assert ipam.count(schema.events) == 1


def test_an_error_in_the_first_transaction_leaves_no_database(ipam: Scratch) -> None:
    with pytest.raises(NovaError), ipam.work() as work:
        networks.network_by_label(work, "nowhere")
    assert [path.name for path in ipam.path.parent.iterdir()] == [f"{ipam.path.name}.lock"]
    assert ipam.apply(PUBLIC).changes


def test_generations_grow_with_changes_only(ipam: Scratch) -> None:
    ipam.apply(PUBLIC)
    with ipam.work() as work:
        assert (work.generation, work.plan_generation) == (2, 1)
    with ipam.work() as work:
        assert (work.generation, work.plan_generation) == (2, 1)
        work.observe(Change("delete", "fixed IP", "10.0.0.9"))
        assert work.plan_generation == 1
        work.record(Change("update", "network", "public"))
        assert work.plan_generation == 2
    with ipam.work() as work:
        assert work.plan_generation == 2


def test_every_change_is_audited(ipam: Scratch) -> None:
    ipam.apply(PUBLIC, origin="inventory")
    with ipam.work() as work:
        row = work.connection.execute(select(schema.events)).one()
    assert (row.actor, row.origin, row.action, row.kind, row.name) == (
        "tester",
        "inventory",
        "create",
        "network",
        "public",
    )
    assert (row.before, row.after["cidr"]) == (None, "10.0.0.0/16")


def test_the_difference_shows_first_and_last(ipam: Scratch) -> None:
    with ipam.work() as work:
        work.record(Change("update", "network", "a"), {"mtu": 1}, {"mtu": 2})
        work.record(Change("update", "network", "a"), {"mtu": 2}, {"mtu": 3})
        assert work.difference() == ({"network a": {"mtu": 1}}, {"network a": {"mtu": 3}})


def test_the_identity_of_a_database_stays(ipam: Scratch) -> None:
    with ipam.work() as work:
        first = work.ipam_uuid
    with ipam.work() as work:
        assert work.ipam_uuid == first


def test_a_newer_schema_is_refused(ipam: Scratch) -> None:
    with ipam.work() as work:
        work.connection.execute(text("UPDATE meta SET schema_version = 99"))
    with pytest.raises(StoreError, match="has schema 99, this release knows [0-9]+. Use the release"), ipam.work():
        pass


def test_a_schema_from_before_the_first_release_is_refused(ipam: Scratch) -> None:
    with ipam.work() as work:
        work.connection.execute(text(f"UPDATE meta SET schema_version = {schema.SCHEMA_VERSION - 1}"))
    with pytest.raises(StoreError, match="It was written before the first release. Remove it"), ipam.work():
        pass


def test_a_file_that_is_no_database_is_refused(ipam: Scratch) -> None:
    ipam.path.parent.mkdir()
    ipam.path.write_text("not a database, and long enough to be taken for one\n" * 100)
    with pytest.raises(StoreError, match="cannot be used: file is not a database"), ipam.work():
        pass


def test_a_database_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(StoreError, match="cannot be written: Not a directory"),
        transaction(f"sqlite:///{tmp_path}/file/deeper/ipam.sqlite", Caller()),
    ):
        pass


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "database URL is not understood. Use a form such as sqlite:"),
        ("postgresql://nova:secret/ipam", "database URL is not understood. Use a form such as sqlite:"),
        ("cobol://host/db", "has a kind that is not known: cobol. Use sqlite, or postgresql"),
        ("mysql://host/db", "has a kind that is not known: mysql. Use sqlite, or postgresql"),
        ("postgresql+pg8000://host/db", r"has a kind that is not known: postgresql\+pg8000"),
    ],
)
def test_a_wrong_url_is_refused(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message), transaction(url, Caller()):
        pass


def test_passwords_never_show() -> None:
    assert safe_url("postgresql://nova:secret@db/ipam") == "postgresql://nova:***@db/ipam"
    assert safe_url("postgresql://nova@db/ipam?sslmode=require&password=secret&sslpassword=secret") == (
        "postgresql://nova@db/ipam?password=%2A%2A%2A&sslmode=require&sslpassword=%2A%2A%2A"
    )
    assert safe_url("postgresql://nova:secret/ipam") == "(not a database URL)"
    assert safe_url("secret") == "(not a database URL)"


def test_an_ipam_inside_an_execution_environment_is_refused(ipam: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWX_ISOLATED_DATA_DIR", "/runner")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    with pytest.raises(StoreError, match="lies inside an execution environment"), ipam.work():
        pass
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
    ipam.apply(PUBLIC)


def test_the_database_itself_refuses_two_owners(ipam: Scratch) -> None:
    ipam.apply(PUBLIC)
    with pytest.raises(Conflict, match="contradicts what the database holds"), ipam.work() as work:
        network = networks.network_by_label(work, "public")
        allocate(work, network, *make_port(work, network, "vm1"), "10.0.0.9")
        row = {"network_id": network.id, "address": (10 << 24) + 9, "state": "allocated", "mac": "m", "instance": "vm2"}
        port, _unused, _unused = make_port(work, network, "vm2")
        work.connection.execute(insert(schema.fixed_ips).values(**row, port_id=port, origin="operation", generation=1))


def boot_many(url: str, number: int) -> None:
    """Boot instances one by one, each in a transaction of its own; runs in a process of its own."""
    for index in range(EACH):
        with transaction(url, Caller("tester")) as work:
            network = networks.network_by_label(work, "public")
            allocate(work, network, *make_port(work, network, f"{number}-{index}"))


def test_many_processes_never_give_out_the_same_address(ipam: Scratch) -> None:
    ipam.apply(PUBLIC)
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=boot_many, args=(ipam.url, number)) for number in range(PROCESSES)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0] * PROCESSES
    with sqlite3.connect(ipam.path) as database:
        addresses = [row[0] for row in database.execute("SELECT address FROM fixed_ips ORDER BY address")]
        extents = list(database.execute("SELECT first, last FROM fixed_extents"))
        (generation,) = database.execute("SELECT generation FROM meta").fetchone()
    base = 10 << 24
    assert addresses == list(range(base + 2, base + 2 + PROCESSES * EACH))
    assert extents == [(base + 2 + PROCESSES * EACH, base + (1 << 16) - 2)]
    assert generation == 1 + PROCESSES * EACH
