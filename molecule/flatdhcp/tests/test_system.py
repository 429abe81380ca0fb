# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The DHCP server under systemd, the bridge on whole machines."""

from __future__ import annotations

import json
import time
from typing import Any

UNIT = "novanet-dnsmasq-nova@br100.service"


def test_systemd_runs_the_dhcp_server_where_the_network_is_served(machine: Any) -> None:
    served, other = machine("network1"), machine("compute1")
    assert served.service(UNIT).is_running
    assert served.service(UNIT).is_enabled
    assert not other.service(UNIT).is_running
    assert not other.process.filter(comm="dnsmasq")


def test_systemd_starts_a_killed_dhcp_server_again(machine: Any) -> None:
    host = machine("network1")
    before = host.check_output("systemctl show -P MainPID %s", UNIT)
    host.check_output("kill -KILL %s", before)
    for _attempt in range(40):
        now = host.check_output("systemctl show -P MainPID %s", UNIT)
        if now not in ("0", before):
            break
        time.sleep(0.5)
    assert now not in ("0", before)
    # It answers on its bridge again, not just runs.
    assert host.run("ss -Hanup 'sport = :67'").stdout.count(f"pid={now},") == 1


def test_the_bridge_has_its_uplink(machine: Any) -> None:
    for name in ("network1", "compute1"):
        links = {link["ifname"]: link for link in json.loads(machine(name).check_output("ip -j link show"))}
        assert links["eth2"]["master"] == "br100"
