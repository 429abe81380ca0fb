# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nova_dnsmasq and its host: what is predicted, repaired, refused and left behind."""

from __future__ import annotations

import time

import pytest

from tests.functional.dhcp import (
    BACK,
    DATABASE,
    DIRECTORY,
    PRIVATE,
    SERVER,
    THIRD,
    UNKNOWN_MAC,
    WEB,
    Run,
    add_bridge,
    pid_of,
    plug,
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
    stranger = bridged.start(["sh", "-c", "echo $$ ready; exec sleep 60"])
    stranger_pid = int(stranger.wait_for("ready").split()[0])
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
    # A server of ours has a process more, which runs its script.
    assert bridged.run(["pgrep", "-xc", "dnsmasq"]).stdout == "3\n"
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
    # The other one's server, and what runs its script.
    left = host.run(["pgrep", "-x", "dnsmasq"]).stdout.splitlines()
    assert len(left) == 2 and other.strip() in left


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
