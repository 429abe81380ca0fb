# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nova_bridge refuses, before it changes anything; what it takes over and gives back; what it undoes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.functional.bridges import addresses, exists, master, setting, shell, snapshot, succeeded
from tests.lab import Lab
from tests.lab.host import Host

Run = Callable[..., dict[str, Any]]

PLAIN = {"name": "br100", "interface": "eth2", "addresses": ["10.0.0.1/8"]}
# (name, what the host is like, the item, the message)
REFUSED = [
    ("missing", "true", {"name": "b", "interface": "eth9"}, "bridges[1].interface eth9 does not exist on this host"),
    (
        "taken",
        "ip link add name other type bridge; ip link set eth1 master other",
        {"name": "b", "interface": "eth1"},
        "bridges[1].interface eth1 is a port of other already",
    ),
    (
        "loopback",
        "true",
        {"name": "b", "interface": "lo"},
        "bridges[1].interface lo is a loopback; it cannot be a port",
    ),
    (
        "foreign",
        "ip link add name b type bridge",
        {"name": "b"},
        "bridges[1].name b exists on this host and was not made by this owner. "
        "Set adopt to true to take it over as it is, or use another name.",
    ),
    (
        "no bridge",
        "true",
        {"name": "eth1", "adopt": True},
        "bridges[1].name eth1 exists on this host and is a veth, not a bridge",
    ),
    (
        "address elsewhere",
        "true",
        {"name": "b", "addresses": ["192.0.2.2/24"]},
        "bridges[1].addresses[0] 192.0.2.2/24 is on eth0 already",
    ),
    (
        "dhcp",
        "ip addr add 10.7.0.5/24 dev eth1 valid_lft 600 preferred_lft 600",
        {"name": "b", "interface": "eth1"},
        "bridges[1].interface eth1 has the address 10.7.0.5/24 from DHCP, which cannot be moved to a bridge. "
        "Configure it statically, or let its DHCP client run on the bridge.",
    ),
    (
        "route that only still is there",
        "ip addr add 10.7.0.5/24 dev eth1; ip addr add 10.8.0.5/24 dev eth1;"
        "ip route add 10.9.0.0/16 via 10.7.0.1; ip addr del 10.7.0.5/24 dev eth1",
        {"name": "b", "interface": "eth1"},
        "bridges[1].interface eth1 carries the route 10.9.0.0/16 via 10.7.0.1, which could not be made again "
        "(its gateway or its source is not on a link). Remove the route first; what is needed of it can be added on "
        "the bridge.",
    ),
]


@pytest.mark.parametrize(("prepare", "item", "message"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED])
def test_what_is_refused_changes_nothing(
    host: Host, run_module: Run, prepare: str, item: dict[str, Any], message: str
) -> None:
    shell(host, prepare)
    before = snapshot(host)
    for check in (True, False):
        result = run_module("nova_bridge", bridges=[PLAIN, item], check=check)
        assert result["msg"] == message
        assert snapshot(host) == before


def test_the_interface_of_the_controllers_connection_needs_consent(host: Host, run_module: Run) -> None:
    bridges = [{"name": "br0", "interface": "eth0"}]
    before = snapshot(host)
    refused = run_module("nova_bridge", bridges=bridges, management_address="192.0.2.2")
    assert refused["msg"] == (
        "bridges[0].interface eth0 carries the controller's own connection to 192.0.2.2. "
        "Set allow_management_interface to true if that connection may be lost."
    )
    assert snapshot(host) == before
    consent = {"management_address": "192.0.2.2", "allow_management_interface": True}
    made = succeeded(run_module("nova_bridge", bridges=bridges, **consent))
    succeeded(run_module("nova_guard", guard=made["guard"]))
    # Once it is so, nothing is touched any more and no consent is needed.
    assert succeeded(run_module("nova_bridge", bridges=bridges, management_address="192.0.2.2"))["changed"] is False
    gone = {"bridges": [{"name": "br0", "state": "absent"}]}
    assert "own connection" in run_module("nova_bridge", **gone, management_address="192.0.2.2")["msg"]
    succeeded(run_module("nova_bridge", **gone, **consent))
    assert addresses(host, "eth0") == ["192.0.2.2/24"]


@pytest.mark.parametrize("options", [{"bridges": [{"name": "br100", "state": "absent"}]}, {"bridges": [{"name": "b"}]}])
def test_a_bridge_that_guests_are_plugged_into_is_not_removed(
    one_host: Lab, host: Host, run_module: Run, options: dict[str, Any]
) -> None:
    succeeded(run_module("nova_bridge", bridges=[PLAIN]))
    guest = one_host.plug("guest", host.name, port="tap0", mac="fa:16:3e:00:00:01", bridge="br100")
    before = snapshot(host)
    refused = run_module("nova_bridge", **options, purge=True)
    assert refused["msg"].endswith(
        "br100 still has the ports tap0. Stop the guests that are plugged into it, or take the ports out, first."
    )
    assert snapshot(host) == before
    one_host.unplug(guest)
    succeeded(run_module("nova_bridge", **options, purge=True))
    assert not exists(host, "br100")


