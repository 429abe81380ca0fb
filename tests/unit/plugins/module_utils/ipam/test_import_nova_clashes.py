# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A nova database that does not go with what the IPAM has, or that is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, NovaError, StoreError
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.information import KINDS

from tests.unit.plugins.module_utils.ipam.nova_cloud import BLUE, RED, NovaCloud
from tests.unit.plugins.module_utils.ipam.nova_import import Import


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    return Import(tmp_path)


@pytest.fixture
def nova(imported: Import) -> NovaCloud:
    return imported.nova


def _move_instance(nova: NovaCloud) -> None:
    nova.change("instances", "display_name = 'web'", host="c2")


def _exchange_uuid(nova: NovaCloud) -> None:
    nova.change("networks", "label = 'public'", uuid="99999999-0000-4000-8000-000000000001")


def _widen_pool(nova: NovaCloud) -> None:
    nova.floating("192.0.2.100", project=None)


def _give_floating_away(nova: NovaCloud) -> None:
    nova.change("floating_ips", "address = '192.0.2.9'", project_id=BLUE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_move_instance, "instance web exists already and differs from nova's: host c1 -> c2. Remove it here"),
        (_exchange_uuid, "network public: uuid 99999999-0000-4000-8000-000000000001 does not fit what exists"),
        (_widen_pool, "floating pool nova exists already and differs from nova's"),
        (_give_floating_away, f"floating IP 192.0.2.9 is of project {RED} and instance web here, and not so in nova"),
    ],
)
def test_what_exists_and_differs_is_refused_and_nothing_is_changed(
    imported: Import, nova: NovaCloud, change: Callable[[NovaCloud], None], message: str
) -> None:
    network = nova.network()
    nova.boot("web", {network: "10.0.0.5"})
    nova.floating("192.0.2.9", "10.0.0.5")
    imported()
    before = imported.look(*KINDS, "events")
    change(nova)
    nova.network(2, label="new", cidr="10.1.0.0/28", bridge="br101", gateway=None, dhcp_server=None, dhcp_start=None)
    with pytest.raises(Conflict, match="^" + message.replace("'", ".")):
        imported()
    assert imported.look(*KINDS, "events") == before


def test_a_host_with_another_address_than_in_nova_is_a_clash(imported: Import, nova: NovaCloud) -> None:
    network = nova.network(multi_host=1, host=None)
    nova.boot("web", {network: "10.0.0.5"})
    nova.change("fixed_ips", "address = '10.0.0.9'", host="c1")
    imported()
    nova.change("fixed_ips", "address = '10.0.0.9'", host=None)
    nova.change("fixed_ips", "address = '10.0.0.10'", host="c1")
    with pytest.raises(Conflict, match="host c1 in network public: address 10.0.0.10 cannot be had: it has 10.0.0.9"):
        imported()


def test_it_goes_beside_what_the_ipam_has_as_long_as_nothing_clashes(imported: Import, nova: NovaCloud) -> None:
    imported.apply({"label": "ours", "cidr": "172.16.0.0/24", "bridge": "br9"})
    nova.network()
    imported()
    assert [row["label"] for row in imported.look("networks")["networks"]] == ["ours", "public"]
    nova.network(
        2, label="clash", cidr="172.16.0.0/28", bridge="br101", gateway=None, dhcp_server=None, dhcp_start=None
    )
    with pytest.raises(NovaError, match="network clash: cidr 172.16.0.0/28 .*ours"):
        imported()


def test_a_database_that_is_none_of_nova_is_an_error_that_says_so(imported: Import, tmp_path: Path) -> None:
    for url, message in (
        (f"sqlite:///{tmp_path}/none.sqlite", "none.sqlite does not exist"),
        (imported.url, "nova_database is the database of the IPAM itself"),
        ("nonsense", "nova_database is not understood"),
        ("oddsql://x/y", "has a kind that is not known"),
    ):
        with pytest.raises(NovaError, match=message):
            imported(nova_database=url)
    assert not (tmp_path / "none.sqlite").exists()
    imported.nova.sql("ALTER TABLE networks DROP COLUMN mtu")
    with pytest.raises(StoreError, match="has no column mtu in table networks. Bring it to the schema"):
        imported()
    imported.nova.sql("DROP TABLE floating_ips")
    with pytest.raises(StoreError, match="is no nova database: it has no table floating_ips"):
        imported()
    assert imported.count(schema.networks) == 0
