# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a crash: memory that nobody can read, and leftovers of ours between things of others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab.cloud import GATEWAY
from tests.machines.expected import links_of, served
from tests.machines.guests import Guest
from tests.machines.reboot import BOOT, boot_again
from tests.machines.units import SERVICE

HURT, DAMAGED = "compute2", "/var/lib/novanet/nova/floating.json"
# What a crash of ours can leave: links with our mark, a DHCP server with our files.
OURS = """
ip link add link eth2 name vlan999 type vlan id 999
ip link add br999 type bridge
ip link set vlan999 alias novanet:nova master br999 up
ip link set br999 alias novanet:nova up
ip address add 172.16.99.1/24 dev br999
cd /var/lib/novanet/nova/dnsmasq
cp -r br169 br999
grep -rl br169 br999 | xargs sed -i 's/br169/br999/g; s/172\\.16\\.169/172.16.99/g'
systemctl start novanet-dnsmasq-nova@br999.service
"""
# Much like it, and somebody else's.
FOREIGN = """
ip link add link eth2 name vlan998 type vlan id 998
ip link add br998 type bridge
ip link set vlan998 master br998 up
ip link set br998 up
ip address add 198.51.100.129/25 dev br998
nft add table ip somebody
systemd-run --quiet --unit=somebody dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --bind-interfaces \\
    --interface=br998 --dhcp-range=198.51.100.130,198.51.100.140 \\
    --dhcp-leasefile=/run/somebody --pid-file=/run/somebody.pid
"""
THEIRS = """
cd /sys/class/net && cat vlan998/ifindex br998/ifindex && ls br998/brif
ip -o -4 address show dev br998
nft list table ip somebody
systemctl show -P MainPID somebody && systemctl is-active somebody
"""


def links(host: Any) -> set[str]:
    """Return the names of a host's links."""
    return {link["ifname"] for link in json.loads(host.check_output("ip -j link show"))}


@pytest.fixture(scope="module")
def down(ipam: dict[str, Any]) -> set[str]:
    """Bridges of the host that is hurt whose rules are in the damaged file: those that it is the gateway of."""
    return {network["bridge"] for network in served(ipam, HURT)}


def test_a_network_whose_rules_are_damaged_stays_down_and_all_else_comes_up(
    machine: Any, state: Path, ipam: dict[str, Any], guests: dict[str, Guest], down: set[str]
) -> None:
    host = machine(HURT)
    host.check_output("echo '{' >%s", DAMAGED)
    boot_again(state, HURT, host.check_output(BOOT))
    assert host.run("systemctl is-failed %s", SERVICE).stdout.strip() == "failed"
    journal = host.check_output("journalctl --quiet --boot --priority=err --output=cat --unit=%s", SERVICE)
    assert DAMAGED in journal
    present = links(host)
    assert down
    assert [bridge for bridge in down if bridge in present or bridge not in journal] == []
    assert {*links_of(ipam, HURT).values()} - down <= present
    target = guests["red1"].instance
    assert guests["red2"].request(target.address).token == target.token


def test_the_cleanup_heals_the_host_and_takes_away_what_is_left_of_ours_only(
    machine: Any, playbook: Callable[..., str], guests: dict[str, Guest], down: set[str]
) -> None:
    host, gateway = machine(HURT), machine(GATEWAY)
    gateway.check_output("set -e" + OURS + FOREIGN)
    theirs = gateway.check_output("set -e" + THEIRS)
    assert gateway.check_output("systemctl is-active novanet-dnsmasq-nova@br999") == "active"
    playbook("cleanup")
    assert not {"vlan999", "br999"} & links(gateway)
    assert gateway.run("pgrep -f br999").stdout == ""
    assert not gateway.file("/var/lib/novanet/nova/dnsmasq/br999").exists
    assert gateway.check_output("set -e" + THEIRS) == theirs
    assert host.check_output("cat /var/lib/novanet/nova/damaged/floating.json.*") == "{"
    assert host.check_output("systemctl is-active %s", SERVICE) == "active"
    assert down <= links(host)
    for guest in guests.values():
        if guest.instance.host == HURT and guest.instance.bridge in down:
            guest.on_host(f"systemctl restart guest@{guest.name}")
            assert guest.lease().address == guest.instance.address
