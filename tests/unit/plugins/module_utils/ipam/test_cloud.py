# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole cloud in one transaction: lists in, plans out; a preview that is right, and nothing half done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.novanet.network.plugins.module_utils.errors import (
    Conflict,
    Exhausted,
    InUse,
    InvalidInput,
    NotFound,
    NovaError,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_cloud import PLAN_ARGUMENTS
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Caller, transaction
from ansible_collections.novanet.network.plugins.modules.nova_plan import operate

HOSTS = [
    {"name": "network1", "network": True, "public_interface": "eth0", "routing_source_ip": "192.0.2.10"},
    {"name": "network2", "network": True, "public_interface": "eth0", "routing_source_ip": "192.0.2.20"},
    {"name": "compute1", "compute": True},
    {"name": "compute2", "compute": True},
]
CLOUD: dict[str, Any] = {
    "manager": "flatdhcp",
    "defaults": {"flat_network_bridge": "br100", "flat_interface": "eth2"},
    "settings": {"metadata_host": "192.0.2.10"},
    "hosts": HOSTS,
    "networks": [{"label": "public", "cidr": "10.0.0.0/8", "dhcp_start": "10.0.0.2"}],
    "floating_pools": [{"name": "nova", "ranges": ["10.46.169.224/29"]}],
    "instances": [
        {"name": "web1", "project": "red", "host": "compute1"},
        {"name": "web2", "project": "blue", "host": "compute2"},
    ],
    "floating_addresses": [{"instance": "web1", "project": "red", "address": "10.46.169.225"}],
    "purge": True,
}


X_NOWHERE = {"name": "x", "project": "red", "host": "compute9"}


