# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nova_dnsmasq on a host: a real dnsmasq, and guests with a real DHCP client."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.lab import Lab
from tests.lab.errors import LabError
from tests.lab.guest import Guest
from tests.lab.host import Host

Run = Callable[..., dict[str, Any]]

DIRECTORY = "/var/lib/novanet/nova/dnsmasq"
WEB = {"mac": "fa:16:3e:00:00:01", "address": "10.0.0.2", "hostname": "web"}
DATABASE = {"mac": "fa:16:3e:00:00:02", "address": "10.0.7.9", "hostname": "database"}
THIRD = {"mac": "fa:16:3e:00:00:03", "address": "10.0.0.3", "hostname": "third"}
UNKNOWN_MAC = "fa:16:3e:00:00:ff"
PRIVATE = {
    "label": "private, the first",
    "cidr": "10.0.0.0/8",
    "dhcp_start": "10.0.0.2",
    "router": "10.0.0.1",
    "dns": ["8.8.4.4"],
    "mtu": 1450,
    "hosts": [WEB, DATABASE],
}
BACK = {
    "label": "back",
    "cidr": "192.168.7.0/24",
    "router": "192.168.7.1",
    "hosts": [{"mac": "fa:16:3e:00:00:11", "address": "192.168.7.20", "hostname": "web", "default_route": False}],
}
SERVER = {"bridge": "br100", "listen_addresses": ["10.0.0.1"], "networks": [PRIVATE]}


