# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floating addresses of instances with several NICs, and of pools that go although they are in use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, InUse, InvalidInput, NovaError
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, check_invariants, gone, web

SECOND = {"label": "second", "cidr": "10.0.1.0/28", "host": "net1"}
TWO_NICS: dict[str, Any] = {"nics": [{"network": "private"}, {"network": "second", "address": "10.0.1.7"}]}
ABSENT: dict[str, Any] = {"name": "nova", "state": "absent"}


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    cloud = SmallCloud(tmp_path)
    cloud.apply(SECOND)
    cloud.boot(web("a", **TWO_NICS), web("b"))
    return cloud


def targets(cloud: SmallCloud) -> dict[str, str]:
    """Return instance and fixed address by floating address, as people see them."""
    with cloud.work(check=True) as work:
        check_invariants(work)
    views = cloud.floating(*addresses(cloud), check=True).views
    return {view["address"]: f"{view['instance']} {view['fixed_address']}" for view in views}


def addresses(cloud: SmallCloud) -> list[dict[str, str]]:
    return [{"address": f"192.0.2.{row['address'] & 255}"} for row in cloud.rows(schema.floating_ips)]


def test_any_fixed_address_of_an_instance_can_be_the_target(cloud: SmallCloud) -> None:
    item = {"address": "192.0.2.3", "instance": "a", "fixed_address": "10.0.1.7"}
    assert cloud.floating(item).changes == [
        "create floating IP 192.0.2.3 (pool nova, project red, instance a 10.0.1.7)",
    ]
    assert cloud.floating(item).changes == []
    # Without saying which, it stays where it is.
    assert cloud.floating({"address": "192.0.2.3", "instance": "a"}).changes == []
    assert targets(cloud) == {"192.0.2.3": "a 10.0.1.7"}


def test_an_address_moves_between_the_nics_of_an_instance_and_to_a_nic_of_another(cloud: SmallCloud) -> None:
    cloud.floating({"address": "192.0.2.3", "instance": "a"})
    moved = cloud.floating({"address": "192.0.2.3", "instance": "a", "fixed_address": "10.0.1.7"})
    assert moved.changes == ["update floating IP 192.0.2.3 (instance a 10.0.0.2 -> a 10.0.1.7)"]
    cloud.floating({"address": "192.0.2.3", "instance": "b"})
    assert targets(cloud) == {"192.0.2.3": "b 10.0.0.3"}
    cloud.floating({"address": "192.0.2.3", "instance": "a", "fixed_address": "10.0.1.7"})
    assert targets(cloud) == {"192.0.2.3": "a 10.0.1.7"}
    cloud.floating({"address": "192.0.2.3", "instance": ""})
    assert targets(cloud) == {"192.0.2.3": "None None"}


def test_each_nic_can_have_a_floating_address_of_its_own(cloud: SmallCloud) -> None:
    items = [{"instance": "a", "fixed_address": "10.0.1.7"}, {"instance": "a", "fixed_address": "10.0.0.2"}]
    cloud.floating(*items)
    assert cloud.floating(*items).changes == []
    assert targets(cloud) == {"192.0.2.1": "a 10.0.1.7", "192.0.2.2": "a 10.0.0.2"}
    with pytest.raises(Conflict, match=r"cannot lead to instance a 10.0.1.7: 192.0.2.1 does already"):
        cloud.floating({"address": "192.0.2.4", "instance": "a", "fixed_address": "10.0.1.7"})


def test_an_address_follows_its_nic_and_is_disassociated_when_that_is_removed(cloud: SmallCloud) -> None:
    cloud.floating({"address": "192.0.2.3", "instance": "a", "fixed_address": "10.0.1.7"})
    cloud.boot(web("a", nics=[{"network": "second"}, {"network": "private"}]))
    assert targets(cloud) == {"192.0.2.3": "a 10.0.1.7"}
    cloud.boot(web("a", nics=[{"network": "private"}]))
    assert targets(cloud) == {"192.0.2.3": "None None"}


def test_automatic_addresses_of_a_pool_that_is_anothers_or_missing_create_nothing(cloud: SmallCloud) -> None:
    cloud.pools({"name": "blue", "ranges": ["198.51.100.1"], "project": "blue"})
    before = cloud.rows(schema.instances)
    for pool in ("blue", "missing"):
        with pytest.raises(NovaError, match=rf"default_floating_pool {pool} (belongs to project blue|does not exist)"):
            cloud.boot(web("c"), auto_assign_floating_ip=True, default_floating_pool=pool)
    assert cloud.rows(schema.instances) == before


# Pools in use.


def test_a_pool_in_use_goes_with_consent_and_says_what_goes_with_it(cloud: SmallCloud) -> None:
    cloud.floating({"address": "192.0.2.3", "instance": "a"}, {"project": "blue", "address": "192.0.2.4"})
    with pytest.raises(InUse, match="or set release_addresses of the pool to true"):
        cloud.pools(ABSENT)
    done = cloud.pools({**ABSENT, "release_addresses": True})
    assert done.changes == [
        "delete floating IP 192.0.2.3 (pool nova, project red, instance a 10.0.0.2)",
        "delete floating IP 192.0.2.4 (pool nova, project blue)",
        "delete floating pool nova",
    ]
    assert cloud.rows(schema.floating_ips) == []
    # The host that bound it must still give it up, and the pool made again does not hand it out before.
    cloud.pools({"name": "nova", "ranges": ["192.0.2.3-192.0.2.4"]})
    assert [view["address"] for view in cloud.floating({"project": "green"}).views] == ["192.0.2.4"]
    assert cloud.confirm("net1") == ["192.0.2.3"]


def test_a_range_in_use_goes_with_consent_and_the_rest_stays(cloud: SmallCloud) -> None:
    cloud.pools({"name": "nova", "ranges": ["198.51.100.1-198.51.100.2"]})
    cloud.floating({"address": "192.0.2.3", "project": "red"}, {"address": "198.51.100.1", "project": "red"})
    listed = {"name": "nova", "ranges": ["192.0.2.0/29"]}
    with pytest.raises(InUse, match="range 198.51.100.1-198.51.100.2 of floating pool nova cannot go: 198.51.100.1"):
        cloud.pools(listed, purge=True)
    cloud.pools({**listed, "release_addresses": True}, purge=True)
    assert targets(cloud) == {"192.0.2.3": "None None"}
    done = cloud.pools({**ABSENT, "ranges": ["192.0.2.0/29"], "release_addresses": True})
    assert done.changes == ["delete floating IP 192.0.2.3 (pool nova, project red)", "delete floating pool nova"]


def test_an_automatic_address_goes_with_its_pool_and_its_instance_stays(cloud: SmallCloud) -> None:
    cloud.boot(web("c"), auto_assign_floating_ip=True)
    cloud.pools({**ABSENT, "release_addresses": True})
    assert cloud.rows(schema.floating_ips) == []
    assert cloud.boot(web("c")).changes == []
    assert cloud.boot(gone("c")).changes[-1] == "delete instance c (host c1)"


def test_consent_is_true_or_false(cloud: SmallCloud) -> None:
    with pytest.raises(InvalidInput, match=r"pools\[0\].release_addresses yes is neither true nor false"):
        cloud.pools({**ABSENT, "release_addresses": "yes"})
