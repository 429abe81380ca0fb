# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nova_dnsmasq and guests: a real dnsmasq, and real DHCP clients."""

from __future__ import annotations

import copy
import time

import pytest

from tests.functional.dhcp import (
    BACK,
    DATABASE,
    PRIVATE,
    SERVER,
    THIRD,
    UNKNOWN_MAC,
    WEB,
    Run,
    add_bridge,
    gets_nothing,
    leases_of,
    pid_of,
    plug,
    reboot_with,
    renew,
    runs,
    server,
)
from tests.lab import Lab
from tests.lab.host import Host


@pytest.fixture
def bridged(host: Host) -> Host:
    """Return a host with a bridge that has the addresses of two networks."""
    add_bridge(host, "br100", "10.0.0.1/8", "192.168.7.1/24")
    return host


def test_a_guest_gets_exactly_its_address_and_what_the_network_says(
    one_host: Lab, bridged: Host, run_module: Run, bridge_calls: bool
) -> None:
    run_module("nova_dnsmasq", servers=[server(lease_time=3600)])
    for entry in (DATABASE, WEB):
        lease = plug(one_host, entry["hostname"], entry["mac"]).dhcp()
        assert (lease.address, lease.prefix, lease.router) == (entry["address"], 8, "10.0.0.1")
        assert (lease.hostname, lease.domain, lease.dns) == (entry["hostname"], "novalocal", ("8.8.4.4",))
        assert (lease.server, lease.mtu, lease.seconds) == ("10.0.0.1", 1450, 3600)
    found = run_module("nova_dnsmasq", servers=[server(lease_time=3600)])
    assert found["changed"] is False
    assert [(lease["address"], lease["mac"], lease["hostname"]) for lease in found["leases"]] == [
        (entry["address"], entry["mac"], entry["hostname"]) for entry in (WEB, DATABASE)
    ]
    assert all(0 <= lease["expires"] - time.time() <= 3601 for lease in found["leases"])


def test_two_networks_share_a_bridge_and_only_one_gives_the_default_route(
    one_host: Lab, bridged: Host, run_module: Run
) -> None:
    back = copy.deepcopy(BACK)
    back["hosts"].append({"mac": "fa:16:3e:00:00:12", "address": "192.168.7.21"})  # type: ignore[attr-defined]
    both = server(listen_addresses=["10.0.0.1", "192.168.7.1"], networks=[PRIVATE, back])
    assert "failed" not in run_module("nova_dnsmasq", servers=[both])
    front = plug(one_host, "front", WEB["mac"]).dhcp()
    second_card = plug(one_host, "second", "fa:16:3e:00:00:11").dhcp()
    control = plug(one_host, "control", "fa:16:3e:00:00:12").dhcp()
    assert (front.address, front.router, front.server) == ("10.0.0.2", "10.0.0.1", "10.0.0.1")
    assert (second_card.address, second_card.router, second_card.server) == ("192.168.7.20", None, "192.168.7.1")
    # Without name servers of its own the network is told to ask this server.
    assert (control.address, control.router, control.dns) == ("192.168.7.21", "192.168.7.1", ("192.168.7.1",))