class Ipam:
    """One database, driven with the options that the module takes."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "ipam.sqlite"

    def plan(self, options: Mapping[str, Any], check: bool = False, origin: str = "inventory") -> dict[str, Any]:
        validated = ArgumentSpecValidator(PLAN_ARGUMENTS).validate(dict(options))
        assert validated.error_messages == []
        with transaction(f"sqlite:///{self.path}", Caller("tester", origin, check)) as work:
            results = operate(work, validated.validated_parameters)
            changes = [change.describe() for change in work.changes]
            # As it leaves the module: plain JSON.
            return json.loads(json.dumps({**results, "changes": changes, "warnings": work.warnings}))


@pytest.fixture
def ipam(tmp_path: Path) -> Ipam:
    return Ipam(tmp_path)


def guests(result: Mapping[str, Any], host: str = "network1") -> dict[str, str]:
    """Return address by host name, as the DHCP server of a host has them."""
    servers = result["plans"][host]["dhcp"]
    return {
        entry["hostname"]: entry["address"]
        for server in servers
        for net in server["networks"]
        for entry in net["hosts"]
    }


def changed(**lists: Any) -> dict[str, Any]:
    return {**CLOUD, **lists}


WITHOUT_WEB1 = {
    "instances": [CLOUD["instances"][1], {"name": "web3", "project": "red", "host": "compute2"}],
    "floating_addresses": [{"instance": "web3", "project": "red", "address": "10.46.169.225"}],
}


def test_a_second_run_changes_nothing_and_plans_the_same(ipam: Ipam) -> None:
    first = ipam.plan(CLOUD)
    again = ipam.plan(CLOUD)
    assert first["changes"] != []
    assert again["changes"] == []
    assert (again["plans"], again["generation"]) == (first["plans"], first["generation"])


def test_a_preview_on_an_empty_ipam_shows_the_addresses_that_the_run_gives(ipam: Ipam) -> None:
    preview = ipam.plan(CLOUD, check=True)
    assert not ipam.path.exists()
    real = ipam.plan(CLOUD)
    assert preview["changes"] == real["changes"]
    assert guests(preview) == guests(real) == {"web1": "10.0.0.2", "web2": "10.0.0.3"}
    for plan in (*preview["plans"].values(), *real["plans"].values()):
        del plan["ipam_uuid"]
    assert preview["plans"] == real["plans"]


def test_a_preview_of_a_change_is_what_the_run_does(ipam: Ipam) -> None:
    ipam.plan(CLOUD)
    preview = ipam.plan(changed(**WITHOUT_WEB1), check=True)
    real = ipam.plan(changed(**WITHOUT_WEB1))
    assert preview == real
    assert guests(real) == {"web2": "10.0.0.3", "web3": "10.0.0.4"}
    assert real["plans"]["network1"]["floating"] == [
        {"address": "10.46.169.225", "fixed_address": "10.0.0.4", "interface": "eth0"}
    ]


def test_a_released_address_is_free_only_after_every_host_that_had_it_has_said_so(ipam: Ipam) -> None:
    ipam.plan(CLOUD)
    gone = ipam.plan(changed(**WITHOUT_WEB1))
    assert gone["released"] == []
    words = {"generation": gone["generation"], "leases": []}
    assert ipam.plan(changed(acknowledgements=[{"host": "network1", **words}], **WITHOUT_WEB1))["released"] == []
    released = ipam.plan(changed(acknowledgements=[{"host": "compute1", **words}], **WITHOUT_WEB1))
    assert (released["released"], released["changes"]) == (["10.0.0.2"], [])


def test_an_older_acknowledgement_confirms_nothing(ipam: Ipam) -> None:
    before = ipam.plan(CLOUD)["generation"]
    ipam.plan(changed(**WITHOUT_WEB1))
    late = [{"host": name, "generation": before, "leases": []} for name in ("network1", "compute1")]
    assert ipam.plan(changed(acknowledgements=late, **WITHOUT_WEB1))["released"] == []


def test_a_host_that_is_gone_for_good_need_not_answer(ipam: Ipam) -> None:
    ipam.plan(CLOUD)
    ipam.plan(changed(**WITHOUT_WEB1))
    forgotten = ipam.plan(changed(forget_hosts=["compute1", "network1"], **WITHOUT_WEB1))
    assert forgotten["released"] == ["10.0.0.2"]


def test_a_floating_ip_that_moves_to_another_network_host_waits_for_the_first(ipam: Ipam) -> None:
    second = {
        "label": "second",
        "cidr": "172.20.0.0/24",
        "bridge": "br101",
        "bridge_interface": "eth3",
        "host": "network2",
    }
    networks = [*CLOUD["networks"], second]
    hosts = [{**host, "flat_interface": None} for host in HOSTS]
    instances = [
        {"name": "web1", "project": "red", "host": "compute1", "nics": [{"network": "public"}]},
        {"name": "web9", "project": "red", "host": "compute1", "nics": [{"network": "second"}]},
    ]
    cloud = changed(networks=networks, instances=instances, hosts=hosts)
    before = ipam.plan(cloud)
    assert [ip["address"] for ip in before["plans"]["network1"]["floating"]] == ["10.46.169.225"]
    moved = {**cloud, "floating_addresses": [{"instance": "web9", "project": "red", "address": "10.46.169.225"}]}
    waiting = ipam.plan(moved)
    assert waiting["awaiting"] == ["network1"]
    assert (waiting["plans"]["network1"]["floating"], waiting["plans"]["network2"]["floating"]) == ([], [])
    assert waiting["plans"]["network2"]["waiting"] == ["10.46.169.225"]
    word = {"host": "network1", "generation": waiting["generation"], "leases": []}
    done = ipam.plan({**moved, "acknowledgements": [word]})
    assert done["awaiting"] == []
    assert [ip["address"] for ip in done["plans"]["network2"]["floating"]] == ["10.46.169.225"]


def test_lists_that_are_omitted_are_not_managed(ipam: Ipam) -> None:
    first = ipam.plan(CLOUD)
    bare = {key: CLOUD[key] for key in ("manager", "defaults", "settings", "hosts", "purge")}
    again = ipam.plan(bare)
    assert (again["changes"], again["plans"]) == ([], first["plans"])


def test_what_an_operation_made_survives_the_purge_of_an_inventory_run(ipam: Ipam) -> None:
    ipam.plan(CLOUD)
    made = {"instances": [{"name": "by-hand", "project": "red", "host": "compute1"}]}
    ipam.plan(
        {**changed(), **{"networks": None, "floating_pools": None, "floating_addresses": None, "purge": False}, **made},
        origin="operation",
    )
    assert guests(ipam.plan(CLOUD)).keys() == {"web1", "web2", "by-hand"}


def test_a_network_and_its_guests_go_in_one_run(ipam: Ipam) -> None:
    ipam.plan(CLOUD)
    gone = ipam.plan(changed(instances=[], floating_addresses=[], floating_pools=[], allow_empty_purge=True))
    assert gone["plans"]["network1"]["dhcp"][0]["networks"][0]["hosts"] == []
    words = [
        {"host": name, "generation": gone["generation"], "leases": []} for name in ("network1", "compute1", "compute2")
    ]
    empty = changed(instances=[], floating_addresses=[], floating_pools=[], networks=[], allow_empty_purge=True)
    last = ipam.plan({**empty, "acknowledgements": words})
    assert all(plan["bridges"] == [] for plan in last["plans"].values())


def test_a_purge_to_nothing_needs_consent(ipam: Ipam) -> None:
    ipam.plan(CLOUD)
    with pytest.raises(InvalidInput, match="instances .* together with purge would remove everything"):
        ipam.plan(changed(instances=[]))


@pytest.mark.parametrize(
    ("lists", "error", "message"),
    [
        ({"networks": [{"label": "b", "cidr": "10.1.0.0/16"}, *CLOUD["networks"]]}, Conflict, "10.1.0.0/16"),
        ({"instances": [*CLOUD["instances"], X_NOWHERE]}, InvalidInput, "compute9"),
        ({"floating_pools": [{"name": "nova", "ranges": ["10.46.169.225"]}], "instances": [
            {"name": name, "project": "red", "host": "compute1", "floating_ip": {}} for name in ("a", "b")
        ], "floating_addresses": None}, Exhausted, "nova"),
        ({"hosts": [host for host in HOSTS if not host.get("network")]}, NotFound, "has no host that could serve it"),
        ({"floating_addresses": [{"instance": "nobody", "project": "red"}]}, NotFound, r"floating_addresses\[0\]"),
        ({"floating_pools": [{"name": "nova", "ranges": ["x"]}]}, InvalidInput, r"floating_pools\[0\].ranges\[0\] x"),
        ({"settings": {"dhcp_lease_time": 1}}, InvalidInput, "settings.dhcp_lease_time 1"),
    ],
)  # fmt: skip
def test_a_run_that_cannot_be_right_changes_nothing(
    ipam: Ipam, lists: dict[str, Any], error: type[NovaError], message: str
) -> None:
    with pytest.raises(error, match=message):
        ipam.plan(changed(**lists))
    assert (
        ipam.plan({**CLOUD, "networks": None, "instances": None, "floating_addresses": None, "floating_pools": None})[
            "generation"
        ]
        == 0
    )


def test_a_network_that_is_still_used_cannot_go(ipam: Ipam) -> None:
    ipam.plan(CLOUD)
    with pytest.raises(InUse, match="public"):
        ipam.plan(
            {
                **CLOUD,
                "networks": [{"label": "public", "state": "absent"}],
                "instances": None,
                "floating_addresses": None,
                "floating_pools": None,
            }
        )


def test_one_instance_in_a_large_cloud_changes_only_the_plans_it_is_in(ipam: Ipam) -> None:
    before = ipam.plan(CLOUD)
    after = ipam.plan(changed(instances=[*CLOUD["instances"], {"name": "web4", "project": "red", "host": "compute2"}]))
    for plans in (before["plans"], after["plans"]):
        for plan in plans.values():
            del plan["generation"]
    assert before["plans"]["compute1"] == after["plans"]["compute1"]
    assert before["plans"]["network2"] == after["plans"]["network2"]
    assert before["plans"]["network1"] != after["plans"]["network1"]
