# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example of flat mode on two hosts: one with a bridge of ours, one whose bridge is the operator's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml

from tests.lab import Lab
from tests.lab.guest import Guest
from tests.lab.report import Report
from tests.lab.snapshot import differences, take
from tests.lab.stage import Stage
from tests.lab.topology import HostSpec, Nic, Topology, Wire

from .bridges import addresses, shell
from .dhcp import gets_nothing
from .playbooks import messages, passed, play

FIRST, SECOND, OUTSIDE = "compute1", "compute2", "outside"
ROUTER, OUTSIDE_ADDRESS, FLOATING = "192.168.100.254", "192.0.2.1", "203.0.113.2"
OWN_ADDRESS = "192.168.100.253/24"


def topology() -> Topology:
    """Return two hosts with two cards for guests each; the router of the guests is not ours."""

    def host(name: str, last: str) -> HostSpec:
        cards = (Nic("eth0", "public", (f"192.0.2.{last}/24",)), Nic("eth2", "data"), Nic("eth3", "storage"))
        return HostSpec(name, cards, (("default", OUTSIDE_ADDRESS),))

    outside = HostSpec(OUTSIDE, (Nic("eth0", "public", (f"{OUTSIDE_ADDRESS}/24",), on_link=("203.0.113.0/29",)),))
    router = HostSpec("router", (Nic("eth0", "data", (f"{ROUTER}/24",)),))
    return Topology(
        (host(FIRST, "21"), host(SECOND, "22"), router, outside), (Wire("public"), Wire("data"), Wire("storage"))
    )


@contextmanager
def build(**variables: Any) -> Iterator[Stage]:
    with Lab(topology()) as lab:
        own = f"ip link set eth2 master br100 up; ip address add {OWN_ADDRESS} dev br100; ip link set br100 up"
        shell(lab.host(SECOND), f"ip link add br100 type bridge forward_delay 20; {own}")
        stage = Stage(lab, Report(), "flat", (FIRST, SECOND))
        stage.use_example()
        # What hosts need is on this machine already, and they have no way to a mirror.
        stage.write_cloud({**stage.cloud, "nova_install_packages": False, **variables})
        yield stage


def nics(stage: Stage) -> dict[str, list[dict[str, Any]]]:
    return {item["name"]: item["nics"] for item in stage.ask_ipam("instances")["instances"]}


def boot(stage: Stage, name: str, host: str) -> Guest:
    """Boot a guest with what its seed says, and nothing else."""
    (instance,) = [item for item in stage.ask_ipam("instances")["instances"] if item["name"] == name]
    first, second = instance["nics"]
    guest = stage.lab.plug(name, host, port=first["port_name"], mac=first["mac"], bridge="br100")
    stage.lab.add_card(guest, port=second["port_name"], mac=second["mac"], bridge="br200")
    seed = f"/var/lib/novanet/nova/injection/{instance['uuid']}/cidata/network-config"
    told = yaml.safe_load(stage.lab.host(host).run(["cat", seed]).stdout)["ethernets"]
    for card, settings in told.items():
        (address,) = settings["addresses"]
        guest.configure(address, settings.get("gateway4"), card)
    guest.serve_token(f"token-of-{name}")
    return guest


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with build() as made:
        passed(play(made, "site.yml"))
        yield made


@pytest.fixture(scope="module")
def guests(stage: Stage) -> dict[str, Guest]:
    return {"web1": boot(stage, "web1", FIRST), "db1": boot(stage, "db1", SECOND)}


def test_guests_reach_each_other_and_their_router_with_what_their_images_say(
    stage: Stage, guests: dict[str, Guest]
) -> None:
    web, database = guests["web1"], guests["db1"]
    stage.lab.host("router").serve_token("token-of-router")
    assert web.request(nics(stage)["db1"][0]["address"]).token == "token-of-db1"
    assert database.request(nics(stage)["web1"][0]["address"]).token == "token-of-web1"
    for guest in (web, database):
        assert guest.request(ROUTER).token == "token-of-router"
        routes = json.loads(guest.run(["ip", "-j", "route", "show", "default"]).stdout)
        assert [(route["gateway"], route["dev"]) for route in routes] == [(ROUTER, "eth0")]