def test_a_guest_that_is_not_listed_gets_nothing(one_host: Lab, bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    assert gets_nothing(plug(one_host, "stranger", UNKNOWN_MAC))
    assert plug(one_host, "web", WEB["mac"]).dhcp().address == WEB["address"]


def test_guests_find_each_other_by_name(one_host: Lab, bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    web = plug(one_host, "web", WEB["mac"])
    web.dhcp()
    plug(one_host, "database", DATABASE["mac"]).dhcp()
    asked = web.run(["busybox", "nslookup", "-type=a", "database.novalocal", "10.0.0.1"])
    assert DATABASE["address"] in asked.stdout


def test_a_new_host_is_served_without_a_restart(one_host: Lab, bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    pid = pid_of(bridged)
    third = plug(one_host, "third", THIRD["mac"])
    assert gets_nothing(third)
    third.end_dhcp()
    result = run_module("nova_dnsmasq", servers=[server(WEB, DATABASE, THIRD)])
    assert result["changes"] == [
        "create DHCP host fa:16:3e:00:00:03 (10.0.0.3,third.novalocal on br100)",
        "run DHCP server br100 (reload)",
    ]
    assert third.dhcp().address == THIRD["address"]
    assert pid_of(bridged) == pid


def test_a_restart_keeps_leases(one_host: Lab, bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    web = plug(one_host, "web", WEB["mac"])
    web.dhcp()
    pid = pid_of(bridged)
    changed = server(domain="example.org")
    preview = run_module("nova_dnsmasq", check=True, servers=[changed])
    result = run_module("nova_dnsmasq", servers=[changed])
    assert "failed" not in result, result["msg"]
    assert result["changes"] == preview["changes"]
    assert "update DHCP server br100 (-domain=novalocal +domain=example.org)" in result["changes"]
    assert result["changes"][-1] == "run DHCP server br100 (restart)"
    assert pid_of(bridged) != pid and not runs(bridged, pid)
    assert [lease["address"] for lease in result["leases"]] == [WEB["address"]]
    assert run_module("nova_dnsmasq", servers=[changed])["changed"] is False


def test_a_renewal_is_acknowledged_after_a_restart(one_host: Lab, bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    web = plug(one_host, "web", WEB["mac"])
    web.dhcp()
    run_module("nova_dnsmasq", servers=[server(lease_time=7200)])
    assert renew(web)["event"] == "renew"
    assert renew(web)["lease"] == "7200"
    assert not web.path("/run/dhcp.naks").exists()


def test_a_guest_whose_address_changed_is_told_at_once(one_host: Lab, bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    web = plug(one_host, "web", WEB["mac"])
    web.dhcp()
    moved = {**WEB, "address": "10.0.0.77"}
    result = run_module("nova_dnsmasq", servers=[server(moved, DATABASE)])
    assert result["changes"] == [
        "update DHCP host fa:16:3e:00:00:01 (10.0.0.2,web.novalocal to 10.0.0.77,web.novalocal on br100)",
        "run DHCP server br100 (reload)",
        "delete DHCP lease 10.0.0.2 (of fa:16:3e:00:00:01 on br100)",
    ]
    told = renew(web)
    assert told["ip"] == "10.0.0.77"
    assert web.path("/run/dhcp.naks").exists()


def test_who_asks_for_an_old_address_is_refused_and_who_is_not_ours_is_not(
    one_host: Lab, bridged: Host, run_module: Run
) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    ours = reboot_with(plug(one_host, "web", WEB["mac"]), "10.0.0.50")
    assert "DHCPNAK" in ours and f"bound to {WEB['address']}" in ours
    # Another server may be behind the bridge's uplink; its guests are not ours to refuse.
    stranger = reboot_with(plug(one_host, "stranger", UNKNOWN_MAC), "10.0.0.51")
    assert "DHCPREQUEST for 10.0.0.51" in stranger and "DHCPNAK" not in stranger


def test_a_released_address_serves_another_guest_at_once(one_host: Lab, bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    web = plug(one_host, "web", WEB["mac"])
    web.dhcp()
    web.end_dhcp()
    heir = {**THIRD, "address": WEB["address"]}
    changed = server(DATABASE, heir)
    preview = run_module("nova_dnsmasq", check=True, servers=[changed])
    assert leases_of(bridged) == {WEB["address"]: WEB["mac"]}
    result = run_module("nova_dnsmasq", servers=[changed])
    assert result["changes"] == preview["changes"]
    assert result["leases"] == preview["leases"] == [] and result["unreleased"] == []
    assert leases_of(bridged) == {}
    assert plug(one_host, "heir", heir["mac"]).dhcp().address == WEB["address"]


def test_without_force_release_a_lease_lasts(one_host: Lab, bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    plug(one_host, "web", WEB["mac"]).dhcp()
    result = run_module("nova_dnsmasq", servers=[server(DATABASE)], force_release=False)
    assert not [change for change in result["changes"] if "lease" in change]
    assert leases_of(bridged) == {WEB["address"]: WEB["mac"]}
    assert run_module("nova_dnsmasq", servers=[server(DATABASE)], force_release=False)["changed"] is False
    # The next run that may end it does, and needs nothing else for it.
    ended = run_module("nova_dnsmasq", servers=[server(DATABASE)])
    assert ended["changes"] == ["delete DHCP lease 10.0.0.2 (of fa:16:3e:00:00:01 on br100)"]
    assert leases_of(bridged) == {}


def test_a_lease_that_cannot_be_ended_is_reported_and_does_not_stop_the_run(
    one_host: Lab, bridged: Host, run_module: Run
) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    plug(one_host, "web", WEB["mac"]).dhcp()
    bridged.run(["mount", "--bind", "/dev/null", "/usr/bin/dhcp_release"])
    result = run_module("nova_dnsmasq", servers=[server(DATABASE)])
    assert "failed" not in result
    assert [(lease["address"], lease["reason"]) for lease in result["unreleased"]] == [
        (WEB["address"], "program dhcp_release is not installed on this host")
    ]
    assert [lease["address"] for lease in result["leases"]] == [WEB["address"]]
    bridged.run(["umount", "/usr/bin/dhcp_release"])
    assert run_module("nova_dnsmasq", servers=[server(DATABASE)])["leases"] == []


def test_two_bridges_are_served_and_renewed_apart(one_host: Lab, bridged: Host, run_module: Run) -> None:
    add_bridge(bridged, "br200", "172.16.0.1/24")
    second = {
        "bridge": "br200",
        "listen_addresses": ["172.16.0.1"],
        "networks": [{"label": "b", "cidr": "172.16.0.0/24", "hosts": [{**THIRD, "address": "172.16.0.9"}]}],
    }
    assert "failed" not in run_module("nova_dnsmasq", servers=[second, SERVER])
    guests = [plug(one_host, "web", WEB["mac"]), plug(one_host, "third", THIRD["mac"], "br200")]
    assert [guest.dhcp().address for guest in guests] == [WEB["address"], "172.16.0.9"]
    assert [renew(guest)["event"] for guest in guests] == ["renew", "renew"]


def test_ten_thousand_hosts_are_served(one_host: Lab, bridged: Host, run_module: Run) -> None:
    many = [
        {"mac": f"fa:16:3e:01:{number >> 8:02x}:{number & 255:02x}", "address": f"10.1.{number >> 8}.{number & 255}"}
        for number in range(10_000)
    ]
    assert "failed" not in run_module("nova_dnsmasq", servers=[server(WEB, *many)])
    assert run_module("nova_dnsmasq", servers=[server(WEB, *many)])["changed"] is False
    last = one_host.plug("last", "host1", port="taplast", mac=str(many[-1]["mac"]), bridge="br100")
    assert last.dhcp().address == many[-1]["address"]
