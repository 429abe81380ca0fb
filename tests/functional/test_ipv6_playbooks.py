# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IPv6 from the inventory: the example with a second kind of address, and a network that has no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.guest import Guest
from tests.lab.snapshot import differences, take
from tests.lab.stage import HOSTS, Stage

from .playbooks import build_stage, passed, play
from .test_ipv6 import addresses, is_settled
from .waiting import until

SIX = {"label": "six", "cidr_v6": "fd00:6::/64", "bridge": "br200"}
ALONE = {"name": "six1", "project": "red", "host": "compute1", "nics": [{"network": "six"}]}


@pytest.fixture
def stage() -> Iterator[Stage]:
    with build_stage() as made:
        (public,) = made.cloud["nova_networks"]
        instances = [{**item, "nics": [{"network": "public"}]} for item in made.cloud["nova_instances"]]
        made.write_cloud(
            {
                **made.cloud,
                "nova_bridge_interfaces": {"br200": "eth3"},
                "nova_networks": [{**public, "cidr_v6": "fd00:1::/64"}, SIX],
                "nova_instances": [*instances, ALONE],
            }
        )
        yield made


def boot(stage: Stage, name: str) -> Guest:
    """Boot a guest that does nothing about its IPv6 address; it must come to the one that the IPAM says."""
    (instance,) = [item for item in stage.ask_ipam("instances")["instances"] if item["name"] == name]
    (nic,) = instance["nics"]
    guest = stage.lab.plug(name, instance["host"], port=nic["port_name"], mac=nic["mac"], bridge=nic["bridge"])
    guest.serve_token(f"token-of-{name}", address="::")
    until(lambda: is_settled(guest), f"the address of {name}")
    assert [item["local"] for item in addresses(guest)] == [nic["address_v6"]]
    return guest


def test_networks_with_ipv6_beside_ipv4_and_alone_come_stay_and_go(stage: Stage) -> None:
    found = {name: take(stage.lab.host(name)) for name in HOSTS}
    preview = passed(play(stage, "site.yml", "--check"))
    run = passed(play(stage, "site.yml"))
    assert sorted(preview.changes()) == sorted(run.changes()) != []
    near, far, alone = (boot(stage, name) for name in ("web1", "db1", "six1"))
    (address,) = (item["local"] for item in addresses(far))
    assert near.request(address).token == "token-of-db1"
    assert alone.request(address, timeout=1.5).token == ""
    assert alone.ping("fd00:6::1")
    assert near.dhcp().router == "10.0.0.1"
    assert not passed(play(stage, "site.yml")).changed
    for guest in (near, far, alone):
        stage.lab.unplug(guest)
    passed(play(stage, "teardown.yml", nova_teardown_confirm=True, nova_teardown_ipam=True))
    assert {name: differences(found[name], take(stage.lab.host(name))) for name in HOSTS} == {
        name: [] for name in HOSTS
    }