def server(*hosts: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return the usual server with other hosts or other options."""
    made = copy.deepcopy(SERVER)
    if hosts:
        made["networks"][0]["hosts"] = list(hosts)  # type: ignore[index]
    return {**made, **changed}


@pytest.fixture
def bridged(host: Host) -> Host:
    """Return a host with a bridge that has the addresses of two networks."""
    add_bridge(host, "br100", "10.0.0.1/8", "192.168.7.1/24")
    return host


def add_bridge(host: Host, name: str, *addresses: str) -> None:
    host.batch(
        [
            f"link add {name} type bridge forward_delay 0",
            *(f"address add {address} dev {name}" for address in addresses),
            f"link set {name} up",
        ]
    )


def plug(lab: Lab, name: str, mac: str, bridge: str = "br100") -> Guest:
    return lab.plug(name, "host1", port=f"tap{mac[-2:]}{bridge[-3:]}", mac=mac, bridge=bridge)


def pid_of(host: Host, bridge: str = "br100") -> int:
    return int(host.path(f"{DIRECTORY}/{bridge}/pid").read_text())


def runs(host: Host, pid: int) -> bool:
    return host.run(["kill", "-0", str(pid)], check=False).returncode == 0


def leases_of(host: Host, bridge: str = "br100") -> dict[str, str]:
    """Return the leases that dnsmasq wrote down: address to MAC."""
    lines = host.path(f"{DIRECTORY}/{bridge}/leases").read_text().splitlines()
    return {fields[2]: fields[1] for fields in map(str.split, lines)}


def gets_nothing(guest: Guest) -> bool:
    try:
        guest.dhcp(timeout=4)
    except LabError:
        return True
    return False


def test_check_run_check_again_agree(bridged: Host, run_module: Run) -> None:
    before = bridged.run(["find", "/var/lib/novanet"], check=False).stdout
    preview = run_module("nova_dnsmasq", check=True, diff=True, servers=[SERVER])
    assert bridged.run(["find", "/var/lib/novanet"], check=False).stdout == before
    assert not bridged.run(["pgrep", "-x", "dnsmasq"], check=False).stdout
    real = run_module("nova_dnsmasq", diff=True, servers=[SERVER])
    assert real["changes"] == preview["changes"] and real["diff"] == preview["diff"]
    assert real["servers"] == preview["servers"]
    assert real["changes"] == [
        "create DHCP server br100 (serves 10.0.0.0/8)",
        "create DHCP host fa:16:3e:00:00:01 (10.0.0.2,web.novalocal on br100)",
        "create DHCP host fa:16:3e:00:00:02 (10.0.7.9,database.novalocal on br100)",
        "run DHCP server br100 (start)",
    ]
    pid = pid_of(bridged)
    for check in (False, True):
        again = run_module("nova_dnsmasq", check=check, servers=[SERVER])
        assert (again["changed"], again["changes"]) == (False, []), again
    assert pid_of(bridged) == pid and runs(bridged, pid)


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


def renew(guest: Guest) -> dict[str, str]:
    """Let a client ask its server again, and return what it was told."""
    record = guest.path("/run/dhcp.lease")
    record.unlink()
    guest.run(["sh", "-c", "kill -USR1 $(pgrep -x udhcpc)"])
    deadline = time.monotonic() + 8
    while not record.exists():
        assert time.monotonic() < deadline, "the client was told nothing"
        time.sleep(0.02)
    return dict(line.split("=", 1) for line in record.read_text().splitlines() if "=" in line)


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


def reboot_with(guest: Guest, address: str) -> str:
    """Let a guest that remembers an address ask for it, as after a reboot; return what its client says."""
    times = "".join(f"  {name} 4 2037/01/01 00:00:00;\n" for name in ("renew", "rebind", "expire"))
    given = f'interface "eth0";\n  fixed-address {address};\n  option subnet-mask 255.0.0.0;\n'
    remembered = f"lease {{\n  {given}  option dhcp-server-identifier 10.0.0.1;\n{times}}}\n"
    guest.run(["sh", "-c", 'echo "$1" > /run/dhclient.leases', "sh", remembered])
    files = ["-lf", "/run/dhclient.leases", "-pf", "/run/dhclient.pid", "-cf", "/dev/null", "-sf", "/bin/true"]
    guest.run(["ip", "link", "set", "eth0", "up"])
    return guest.run(["timeout", "4", "dhclient", "-d", "-v", *files, "eth0"], check=False).stderr


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


def test_a_foreign_hosts_line_is_named_and_repaired(bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    hosts = bridged.path(f"{DIRECTORY}/br100/hosts")
    good = hosts.read_text()
    hosts.write_text(good + f"{UNKNOWN_MAC},10.66.6.6,evil\nnonsense\n")
    expected = [
        f"delete DHCP host {UNKNOWN_MAC} (10.66.6.6,evil on br100)",
        "delete DHCP host 'nonsense' (on br100)",
        "run DHCP server br100 (reload, it has not read its files since they changed)",
    ]
    assert run_module("nova_dnsmasq", check=True, servers=[SERVER])["changes"] == expected
    assert run_module("nova_dnsmasq", servers=[SERVER])["changes"] == expected
    assert hosts.read_text() == good
    assert run_module("nova_dnsmasq", check=True, servers=[SERVER])["changed"] is False


def test_a_run_that_ended_before_the_reload_is_completed_by_the_next(
    one_host: Lab, bridged: Host, run_module: Run
) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    old_marker = bridged.path(f"{DIRECTORY}/br100/loaded").read_text()
    run_module("nova_dnsmasq", servers=[server(WEB, DATABASE, THIRD)])
    bridged.path(f"{DIRECTORY}/br100/loaded").write_text(old_marker)
    result = run_module("nova_dnsmasq", servers=[server(WEB, DATABASE, THIRD)])
    assert result["changes"] == ["run DHCP server br100 (reload, it has not read its files since they changed)"]


def test_a_server_that_died_comes_back(one_host: Lab, bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    web = plug(one_host, "web", WEB["mac"])
    web.dhcp()
    bridged.run(["kill", "-KILL", str(pid_of(bridged))])
    result = run_module("nova_dnsmasq", servers=[SERVER])
    assert result["changes"] == ["run DHCP server br100 (start)"]
    assert [lease["address"] for lease in result["leases"]] == [WEB["address"]]
    assert renew(web)["event"] == "renew"


@pytest.mark.parametrize("text", ["{stranger}\n", "", "garbage\n", "99999999\n"])
def test_a_stale_pid_file_harms_nobody(bridged: Host, run_module: Run, text: str) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    own = pid_of(bridged)
    stranger = bridged.start(["sleep", "60"])
    stranger_pid = int(bridged.run(["pgrep", "-x", "sleep"]).stdout)
    bridged.path(f"{DIRECTORY}/br100/pid").write_text(text.format(stranger=stranger_pid))
    # The server still runs: it is found by the socket it holds.
    assert run_module("nova_dnsmasq", servers=[SERVER])["changed"] is False
    bridged.run(["kill", "-KILL", str(own)])
    bridged.path(f"{DIRECTORY}/br100/pid").write_text(text.format(stranger=stranger_pid))
    assert run_module("nova_dnsmasq", servers=[SERVER])["changes"] == ["run DHCP server br100 (start)"]
    bridged.path(f"{DIRECTORY}/br100/pid").write_text(text.format(stranger=stranger_pid))
    assert "failed" not in run_module("nova_dnsmasq", servers=[{"bridge": "br100", "state": "absent"}])
    assert stranger.is_running()
    assert not bridged.run(["pgrep", "-x", "dnsmasq"], check=False).stdout


def test_absent_leaves_nothing_behind_and_touches_no_stranger(bridged: Host, run_module: Run) -> None:
    bridged.batch(["link add br7 type bridge", "address add 10.7.0.1/24 dev br7", "link set br7 up"])
    stranger = ["dnsmasq", "-C", "/dev/null", "--bind-interfaces", "-i", "br7", "--except-interface=lo"]
    bridged.run([*stranger, "--pid-file=/run/stranger.pid"])
    run_module("nova_dnsmasq", servers=[SERVER])
    assert bridged.run(["pgrep", "-xc", "dnsmasq"]).stdout == "2\n"
    gone = {"bridge": "br100", "state": "absent"}
    preview = run_module("nova_dnsmasq", check=True, servers=[gone])
    result = run_module("nova_dnsmasq", servers=[gone])
    assert result["changes"] == preview["changes"] == ["delete DHCP server br100"]
    assert result["servers"] == [] and result["leases"] == []
    assert not bridged.path(DIRECTORY).exists()
    assert bridged.run(["pgrep", "-x", "dnsmasq"]).stdout == bridged.path("/run/stranger.pid").read_text()
    assert run_module("nova_dnsmasq", servers=[gone])["changed"] is False


def test_purge_takes_what_is_not_listed_and_leaves_other_owners_alone(host: Host, run_module: Run) -> None:
    for number, owner in enumerate(("nova", "nova", "other")):
        add_bridge(host, f"br{number}", f"10.{number}.0.1/16")
        network = {"label": "a", "cidr": f"10.{number}.0.0/16"}
        item = {"bridge": f"br{number}", "listen_addresses": [f"10.{number}.0.1"], "networks": [network]}
        assert "failed" not in run_module("nova_dnsmasq", servers=[item], owner=owner)
    kept = {"bridge": "br0", "listen_addresses": ["10.0.0.1"], "networks": [{"label": "a", "cidr": "10.0.0.0/16"}]}
    assert run_module("nova_dnsmasq", servers=[kept])["changed"] is False
    result = run_module("nova_dnsmasq", servers=[kept], purge=True)
    assert result["changes"] == ["delete DHCP server br1"]
    assert runs(host, pid_of(host, "br0"))
    other = host.path("/var/lib/novanet/other/dnsmasq/br2/pid").read_text()
    assert runs(host, int(other))
    refused = run_module("nova_dnsmasq", servers=[], purge=True)
    assert refused["failed"] and "allow_empty_purge" in refused["msg"]
    run_module("nova_dnsmasq", servers=[], purge=True, allow_empty_purge=True)
    assert host.run(["pgrep", "-x", "dnsmasq"]).stdout == other


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


def test_what_is_missing_is_named_before_anything_changes(host: Host, run_module: Run) -> None:
    wish = server(listen_addresses=["10.0.0.1", "192.168.7.1"], networks=[PRIVATE, BACK])
    # The bridge is made by another module before; a preview of both must not fail.
    assert run_module("nova_dnsmasq", check=True, servers=[wish])["changed"] is True
    missing = run_module("nova_dnsmasq", servers=[wish])
    assert missing["failed"] and "bridge br100 does not exist" in missing["msg"]
    add_bridge(host, "br100", "10.0.0.1/8")
    lacking = run_module("nova_dnsmasq", servers=[wish])
    assert lacking["failed"] and "address 192.168.7.1 is not on bridge br100" in lacking["msg"]
    assert "10.0.0.1 " not in lacking["msg"]
    assert not host.path(DIRECTORY).exists()


def test_another_server_on_the_bridge_is_named(bridged: Host, run_module: Run) -> None:
    options = ["-C", "/dev/null", "--bind-interfaces", "-i", "br100", "--dhcp-range=10.1.0.0,10.1.0.9", "-p", "0"]
    bridged.run(["dnsmasq", *options, "--pid-file=/run/stranger.pid", "--dhcp-leasefile=/run/stranger.leases"])
    stranger = bridged.path("/run/stranger.pid").read_text().strip()
    result = run_module("nova_dnsmasq", servers=[SERVER])
    assert result["failed"]
    assert f"UDP port 67 is taken by dnsmasq (process {stranger}) on bridge br100" in result["msg"]
    assert not bridged.path(DIRECTORY).exists()
    bridged.run(["kill", stranger])
    time.sleep(0.2)
    assert "failed" not in run_module("nova_dnsmasq", servers=[SERVER])


def test_a_bridge_that_was_made_anew_is_served_again(one_host: Lab, bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    bridged.batch(["link del br100", "link add placeholder type bridge"])
    add_bridge(bridged, "br100", "10.0.0.1/8")
    assert "failed" not in run_module("nova_dnsmasq", servers=[SERVER])
    assert plug(one_host, "web", WEB["mac"]).dhcp().address == WEB["address"]


def test_a_strict_umask_does_not_hide_the_hosts_from_the_server(one_host: Lab, bridged: Host, run_module: Run) -> None:
    bridged.run(["sh", "-c", "umask 077; mkdir -p /var/lib/novanet/nova/dnsmasq/br100"])
    run_module("nova_dnsmasq", servers=[SERVER])
    assert plug(one_host, "web", WEB["mac"]).dhcp().address == WEB["address"]


def test_systemd_is_refused_where_it_does_not_run(bridged: Host, run_module: Run) -> None:
    result = run_module("nova_dnsmasq", servers=[SERVER], supervisor="systemd")
    assert result["failed"] and "systemd does not run on this host" in result["msg"]


def test_ten_thousand_hosts_are_served(one_host: Lab, bridged: Host, run_module: Run) -> None:
    many = [
        {"mac": f"fa:16:3e:01:{number >> 8:02x}:{number & 255:02x}", "address": f"10.1.{number >> 8}.{number & 255}"}
        for number in range(10_000)
    ]
    assert "failed" not in run_module("nova_dnsmasq", servers=[server(WEB, *many)])
    assert run_module("nova_dnsmasq", servers=[server(WEB, *many)])["changed"] is False
    last = one_host.plug("last", "host1", port="taplast", mac=str(many[-1]["mac"]), bridge="br100")
    assert last.dhcp().address == many[-1]["address"]
