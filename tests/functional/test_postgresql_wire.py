# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A wire between a controller and its PostgreSQL server that carries nothing any more, and says so to nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.functional.databases import WEB, WRITER_WAITS, Databases
from tests.functional.waiting import until
from tests.lab import HostSpec, Lab, Nic, Topology, Wire
from tests.lab.host import Host
from tests.lab.postgresql import PASSWORD, USER, Server, running_server

SERVER, CONTROLLER = "db", "ctl"
ADDRESS = "192.0.2.10"
INSTANCES = {"manager": "flatdhcp"}
LATE, NEAR = {**WEB, "name": "late"}, {**WEB, "name": "near"}
# A message of PostgreSQL's protocol: its kind (Q), its length (11), and the statement.
DROP_COMMITS = """
table ip wire {{
    chain arriving {{
        type filter hook input priority 0;
        tcp dport {port} @th,256,40 0x510000000b @th,296,48 0x434f4d4d4954 counter drop
    }}
}}
"""


@dataclass(frozen=True)
class Site:
    """A server and a controller with a wire between them."""

    lab: Lab
    server: Server
    databases: Databases

    @property
    def controller(self) -> Host:
        return self.lab.host(CONTROLLER)

    def url(self, name: str) -> str:
        """Return the URL that the controller uses, in plain text, so that a rule can tell a commit."""
        return f"postgresql://{USER}:{PASSWORD}@{ADDRESS}:{self.server.port}/{name}?sslmode=disable"

    def count(self, database: str, instance: str) -> str:
        """Return how many instances of a name there are."""
        return self.server.sql(f"SELECT count(*) FROM instances WHERE name = '{instance}'", database)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    cards = [(SERVER, f"{ADDRESS}/24"), (CONTROLLER, "192.0.2.11/24")]
    hosts = tuple(HostSpec(name, (Nic("eth0", "wire", (address,)),)) for name, address in cards)
    with running_server() as server, Lab(Topology(hosts, (Wire("wire"),))) as lab:
        server.stop()
        server.start(node=lab.host(SERVER))
        yield Site(lab, server, Databases(server.state))


def test_a_controller_behind_a_cut_wire_keeps_nobody_waiting_and_hears_of_it(site: Site) -> None:
    url = site.server.create_database("waiting")
    site.databases.fill(url)
    with site.server.session("waiting", "BEGIN", "SELECT generation FROM meta FOR UPDATE") as person:
        far = site.databases.begin(
            "nova_instance", database=site.url("waiting"), node=site.controller, **INSTANCES, instances=[LATE]
        )
        until(lambda: site.server.sql(WRITER_WAITS) == "1", "the module's wait")
        site.lab.set_cables(CONTROLLER, False)
        # What the server answers now arrives nowhere, and the lock is the controller's.
        person.sql("COMMIT")
        near = site.databases.run("nova_instance", database=url, **INSTANCES, instances=[NEAR])
        result = far.result()
    site.lab.set_cables(CONTROLLER, True)
    assert near.get("changes"), near
    assert result["reason"].startswith("was lost in the middle of the transaction: "), result
    assert result["msg"].endswith("Nothing was changed.")
    assert (site.count("waiting", "late"), site.count("waiting", "near")) == ("0", "1")


def test_a_commit_that_arrives_nowhere_is_not_waited_for_without_end(site: Site) -> None:
    url = site.server.create_database("committing")
    site.databases.fill(url)
    server = site.lab.host(SERVER)
    server.run(["nft", "-f", "-"], stdin=DROP_COMMITS.format(port=site.server.port))
    far = site.databases.begin(
        "nova_instance", database=site.url("committing"), node=site.controller, **INSTANCES, instances=[LATE]
    )
    result = far.result()
    dropped = server.run(["nft", "list", "table", "ip", "wire"]).stdout
    server.run(["nft", "delete", "table", "ip", "wire"])
    assert "counter packets 0 " not in dropped, dropped
    assert result["reason"].startswith("was lost while the change was committed: "), result
    near = site.databases.run("nova_instance", database=url, **INSTANCES, instances=[NEAR])
    assert near.get("changes"), near
    assert site.count("committing", "late") == "0"
