# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example with one interface for everything, brought over SSH to a host that has nothing else, and taken away."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator

import pytest
import yaml

from tests.lab import Lab
from tests.lab.playbook import Run
from tests.lab.snapshot import differences, take
from tests.tools.tree import ROOT

from .bridges import addresses, lost_pings, master, shell
from .controller import ADDRESS, ADDRESS6, BEYOND, BEYOND6, HOST, TOPOLOGY, Controller
from .waiting import until

EXAMPLE = ROOT / "examples" / "one_interface"
FLOATING = "203.0.113.2"


@pytest.fixture
def controller() -> Iterator[Controller]:
    with Lab(TOPOLOGY) as lab:
        shell(lab.host("router"), f"ip addr add {BEYOND}/32 dev lo; ip addr add {BEYOND6}/128 dev lo")
        controller = Controller(lab)
        inventory = lab.state / "inventory"
        shutil.copytree(EXAMPLE, inventory)
        controller.ansible.inventories = (inventory, controller.inventory)
        variables = yaml.safe_load((EXAMPLE / "group_vars" / "nova.yml").read_text())
        # What the host needs is on this machine already, and it has no way to a mirror.
        variables["nova_install_packages"] = False
        (inventory / "group_vars" / "nova.yml").write_text(yaml.safe_dump(variables))
        yield controller


def site(controller: Controller, *arguments: str, playbook: str = "site.yml") -> Run:
    run = controller.ansible.play(playbook, *arguments)
    assert run.code == 0, run.output[-3000:]
    return run


def test_one_interface_serves_guests_the_public_network_and_the_controller(controller: Controller) -> None:
    host, router = controller.host, controller.lab.host("router")
    assert host.ping(BEYOND) and host.ping(BEYOND6, timeout=5)
    found = take(host)
    preview = site(controller, "--check")
    runs: list[Run] = []
    pings = [(router, ADDRESS), (router, ADDRESS6), (host, BEYOND), (host, BEYOND6)]
    assert lost_pings(pings, lambda: runs.append(site(controller))) == [0, 0, 0, 0]
    assert sorted(runs[0].changes()) == sorted(preview.changes())
    assert any(re.match(f"{HOST}: run guard {ADDRESS} ", change) for change in runs[0].changes())
    assert (master(host, "eth0"), addresses(host, "eth0")) == ("br100", [])
    assert addresses(host, "br100") == ["10.0.0.1/8", f"{ADDRESS}/24", f"{FLOATING}/32"]
    _check_guest(controller)
    assert not site(controller).changed
    consent = json.dumps({"nova_teardown_confirm": True, "nova_teardown_ipam": True})
    controller.lab.unplug(controller.lab.guests["web1"])
    site(controller, "-e", consent, playbook="teardown.yml")
    until(lambda: not differences(found, take(host)))


def _check_guest(controller: Controller) -> None:
    """Both ways, through the one interface: outbound NAT, and the floating address."""
    router = controller.lab.host("router")
    nic = controller.instances()["web1"]
    guest = controller.lab.plug("web1", HOST, port=nic["port_name"], mac=nic["mac"], bridge="br100", hairpin=True)
    guest.serve_token("token-of-web1")
    assert guest.dhcp().address == nic["address"]
    router.serve_token("token-of-router")
    for _unused in range(3):
        answer = guest.request(BEYOND)
        assert (answer.token, answer.peer) == ("token-of-router", FLOATING)
    assert router.request(FLOATING).token == "token-of-web1"
    assert guest.request(FLOATING).token == "token-of-web1"
