# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens on a running host beside Ansible: somebody breaks things, another manager of interfaces starts anew."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.lab.cloud import GATEWAY, OUTSIDE_ADDRESS
from tests.lab.probes import OUTSIDE_TOKEN
from tests.machines.guests import Guest
from tests.machines.units import SERVICE, moment, restart_service

BREAKING = (
    "ip link delete vlan170",
    "ip link set vlan169 nomaster",
    "ip address delete 172.16.169.1/24 dev br169",
    "ip address delete 10.46.169.226/32 dev vlan100",
    "nft delete table ip nova_firewall",
    "nft flush table ip nova_floating",
    "systemctl disable --now --quiet novanet-dnsmasq-nova@br170.service",
    "sysctl -q net.ipv4.ip_forward=0",
)
# What the journal says of it, in this order.
REPAIRED = ("nova_firewall", "vlan170", "br169", "br170", "10.46.169.226")
STATE = """ip -j address show | python3 -c '
import json, sys
for link in json.load(sys.stdin):
    addresses = sorted((each["local"], each["prefixlen"]) for each in link["addr_info"] if each["family"] == "inet")
    print(link["ifname"], link.get("link"), link.get("master"), link["mtu"], "UP" in link["flags"], addresses)' | sort
nft list tables | sort | while read -r word family name; do nft --stateless list $word $family $name; done
cat /proc/sys/net/ipv4/ip_forward; ip -4 route show | sort
for unit in $(ls /var/lib/novanet/nova/dnsmasq 2>/dev/null); do systemctl is-active novanet-dnsmasq-nova@$unit; done"""


def state_of(host: Any) -> list[str]:
    """Return links, addresses, rules and servers of a host, without what comes and goes by itself."""
    lines: list[str] = host.check_output(STATE).splitlines()
    assert len(lines) > 20
    return lines


def test_a_restart_of_the_service_repairs_what_somebody_broke_and_says_so(
    machine: Any, guests: dict[str, Guest]
) -> None:
    host = machine(GATEWAY)
    before = state_of(host)
    host.check_output("; ".join(BREAKING))
    assert state_of(host) != before
    assert guests["red2"].request(OUTSIDE_ADDRESS, timeout=2).token != OUTSIDE_TOKEN
    said = restart_service(host)
    assert state_of(host) == before
    assert [word for word in REPAIRED if word not in said] == [], said
    answer = guests["red2"].request(OUTSIDE_ADDRESS)
    assert answer.token == OUTSIDE_TOKEN, answer.error
    assert "no changes" in restart_service(host)


@pytest.mark.parametrize(
    ("name", "manager"), [(GATEWAY, "systemd-networkd"), ("compute1", "systemd-networkd"), ("compute2", "networking")]
)
def test_another_manager_of_interfaces_leaves_what_is_ours_alone(name: str, manager: str, machine: Any) -> None:
    host = machine(name)
    before, restored = state_of(host), moment(host, SERVICE, "ExecMainExit")
    host.check_output("systemd-run --quiet --unit=monitor sh -c 'exec ip -o monitor link address >/run/monitor'")
    # ifupdown takes down the way by which we are here.
    host.check_output("systemd-run --quiet --on-active=1 systemctl restart %s", manager)
    for _attempt in range(240):
        time.sleep(0.5)
        if moment(host, SERVICE, "ExecMainExit") > restored:
            break
    assert moment(host, SERVICE, "ExecMainStart") > moment(host, manager, "ActiveEnter") > restored
    host.check_output("systemctl stop monitor")
    assert state_of(host) == before
    seen = host.check_output("cat /run/monitor").splitlines()
    bridges = ("br169", "br170", "br171", "vlan169", "vlan170", "vlan171")
    assert [line for line in seen if any(f" {link}" in line for link in bridges)] == []
