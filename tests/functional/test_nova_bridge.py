# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bridges on a real kernel: made, left alone, repaired, removed, and never somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.functional.bridges import addresses, exists, master, setting, shell, snapshot, succeeded
from tests.lab import Lab
from tests.lab.host import Host

Run = Callable[..., dict[str, Any]]

PLAIN = {"name": "br100", "interface": "eth2", "addresses": ["10.0.0.1/8"]}
VARIANTS = {
    "uplink and address": [PLAIN],
    "no uplink": [{"name": "br200"}],
    "everything": [
        {
            "name": "br100",
            "interface": "eth2",
            "addresses": ["10.0.0.1/8", "172.16.0.1/24", "172.16.0.2/24", "fd00::1/64", "fd00::2/64"],
            "mtu": 1400,
            "mac": "02:00:5e:10:00:01",
            "hairpin_ports": ["tap0"],
        }
    ],
    "addressed uplink": [{"name": "br-public", "interface": "eth0", "addresses": ["10.0.0.1/8"], "mtu": 1300}],
    "several": [{"name": f"br{number}", "addresses": [f"10.{number}.0.1/16"]} for number in range(20)],
}


@pytest.mark.parametrize("bridges", VARIANTS.values(), ids=VARIANTS)
def test_what_was_predicted_is_done_and_then_there_is_nothing_to_do(
    host: Host, run_module: Run, bridges: list[dict[str, Any]]
) -> None:
    untouched = snapshot(host)
    predicted = succeeded(run_module("nova_bridge", bridges=bridges, check=True, diff=True))
    assert snapshot(host) == untouched
    done = succeeded(run_module("nova_bridge", bridges=bridges, diff=True))
    assert done["changed"] is True
    assert {key: done[key] for key in ("changes", "bridges", "diff")} == {
        key: predicted[key] for key in ("changes", "bridges", "diff")
    }
    settled = snapshot(host)
    for check in (False, True):
        again = succeeded(run_module("nova_bridge", bridges=bridges, check=check, diff=True))
        assert (again["changed"], again["changes"]) == (False, [])
        assert again["bridges"] == done["bridges"]
    assert snapshot(host) == settled


def test_a_bridge_is_what_the_kernel_says_it_is(host: Host, run_module: Run) -> None:
    uplink_mac = setting(host, "eth2/address")
    shell(host, "ip link set dev eth2 down")
    succeeded(run_module("nova_bridge", bridges=[{**PLAIN, "mtu": 1400}]))
    assert master(host, "eth2") == "br100"
    assert addresses(host, "br100") == ["10.0.0.1/8"]
    assert setting(host, "br100/bridge/stp_state") == "0"
    assert setting(host, "br100/bridge/forward_delay") == "0"
    assert setting(host, "br100/ifalias") == "novanet:nova"
    assert setting(host, "br100/address") == uplink_mac
    assert [setting(host, f"{link}/mtu") for link in ("br100", "eth2")] == ["1400", "1400"]
    assert [int(setting(host, f"{link}/flags"), 16) & 1 for link in ("br100", "eth2")] == [1, 1]


@pytest.mark.parametrize("interface", ["eth2", None])
def test_the_mac_address_stays_when_a_lower_one_is_plugged_in(
    host: Host, run_module: Run, interface: str | None
) -> None:
    succeeded(run_module("nova_bridge", bridges=[{"name": "br100", "interface": interface}]))
    before = setting(host, "br100/address")
    shell(
        host, "ip link add name tap0 address 00:00:00:00:00:01 type veth peer name far0; ip link set tap0 master br100"
    )
    assert setting(host, "br100/address") == before


def test_a_guest_is_heard_as_soon_as_it_is_plugged_in(one_host: Lab, host: Host, run_module: Run) -> None:
    succeeded(run_module("nova_bridge", bridges=[PLAIN]))
    guest = one_host.plug("guest", host.name, port="tap0", mac="fa:16:3e:00:00:01", bridge="br100")
    shell(guest, "ip addr add 10.0.0.2/8 dev eth0")
    assert guest.ping("10.0.0.1", timeout=5)


