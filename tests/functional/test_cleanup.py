# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook for the time after a crash, on hosts that are in every bad state at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.cloud import BRIDGE, COMPUTE, GATEWAY
from tests.lab.host import Host
from tests.lab.snapshot import differences, take
from tests.lab.stage import HOSTS, Stage

from .bridges import exists, shell
from .playbooks import build_stage, messages, passed, play

STATE = "/var/lib/novanet/nova"
# Under our own kind of names, without our mark: nobody's, another owner's, a stranger's server and rules.
STRANGERS = """
ip link add br101 type bridge && ip addr add 10.9.0.1/24 dev br101 && ip link set br101 up
ip link add br102 type bridge && ip link set br102 alias novanet:lab
nft 'add table inet nova_metrics; add chain inet nova_metrics count { type filter hook input priority 5; }'
ip addr add 192.0.2.99/24 dev eth0
mkdir /run/theirs
printf 'interface=br101\\nbind-interfaces\\nexcept-interface=lo\\nport=0\\n' >/run/theirs/conf
echo dhcp-range=10.9.0.5,10.9.0.9 >>/run/theirs/conf
dnsmasq --conf-file=/run/theirs/conf --pid-file=/run/theirs/pid --dhcp-leasefile=/run/theirs/leases
"""
# A bridge of ours that nobody wants, half made; the wanted one down, without its uplink and its address; its server's
# files gone and its pid file naming a stranger; rules without a hook, and memory torn, empty, absent and of no sense.
CRASH = f"""
ip link add br103 type bridge && ip link set br103 alias novanet:nova
ip link set eth2 nomaster && ip link set {BRIDGE} down && ip addr flush dev {BRIDGE}
cat /run/theirs/pid > {STATE}/dnsmasq/{BRIDGE}/pid && rm {STATE}/dnsmasq/{BRIDGE}/conf
nft flush table ip nova_firewall
head -c 100 {STATE}/firewall.json > /run/torn && cat /run/torn > {STATE}/firewall.json
: > {STATE}/bridges.json && rm {STATE}/dhcp.json && echo '{{"schema": 1}}' > {STATE}/floating.json
"""


@pytest.fixture
def stage() -> Iterator[Stage]:
    with build_stage() as stage:
        yield stage


def theirs(host: Host) -> str:
    """Return what is not ours, looked at by other ways than the modules do."""
    return shell(
        host,
        "ip -o -d link show br101 | sed 's/state.*//'; ip -o -4 addr show br101; cat /sys/class/net/br102/ifalias;"
        "nft list table inet nova_metrics; ip -o -4 addr show eth0 | grep 192.0.2; pgrep -a dnsmasq | grep theirs",
    )


def test_every_leftover_is_adopted_or_removed_and_nothing_of_others(stage: Stage) -> None:
    hosts = [stage.lab.host(name) for name in HOSTS]
    gateway, compute = stage.lab.host(GATEWAY), stage.lab.host(COMPUTE[0])
    shell(gateway, STRANGERS)
    passed(play(stage, "site.yml"))
    whole, strangers = {host.name: take(host) for host in hosts}, theirs(gateway)
    shell(gateway, CRASH)
    shell(compute, f"ip link del {BRIDGE}; head -c 40 {STATE}/bridges.json > /run/x; cat /run/x > {STATE}/bridges.json")
    crashed = {host.name: take(host) for host in hosts}

    refused = play(stage, "site.yml")
    assert refused.code != 0
    assert f"a sound state file {STATE}/bridges.json (it is damaged" in messages(refused)
    preview = passed(play(stage, "cleanup.yml", "--check", "--diff"))
    assert {host.name: take(host) for host in hosts} == crashed

    run = passed(play(stage, "cleanup.yml", "--diff"))
    assert sorted(preview.changes()) == sorted(run.changes()) != []
    assert set(run.changed_hosts) == {gateway.name, compute.name}
    assert not exists(gateway, "br103")
    assert theirs(gateway) == strangers
    kept = ["/run/torn", "/run/x"]
    for host in hosts:
        left = [line for line in differences(whole[host.name], take(host)) if "/damaged/" not in line]
        assert [line for line in left if not any(name in line for name in kept)] == [], host.name
    assert shell(gateway, f"ls {STATE}/damaged | wc -l").strip() == "3"
    assert not passed(play(stage, "site.yml")).changed
