# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks on the hosts of the demo: what the demo itself does not show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.lab import LabError
from tests.lab.cloud import COMPUTE, GATEWAY
from tests.lab.kernel import lacks
from tests.lab.playbook import Run
from tests.lab.snapshot import take
from tests.lab.stage import HOSTS, Stage

from .playbooks import build_stage, messages, passed, play

BOTH_SERVE = {"nova_network": {"hosts": {GATEWAY: None, COMPUTE[0]: None}}}
MOVING = "10.46.169.228"
PRINTER = "00:00:5e:00:53:0a"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with build_stage() as stage:
        yield stage


@dataclass(frozen=True)
class Begun:
    """Hosts that have the cloud of the example, and what was foretold and said of their first run."""

    stage: Stage
    preview: Run
    first: Run


@pytest.fixture(scope="module")
def begun() -> Iterator[Begun]:
    with build_stage() as stage:
        preview = passed(play(stage, "site.yml", "--check", "--diff"))
        yield Begun(stage, preview, passed(play(stage, "site.yml", "--diff")))


@pytest.fixture
def served(begun: Begun) -> Stage:
    """Return hosts that have the cloud of the example. Whoever changes it puts it back."""
    return begun.stage


def addresses(stage: Stage, host: str) -> str:
    return stage.lab.host(host).run(["ip", "-br", "address"]).stdout


def write_host_variables(stage: Stage, host: str, variables: dict[str, Any]) -> None:
    directory = stage.lab.state / "inventory" / "host_vars"
    directory.mkdir(exist_ok=True)
    (directory / f"{host}.json").write_text(json.dumps(variables))


def test_one_host_that_lacks_something_stops_the_run_before_any_change(stage: Stage) -> None:
    found = {name: take(stage.lab.host(name)) for name in HOSTS}
    write_host_variables(stage, "compute2", {"nova_flat_interface": "eth9"})
    run = play(stage, "site.yml")
    assert run.code != 0
    assert messages(run) == "this host lacks interface eth9. Nothing was changed."
    assert not run.changed
    assert {name: take(stage.lab.host(name)) for name in HOSTS} == found


def test_all_that_is_wrong_with_variables_is_said_at_once(served: Stage) -> None:
    run = play(
        served, "site.yml", nova_network_manager="flatdhpc", nova_dhcp_lease_time="long", nova_user_data={"web1": ""}
    )
    assert run.code != 0
    for word in ("flat, flatdhcp, vlan, got: flatdhpc", "nova_dhcp_lease_time", "nova_user_data names web1"):
        assert word in messages(run)


def test_an_operation_is_refused_where_the_inventory_is_all_there_is(served: Stage) -> None:
    run = play(served, "floating_ip.yml", nova_strict=True, nova_floating_ip_instance="web1")
    assert run.code != 0
    assert "edit nova_floating_addresses in the inventory" in messages(run)


@pytest.mark.skipif(not lacks("nf_conntrack_bridge"), reason="this kernel can filter what guests send to each other")
def test_an_operation_that_hosts_cannot_do_changes_nothing(served: Stage) -> None:
    before = served.read_instances()
    run = play(served, "instance.yml", nova_instance_name="web1", nova_instance_security_groups=["web"])
    assert run.code != 0
    assert "nf_conntrack_bridge" in messages(run)
    assert (run.changes(), served.read_instances()) == ([], before)


def test_a_preview_of_the_first_run_tells_what_it_then_does(begun: Begun) -> None:
    assert sorted(begun.preview.changes()) == sorted(begun.first.changes()) != []
    assert begun.preview.changed_hosts == begun.first.changed_hosts


def test_a_thousand_instances_take_as_many_tasks_as_four(begun: Begun, stage: Stage) -> None:
    many = [{"name": f"v{number}", "project": "red", "host": COMPUTE[number % 2]} for number in range(1000)]
    stage.write_cloud({**stage.cloud, "nova_instances": [*stage.cloud["nova_instances"], *many]})
    more = passed(play(stage, "site.yml"))
    assert more.changed
    assert [(item.host, item.task) for item in _by_host(more)] == [
        (item.host, item.task) for item in _by_host(begun.first)
    ]


def _by_host(run: Run) -> list[Any]:
    return sorted(run.results, key=lambda item: item.host)


def test_hosts_one_by_one_and_a_few_of_them_come_to_the_same(stage: Stage) -> None:
    assert set(passed(play(stage, "site.yml", "--limit", "compute2")).recap) == {"compute2"}
    assert "10.0.0.1/8" not in addresses(stage, GATEWAY)
    assert "br100" in addresses(stage, "compute2")
    rest = passed(play(stage, "site.yml", nova_serial=1))
    assert "compute2" not in rest.changed_hosts
    assert not passed(play(stage, "site.yml")).changed


def test_an_operation_changes_one_thing_and_survives_a_run_of_the_inventory(served: Stage) -> None:
    boot = passed(play(served, "instance.yml", nova_instance_name="by-hand", nova_instance_project="red",
                       nova_instance_host="compute2", nova_instance_floating_pool="nova"))  # fmt: skip
    assert set(boot.changed_hosts) == {GATEWAY}
    assert not passed(play(served, "site.yml")).changed
    assert "by-hand" in served.read_instances()
    passed(play(served, "instance.yml", nova_instance_name="by-hand", nova_instance_state="absent"))
    assert "by-hand" not in served.read_instances()


