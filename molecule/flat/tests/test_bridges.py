# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bridge of ours, and one that was there before us."""

from __future__ import annotations

import json
from typing import Any

import pytest

OWN_ADDRESS = "192.168.100.253/24"


@pytest.mark.parametrize(("name", "expected"), [("network1", ["192.168.100.1/24"]), ("compute1", [OWN_ADDRESS])])
def test_a_bridge_has_its_uplink_and_its_address_and_no_other(name: str, expected: list[str], machine: Any) -> None:
    links = {link["ifname"]: link for link in json.loads(machine(name).check_output("ip -j address show"))}
    assert links["eth2"]["master"] == "br100"
    found = [each for each in links["br100"]["addr_info"] if each["family"] == "inet"]
    assert [f"{each['local']}/{each['prefixlen']}" for each in found] == expected


def test_nobody_serves_dhcp(machine: Any) -> None:
    for name in ("network1", "compute1"):
        assert not machine(name).process.filter(comm="dnsmasq")
