# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""multi_host in whole clouds: from the wish to the plans of the hosts, and the two phases of what moves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.modules import nova_plan

from .module_run import run_module

Nova = Callable[..., dict[str, Any]]

COMPUTE = [
    {"name": f"compute{number}", "compute": True, "public_interface": "eth1", "my_ip": f"192.0.2.2{number}"}
    for number in (1, 2)
]
EXAMPLE_NET = {"label": "example-net", "cidr": "172.16.169.0/24", "vlan": 169, "project": "red", "multi_host": True}
SHARED_NET = {**EXAMPLE_NET, "share_address": True}
FLOATING = "192.0.2.226"
LATER = 4000000000


@pytest.fixture
def nova(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Nova:
    """Return a function that plans a cloud without any network host, with other options where given."""
    defaults: dict[str, Any] = {
        "database": f"sqlite:///{tmp_path}/ipam.sqlite",
        "manager": "vlan",
        "defaults": {"vlan_interface": "eth0"},
        "hosts": COMPUTE,
        "floating_pools": [{"name": "nova", "ranges": ["192.0.2.224/29"]}],
    }

    def plan(check: bool = False, **options: Any) -> dict[str, Any]:
        return run_module(nova_plan, capsys, check, **{**defaults, **options})

    return plan


def boot(host: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": "a", "project": "red", "host": host, **more}]


def served(result: dict[str, Any]) -> dict[str, list[str]]:
    """Return the addresses on the bridges of each host that has a bridge."""
    plans = result["plans"].items()
    return {host: [address for item in plan["bridges"] for address in item["addresses"]] for host, plan in plans
            if plan["bridges"]}  # fmt: skip


def bound(result: dict[str, Any]) -> dict[str, list[str]]:
    return {host: [ip["address"] for ip in plan["floating"]] for host, plan in result["plans"].items()}


def word(result: dict[str, Any], host: str, *leases: dict[str, Any]) -> dict[str, Any]:
    return {"host": host, "generation": result["generation"], "leases": list(leases)}


def test_a_cloud_of_multi_host_networks_needs_no_network_host(nova: Nova) -> None:
    result = nova(networks=[EXAMPLE_NET], instances=boot("compute1"))
    assert served(result) == {"compute1": ["172.16.169.4/24"]}
    assert result["plans"]["compute2"]["vlans"] == []
    assert served(nova(networks=[SHARED_NET | {"label": "b", "cidr": "172.16.170.0/24", "vlan": 170}]))
    refused = nova(networks=[{"label": "single", "cidr": "172.16.171.0/24", "multi_host": False}])
    assert "network single has no host that could serve it" in refused["msg"]


def test_a_preview_plans_the_same_for_every_host(nova: Nova) -> None:
    options = {"networks": [EXAMPLE_NET], "instances": boot("compute1")}
    foreseen, done = nova(check=True, **options), nova(**options)
    assert (foreseen["changes"], served(foreseen)) == (done["changes"], served(done))


@pytest.mark.parametrize(
    ("network", "addresses"),
    [(EXAMPLE_NET, ("172.16.169.4/24", "172.16.169.5/24")), (SHARED_NET, ("172.16.169.1/24", "172.16.169.1/24"))],
)
def test_an_instance_moves_in_two_phases(nova: Nova, network: dict[str, Any], addresses: tuple[str, str]) -> None:
    mac = nova(networks=[network], instances=boot("compute1", floating_ip={"address": FLOATING}))
    nic = mac["plans"]["compute1"]["dhcp"][0]["networks"][0]["hosts"][0]
    lease = {"bridge": "br169", "address": nic["address"], "mac": nic["mac"], "hostname": "a", "expires": LATER}

    ready = nova(instances=[{"name": "a", "next_host": "compute2"}], acknowledgements=[word(mac, "compute1", lease)])
    assert served(ready) == {"compute1": [addresses[0]], "compute2": [addresses[1]]}
    assert bound(ready) == {"compute1": [FLOATING], "compute2": []}
    taken_over = {"mac": nic["mac"], "address": nic["address"], "hostname": "a", "expires": LATER}
    assert ready["plans"]["compute2"]["dhcp"][0]["leases"] == [taken_over]
    assert ready["plans"]["compute1"]["dhcp"][0]["leases"] == []
    assert ready["awaiting"] == []

    first = nova(instances=[{"name": "a", "host": "compute2"}])
    assert (served(first), bound(first)) == ({"compute2": [addresses[1]]}, {"compute1": [], "compute2": []})
    assert first["plans"]["compute1"]["vlans"] == []
    assert (first["awaiting"], first["plans"]["compute2"]["waiting"]) == (["compute1"], [FLOATING])
    assert f"floating {FLOATING}" in first["unconfirmed"]["compute1"]
    assert f"fixed {nic['address']}" in first["unconfirmed"]["compute1"]

    second = nova(acknowledgements=[word(first, "compute1")])
    assert bound(second) == {"compute1": [], "compute2": [FLOATING]}
    assert (second["awaiting"], second["unconfirmed"]) == ([], {})
    assert second["plans"]["compute2"]["dhcp"][0]["leases"] == [taken_over]
    done = nova(acknowledgements=[word(second, "compute2", lease)])
    assert done["plans"]["compute2"]["dhcp"][0]["leases"] == []


def test_an_old_host_that_never_answers_can_be_given_up(nova: Nova) -> None:
    nova(networks=[EXAMPLE_NET], instances=boot("compute1", floating_ip={"address": FLOATING}))
    moved = nova(instances=[{"name": "a", "host": "compute2"}])
    assert moved["awaiting"] == ["compute1"]
    again = nova(forget_hosts=["compute1"])
    assert (again["awaiting"], again["unconfirmed"]) == ([], {})
    assert bound(again)["compute2"] == [FLOATING]


def test_a_network_moves_to_another_network_host_in_two_phases(nova: Nova) -> None:
    hosts = [{**COMPUTE[0], "name": name, "compute": False, "network": True} for name in ("network1", "network2")]
    network = {**EXAMPLE_NET, "multi_host": False}
    before = nova(networks=[network], hosts=hosts)
    assert served(before) == {"network1": ["172.16.169.1/24"]}
    first = nova(networks=[{**network, "host": "network2"}], hosts=hosts)
    assert served(first) == {"network2": []}
    assert (first["awaiting"], first["plans"]["network2"]["waiting"]) == (["network1"], ["172.16.169.1"])
    second = nova(hosts=hosts, acknowledgements=[word(first, "network1")])
    assert served(second) == {"network2": ["172.16.169.1/24"]}
    assert second["awaiting"] == []