def test_a_floating_ip_moves_to_another_network_host_only_when_the_first_has_given_it_up(stage: Stage) -> None:
    children = {"all": {"children": BOTH_SERVE}}
    (stage.lab.state / "inventory" / "more.json").write_text(json.dumps(children))
    second = {"label": "second", "cidr": "172.16.0.0/24", "host": COMPUTE[0]}
    instance = {"name": "far", "project": "red", "host": COMPUTE[1], "nics": [{"network": "second"}]}
    cloud = {
        **stage.cloud,
        "nova_networks": [*stage.cloud["nova_networks"], second],
        "nova_instances": [*stage.cloud["nova_instances"], instance],
    }
    stage.write_cloud(cloud)
    passed(play(stage, "site.yml"))
    passed(play(stage, "floating_ip.yml", nova_floating_ip_address=MOVING, nova_floating_ip_instance="db1",
                nova_floating_ip_project="red"))  # fmt: skip
    assert MOVING in addresses(stage, GATEWAY)

    move = {"nova_floating_ip_address": MOVING, "nova_floating_ip_instance": "far"}
    preview = passed(play(stage, "floating_ip.yml", "--check", **move))
    alone = passed(play(stage, "floating_ip.yml", "--limit", COMPUTE[0], **move))
    assert GATEWAY in alone.output.partition("Addresses wait until these hosts")[2]
    assert MOVING in addresses(stage, GATEWAY)
    assert MOVING not in addresses(stage, COMPUTE[0])

    run = passed(play(stage, "floating_ip.yml", **move))
    assert MOVING not in addresses(stage, GATEWAY)
    assert MOVING in addresses(stage, COMPUTE[0])
    assert set(preview.changed_hosts) == set(run.changed_hosts) == {GATEWAY, COMPUTE[0]}


def test_the_end_needs_consent_and_leaves_hosts_as_they_were_found(stage: Stage) -> None:
    found = {name: take(stage.lab.host(name)) for name in HOSTS}
    passed(play(stage, "site.yml"))
    refused = play(stage, "teardown.yml")
    assert refused.code != 0
    assert "Set nova_teardown_confirm to true" in messages(refused)

    consent = {"nova_teardown_confirm": True, "nova_teardown_ipam": True}
    some = play(stage, "teardown.yml", "--limit", "compute1", **consent)
    assert "hosts that are not torn down" in messages(some)
    preview = passed(play(stage, "teardown.yml", "--check", **consent))
    run = passed(play(stage, "teardown.yml", **consent))
    assert preview.changed_hosts == run.changed_hosts
    assert {name: take(stage.lab.host(name)) for name in HOSTS} == found
    assert not passed(play(stage, "teardown.yml", **consent)).changed


def test_a_device_that_is_no_instance_gets_its_address_by_dhcp_as_long_as_it_is_held(served: Stage) -> None:
    before, place = served.cloud, {"network": "public", "address": "10.0.0.200"}
    held = {**place, "mac": PRINTER, "hostname": "printer"}
    served.write_cloud({**served.cloud, "nova_fixed_reservations": [held]})
    assert set(passed(play(served, "site.yml")).changed_hosts) == {GATEWAY}
    device = served.lab.plug("printer", COMPUTE[1], port="tapprinter", mac=PRINTER, bridge="br100")
    lease = device.dhcp()
    assert (lease.address, device.ping("10.0.0.1")) == ("10.0.0.200", True)
    device.end_dhcp()
    assert not passed(play(served, "site.yml")).changed
    assert [(fixed["device"], fixed["lease_host"]) for fixed in known(served)] == [("printer", GATEWAY)]
    served.write_cloud({**served.cloud, "nova_fixed_reservations": [{**place, "state": "absent"}]})
    assert set(passed(play(served, "site.yml")).changed_hosts) == {GATEWAY}
    assert known(served) == []
    with pytest.raises(LabError):
        device.dhcp(3)
    served.lab.unplug(device)
    served.write_cloud(before)


def known(stage: Stage) -> list[dict[str, Any]]:
    """Return what the IPAM knows of devices, or of what they had."""
    return [fixed for fixed in stage.ask_ipam("fixed")["fixed"] if fixed["device"]]


def test_a_project_is_limited_and_scrubbed_by_operations(served: Stage) -> None:
    green = {"nova_instance_project": "green", "nova_instance_host": "compute2"}
    passed(play(served, "instance.yml", nova_instance_name="by-hand", **green))
    passed(play(served, "project.yml", nova_project_name="green", nova_project_quotas={"fixed_ips": 1}))
    assert "its quota is 1" in messages(play(served, "instance.yml", nova_instance_name="more", **green))
    scrub = {"nova_project_name": "green", "nova_project_state": "scrubbed"}
    assert "it has instance by-hand" in messages(play(served, "project.yml", **scrub))
    passed(play(served, "project.yml", **scrub, nova_project_remove_instances=True))
    assert "by-hand" not in served.read_instances()
    assert not passed(play(served, "site.yml")).changed
