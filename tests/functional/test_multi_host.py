# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Flat DHCP with multi_host, from the inventory to guests: each compute host serves its own, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.functional.multi_host import COMPUTE, FLOATING, ROUTERS, SERVED_AT, Site, build, play
from tests.lab.cloud import METADATA_ADDRESS, OUTSIDE, OUTSIDE_ADDRESS
from tests.lab.probes import OUTSIDE_TOKEN

METADATA = f"http://{METADATA_ADDRESS}/latest/meta-data/"


@pytest.fixture(scope="module", params=["own-address", "shared-address"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """Return a cloud whose guests have their addresses; no test leaves it other than it was."""
    with build(share=request.param == "shared-address") as made:
        made.boot()
        yield made


@pytest.fixture(params=[False, True], ids=["bridge-calls-off", "bridge-calls-on"])
def calls(request: pytest.FixtureRequest, site: Site) -> bool:
    """Run a test twice: bridged packets do not pass the hooks of routed ones, and do."""
    site.lab.set_bridge_calls(request.param)
    return bool(request.param)


def test_every_guest_has_its_own_host_as_router_and_dhcp_server(site: Site) -> None:
    for name, guest in site.guests.items():
        router = ROUTERS[site.share][site.host_of(name)]
        lease = guest.dhcp()
        assert (lease.router, lease.server) == (router, router)
        # Of hosts that share an address, the one that answers is told by its MAC.
        assert site.mac_of_router(guest, router) == site.bridge_mac(site.host_of(name))


def test_traffic_goes_through_the_guests_own_host(site: Site, calls: bool) -> None:
    for name, guest in site.guests.items():
        own = SERVED_AT[site.host_of(name)]
        assert guest.fetch(METADATA).token == f"metadata-of-{site.host_of(name)}", name
        answer = guest.request(OUTSIDE_ADDRESS)
        assert (answer.token, answer.peer) == (OUTSIDE_TOKEN, FLOATING.get(name, own)), name
        for other, instance in site.instances.items():
            if other != name:
                answer = guest.request(instance.address)
                assert (answer.token, answer.peer) == (instance.token, site.instances[name].address), (name, other)


def test_a_floating_address_is_bound_on_the_host_of_its_guest_and_nowhere_else(site: Site, calls: bool) -> None:
    for name, address in FLOATING.items():
        assert [host for host in COMPUTE if address in site.addresses(host, "eth0")] == [site.host_of(name)]
        answer = site.lab.host(OUTSIDE).request(address)
        assert (answer.token, answer.peer) == (site.instances[name].token, OUTSIDE_ADDRESS)
        answer = site.guests[name].request(address)
        assert (answer.token, answer.peer) == (site.instances[name].token, address)


def test_only_addresses_that_hosts_share_are_kept_from_the_wire(site: Site, calls: bool) -> None:
    guest, elsewhere = site.guests["web2"], COMPUTE[1]
    if site.share:
        with site.lab.capture(site.lab.host(elsewhere), "eth2") as seen:
            guest.run(["ip", "neigh", "flush", "all"])
            assert guest.fetch(METADATA)
            assert guest.request(site.instances["db2"].address)
        asked = {frame.target for frame in seen.stop() if frame.kind.startswith("arp-")}
        # The control: what is not shared is looked for everywhere.
        assert site.instances["db2"].address in asked
        assert ROUTERS[True][elsewhere] not in asked
    else:
        assert guest.ping(ROUTERS[False][elsewhere])


def test_a_host_that_is_down_takes_only_its_own_guests_along(site: Site) -> None:
    down, up = COMPUTE
    outside = site.lab.host(OUTSIDE)
    # What is to answer has time for it; silence is not waited for as long.
    patience = {name: 10.0 if site.host_of(name) == up else 1.0 for name in site.guests}
    site.lab.set_cables(down, plugged=False)
    try:
        for name, guest in site.guests.items():
            assert bool(guest.request(OUTSIDE_ADDRESS, timeout=patience[name])) == (site.host_of(name) == up), name
        for name, address in FLOATING.items():
            assert bool(outside.request(address, timeout=patience[name])) == (site.host_of(name) == up), name
        fresh = next(guest for name, guest in site.guests.items() if site.host_of(name) == up)
        fresh.end_dhcp()
        assert fresh.dhcp().address == site.instances[fresh.name].address
    finally:
        site.lab.set_cables(down, plugged=True)
    assert all(guest.request(OUTSIDE_ADDRESS) for guest in site.guests.values())


def test_a_second_run_changes_nothing_and_the_ipam_knows_the_addresses_of_hosts(site: Site) -> None:
    assert not play(site.stage, "site.yml").changed
    fixed = site.stage.ask_ipam("fixed", "networks")
    hosts = {row["host"]: row["address"] for row in fixed["fixed"] if row["state"] == "host"}
    assert hosts == ({} if site.share else ROUTERS[False])
    assert fixed["networks"][0]["utilisation"]["hosts"] == len(hosts)


def test_a_network_host_that_serves_nothing_has_nothing_of_it(site: Site) -> None:
    host = site.lab.host("network1")
    assert "br100" not in host.run(["ip", "-br", "link"]).stdout
    assert "dnsmasq" not in host.run(["ps", "-e", "-o", "comm="]).stdout
