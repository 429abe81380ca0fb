# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One interface for everything, and a controller that comes in by it over SSH: it comes back, or all is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import Lab
from tests.lab.host import Host
from tests.lab.playbook import Run

from .bridges import addresses, exists, lost_pings, master, shell, snapshot
from .controller import ADDRESS, ADDRESS6, BEYOND, BEYOND6, TOPOLOGY, Controller
from .waiting import until

STATE = "/var/lib/novanet/nova"
# The host's own firewall knows the interface by name: what comes in by a bridge is not what it accepts.
FIREWALL = """
nft add table inet site
nft add chain inet site input '{ type filter hook input priority 0; policy drop; }'
nft add rule inet site input iifname { lo, eth0 } accept
"""
KNOWN_CONNECTIONS = "nft add rule inet site input ct state established accept"
NOTHING_OUT = """
nft add chain inet site output '{ type filter hook output priority 0; policy drop; }'
nft add rule inet site output oifname { lo, eth0 } accept
"""
NO_FIREWALL = "nft delete table inet site"
ALIVE = "-o ServerAliveInterval=1 -o ServerAliveCountMax=2"


def task(seconds: int = 60, **options: Any) -> list[dict[str, Any]]:
    wish = {
        "bridges": [{"name": "br100", "interface": "eth0", "addresses": ["10.0.0.1/8"]}],
        "allow_management_interface": True,
        "rollback_seconds": seconds,
        **options,
    }
    return [{"name": "Bridges", "novanet.network.nova_bridge": wish}]


@pytest.fixture
def controller() -> Iterator[Controller]:
    with Lab(TOPOLOGY) as lab:
        shell(lab.host("router"), f"ip addr add {BEYOND}/32 dev lo; ip addr add {BEYOND6}/128 dev lo")
        yield Controller(lab)


@pytest.fixture
def host(controller: Controller) -> Host:
    return controller.host


def passed(run: Run) -> Run:
    assert run.code == 0, run.output[-3000:]
    return run


def message(run: Run) -> str:
    assert run.code != 0
    return "\n".join(result.message for result in run.results if result.failed)


def left_of_guards(host: Host) -> str:
    return shell(
        host, f"pgrep -af novanet/[g]uard || true; find /run/novanet {STATE}/*.guard ! -type d 2>/dev/null || true"
    )


def has_moved(host: Host) -> bool:
    return exists(host, "br100") and f"{ADDRESS}/24" in addresses(host, "br100") and not addresses(host, "eth0")


def kernel(host: Host) -> dict[str, list[str]]:
    return {**snapshot(host), "journal": []}


def test_the_only_interface_moves_without_losing_a_ping_and_the_controller_comes_back(controller: Controller) -> None:
    host, router = controller.host, controller.lab.host("router")
    assert host.ping(BEYOND) and host.ping(BEYOND6, timeout=5)
    before = snapshot(host)
    preview = passed(controller.play(task(), "--check"))
    assert (snapshot(host), left_of_guards(host)) == (before, "")
    runs: list[Run] = []
    pings = [(router, ADDRESS), (router, ADDRESS6), (host, BEYOND), (host, BEYOND6)]
    assert lost_pings(pings, lambda: runs.append(controller.play(task()))) == [0, 0, 0, 0]
    assert passed(runs[0]).changes() == preview.changes() != []
    assert "network1: run guard 192.0.2.11 (taken back unless confirmed within 60 s)" in runs[0].changes()
    assert has_moved(host) and master(host, "eth0") == "br100"
    assert "br100" in shell(host, f"cat {STATE}/bridges.json")
    until(lambda: not left_of_guards(host))
    assert not passed(controller.play(task())).changed
    back = task(bridges=[{"name": "br100", "state": "absent"}])
    passed(controller.play(back))
    until(lambda: not left_of_guards(host))
    assert kernel(host) == {**before, "journal": []}


def test_a_change_that_cuts_ssh_is_taken_back_and_said(controller: Controller, host: Host) -> None:
    shell(host, FIREWALL + NOTHING_OUT)
    assert controller.reaches()
    before = snapshot(host)
    with controller.playing(task(8)):
        until(lambda: has_moved(host))
        assert not controller.reaches()
        until(lambda: not exists(host, "br100"))
    assert (snapshot(host), controller.reaches()) == (before, True)
    until(lambda: not left_of_guards(host))
    run = controller.play(task(5))
    assert f"is taken back: the controller did not come back to {ADDRESS} over a new connection within 5 s" in message(
        run
    )
    assert snapshot(host) == before
    shell(host, NO_FIREWALL)
    for arguments in (("--check",), ()):
        again = passed(controller.play(task(), *arguments))
        assert "is not in effect: the controller did not come back to 192.0.2.11" in again.output.replace("\n", " ")
    assert has_moved(host) and controller.reaches()
    assert "is not in effect" not in passed(controller.play(task())).output


def test_an_old_connection_that_lives_on_is_no_proof(controller: Controller, host: Host) -> None:
    shell(host, FIREWALL + KNOWN_CONNECTIONS)
    before = snapshot(host)
    run = controller.play(task(6))
    assert f"is taken back: the controller did not come back to {ADDRESS} over a new connection within 6 s" in message(
        run
    )
    until(lambda: not left_of_guards(host))
    assert (snapshot(host), controller.reaches()) == (before, True)


def test_a_lost_connection_ends_with_the_promise_of_the_host(controller: Controller, host: Host) -> None:
    shell(host, FIREWALL + NOTHING_OUT)
    controller.set_variables(ansible_ssh_extra_args=ALIVE)
    run = controller.play(task(15))
    assert run.recap["network1"]["unreachable"] == 1
    assert "What was changed under guard, the host takes back by itself within 15 s" in run.output.replace("\n", " ")
    assert has_moved(host)
    until(controller.reaches)
    assert not exists(host, "br100")


def test_a_play_that_is_killed_confirms_nothing(controller: Controller, host: Host) -> None:
    shell(host, FIREWALL + KNOWN_CONNECTIONS)
    before = snapshot(host)
    with controller.playing(task(10)) as playing:
        until(lambda: has_moved(host))
        playing.kill()
    shell(host, NO_FIREWALL)
    # The way to the host is free, and yet nobody says so.
    assert controller.reaches() and has_moved(host)
    until(lambda: not exists(host, "br100"))
    until(lambda: not left_of_guards(host))
    assert snapshot(host) == before
