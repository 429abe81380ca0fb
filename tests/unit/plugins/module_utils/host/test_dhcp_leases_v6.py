# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leases by DHCPv6 among the others in a lease file."""

from __future__ import annotations

from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.leases import parse_leases
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.leases_v6 import (
    parse_lease_v6,
    stale_leases_v6,
    without_leases_v6,
)
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.model import LeaseV6
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.parse import parse_want

HERE, GONE = "fd00:1::f816:3eff:fe00:1", "fd00:1::f816:3eff:fe00:2"
# As dnsmasq 2.90 wrote it.
FILE = f"""\
1795659881 fa:16:3e:00:00:01 10.0.0.2 near 01:fa:16:3e:00:00:01
duid 00:01:00:01:32:9a:54:e4:f6:7c:55:f3:8a:32
1795667381 1040187394 {GONE} far 00:01:00:01:32:9a:54:e9:fa:16:3e:00:00:02
1795667381 T1040187395 {GONE} * 00:01:00:01:32:9a:54:e9:fa:16:3e:00:00:03
1795667381 1040187393 {HERE} near 00:01:00:01:32:9a:54:e8:fa:16:3e:00:00:01
"""
PREFIX = {
    "label": "six",
    "cidr": "fd00:1::/64",
    "address": "fd00:1::1",
    "hosts": [{"mac": "fa:16:3e:00:00:01", "address": HERE}],
}
(SERVER,) = parse_want({"servers": [{"bridge": "br100", "prefixes": [PREFIX]}]}).servers


def test_leases_of_addresses_that_nobody_has_are_stale() -> None:
    client = "00:01:00:01:32:9a:54:e9:fa:16:3e:00:00:0"
    assert stale_leases_v6(FILE, SERVER) == (LeaseV6(GONE, f"{client}2"), LeaseV6(GONE, f"{client}3"))
    assert stale_leases_v6(None, SERVER) == ()


def test_only_what_is_ended_goes_out_of_the_file() -> None:
    left = without_leases_v6(FILE, stale_leases_v6(FILE, SERVER))
    assert left.splitlines() == [line for line in FILE.splitlines() if GONE not in line]
    assert without_leases_v6(FILE, ()) == FILE


def test_each_kind_of_lease_is_read_as_its_own() -> None:
    assert [lease.address for lease in parse_leases(FILE)] == ["10.0.0.2"]
    assert [parse_lease_v6(line) for line in FILE.splitlines()[:2]] == [None, None]
