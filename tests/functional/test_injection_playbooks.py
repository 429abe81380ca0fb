# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images of guests by the playbooks, from the inventory to the compute host."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.novanet.network.plugins.modules import nova_injection

from tests.functional.bridges import succeeded
from tests.lab import Lab
from tests.lab.cloud import first_cloud, topology
from tests.lab.host import Host
from tests.lab.playbook import Run
from tests.lab.report import Report
from tests.lab.stage import Stage

SEEDS = "/var/lib/seeds"
STATIC = {"label": "static", "cidr": "172.20.0.0/24", "enable_dhcp": False, "dns1": "9.9.9.9", "mtu": 1450}
TWO_NICS = [{"network": "static"}, {"network": "public"}]
TEMPLATE = "# {{ guest.hostname }}\n{% for nic in guest.nics %}\niface {{ nic.name }} at {{ nic.mac }}\n{% endfor %}\n"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Lab(topology()) as lab:
        made = Stage(lab, Report())
        made.use_example()
        cloud = first_cloud(made.cloud)
        instances = [{**item, "nics": TWO_NICS} if item["name"] == "web1" else item for item in cloud["nova_instances"]]
        networks = [*cloud["nova_networks"], STATIC]
        injected = {"nova_flat_injected": True, "nova_injection_path": SEEDS, "nova_instances": instances}
        made.write_cloud({**cloud, **injected, "nova_networks": networks})
        yield made


def play(stage: Stage, playbook: str, *arguments: str, **variables: Any) -> Run:
    run = stage.ansible.play(playbook, *arguments, *(("-e", json.dumps(variables)) if variables else ()))
    assert run.code == 0, run.output[-3000:]
    return run


def seeds(stage: Stage, host: str) -> list[str]:
    return stage.lab.host(host).run(["sh", "-c", f"ls -A {SEEDS} 2>/dev/null || true"]).stdout.split()


def text(stage: Stage, host: str, instance: dict[str, Any], name: str) -> str:
    return stage.lab.host(host).run(["cat", f"{SEEDS}/{instance['uuid']}/{name}"]).stdout


def test_compute_hosts_have_the_images_of_their_guests_as_the_preview_says(stage: Stage) -> None:
    data = {"web1": "#cloud-config\npackages: [nginx]\n"}
    preview = play(stage, "site.yml", "--check", "--diff", nova_user_data=data)
    run = play(stage, "site.yml", "--diff", nova_user_data=data)
    assert sorted(preview.changes()) == sorted(run.changes()) and "nginx" not in run.output
    known = {item["name"]: item for item in stage.ask_ipam("instances")["instances"]}
    for host, names in (("compute1", ("web1", "web2")), ("compute2", ("db1", "db2")), ("network1", ())):
        assert seeds(stage, host) == sorted(known[name]["uuid"] for name in names)
    web = known["web1"]
    config = yaml.safe_load(text(stage, "compute1", web, "cidata/network-config"))["ethernets"]
    assert [config[name]["match"]["macaddress"] for name in ("eth0", "eth1")] == [nic["mac"] for nic in web["nics"]]
    assert config["eth0"]["addresses"] == [f"{web['nics'][0]['address']}/24"]
    assert (config["eth0"]["gateway4"], "gateway4" in config["eth1"]) == ("172.20.0.1", False)
    assert (config["eth0"]["mtu"], config["eth1"]["dhcp4"]) == (1450, True)
    assert text(stage, "compute1", web, "cidata/user-data") == data["web1"]
    assert '"local-hostname": "web1.novalocal"' in text(stage, "compute1", web, "cidata/meta-data")
    assert not play(stage, "site.yml", nova_user_data=data).changed


def test_a_template_of_the_operator_is_used_and_the_images_go_when_they_are_not_wanted(stage: Stage) -> None:
    template = stage.lab.state / "interfaces.j2"
    template.write_text(TEMPLATE)
    play(stage, "site.yml", nova_injected_network_template=str(template), nova_injection_images=[])
    (web,) = [item for item in stage.ask_ipam("instances")["instances"] if item["name"] == "web1"]
    lines = [f"iface eth{index} at {nic['mac']}" for index, nic in enumerate(web["nics"])]
    assert text(stage, "compute1", web, "interfaces").splitlines() == ["# web1.novalocal", *lines]
    play(stage, "site.yml", nova_flat_injected=False)
    assert seeds(stage, "compute1") == seeds(stage, "compute2") == []
    play(stage, "site.yml")
    assert len(seeds(stage, "compute1")) == 2
    play(stage, "teardown.yml", nova_teardown_confirm=True)
    assert seeds(stage, "compute1") == []


def test_a_host_that_cannot_make_images_stops_the_run_before_any_change(stage: Stage) -> None:
    stage.lab.host("compute2").run(["mount", "--bind", "/dev/null", "/usr/bin/xorriso"])
    run = stage.ansible.play("site.yml")
    assert run.code != 0 and not run.changed
    assert [item.message for item in run.results if item.failed] == [
        "this host lacks program xorriso (package xorriso). Nothing was changed."
    ]


def test_the_examples_of_the_module_do_what_they_say(host: Host, run_module: Callable[..., dict[str, Any]]) -> None:
    changes = []
    for task in yaml.safe_load(nova_injection.EXAMPLES):
        changes += succeeded(run_module("nova_injection", **task["novanet.network.nova_injection"]))["changes"]
    assert [change.partition(" (")[0] for change in changes] == [
        "create injection web1",
        # The second one has it elsewhere.
        "delete injection web1",
        "create injection web1",
        "delete injection web1",
    ]
