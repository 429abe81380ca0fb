# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a crash leaves behind is adopted or removed by the next run, whatever state it is in, and nothing of others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.host import Host

from .boot import BRIDGES, DHCP, FIREWALL, PLAN, STATE, apply, build, converge, picture
from .bridges import exists, shell


@pytest.fixture
def gateway() -> Iterator[Host]:
    with build() as lab:
        host = lab.host("gateway")
        converge(host)
        yield host


def test_a_server_whose_files_are_lost_is_ended(gateway: Host) -> None:
    shell(gateway, f"rm -rf {STATE}/dnsmasq/br101")
    one = {"servers": DHCP["servers"][:1]}
    assert apply(gateway, "nova_dnsmasq", **one, **PLAN)["changes"] == ["delete DHCP server br101"]
    # One server, with the process that runs its script.
    assert len(shell(gateway, "pgrep dnsmasq").split()) == 2
    assert apply(gateway, "nova_dnsmasq", **one, **PLAN)["changes"] == []


def test_a_server_of_somebody_else_stays(gateway: Host) -> None:
    shell(
        gateway, "ip link add br200 type bridge; ip addr add 10.9.0.1/24 dev br200; ip link set br200 up; mkdir /run/x"
    )
    lines = ["interface=br200", "bind-interfaces", "except-interface=lo", "port=0", "dhcp-range=10.9.0.5,10.9.0.9"]
    gateway.path("/run/x/conf").write_text("\n".join([*lines, "pid-file=/run/x/pid", ""]))
    shell(gateway, "dnsmasq --conf-file=/run/x/conf --dhcp-leasefile=/run/x/leases")
    everything_off = {"servers": [], "purge": True, "allow_empty_purge": True}
    apply(gateway, "nova_dnsmasq", **everything_off)
    assert shell(gateway, "pgrep -a dnsmasq").split()[2] == "--conf-file=/run/x/conf"


def test_memory_that_is_set_aside_is_made_anew_from_the_marks(gateway: Host) -> None:
    before = picture(gateway)
    shell(
        gateway,
        "ip link add stale type bridge && ip link set stale alias novanet:nova && ip link add alien type bridge",
    )
    for name in ("firewall", "bridges", "dhcp"):
        shell(gateway, f"mv {STATE}/{name}.json {STATE}/{name}.json.damaged")
    made = apply(gateway, "nova_firewall", **FIREWALL, **PLAN)
    assert made["changes"] == []
    apply(gateway, "nova_bridge", **BRIDGES, **PLAN)
    apply(gateway, "nova_dnsmasq", **DHCP, **PLAN)
    assert not exists(gateway, "stale") and exists(gateway, "alien")
    after = picture(gateway)
    assert {key: after[key] for key in ("rules", "masters", "settings", "addresses", "servers")} == {
        key: before[key] for key in ("rules", "masters", "settings", "addresses", "servers")
    }
