# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory changes: the last instances of two projects leave a host; one is deleted, one moves to another host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.lab.cloud import GATEWAY, OUTSIDE_ADDRESS, Instance
from tests.lab.host import Host
from tests.machines.crash import GONE, HURT, MOVED, OLD, Change, leases, links
from tests.machines.guests import boot

STAYS = "violet2"


def test_the_last_instance_takes_vlan_and_bridge_of_its_network_along(machine: Any, change: Change) -> None:
    assert not {"vlan171", "br171", "vlan173", "br173"} & links(machine(OLD))
    # The control: those of others stay, and a network is still served where it is served.
    assert {"vlan169", "br169", "vlan170", "br170", "vlan172", "br172"} <= links(machine(OLD))
    assert {"vlan171", "br171"} <= links(machine(GATEWAY))
    assert {"vlan173", "br173"} <= links(machine(HURT))


def test_the_lease_of_a_deleted_instance_is_given_back(
    state: Path, instances: dict[str, Instance], change: Change
) -> None:
    assert instances["red1"].mac in leases(state, GATEWAY)
    assert instances[GONE].mac not in leases(state, GATEWAY)


def test_the_old_host_of_an_instance_that_moved_is_clean(machine: Any, change: Change) -> None:
    words = ("172.16.173.", change.before.floating, change.before.mac, "br173", "vlan173")
    look = (
        "ip address; ip route; nft list ruleset; ls /var/lib/novanet/nova/dnsmasq; "
        "systemctl --all --plain list-units 'novanet-dnsmasq*'; cat /var/lib/novanet/nova/dnsmasq/*/*"
    )
    old, new = (machine(name).check_output(look) for name in (OLD, HURT))
    assert [word for word in words if word in old] == []
    assert [word for word in words if word not in new] == []


def test_its_lease_goes_on_at_the_new_host(change: Change) -> None:
    assert change.after.host == HURT
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
