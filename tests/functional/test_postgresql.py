# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IPAM on a real PostgreSQL server: it does what it does on SQLite, and says what it cannot do."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.databases import GROUPS, NETWORK, NOTICE_LATE, POOL, WEB, WRITER_WAITS, Databases, Watch
from tests.functional.waiting import until
from tests.lab.playbook import Ansible
from tests.lab.postgresql import NAME, PASSWORD, Server, running_server
from tests.tools.tree import link_collection

KEEP_WRITERS_OUT = ("BEGIN", "SELECT generation FROM meta FOR UPDATE")
INSTANCES = {"manager": "flatdhcp", "instances": [WEB]}
HOSTS = [
    {"name": "net1", "network": True, "public_interface": "eth0", "my_ip": "192.0.2.100"},
    {"name": "c1", "compute": True, "public_interface": "eth0", "my_ip": "192.0.2.101"},
    {"name": "c2", "compute": True, "public_interface": "eth0", "my_ip": "192.0.2.102"},
]
# What an operator does one after the other: (module, options).
STEPS: list[tuple[str, dict[str, Any]]] = [
    (
        "nova_network",
        {"manager": "flatdhcp", "networks": [NETWORK, {"label": "more", "cidr": "10.1.0.0/24", "bridge": "br101"}]},
    ),
    ("nova_network", {"manager": "flatdhcp", "networks": [{**NETWORK, "dns1": "192.0.2.53"}]}),
    ("nova_fixed_pool", {"reservations": [{"network": "private", "address": "10.0.0.12", "note": "lab"}]}),
    ("nova_floating_pool", {"pools": [POOL]}),
    ("nova_project", {"projects": [{"name": "red", "quotas": {"floating_ips": 2}}]}),
    ("nova_instance", {"manager": "flatdhcp", "instances": [{**WEB, "floating_ip": {}}, {**WEB, "name": "web2"}]}),
    ("nova_instance", {"manager": "flatdhcp", "instances": [{**WEB, "host": "c2"}]}),
    ("nova_instance", {"manager": "flatdhcp", "instances": [{"name": "web2", "state": "absent"}]}),
    ("nova_instance", {"manager": "flatdhcp", "instances": [{**WEB, "nics": [{"network": "nowhere"}]}]}),
    (
        "nova_plan",
        {
            **{"manager": "flatdhcp", "hosts": HOSTS, "defaults": {"flat_interface": "eth2"}},
            "acknowledgements": [{"host": host, "generation": 8, "leases": []} for host in ("net1", "c1", "c2")],
            "security_groups": GROUPS,
            "instances": [{"name": WEB["name"], "security_groups": ["database", "web"]}],
        },
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture
def databases(server: Server) -> Databases:
    return Databases(server.state)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Name the database of a test after it."""
    return str(request.node.name).partition("[")[0][-60:]


@pytest.fixture
def url(server: Server, name: str) -> str:
    return server.create_database(name)


def shown(result: dict[str, Any]) -> dict[str, Any]:
    """Return what a module says, but for what is drawn by lot and where the database is."""
    return {key: result[key] for key in ("changed", "failed", "msg", "changes", "reason", "warnings") if key in result}


def things(result: dict[str, Any]) -> list[str]:
    """Return what a diff is about."""
    diff = result.get("diff") or {"before": "{}", "after": "{}"}
    return sorted(json.loads(diff["before"])) + sorted(json.loads(diff["after"]))


def test_the_tables_are_made_once_however_many_begin_at_once(databases: Databases, url: str) -> None:
    labels = [f"net{number}" for number in range(8)]
    begun = [
        databases.begin(
            "nova_network",
            database=url,
            manager="flatdhcp",
            networks=[{"label": label, "cidr": f"10.{label[-1]}.0.0/24", "bridge": f"br{label}"}],
        )
        for label in labels
    ]
    results = [module.result() for module in begun]
    assert [result.get("msg") for result in results] == [None] * len(labels)
    info = databases.run("nova_ipam_info", database=url, gather=["networks"])
    assert sorted(network["label"] for network in info["networks"]) == labels
    assert info["generation"] == len(labels)


def test_all_is_done_foretold_and_refused_as_on_sqlite(databases: Databases, url: str, tmp_path: Path) -> None:
    told = []
    for database in (f"sqlite:///{tmp_path}/ipam.sqlite", url):
        log: list[Any] = []
        for module, options in STEPS:
            preview = databases.run(module, True, database=database, **options)
            result = databases.run(module, database=database, **options)
            again = databases.run(module, database=database, **options)
            assert (shown(preview), things(preview)) == (shown(result), things(result))
            assert not again.get("changed"), again
            log.append((module, shown(result), things(result)))
        told.append(log)
    assert told[0] == told[1]
    changes = [change for _module, result, _things in told[1] for change in result.get("changes", [])]
    assert any(change.startswith("create floating IP 192.0.2.") for change in changes)
    refused = [result["msg"] for _module, result, _things in told[1] if result.get("failed")]
    assert len(refused) == 1 and "nowhere" in refused[0], refused


def test_an_ipam_there_gives_the_plans_of_hosts(databases: Databases, url: str, tmp_path: Path) -> None:
    plans = []
    for database in (f"sqlite:///{tmp_path}/ipam.sqlite", url):
        databases.fill(database)
        options = {"manager": "flatdhcp", "hosts": HOSTS, "defaults": {"flat_interface": "eth2"}}
        result = databases.run("nova_plan", database=database, **options)
        plan = result["plans"]["net1"]
        # Identities differ, what hosts are to do does not.
        plans.append((plan["generation"], [bridge["name"] for bridge in plan["bridges"]], plan["floating"]))
    assert plans[0] == plans[1]
    assert plans[1][1] == ["br100"]


def test_a_list_is_not_sent_to_a_server_line_by_line(server: Server, databases: Databases, url: str, name: str) -> None:
    network = {**NETWORK, "cidr": "10.0.0.0/16"}
    assert databases.run("nova_network", database=url, manager="flatdhcp", networks=[network])["changed"]
    servers = [{**WEB, "name": f"server{number}"} for number in range(300)]
    server.sql(f"ALTER DATABASE {name} SET log_statement = 'all'")
    log = server.state / "postgresql.log"
    for host in ("c1", "c2"):
        wanted = [{**one, "host": host} for one in servers]
        before = log.read_text().count("LOG:  statement:")
        result = databases.run("nova_instance", database=url, manager="flatdhcp", instances=wanted)
        assert len(result["changes"]) >= len(servers)
        assert 20 < log.read_text().count("LOG:  statement:") - before < len(servers) / 2


def test_a_server_that_ends_in_the_middle_leaves_nothing_of_it(
    server: Server, databases: Databases, url: str, name: str
) -> None:
    databases.fill(url)
    before = server.sql("SELECT generation, (SELECT count(*) FROM events) FROM meta", name)
    with server.session(name, *KEEP_WRITERS_OUT):
        begun = databases.begin("nova_instance", database=url, **{**INSTANCES, "instances": [{**WEB, "name": "late"}]})
        until(lambda: server.sql(WRITER_WAITS) == "1", "the module's wait")
        server.stop(signal.SIGQUIT)
        result = begun.result()
    down = databases.run("nova_ipam_info", database=url)
    server.start()
    assert result["reason"].startswith("was lost in the middle of the transaction: ")
    assert result["msg"].endswith("Nothing was changed.")
    assert "cannot be used: connection to server on socket" in down["msg"]
    assert server.sql("SELECT generation, (SELECT count(*) FROM events) FROM meta", name) == before
    late = {**INSTANCES, "instances": [{**WEB, "name": "late"}]}
    assert databases.run("nova_instance", database=url, **late)["changed"]


def test_a_server_that_ends_at_the_commit_leaves_all_of_it_or_nothing(
    server: Server, databases: Databases, url: str, name: str
) -> None:
    databases.fill(url)
    # A commit waits for another server now, that does not exist.
    server.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    server.sql("SELECT pg_reload_conf()")
    begun = databases.begin("nova_instance", database=url, **{**INSTANCES, "instances": [{**WEB, "name": "late"}]})
    until(lambda: server.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == "1", "a commit")
    server.stop(signal.SIGQUIT)
    result = begun.result()
    server.start()
    server.sql("ALTER SYSTEM RESET synchronous_standby_names")
    server.sql("SELECT pg_reload_conf()")
    assert result["reason"].startswith("was lost while the change was committed: ")
    assert "as a whole, or nothing of it is. Run again" in result["msg"]
    count = "SELECT (SELECT count(*) FROM {0} WHERE {1} = 'late'), (SELECT count(*) FROM events WHERE name = 'late')"
    assert server.sql(count.format("instances", "name"), name) == server.sql(
        count.format("fixed_ips", "instance"), name
    )
    again = databases.run("nova_instance", database=url, **{**INSTANCES, "instances": [{**WEB, "name": "late"}]})
    assert [instance["name"] for instance in again["instances"]] == ["late"]


def test_who_waits_too_long_gives_up_and_says_so(server: Server, databases: Databases, url: str, name: str) -> None:
    databases.fill(url)
    before = server.sql("SELECT generation FROM meta", name)
    with server.session(name, *KEEP_WRITERS_OUT):
        # A minute, but for the test.
        result = databases.begin("nova_instance", database=url, impatient=True, **INSTANCES).result()
    assert "has been kept by another transaction for 60 s. Nothing was changed." in result["msg"]
    assert server.sql("SELECT generation FROM meta", name) == before


def test_who_looks_around_neither_waits_nor_is_waited_for(
    server: Server, databases: Databases, url: str, name: str
) -> None:
    databases.fill(url)
    with server.session(name, *KEEP_WRITERS_OUT):
        assert databases.run("nova_ipam_info", database=url, gather=["instances"])["instances"]
        writer = databases.begin("nova_instance", True, database=url, **INSTANCES)
        until(lambda: server.sql(WRITER_WAITS) == "1", "the wait of a preview")
        assert writer.process.poll() is None
    assert not writer.result().get("failed")


def test_a_deadlock_with_somebodys_own_session_ends_by_itself(
    server: Server, databases: Databases, url: str, name: str
) -> None:
    databases.fill(url)
    server.sql(NOTICE_LATE.format(name))
    new = {**INSTANCES, "instances": [{**WEB, "name": "web3"}]}
    # Ours notices the deadlock first, and gives way.
    first = ("SET deadlock_timeout = '60s'", "BEGIN", "SELECT * FROM networks FOR UPDATE")
    with server.session(name, *first) as person:
        begun = databases.begin("nova_instance", database=url, **new)
        until(lambda: server.sql(WRITER_WAITS) == "1", "the module's wait for the network")
        person.send("SELECT generation FROM meta FOR UPDATE; COMMIT")
        result = begun.result()
    assert result["changes"][0] == "create instance web3 (project red, host c1)"
    assert "deadlock detected" in (server.state / "postgresql.log").read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda url: url.replace(PASSWORD, "wr0ng-secret"), "password authentication failed for user"),
        (lambda url: url.split("?")[0].replace("@/", "@nowhere.invalid/"), "could not translate host name"),
        (lambda url: url.replace("/nova:", "/nobody:"), "pg_hba.conf"),
        (lambda url: url.split("?")[0].replace("@/", "@127.0.0.1:1/"), "Connection refused"),
    ],
    ids=["password", "host", "user", "port"],
)
def test_a_wrong_url_is_named_without_its_password(
    databases: Databases, server: Server, change: Any, message: str
) -> None:
    result = databases.run("nova_instance", database=change(server.url("postgres")), **INSTANCES)
    assert message in result["msg"]
    assert "nova:***@" in result["msg"] or "nobody:***@" in result["msg"]
    assert not any(secret in json.dumps(result) for secret in (PASSWORD, "wr0ng-secret"))


@pytest.mark.parametrize("fails", [False, True], ids=["works", "fails"])
def test_a_password_is_in_no_output_and_no_command_line(
    server: Server, databases: Databases, tmp_path: Path, name: str, fails: bool
) -> None:
    database = f"{name}_{fails}"[-60:].lower()
    url = server.create_database(database)
    databases.fill(url)
    options = {"database": url, "manager": "flatdhcp", "instances": [{**WEB, "name": "web9"}]}
    if fails:
        options["instances"] = [{**WEB, "nics": [{"network": "nowhere"}]}]
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "/usr/bin/python3"},
        "tasks": [{"novanet.network.nova_instance": options}],
    }
    (tmp_path / "play.json").write_text(json.dumps([play]))
    inventory = tmp_path / "hosts"
    inventory.write_text("localhost ansible_connection=local ansible_pipelining=false\n")
    ansible = Ansible(server.state, (inventory,), link_collection())
    with server.session(database, *KEEP_WRITERS_OUT) as person:
        watch = Watch(server, person)
        watch.start()
        run = ansible.play(str(tmp_path / "play.json"), "-vvv", "--diff")
        watch.join()
    assert run.code == (2 if fails else 0), run.output
    assert "nova:***@" in run.output
    assert PASSWORD not in run.output
    assert any("nova_instance" in line for line in watch.seen), "the module was not looked at"
    assert not [line for line in watch.seen if PASSWORD in line]


def test_tls_protects_against_somebody_in_between(
    server: Server, databases: Databases, url: str, name: str, tmp_path: Path
) -> None:
    passfile = tmp_path / "pgpass"
    passfile.write_text(f"{NAME}:{server.port}:{name}:nova:{PASSWORD}\n")
    passfile.chmod(0o600)
    databases.fill(server.url_with_tls(name, passfile))
    assert databases.run("nova_ipam_info", database=url, gather=["instances"])["instances"]
    named = databases.begin(
        "nova_ipam_info", database=server.url_with_tls(name), environment={"PGPASSFILE": str(passfile)}
    )
    assert not named.result().get("failed")
    without = databases.run("nova_ipam_info", database=server.url_with_tls(name))
    assert "no password supplied" in without["msg"]
    other = databases.run("nova_ipam_info", database=server.url_with_tls(name, passfile, "other.example.org"))
    assert 'does not match host name "other.example.org"' in other["msg"]
    plain = server.url_with_tls(name, passfile).replace("verify-full", "disable")
    assert "no encryption" in databases.run("nova_ipam_info", database=plain)["msg"]
