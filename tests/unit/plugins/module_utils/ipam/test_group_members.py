# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An address of a group's member is nobody else's before every host has confirmed to let it in no longer."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.novanet.network.plugins.module_utils.ipam.security_groups import apply_security_groups

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, gone, web

MEMBER = 0x0A000002  # 10.0.0.2, the first address


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    """Return a cloud in which host c2 runs a guest that lets the members of group web in; member a runs on c1."""
    made = SmallCloud(tmp_path)
    groups(made, rules=[{"group": "web"}])
    made.boot(web("a", security_groups=["web"]), web("db", host="c2", security_groups=["database"]))
    made.confirm("c1", "c2", "net1")
    return made


def groups(cloud: SmallCloud, rules: list[dict[str, str]]) -> None:
    with cloud.work() as work:
        items = [{"project": "red", "name": "web"}, {"project": "red", "name": "database", "rules": rules}]
        apply_security_groups(work, items)


def members(cloud: SmallCloud) -> set[tuple[int, str]]:
    return {(address, host) for kind, address, host in cloud.withdrawn() if kind == "member"}


def test_who_lets_a_member_in_must_confirm_before_its_address_is_free(cloud: SmallCloud) -> None:
    cloud.boot(gone("a"))
    assert members(cloud) == {(MEMBER, "c2")}
    assert cloud.confirm("c1", "net1") == []
    assert cloud.confirm("c2") == ["10.0.0.2"]


def test_hosts_without_such_a_guest_are_not_waited_for(cloud: SmallCloud) -> None:
    cloud.boot(gone("db"))
    assert members(cloud) == set(), "nobody lets the members of group database in"


def test_leaving_a_group_and_losing_an_address_are_the_same_to_others(cloud: SmallCloud) -> None:
    cloud.boot(web("a", security_groups=[]))
    assert members(cloud) == {(MEMBER, "c2")}
    cloud.confirm("c2")
    cloud.boot(web("a", security_groups=["web"]))
    cloud.boot(web("a", nics=[{"network": "private", "address": "10.0.0.9"}]))
    assert members(cloud) == {(MEMBER, "c2")}


def test_a_rule_that_is_gone_counts_until_its_host_has_heard_of_it(cloud: SmallCloud) -> None:
    groups(cloud, rules=[])
    cloud.boot(gone("a"))
    assert members(cloud) == {(MEMBER, "c2"), (MEMBER, "c1"), (MEMBER, "net1")}, "whoever has not confirmed since"
    assert cloud.confirm("c1", "net1") == []
    assert cloud.confirm("c2") == ["10.0.0.2"]


def test_once_it_has_heard_of_it_nobody_waits_for_it(cloud: SmallCloud) -> None:
    groups(cloud, rules=[])
    cloud.confirm("c1", "c2", "net1")
    cloud.boot(gone("a"))
    assert members(cloud) == set()


@pytest.mark.parametrize(
    "change",
    [gone("db"), web("db", host="c1"), web("db", host="c2", security_groups=[])],
    ids=["deleted", "moved", "left"],
)
def test_a_guest_that_let_members_in_counts_until_its_host_has_heard_of_it(
    cloud: SmallCloud, change: dict[str, object]
) -> None:
    cloud.boot(change)
    cloud.boot(gone("a"))
    assert (MEMBER, "c2") in members(cloud)
    assert cloud.confirm("c1", "net1") == []
    assert "10.0.0.2" in cloud.confirm("c2")


def test_an_error_says_which_host_an_address_waits_for(cloud: SmallCloud) -> None:
    cloud.boot(gone("a"))
    cloud.confirm("c1", "net1")
    with pytest.raises(Exception, match="10.0.0.2 is in quarantine: instance a had it, not yet confirmed by c2"):
        cloud.boot(web("b", nics=[{"network": "private", "address": "10.0.0.2"}]))
