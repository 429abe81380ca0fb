# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a crash: memory that nobody can read, and leftovers of ours between things of others."""

from __future__ import annotations

from typing import Any

from tests.lab.cloud import GATEWAY, Instance
from tests.machines.crash import DAMAGED, HURT, THEIRS, Cleanup, Crash, links
from tests.machines.expected import links_of
from tests.machines.units import SERVICE


def test_a_network_whose_rules_are_damaged_stays_down_and_all_else_comes_up(
    crash: Crash, ipam: dict[str, Any], instances: dict[str, Instance], down: set[str]
) -> None:
    assert crash.unit == "failed"
    assert DAMAGED in crash.journal
    assert down
    assert [bridge for bridge in down if bridge in crash.links or bridge not in crash.journal] == []
    assert {*links_of(ipam, HURT).values()} - down <= crash.links
    assert crash.answer.token == instances["red1"].token


def test_the_cleanup_takes_away_what_is_left_of_ours_only(machine: Any, cleanup: Cleanup) -> None:
    gateway = machine(GATEWAY)
    assert cleanup.server == "active"
    assert not {"vlan999", "br999"} & links(gateway)
    assert gateway.run("pgrep -f br999").stdout == ""
    assert not gateway.file("/var/lib/novanet/nova/dnsmasq/br999").exists
    assert gateway.check_output("set -e" + THEIRS) == cleanup.theirs


def test_the_cleanup_heals_the_host_that_was_hurt(
    machine: Any, instances: dict[str, Instance], down: set[str], cleanup: Cleanup
) -> None:
    host = machine(HURT)
    assert host.check_output("cat /var/lib/novanet/nova/damaged/floating.json.*") == "{"
    assert host.check_output("systemctl is-active %s", SERVICE) == "active"
    assert down <= links(host)
    assert cleanup.leases
    assert cleanup.leases == {name: instances[name].address for name in cleanup.leases}