DRIFTS = {
    "ip addr del 10.0.0.1/8 dev br100": "create address 10.0.0.1/8 (on br100)",
    "ip link set dev br100 type bridge forward_delay 1500": "update bridge br100 (forward delay 15 s to 0 s)",
    # The kernel raises the forward delay with it.
    "ip link set dev br100 type bridge stp_state 1": "update bridge br100 (STP on to off, forward delay 2 s to 0 s)",
    "ip link set dev br100 alias ''": "update bridge br100 (mark none to novanet:nova)",
    "ip link set dev br100 address 02:00:00:00:00:99": "update bridge br100 (mac 02:00:00:00:00:99 to {mac})",
    "ip link set dev br100 mtu 1280": "update bridge br100 (mtu 1280 to 1400)",
    "ip link set dev eth2 mtu 1300": "update interface eth2 (mtu 1300 to 1400)",
    "ip link set dev eth2 nomaster": "update interface eth2 (port of br100)",
    "ip link set dev eth2 down": "update interface eth2 (up)",
    "ip link set dev tap0 type bridge_slave hairpin off": "update port tap0 (hairpin on, in br100)",
}


@pytest.mark.parametrize("damage", DRIFTS)
def test_a_drift_is_named_exactly_and_repaired(one_host: Lab, host: Host, run_module: Run, damage: str) -> None:
    bridges = [{**PLAIN, "mtu": 1400, "hairpin_ports": ["tap0"]}]
    succeeded(run_module("nova_bridge", bridges=bridges))
    one_host.plug("guest", host.name, port="tap0", mac="fa:16:3e:00:00:01", bridge="br100")
    succeeded(run_module("nova_bridge", bridges=bridges))
    whole = snapshot(host)
    shell(host, damage)
    expected = [DRIFTS[damage].format(mac=setting(host, "eth2/address"))]
    assert succeeded(run_module("nova_bridge", bridges=bridges, check=True))["changes"] == expected
    assert succeeded(run_module("nova_bridge", bridges=bridges))["changes"] == expected
    assert snapshot(host) == whole


def test_a_bridge_that_is_down_comes_up_again(host: Host, run_module: Run) -> None:
    succeeded(run_module("nova_bridge", bridges=[PLAIN]))
    shell(host, "ip link set dev br100 down")
    assert succeeded(run_module("nova_bridge", bridges=[PLAIN]))["changes"] == [
        "update bridge br100 (state down to up)"
    ]


def test_a_hairpin_port_that_appears_later_is_served_by_the_next_run(
    one_host: Lab, host: Host, run_module: Run
) -> None:
    bridges = [{**PLAIN, "hairpin_ports": ["tap0", "eth1"]}]
    assert succeeded(run_module("nova_bridge", bridges=bridges))["bridges"][0]["hairpin_ports"] == []
    assert succeeded(run_module("nova_bridge", bridges=bridges))["changed"] is False
    one_host.plug("guest", host.name, port="tap0", mac="fa:16:3e:00:00:01", bridge="br100")
    assert succeeded(run_module("nova_bridge", bridges=bridges))["changes"] == [
        "update port tap0 (hairpin on, in br100)"
    ]
    assert setting(host, "tap0/brport/hairpin_mode") == "1"
    assert setting(host, "eth2/brport/hairpin_mode") == "0"


def test_the_first_address_becomes_first_and_what_stood_before_it_stays(host: Host, run_module: Run) -> None:
    succeeded(run_module("nova_bridge", bridges=[{"name": "br100"}]))
    shell(
        host,
        "for a in 172.16.5.1/24 172.16.5.2/24 172.17.0.1/16; do ip addr add $a dev br100; done;"
        "ip route add 172.30.0.0/16 via 172.16.5.9 metric 7; ip route add 172.31.0.0/16 dev br100 src 172.16.5.2",
    )
    routes = set(shell(host, "ip route show dev br100").splitlines())
    result = succeeded(
        run_module("nova_bridge", bridges=[{"name": "br100", "addresses": ["10.0.0.1/8", "fd00::1/64"]}])
    )
    assert addresses(host, "br100") == ["10.0.0.1/8", "172.16.5.1/24", "172.17.0.1/16", "172.16.5.2/24"]
    assert result["bridges"][0]["first_address"] == "10.0.0.1/8"
    # (A bridge without ports has no carrier, which the kernel notes at each route.)
    assert routes <= set(shell(host, "ip route show dev br100").splitlines())


