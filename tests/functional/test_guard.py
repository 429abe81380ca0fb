# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guard on a host: who may confirm it, who has to wait, and what becomes of it when something dies in between."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.lab.host import Host

from .boot import install, program
from .bridges import addresses, exists, shell, snapshot, succeeded
from .waiting import until

Run = Callable[..., dict[str, Any]]

STATE = "/var/lib/novanet/nova"
GUARD = f"{STATE}/bridges.guard"
ADDRESS = "192.0.2.2"
BRIDGES = [{"name": "br0", "interface": "eth0"}]
OPTIONS = {"bridges": BRIDGES, "management_address": ADDRESS, "allow_management_interface": True}
OTHER = {"bridges": [{"name": "br1"}], "management_address": ADDRESS}


def watchers(host: Host) -> list[str]:
    return host.run(["pgrep", "-f", "novanet/[g]uard/"], check=False).stdout.split()


def kernel(host: Host) -> dict[str, list[str]]:
    return {**snapshot(host), "journal": []}


def moved(host: Host) -> bool:
    return exists(host, "br0") and addresses(host, "br0") == [f"{ADDRESS}/24"]


def test_until_it_is_confirmed_the_host_remembers_what_was_before(host: Host, run_module: Run) -> None:
    first = succeeded(run_module("nova_bridge", **OTHER))
    assert (first["guarded"], first["guard"]) == (False, None)
    remembered = shell(host, f"cat {STATE}/bridges.json")
    preview = succeeded(run_module("nova_bridge", **OPTIONS, check=True))
    assert (preview["guarded"], preview["guard"], watchers(host)) == (True, None, [])
    made = succeeded(run_module("nova_bridge", **OPTIONS))
    assert (made["guarded"], made["changes"]) == (True, preview["changes"])
    assert moved(host) and len(watchers(host)) == 1
    assert shell(host, f"cat {STATE}/bridges.json") == remembered
    would = succeeded(run_module("nova_guard", guard=made["guard"], check=True))
    assert would["changes"] == [f"run guard {made['guard']} (change of the bridges confirmed)"]
    assert shell(host, f"cat {STATE}/bridges.json") == remembered
    assert succeeded(run_module("nova_guard", guard=made["guard"]))["changes"] == would["changes"]
    assert json.loads(shell(host, f"cat {STATE}/bridges.json"))["slice"]["bridges"][-1]["name"] == "br0"
    until(lambda: not watchers(host))
    assert "guard" not in shell(host, f"ls {STATE}; find /run/novanet ! -type d")
    assert succeeded(run_module("nova_guard", guard=made["guard"]))["changed"] is False
    assert moved(host)


def test_a_guard_that_is_not_known_is_an_error(run_module: Run) -> None:
    assert run_module("nova_guard", guard="12345678")["msg"] == (
        "guard 12345678 is not known on this host for owner nova"
    )


@pytest.mark.parametrize("seconds", [4, 3601])
def test_a_time_that_cannot_be_meant_is_refused(host: Host, run_module: Run, seconds: int) -> None:
    result = run_module("nova_bridge", **OPTIONS, rollback_seconds=seconds)
    assert result["msg"] == f"rollback_seconds {seconds} is not between 5 and 3600"
    assert not exists(host, "br0")


@pytest.mark.parametrize("options", [{}, {"owner": "lab"}, {"owner": "lab", "check": True}, {"check": True}])
def test_other_runs_wait_until_it_is_settled(host: Host, run_module: Run, options: dict[str, Any]) -> None:
    made = succeeded(run_module("nova_bridge", **OPTIONS))
    before = snapshot(host)
    for wish in (OTHER, OPTIONS):
        refused = run_module("nova_bridge", **wish, **options)
        assert f"change {made['guard']} of the bridges of owner nova is not confirmed for " in refused["msg"]
        assert refused["hint"] == "Run again when it is confirmed or taken back."
    assert snapshot(host) == before
    succeeded(run_module("nova_guard", guard=made["guard"]))
    succeeded(run_module("nova_bridge", **OTHER, **options))


