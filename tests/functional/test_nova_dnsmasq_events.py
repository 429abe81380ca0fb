# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lease events of a real dnsmasq, whose script runs as dnsmasq runs it: who got a lease, who gave it back, and when."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.functional.dhcp import DATABASE, DIRECTORY, SERVER, WEB, Run, add_bridge, leases_of, pid_of, plug, server
from tests.functional.waiting import until
from tests.lab import Lab
from tests.lab.host import Host

EVENTS = f"{DIRECTORY}/br100/events"


@pytest.fixture
def bridged(host: Host) -> Host:
    add_bridge(host, "br100", "10.0.0.1/8")
    return host


def wait_for_events(host: Host, count: int) -> None:
    """Wait until a number of lines is written down: dnsmasq runs the script beside its own work."""
    path = host.path(EVENTS)

    def are_there() -> bool:
        return path.exists() and len(path.read_text().splitlines()) >= count

    until(are_there, f"line {count} of {EVENTS}")


def told(result: dict[str, Any]) -> list[tuple[str, str, str, str | None]]:
    return [(event["action"], event["mac"], event["address"], event["hostname"]) for event in result["lease_events"]]


def test_a_lease_that_is_given_and_one_that_is_given_back_are_told_with_their_times(
    one_host: Lab, bridged: Host, run_module: Run
) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    before = int(time.time())
    plug(one_host, "web", WEB["mac"]).dhcp()
    plug(one_host, "database", DATABASE["mac"]).dhcp()
    bridged.run(["dhcp_release", "br100", WEB["address"], WEB["mac"]])
    wait_for_events(bridged, 3)
    preview = run_module("nova_dnsmasq", check=True, servers=[SERVER])
    result = run_module("nova_dnsmasq", servers=[SERVER])
    assert (result["changed"], told(result)) == (False, told(preview))
    web, database = ((entry["mac"], entry["address"], entry["hostname"]) for entry in (WEB, DATABASE))
    assert told(result) == [("add", *web), ("add", *database), ("del", *web)]
    assert all(before - 1 <= event["at"] <= time.time() + 1 for event in result["lease_events"])
    newest = {"bridge": "br100", "number": result["lease_events"][-1]["number"]}
    assert told(run_module("nova_dnsmasq", servers=[SERVER])) == told(result)
    assert told(run_module("nova_dnsmasq", servers=[SERVER], recorded_events=[newest])) == []
    assert not [path.name for path in bridged.path(f"{DIRECTORY}/br100").iterdir() if path.name.startswith("events")]


def test_leases_come_back_after_a_restart_and_are_no_news(one_host: Lab, bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    web = plug(one_host, "web", WEB["mac"])
    web.dhcp()
    wait_for_events(bridged, 1)
    pid = pid_of(bridged)
    result = run_module("nova_dnsmasq", servers=[server(domain="example.org")])
    assert pid_of(bridged) != pid and leases_of(bridged) == {WEB["address"]: WEB["mac"]}
    assert [lease["address"] for lease in result["leases"]] == [WEB["address"]]
    # A reload makes dnsmasq tell of every lease that it is still there.
    run_module("nova_dnsmasq", servers=[server(WEB, domain="example.org")])
    time.sleep(0.5)
    final = run_module("nova_dnsmasq", servers=[server(WEB, domain="example.org")])
    assert [event[0] for event in told(final)] == ["add"]


def test_a_server_that_goes_tells_what_it_has_still_to_tell(one_host: Lab, bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    plug(one_host, "web", WEB["mac"]).dhcp()
    wait_for_events(bridged, 1)
    result = run_module("nova_dnsmasq", servers=[{"bridge": "br100", "state": "absent"}])
    assert told(result) == [("add", WEB["mac"], WEB["address"], WEB["hostname"])]
    assert not bridged.path(DIRECTORY).exists()


def test_a_guest_is_served_though_the_script_cannot_write(one_host: Lab, bridged: Host, run_module: Run) -> None:
    run_module("nova_dnsmasq", servers=[SERVER])
    bridged.path(EVENTS).mkdir()
    assert plug(one_host, "web", WEB["mac"]).dhcp().address == WEB["address"]