def test_foreign_addresses_stay_when_ours_changes(host: Host, run_module: Run) -> None:
    succeeded(run_module("nova_bridge", bridges=[{**PLAIN, "addresses": ["10.0.0.1/8", "fd00::1/64"]}]))
    # The first two are secondaries of ours: without care the kernel takes them along.
    foreign = ["10.0.0.77/8", "10.0.0.78/8", "172.16.5.1/24"]
    shell(host, "".join(f"ip addr add {text} dev br100;" for text in [*foreign, "fd00::77/64"]))
    shell(host, "ip route add 172.30.0.0/16 via 10.0.0.99; ip route add 172.31.0.0/16 via 172.16.5.9")
    routes = shell(host, "ip route show | grep via")
    result = succeeded(run_module("nova_bridge", bridges=[{**PLAIN, "addresses": ["10.0.0.2/8"]}]))
    assert result["bridges"][0]["addresses"] == ["10.0.0.2/8"]
    assert addresses(host, "br100")[0] == "10.0.0.2/8"
    assert sorted(addresses(host, "br100")) == sorted(["10.0.0.2/8", *foreign])
    assert addresses(host, "br100", 6) == ["fd00::77/64"]
    assert shell(host, "ip route show | grep via") == routes
    assert succeeded(run_module("nova_bridge", bridges=[{**PLAIN, "addresses": ["10.0.0.2/8"]}]))["changed"] is False


def test_an_omitted_list_does_nothing_and_an_empty_one_removes_nothing_without_purge(
    host: Host, run_module: Run
) -> None:
    succeeded(run_module("nova_bridge", bridges=[PLAIN]))
    assert succeeded(run_module("nova_bridge", purge=True))["changed"] is False
    assert succeeded(run_module("nova_bridge", bridges=[]))["changed"] is False
    assert run_module("nova_bridge", bridges=[], purge=True)["failed"] is True
    assert exists(host, "br100")


@pytest.mark.parametrize("options", [{"bridges": [], "purge": True, "allow_empty_purge": True}, None])
def test_a_removed_bridge_leaves_the_host_as_it_was(
    host: Host, run_module: Run, options: dict[str, Any] | None
) -> None:
    shell(host, "ip link set dev eth2 down")
    found = snapshot(host)
    succeeded(run_module("nova_bridge", bridges=[{**PLAIN, "mtu": 1400}, {"name": "br200"}]))
    gone = options or {"bridges": [{"name": name, "state": "absent"} for name in ("br100", "br200")]}
    assert succeeded(run_module("nova_bridge", **gone, check=True))["changed"] is True
    assert succeeded(run_module("nova_bridge", **gone))["bridges"] == []
    assert succeeded(run_module("nova_bridge", **gone))["changed"] is False
    assert {**snapshot(host), "journal": []} == {**found, "journal": []}


def test_two_owners_on_one_host_do_not_touch_each_other(host: Host, run_module: Run) -> None:
    mine, theirs = [PLAIN], [{"name": "br7", "interface": "eth1", "addresses": ["10.7.0.1/16"]}]
    succeeded(run_module("nova_bridge", bridges=mine, purge=True))
    succeeded(run_module("nova_bridge", bridges=theirs, owner="lab", purge=True))
    assert (setting(host, "br100/ifalias"), setting(host, "br7/ifalias")) == ("novanet:nova", "novanet:lab")
    refused = run_module("nova_bridge", bridges=[{"name": "br7", "adopt": True}])
    assert refused["msg"] == "bridges[0].name br7 belongs to the owner lab. Use another name."
    succeeded(run_module("nova_bridge", bridges=[{"name": "br7", "state": "absent"}]))
    succeeded(run_module("nova_bridge", bridges=[], purge=True, allow_empty_purge=True))
    assert not exists(host, "br100")
    assert (master(host, "eth1"), addresses(host, "br7")) == ("br7", ["10.7.0.1/16"])
    assert succeeded(run_module("nova_bridge", bridges=theirs, owner="lab", purge=True))["changed"] is False