def test_too_late_is_too_late(host: Host, run_module: Run) -> None:
    before = snapshot(host)
    made = succeeded(run_module("nova_bridge", **OPTIONS, rollback_seconds=5))
    until(lambda: not exists(host, "br0"))
    late = run_module("nova_guard", guard=made["guard"])
    assert late["msg"] == (
        f"change {made['guard']} is taken back: the controller did not come back to {ADDRESS} over a new connection "
        "within 5 s. This host is as it was before. Find out what cut the connection, then run again."
    )
    assert snapshot(host) == before


def test_what_fails_and_is_undone_leaves_no_guard(host: Host, run_module: Run) -> None:
    shell(host, "ip addr add 2001:db8::5/64 dev eth0 nodad")
    # The kernel refuses IPv6 addresses on links that are made from now on.
    host.write_sysctl("net/ipv6/conf/default/disable_ipv6", "1")
    before = snapshot(host)
    result = run_module("nova_bridge", **OPTIONS)
    assert result["hint"].endswith("commands before it were undone; the host is as it was.")
    assert snapshot(host) == before
    until(lambda: not watchers(host))
    assert "guard" not in shell(host, f"ls {STATE}")


def test_a_boot_in_between_does_not_bring_the_change_back(host: Host, run_module: Run) -> None:
    succeeded(run_module("nova_bridge", **OTHER))
    made = succeeded(run_module("nova_bridge", **OPTIONS, rollback_seconds=600))
    assert moved(host)
    _boot(host)
    install(host)
    back = program(host)
    assert back.returncode == 0, back.stderr
    assert back.stdout.splitlines()[0] == (
        f"nova: change {made['guard']} of the bridges is not brought back: the host was booted before it was confirmed"
    )
    assert exists(host, "br1") and not exists(host, "br0")
    assert addresses(host, "eth0") == [f"{ADDRESS}/24"]
    assert "not in effect: the host was booted" in str(run_module("nova_bridge", **OTHER)["warnings"])
    assert "warnings" not in run_module("nova_bridge", **OTHER)


def test_a_boot_without_the_program_that_restores_is_told_by_the_next_run(host: Host, run_module: Run) -> None:
    made = succeeded(run_module("nova_bridge", **OPTIONS, rollback_seconds=600))
    _boot(host)
    assert "was booted since" in run_module("nova_guard", guard=made["guard"])["msg"]
    assert "not in effect: the host was booted" in str(succeeded(run_module("nova_bridge", **OTHER))["warnings"])
    assert not exists(host, "br0") and "guard" not in shell(host, f"ls {STATE}")


def _boot(host: Host) -> None:
    """Leave what a boot leaves: other processes, no links of ours, the address on the card again, another boot id."""
    for number in watchers(host):
        host.run(["kill", "-KILL", number])
    shell(host, "rm -rf /run/novanet; for link in br0 br1; do ip link del $link || true; done")
    shell(host, f"ip addr add {ADDRESS}/24 dev eth0; echo another > /run/boot_id")
    shell(host, "mount --bind /run/boot_id /proc/sys/kernel/random/boot_id")


def test_restoring_in_the_same_boot_leaves_it_alone(host: Host, run_module: Run) -> None:
    succeeded(run_module("nova_bridge", **OTHER))
    made = succeeded(run_module("nova_bridge", **OPTIONS))
    install(host)
    back = program(host)
    assert (back.returncode, moved(host)) == (0, True)
    assert "nova: the bridges are left as they are: a change of them waits to be confirmed" in back.stdout
    succeeded(run_module("nova_guard", guard=made["guard"]))


def test_the_next_run_takes_back_what_a_killed_program_did_not(host: Host, run_module: Run) -> None:
    made = succeeded(run_module("nova_bridge", **OPTIONS, rollback_seconds=5))
    for number in watchers(host):
        host.run(["kill", "-KILL", number])
    until(lambda: "taken back" in str(run_module("nova_bridge", **OTHER, check=True)["msg"]))
    time.sleep(11)
    assert moved(host), "nobody was left to take it back"
    assert "its time is over" in run_module("nova_bridge", **OTHER, check=True)["msg"]
    assert f"({made['guard']}) is not in effect" in str(succeeded(run_module("nova_bridge", **OTHER))["warnings"])
    assert not exists(host, "br0") and addresses(host, "eth0") == [f"{ADDRESS}/24"]