def test_second_cards_work_from_both_ends_over_their_own_wire(stage: Stage, guests: dict[str, Guest]) -> None:
    for name, other in (("web1", "db1"), ("db1", "web1")):
        address = nics(stage)[other][1]["address"]
        assert address.startswith("172.20.0.")
        answer = guests[name].request(address)
        assert (answer.token, answer.peer) == (f"token-of-{other}", nics(stage)[name][1]["address"])


def test_nobody_answers_dhcp_not_even_a_guest_that_the_ipam_knows(stage: Stage, guests: dict[str, Guest]) -> None:
    guest, address = guests["web1"], nics(stage)["web1"][0]["address"]
    assert gets_nothing(guest)
    # Its client has taken its address away.
    guest.end_dhcp()
    guest.configure(f"{address}/24", ROUTER)
    assert guest.request(nics(stage)["db1"][0]["address"]).token == "token-of-db1"


def test_a_second_run_changes_nothing_and_the_bridge_of_the_operator_is_as_it_was(stage: Stage) -> None:
    assert not passed(play(stage, "site.yml")).changed
    assert addresses(stage.lab.host(SECOND), "br100") == [OWN_ADDRESS]
    assert addresses(stage.lab.host(FIRST), "br100") == []


def test_floating_addresses_without_a_gateway_stop_the_run_and_change_nothing(stage: Stage) -> None:
    wish = {
        "nova_floating_pools": [{"name": "nova", "ranges": ["203.0.113.0/29"]}],
        "nova_floating_addresses": [{"address": FLOATING, "project": "red", "instance": "web1"}],
    }
    run = play(stage, "site.yml", **wish)
    assert run.code != 0 and not run.changed
    assert "belongs to instance web1 in flat network private, which has no gateway to bind it" in messages(run)
    assert not passed(play(stage, "site.yml")).changed


GATEWAY = {
    "nova_flat_gateway": True,
    "nova_floating_pools": [{"name": "nova", "ranges": ["203.0.113.0/29"]}],
    "nova_floating_addresses": [{"address": FLOATING, "project": "red", "instance": "web1"}],
}


def test_a_gateway_brings_outbound_nat_metadata_and_floating_addresses_and_goes_again() -> None:
    with build() as stage:
        private, storage = stage.cloud["nova_networks"]
        ours = {"nova_networks": [{**private, "gateway": "192.168.100.1"}, storage]}
        stage.write_cloud({**stage.cloud, **ours})
        found = {name: take(stage.lab.host(name)) for name in stage.hosts}
        passed(play(stage, "site.yml"))
        without = take(stage.lab.host(FIRST))
        roles = {"nova_network": {"hosts": {FIRST: None}}}
        (stage.lab.state / "inventory" / "gateway.json").write_text(json.dumps(roles))
        preview = passed(play(stage, "site.yml", "--check", **GATEWAY))
        run = passed(play(stage, "site.yml", **GATEWAY))
        assert sorted(preview.changes()) == sorted(run.changes()) != []
        _check_gateway(stage)
        nothing = {"nova_floating_addresses": [], "nova_floating_pools": [], "nova_allow_empty_purge": True}
        passed(play(stage, "site.yml", **nothing))
        assert differences(without, take(stage.lab.host(FIRST))) == []
        passed(play(stage, "teardown.yml", nova_teardown_confirm=True, nova_teardown_ipam=True))
        assert {name: differences(found[name], take(stage.lab.host(name))) for name in stage.hosts} == {
            name: [] for name in stage.hosts
        }


def _check_gateway(stage: Stage) -> None:
    """Guests on both hosts go out through the first one, and are reached from outside there."""
    outside = stage.lab.host(OUTSIDE)
    outside.serve_token("token-of-outside")
    stage.lab.host(FIRST).serve_metadata("instance-data", 8775, "192.0.2.21")
    web, database = boot(stage, "web1", FIRST), boot(stage, "db1", SECOND)
    answer = web.request(OUTSIDE_ADDRESS)
    assert (answer.token, answer.peer) == ("token-of-outside", FLOATING)
    answer = database.request(OUTSIDE_ADDRESS)
    assert (answer.token, answer.peer) == ("token-of-outside", "192.0.2.21")
    assert outside.request(FLOATING).token == "token-of-web1"
    assert database.fetch("http://169.254.169.254/").token == "instance-data"
    for guest in (web, database):
        stage.lab.unplug(guest)
