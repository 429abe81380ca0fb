# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VLAN interfaces and their bridges after a crash and after a reboot, as the role brings them to the plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.lab.host import Host
from tests.lab.kernel import requires_kernel

from .boot import install, program
from .bridges import exists, shell, succeeded

pytestmark = requires_kernel("8021q")
Run = Callable[..., dict[str, Any]]

STATE = "/var/lib/novanet/nova"
NUMBERS = (169, 170, 171)
VLANS = [
    {"name": f"vlan{number}", "id": number, "parent": "eth2", "mac": f"02:00:5e:10:00:{number - 100}"}
    for number in NUMBERS
]
BRIDGES = [
    {"name": f"br{number}", "interface": f"vlan{number}", "addresses": [f"172.16.{number}.1/24"]} for number in NUMBERS
]
# As bad as it can be for what is ours: elsewhere, down, with another MAC, gone, stale, its bridge half made.
CRASH = """
ip link del vlan169 && ip link add link eth1 name vlan169 type vlan id 169 && ip link set vlan169 alias novanet:nova up
ip link set vlan170 down && ip link set vlan170 address 02:00:00:00:00:99
ip link del vlan171 && ip addr flush dev br171 && ip link set br171 down
ip link add link eth2 name vlan300 type vlan id 300 && ip link set vlan300 alias novanet:nova
ip link add br300 type bridge && ip link set br300 alias novanet:nova up && ip link set vlan300 master br300
ip addr add 172.16.30.1/24 dev br300
"""
# Names like ours, without our mark.
STRANGERS = """
ip link add link eth2 name vlan200 type vlan id 200 && ip link set vlan200 up && ip addr add 10.9.0.1/24 dev vlan200
ip link add link eth1 name vlan201 type vlan id 201 && ip link set vlan201 alias novanet:lab
"""


@pytest.fixture
def converge(run_module: Run) -> Callable[..., list[str]]:
    """Return a function that brings the host to the plan in the order of the role."""

    def run(check: bool = False, set_aside: bool = False) -> list[str]:
        common = {"purge": True, "set_aside_damaged": set_aside, "check": check}
        first = succeeded(run_module("nova_vlan", vlans=VLANS, phase="make", replace_own=True, **common))
        second = succeeded(run_module("nova_bridge", bridges=BRIDGES, foreseen=first["vlans"], **common))
        third = succeeded(run_module("nova_vlan", vlans=VLANS, phase="remove", **common))
        return [*first["changes"], *second["changes"], *third["changes"]]

    return run


PICTURE = """
for number in 169 170 171; do
    ip -o -d link show vlan$number | grep -o '^.*@[a-z0-9]*\\|802.1Q id [0-9]*' | cut -d' ' -f2-
    cd /sys/class/net/vlan$number && cat address ifalias flags && basename $(readlink master)
    cat /sys/class/net/br$number/ifalias && ip -o -4 addr show dev br$number | awk '{print $2, $4}'
done
"""


def picture(host: Host) -> list[str]:
    """Return what matters of each network, looked at by other ways than the modules do."""
    return shell(host, PICTURE).splitlines()


@pytest.mark.parametrize("memory", ["kept", "torn"])
def test_a_crash_leaves_nothing_of_ours_and_costs_nothing_of_others(
    host: Host, converge: Callable[..., list[str]], memory: str
) -> None:
    shell(host, STRANGERS)
    strangers = shell(host, "ip -o -4 addr show vlan200; ip -o -d link show vlan201")
    converge()
    before = picture(host)
    shell(host, CRASH)
    if memory == "torn":
        shell(host, f"for f in vlans bridges; do head -c 60 {STATE}/$f.json >/run/x; cat /run/x >{STATE}/$f.json; done")
    assert converge(set_aside=memory == "torn")
    assert picture(host) == before
    assert not exists(host, "vlan300") and not exists(host, "br300")
    assert shell(host, "ip -o -4 addr show vlan200; ip -o -d link show vlan201") == strangers
    assert converge() == []


def test_a_reboot_brings_vlans_and_bridges_back(host: Host, converge: Callable[..., list[str]]) -> None:
    converge()
    install(host)
    before = picture(host)
    for link in ("br169", "br170", "br171", "vlan169", "vlan170", "vlan171"):
        host.run(["ip", "link", "del", link])
    shell(host, "ip link set eth2 down")
    back = program(host)
    assert (back.returncode, back.stderr) == (0, "")
    assert picture(host) == before
    assert converge() == []
    shell(host, "ip link del vlan170; ip link set vlan171 down")
    repaired = program(host)
    assert "nova: create VLAN interface vlan170 (id 170 on eth2)" in repaired.stdout.splitlines()
    assert picture(host) == before


def test_a_missing_parent_keeps_its_networks_down_and_is_named(host: Host, converge: Callable[..., list[str]]) -> None:
    converge()
    install(host)
    before = picture(host)
    shell(host, "ip link del br169; ip link del br170; ip link del br171; ip link set eth2 down")
    shell(host, "for n in 169 170 171; do ip link del vlan$n; done; ip link set eth2 name away")
    back = program(host, wait=0.3)
    assert back.returncode == 1
    assert "nova: VLAN interface vlan169 stays down: interface eth2 does not exist" in back.stderr
    assert not exists(host, "br169")
    shell(host, "ip link set away name eth2")
    assert program(host).returncode == 0
    assert picture(host) == before