def test_a_bridge_with_somebody_elses_address_or_device_is_not_removed(host: Host, run_module: Run) -> None:
    succeeded(run_module("nova_bridge", bridges=[PLAIN]))
    gone = [{"name": "br100", "state": "absent"}]
    shell(host, "ip addr add 172.16.5.1/24 dev br100")
    refused = run_module("nova_bridge", bridges=gone)
    assert refused["reason"] == "still has addresses that are not ours: 172.16.5.1/24"
    shell(host, "ip addr del 172.16.5.1/24 dev br100; ip link add link br100 name mv0 type macvlan")
    assert run_module("nova_bridge", bridges=gone)["reason"] == "still carries mv0"
    assert addresses(host, "br100") == ["10.0.0.1/8"]


def test_an_adopted_bridge_keeps_what_it_had_and_is_given_back(host: Host, run_module: Run) -> None:
    shell(
        host,
        "ip link add name br0 type bridge stp_state 1 forward_delay 900; ip link set dev br0 alias 'office lan' up;"
        "ip link set dev eth1 master br0; ip addr add 172.16.5.1/24 dev br0; ip addr add 10.0.0.1/8 dev br0",
    )
    found = snapshot(host)
    item = {"name": "br0", "addresses": ["10.0.0.1/8", "10.1.0.1/16"], "adopt": True}
    predicted = succeeded(run_module("nova_bridge", bridges=[item], check=True))
    assert snapshot(host) == found
    assert succeeded(run_module("nova_bridge", bridges=[item]))["changes"] == predicted["changes"]
    assert setting(host, "br0/ifalias") == "novanet:nova:adopted"
    assert setting(host, "br0/bridge/stp_state") == "0"
    assert addresses(host, "br0") == ["10.0.0.1/8", "172.16.5.1/24", "10.1.0.1/16"]
    mac = setting(host, "br0/address")
    shell(host, "ip link add name tap0 address 00:00:00:00:00:01 type veth peer name far0; ip link set tap0 master br0")
    assert setting(host, "br0/address") == mac
    shell(host, "ip link del dev tap0")
    assert succeeded(run_module("nova_bridge", bridges=[{**item, "adopt": False}]))["changed"] is False
    succeeded(run_module("nova_bridge", bridges=[{"name": "br0", "state": "absent"}]))
    assert (master(host, "eth1"), sorted(addresses(host, "br0"))) == ("br0", ["10.0.0.1/8", "172.16.5.1/24"])
    assert snapshot(host)["links"] == found["links"]
    assert succeeded(run_module("nova_bridge", bridges=[{"name": "br0", "state": "absent"}]))["changed"] is False


def test_a_journal_that_is_lost_does_not_make_an_adopted_bridge_ours_to_remove(host: Host, run_module: Run) -> None:
    shell(host, "ip link add name br0 type bridge; ip link set dev eth1 master br0")
    succeeded(run_module("nova_bridge", bridges=[{"name": "br0", "adopt": True}]))
    shell(host, "rm /var/lib/novanet/nova/bridges.json")
    succeeded(run_module("nova_bridge", bridges=[], purge=True, allow_empty_purge=True))
    assert (setting(host, "br0/ifalias"), master(host, "eth1")) == ("", "br0")


def test_what_was_done_before_a_failure_is_undone(host: Host, run_module: Run) -> None:
    shell(
        host,
        "ip addr add 192.0.2.3/24 dev eth0; ip addr add 2001:db8::5/64 dev eth0 nodad;"
        "ip route add default via 192.0.2.1;"
        "ip route add 172.16.0.0/12 via 192.0.2.1 table 77; ip -6 route add default via 2001:db8::1;"
        "ip link add name br7 type bridge; ip link set dev br7 alias novanet:nova up; ip addr add 10.7.0.1/16 dev br7",
    )
    # The kernel refuses IPv6 addresses on links that are made from now on.
    host.write_sysctl("net/ipv6/conf/default/disable_ipv6", "1")
    before = snapshot(host)
    bridges = [
        {"name": "br7", "state": "absent", "addresses": ["10.7.0.1/16"]},
        {"name": "br1", "interface": "eth2", "mtu": 1400},
        {"name": "br0", "interface": "eth0", "addresses": ["10.0.0.1/8"]},
    ]
    result = run_module("nova_bridge", bridges=bridges)
    assert result["subject"] == "command ip addr add 2001:db8::5/64 dev br0 nodad"
    assert "Permission denied" in result["reason"] or "disabled" in result["reason"]
    assert result["hint"].endswith("commands before it were undone; the host is as it was.")
    assert {**snapshot(host), "journal": []} == {**before, "journal": []}
    # What is remembered is as before too: a bridge that somebody makes under such a name is not taken for ours.
    shell(host, "ip link add name br1 type bridge")
    assert "was not made by this owner" in run_module("nova_bridge", bridges=[{"name": "br1"}])["msg"]


def test_a_damaged_state_file_is_said_so_and_nothing_is_changed(host: Host, run_module: Run) -> None:
    succeeded(run_module("nova_bridge", bridges=[PLAIN]))
    path = "/var/lib/novanet/nova/bridges.json"
    for damage in ("sed -i s/addresses/adresses/", "truncate -s 100"):
        shell(host, f"{damage} {path}")
        before = snapshot(host)
        result = run_module("nova_bridge", bridges=[{**PLAIN, "mtu": 1400}])
        assert "is damaged" in result["msg"]
        assert snapshot(host) == before
