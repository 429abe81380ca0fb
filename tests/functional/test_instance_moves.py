# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An instance moves to another host of a multi_host network, and a network to another host: nothing is had twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional.dhcp import leases_of, renew
from tests.functional.multi_host import FLOATING, Site, build, play
from tests.lab.cloud import OUTSIDE, OUTSIDE_ADDRESS
from tests.lab.snapshot import take

IPAM, NEAR, FAR = "network1", "compute1", "compute2"
ALONE: dict[str, Any] = {
    "nova_purge": False,
    "nova_instances": [{"name": "web1", "project": "red", "host": NEAR}],
    "nova_floating_addresses": [],
}
UNREACHABLE = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}


@pytest.fixture(scope="module", params=[False, True], ids=["own-address", "shared-address"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """Return a cloud with one instance, whose guest has its address and a floating one."""
    with build(request.param, **ALONE) as made:
        made.boot()
        asked = {"nova_floating_ip_address": FLOATING["web1"], "nova_floating_ip_instance": "web1"}
        play(made.stage, "floating_ip.yml", **asked)
        yield made


def holders(site: Site) -> list[str]:
    return [host for host in (NEAR, FAR) if FLOATING["web1"] in site.addresses(host, "eth0")]


def in_the_inventory(site: Site, host: str) -> None:
    """Write down where the instance is now, or the next run would move it back."""
    site.stage.write_cloud({**site.stage.cloud, "nova_instances": [{**ALONE["nova_instances"][0], "host": host}]})


def served(site: Site, host: str) -> bool:
    return "dnsmasq" in site.lab.host(host).run(["ps", "-e", "-o", "comm="]).stdout


def test_an_instance_takes_its_lease_and_floating_address_along_and_its_old_host_is_clean(site: Site) -> None:
    guest, address = site.guests["web1"], site.instances["web1"].address
    idle = take(site.lab.host(FAR))
    given = leases_of(site.lab.host(NEAR))
    assert list(given) == [address]

    play(site.stage, "instance.yml", nova_instance_name="web1", nova_instance_next_host=FAR)
    # Both are ready while it moves; the floating address stays with the host that it is still on.
    assert (served(site, NEAR), served(site, FAR), holders(site)) == (True, True, [NEAR])
    assert leases_of(site.lab.host(FAR)) == given
    assert site.lab.host(OUTSIDE).request(FLOATING["web1"]).token == site.instances["web1"].token

    site.move("web1", FAR)
    move = {"nova_instance_name": "web1", "nova_instance_host": FAR}
    preview = play(site.stage, "instance.yml", "--check", **move)
    run = play(site.stage, "instance.yml", **move)
    assert preview.changed_hosts.keys() == run.changed_hosts.keys() == {IPAM, NEAR, FAR}
    assert holders(site) == [FAR]
    guest.run(["ip", "neigh", "flush", "all"])
    told = renew(guest)
    assert told["ip"] == address
    assert [told["router"]] == site.addresses(FAR, "br100")
    assert not guest.path("/run/dhcp.naks").exists()
    outside = site.lab.host(OUTSIDE)
    outside.run(["ip", "neigh", "flush", "all"])
    # Tables of switches and neighbours on the way learn of the move by the first packets.
    tokens = [outside.request(FLOATING["web1"]).token for _try in range(3)]
    assert tokens[-1] == site.instances["web1"].token, tokens
    assert guest.request(OUTSIDE_ADDRESS).peer == FLOATING["web1"]

    in_the_inventory(site, FAR)
    assert not play(site.stage, "site.yml").changed
    left = take(site.lab.host(NEAR))
    for part in ("firewall", "processes"):
        assert left[part] == idle[part]
    assert site.addresses(NEAR, "br100") == []
    assert left["settings"]["net/ipv4/ip_forward"] == idle["settings"]["net/ipv4/ip_forward"]


# How guests reach their router makes no difference to who has what.
@pytest.mark.parametrize("site", [False], ids=["own-address"], indirect=True)
def test_an_old_host_that_does_not_answer_is_reported_and_cleaned_at_its_next_run(site: Site) -> None:
    old = site.stage.read_instances()["web1"].host
    new = FAR if old == NEAR else NEAR
    hosts = site.lab.state / "inventory" / "host_vars"
    hosts.mkdir()
    (hosts / f"{old}.json").write_text(json.dumps(UNREACHABLE))
    run = site.stage.ansible.play(
        "instance.yml", "-e", json.dumps({"nova_instance_name": "web1", "nova_instance_host": new})
    )
    address = site.instances["web1"].address
    assert run.recap[old]["unreachable"] == 1
    said = run.output.partition(f"Host {old} has not confirmed to have given up ")[2]
    assert f"fixed {address}" in said
    assert f"floating {FLOATING['web1']}" in said
    # It still has it, so nobody else does; the rest is served where the instance is now.
    assert holders(site) == [old]
    assert served(site, new)

    (hosts / f"{old}.json").unlink()
    in_the_inventory(site, new)
    again = play(site.stage, "site.yml")
    assert "has not confirmed" not in again.output
    assert (holders(site), served(site, old), site.addresses(old, "br100")) == ([new], False, [])
    assert not play(site.stage, "site.yml").changed


def test_the_gateway_of_a_network_goes_before_it_comes_to_another_host() -> None:
    networks = [{"label": "public", "cidr": "10.0.0.0/8", "dhcp_start": "10.0.0.2", "host": "network1"}]
    with build(False, **ALONE, nova_multi_host=False, nova_networks=networks) as site:
        more = {"all": {"children": {"nova_network": {"hosts": {"network1": None, FAR: None}}}}}
        (site.lab.state / "inventory" / "more.json").write_text(json.dumps(more))
        site.boot()
        # From this run on, the IPAM knows of the lease.
        play(site.stage, "site.yml")
        guest, lease = site.guests["web1"], leases_of(site.lab.host("network1"))
        assert site.mac_of_router(guest, "10.0.0.1") == site.bridge_mac("network1")

        move = {"nova_network_label": "public", "nova_network_host": FAR}
        alone = play(site.stage, "network.yml", "--limit", FAR, **move)
        assert "Host network1 has not confirmed to have given up gateway 10.0.0.1" in alone.output
        assert site.addresses(FAR, "br100") == []
        assert site.mac_of_router(guest, "10.0.0.1") == site.bridge_mac("network1")

        run = play(site.stage, "network.yml", **move)
        assert run.changed_hosts.keys() == {"network1", FAR}
        assert site.mac_of_router(guest, "10.0.0.1") == site.bridge_mac(FAR)
        assert leases_of(site.lab.host(FAR)) == lease
        assert guest.request(OUTSIDE_ADDRESS)
        assert "br100" not in site.lab.host("network1").run(["ip", "-br", "link"]).stdout
        assert "has not confirmed" not in run.output
