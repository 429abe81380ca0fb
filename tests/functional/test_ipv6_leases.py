# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leases by DHCPv6 when guests come, go and come again, on a bridge that has no IPv4."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import HostSpec, Lab, Topology
from tests.lab.guest import Guest
from tests.lab.host import Host
from tests.lab.modules import run_module
from tests.tools.tree import link_collection

from .bridges import shell, succeeded
from .dhcp import DIRECTORY, pid_of
from .test_ipv6 import ADDRESSES, MACS, addresses, default_routes, hosts, is_settled
from .waiting import until


def server(*names: str, **more: Any) -> list[dict[str, Any]]:
    prefix = {"label": "six", "cidr": "fd00:1::/64", "address": "fd00:1::1", "hosts": hosts(*names), **more}
    return [{"bridge": "br100", "prefixes": [prefix]}]


def apply(host: Host, name: str, check: bool = False, **options: Any) -> dict[str, Any]:
    return succeeded(run_module(host, name, options, collections=link_collection(), check=check))


def ask(guest: Guest, client: str = "first") -> str:
    """Ask by DHCPv6 as a client that has its own identifier; return what it was given, empty for nothing."""
    record = f"/run/{client}.leases"
    # An identifier is made of the time: two clients of one second would share theirs.
    shell(
        guest,
        f"test -e {record} || sleep 1.1; "
        f"timeout 6 dhclient -6 -1 -D LLT -sf /bin/true -pf /run/{client}.pid -lf {record} eth0 || true; "
        f"kill $(cat /run/{client}.pid) 2>/dev/null || true",
    )
    found = shell(guest, f"grep -o 'iaaddr [0-9a-f:]*' {record} || true").split()
    return found[1] if found else ""


def leased(host: Host) -> set[str]:
    """Return the addresses that dnsmasq wrote down as leased."""
    words = (line.split() for line in host.path(f"{DIRECTORY}/br100/leases").read_text().splitlines())
    return {fields[2] for fields in words if fields[0] != "duid"}


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Topology((HostSpec("host1"),))) as made:
        host = made.host("host1")
        apply(host, "nova_bridge", bridges=[{"name": "br100", "addresses": ["fd00:1::1/64"]}])
        apply(host, "nova_dnsmasq", servers=server("near", "far"))
        for name in ("near", "far"):
            guest = made.plug(name, "host1", port=f"tap{name}", mac=MACS[name], bridge="br100")
            until(lambda guest=guest: bool(addresses(guest)))  # type: ignore[misc]
        yield made


def test_the_lease_of_a_guest_that_goes_ends_and_the_others_go_on(lab: Lab) -> None:
    host, near, far = lab.host("host1"), lab.guests["near"], lab.guests["far"]
    until(lambda: is_settled(near) and is_settled(far))
    assert (ask(near), ask(far)) == (ADDRESSES["near"], ADDRESSES["far"])
    looked = apply(host, "nova_dnsmasq", check=True, servers=server("near"))
    done = apply(host, "nova_dnsmasq", servers=server("near"))
    assert f"delete DHCP lease {ADDRESSES['far']} (on br100)" in done["changes"]
    assert done["changes"] == looked["changes"]
    assert leased(host) == {ADDRESSES["near"]}
    assert not apply(host, "nova_dnsmasq", servers=server("near"))["changed"]
    # It comes again, as another installation: the address is free for it.
    apply(host, "nova_dnsmasq", servers=server("near", "far"))
    assert ask(far, "second") == ADDRESSES["far"]
    # The control: an address that is leased still is for nobody else.
    assert ask(near, "second") == ""


def test_leases_may_be_left_to_their_end_and_no_guest_that_comes_or_goes_restarts_the_server(lab: Lab) -> None:
    host = lab.host("host1")
    until(lambda: all(is_settled(guest) for guest in lab.guests.values()))
    assert {ask(guest) for guest in lab.guests.values()} == {ADDRESSES["near"], ADDRESSES["far"]}
    before = pid_of(host)
    for names in ((), ("far",), ("near", "far")):
        apply(host, "nova_dnsmasq", servers=server(*names), force_release=False)
        assert pid_of(host) == before
    assert leased(host) == {ADDRESSES["near"], ADDRESSES["far"]}


def test_guests_of_a_bridge_that_is_no_way_out_have_their_addresses_and_no_default_route(lab: Lab) -> None:
    near = lab.guests["near"]
    until(lambda: is_settled(near))
    apply(lab.host("host1"), "nova_dnsmasq", servers=server("near", "far", default_route=False))
    late = lab.plug("late", "host1", port="taplate", mac=MACS["stranger"], bridge="br100")
    until(lambda: bool(addresses(late)))
    assert default_routes(late) == []
    # Who had it already is told that it is over.
    until(lambda: default_routes(near) == [])
    assert [item["local"] for item in addresses(near)] == [ADDRESSES["near"]]
