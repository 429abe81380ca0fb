# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a crash leaves on a host, and what was seen of it and of the run that cleaned up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.cloud import Instance
from tests.lab.host import Answer

from .reboot import LEASES
from .ssh import ssh

DAMAGED = "/var/lib/novanet/nova/floating.json"
# Instances: one is deleted, one goes from one host to another, which has lost its memory.
GONE, MOVED = "green1", "violet1"
OLD, HURT = "compute1", "compute2"
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


@dataclass(frozen=True)
class Crash:
    """A host that has come up with damaged memory.

    :param unit: what systemd says of our service.
    :param journal: errors of our service.
    :param links: names of the links that are there.
    :param answer: what a guest on that host is answered by one of its network elsewhere.
    """

    unit: str
    journal: str
    links: set[str]
    answer: Answer


@dataclass(frozen=True)
class Cleanup:
    """What was before the cleanup, and what guests got after it.

    :param server: whether the DHCP server that was left over ran, as systemd says it.
    :param theirs: what somebody else had.
    :param leases: addresses that guests got whose network had been down, by the names of their instances.
    """

    server: str
    theirs: str
    leases: dict[str, str]


@dataclass(frozen=True)
class Change:
    """What was before the inventory changed, and right after it, before any guest has asked for an address again.

    :param before: the instance that moves; ``after`` the same.
    :param leases_before: lines about the leases of the host that the instance leaves.
    :param leases_after: those of the host that it has gone to.
    """

    before: Instance
    after: Instance
    leases_before: dict[str, str]
    leases_after: dict[str, str]


def links(host: Any) -> set[str]:
    """Return the names of a host's links."""
    return {link["ifname"] for link in json.loads(host.check_output("ip -j link show"))}


def leases(state: Path, host: str) -> dict[str, str]:
    """Return when each MAC's lease ends, as the DHCP servers of a host have written it down."""
    lines = [line.split() for line in ssh(state, host, LEASES).splitlines()]
    return {words[1]: words[0] for words in lines if len(words) == 5}
