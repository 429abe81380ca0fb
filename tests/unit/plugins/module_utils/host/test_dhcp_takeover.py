# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leases that a server goes on with after another host gave them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.leases import parse_leases
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.model import DhcpHost, Lease
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.takeover import (
    missing_leases,
    parse_takeovers,
    render_lease,
    with_leases,
)

MAC, OTHER_MAC = "fa:16:3e:00:00:02", "fa:16:3e:00:00:03"
HOSTS = (DhcpHost(MAC, "10.0.0.2", "web"), DhcpHost(OTHER_MAC, "10.0.0.3"))
ITEM = {"mac": MAC.upper(), "address": "10.0.0.2", "hostname": "other", "expires": 2000}
LEASE = Lease(2000, MAC, "10.0.0.2", "web")


def parse(*items: dict[str, Any]) -> tuple[Lease, ...]:
    return parse_takeovers(items, "servers[0]", HOSTS)


def test_a_lease_has_the_name_of_the_host_that_is_listed():
    assert parse(ITEM) == (LEASE,)


@pytest.mark.parametrize(
    ("said", "kept"), [("laptop", "laptop"), (None, None), ("my_laptop*", None), ("infinite", None)]
)
def test_a_guest_without_a_listed_name_keeps_what_it_calls_itself_if_that_is_a_name(said, kept):
    (lease,) = parse({"mac": OTHER_MAC, "address": "10.0.0.3", "hostname": said, "expires": 0})

    assert lease == Lease(0, OTHER_MAC, "10.0.0.3", kept)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({**ITEM, "mac": "x"}, r"servers\[0\].leases\[1\].mac 'x' is no MAC address"),
        ({**ITEM, "address": "10.0.0.300"}, r"servers\[0\].leases\[1\].address '10.0.0.300' is no IPv4 address"),
        ({**ITEM, "address": "10.0.0.3"}, r"leases\[1\].address 10.0.0.3 of fa:16:3e:00:00:02 belongs to no host"),
        ({**ITEM, "expires": -1}, r"servers\[0\].leases\[1\].expires -1 is no time"),
        ({**ITEM, "expires": 2**32}, r"servers\[0\].leases\[1\].expires 4294967296 is no time"),
        ({**ITEM, "expires": "soon"}, r"servers\[0\].leases\[1\].expires 'soon' is no time"),
    ],
)
def test_what_can_never_be_right_is_named_with_its_place(item, message):
    with pytest.raises(InvalidInput, match=message):
        parse({"mac": OTHER_MAC, "address": "10.0.0.3", "expires": 0}, item)


def test_a_guest_has_one_lease():
    with pytest.raises(Conflict, match=r"servers\[0\].leases\[1\].mac fa:16:3e:00:00:02 is listed twice"):
        parse(ITEM, {**ITEM, "expires": 3000})


def test_a_lease_is_missing_until_it_is_over():
    forever = replace(LEASE, expires=0)

    assert missing_leases([LEASE], [], 1999.9) == (LEASE,)
    assert missing_leases([LEASE], [], 2000) == ()
    assert missing_leases([forever], [], 2000) == (forever,)


def test_a_lease_that_is_there_is_not_missing_whatever_its_time():
    assert missing_leases([LEASE], [replace(LEASE, expires=5)], 0) == ()


def test_an_address_that_another_guest_holds_is_not_leased_twice():
    assert missing_leases([LEASE], [replace(LEASE, mac=OTHER_MAC)], 0) == ()
    assert missing_leases([LEASE], [Lease(2000, MAC, "10.0.0.9")], 0) == (LEASE,)


def test_a_lease_is_written_as_it_is_read():
    unnamed = Lease(0, OTHER_MAC, "10.0.0.3")

    assert parse_leases(render_lease(LEASE) + render_lease(unnamed)) == (LEASE, unnamed)
    assert render_lease(unnamed) == f"0 {OTHER_MAC} 10.0.0.3 * *\n"


def test_what_the_server_wrote_meanwhile_stays():
    text = f"9999 {MAC} 10.0.0.2 web 01:{MAC}\n"

    assert with_leases(text, [LEASE, Lease(0, OTHER_MAC, "10.0.0.3")]) == f"{text}0 {OTHER_MAC} 10.0.0.3 * *\n"
