# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory changes: the last instances of two projects leave a host; one is deleted, one moves to another host."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.cloud import GATEWAY, OUTSIDE_ADDRESS, Instance, parse_instances
from tests.lab.host import Host
from tests.machines.guests import boot, destroy
from tests.machines.reboot import LEASES
from tests.machines.ssh import ssh

VARIABLES = Path(__file__).parent.parent / "group_vars/nova.yml"
GONE, MOVED, STAYS = "green1", "violet1", "violet2"
OLD, NEW = "compute1", "compute2"


@dataclass(frozen=True)
class Change:
    """What was before the change, and right after it, before any guest has asked for an address again.

    :param leases_before: lines about the leases of the host that the instance leaves.
    :param leases_after: those of the host that it has gone to.
    """

    before: Instance
    after: Instance
    leases_before: dict[str, str]
    leases_after: dict[str, str]


def leases(state: Path, host: str) -> dict[str, str]:
    """Return when each MAC's lease ends, as the DHCP servers of a host have written it down."""
    lines = [line.split() for line in ssh(state, host, LEASES).splitlines()]
    return {words[1]: words[0] for words in lines if len(words) == 5}


@pytest.fixture(scope="module", autouse=True)
def change(
    state: Path,
    instances: dict[str, Instance],
    playbook: Callable[..., str],
    read_ipam: Callable[[], dict[str, Any]],
) -> Change:
    """Guests are gone from their host; then the cloud is brought to an inventory that says so."""
    listed = yaml.safe_load(VARIABLES.read_text())["nova_instances"]
    wanted = [{**one, "host": NEW} if one["name"] == MOVED else one for one in listed if one["name"] != GONE]
    path = state / "changed.json"
    path.write_text(json.dumps({"nova_instances": wanted}))
    for name in (GONE, MOVED):
        destroy(state, instances[name])
    before = leases(state, OLD)
    playbook("site", "-e", f"@{path}")
    ipam = read_ipam()
    after = parse_instances(ipam["instances"], ipam["floating"])
    assert GONE not in after
    return Change(instances[MOVED], after[MOVED], before, leases(state, NEW))


def test_the_last_instance_takes_vlan_and_bridge_of_its_network_along(machine: Any) -> None:
    def links(name: str) -> set[str]:
        return {link["ifname"] for link in json.loads(machine(name).check_output("ip -j link show"))}

    assert not {"vlan171", "br171", "vlan173", "br173"} & links(OLD)
    # The control: those of others stay, and a network is still served where it is served.
    assert {"vlan169", "br169", "vlan170", "br170", "vlan172", "br172"} <= links(OLD)
    assert {"vlan171", "br171"} <= links(GATEWAY)
    assert {"vlan173", "br173"} <= links(NEW)


def test_the_lease_of_a_deleted_instance_is_given_back(state: Path, instances: dict[str, Instance]) -> None:
    assert instances["red1"].mac in leases(state, GATEWAY)
    assert instances[GONE].mac not in leases(state, GATEWAY)


def test_the_old_host_of_an_instance_that_moved_is_clean(machine: Any, change: Change) -> None:
    words = ("172.16.173.", change.before.floating, change.before.mac, "br173", "vlan173")
    look = (
        "ip address; ip route; nft list ruleset; ls /var/lib/novanet/nova/dnsmasq; "
        "systemctl --all --plain list-units 'novanet-dnsmasq*'; cat /var/lib/novanet/nova/dnsmasq/*/*"
    )
    old, new = (machine(name).check_output(look) for name in (OLD, NEW))
    assert [word for word in words if word in old] == []
    assert [word for word in words if word not in new] == []


def test_its_lease_goes_on_at_the_new_host(change: Change) -> None:
    assert change.after.host == NEW
    assert (change.after.mac, change.after.address) == (change.before.mac, change.before.address)
    assert change.leases_after[change.after.mac] == change.leases_before[change.before.mac]


def test_it_goes_on_under_its_addresses(
    state: Path, instances: dict[str, Instance], change: Change, outside: Host
) -> None:
    # Not all guests: one is gone for good.
    found = boot(state, {MOVED: change.after, STAYS: instances[STAYS]})
    guest, neighbour = found[MOVED], found[STAYS]
    lease = guest.lease()
    assert (lease.address, lease.router) == (change.before.address, neighbour.lease().router)
    answer = guest.request(OUTSIDE_ADDRESS)
    assert answer.peer == change.before.floating, answer.error
    assert outside.request(change.before.floating, timeout=20).token == guest.instance.token
    assert neighbour.request(guest.instance.address).token == guest.instance.token
