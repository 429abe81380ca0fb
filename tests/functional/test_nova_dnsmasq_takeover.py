# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest moves from one host to another that has the same address on its bridge, and takes its lease along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional.boot import install, program
from tests.functional.dhcp import DIRECTORY, leases_of, pid_of, renew
from tests.functional.isolated import GUESTS, SHARED, Site, build
from tests.lab.guest import Guest
from tests.lab.modules import run_module
from tests.tools.tree import link_collection

NEAR = GUESTS["near"]
TAKEN = f"create DHCP lease {NEAR['address']} (of {NEAR['mac']} on br100, taken over)"


@pytest.fixture
def site() -> Iterator[Site]:
    """Return hosts of which the first has given a lease to a guest; the second serves nobody yet."""
    with build(bridge_calls=False) as made:
        made.isolate()
        serve(made, "host1", [NEAR], lease_time=3600)
        serve(made, "host2", [])
        made.guests["near"].dhcp()
        yield made


def serve(site: Site, host: str, hosts: list[dict[str, str]], check: bool = False, **options: Any) -> dict[str, Any]:
    network = {"label": "private", "cidr": "10.0.0.0/24", "router": SHARED, "hosts": hosts}
    item = {"bridge": "br100", "listen_addresses": [SHARED], "networks": [network], "lease_time": 7200, **options}
    result = run_module(
        site.lab.host(host), "nova_dnsmasq", {"servers": [item]}, collections=link_collection(), check=check, diff=True
    )
    assert not result.get("failed"), result["msg"]
    return result


def given_lease(site: Site) -> dict[str, Any]:
    """Return the lease as the first host reports it."""
    (lease,) = serve(site, "host1", [NEAR], lease_time=3600)["leases"]
    return {key: value for key, value in lease.items() if key != "bridge"}


def move(site: Site, guest: Guest) -> None:
    """Unplug the card of a guest on the first host, and plug it in on the second."""
    second = site.lab.host("host2")
    site.lab.host("host1").batch([f"link set {guest.port} netns {second.pid}"])
    second.batch([f"link set {guest.port} master br100", f"link set {guest.port} up"])


def expiry(site: Site, host: str) -> int:
    """Return when the guest's lease is over, as the server wrote it down."""
    (line,) = site.lab.host(host).path(f"{DIRECTORY}/br100/leases").read_text().splitlines()
    return int(line.split()[0])


def test_a_guest_renews_at_its_new_host_what_the_old_one_gave(site: Site) -> None:
    near, lease = site.guests["near"], given_lease(site)
    move(site, near)
    preview = serve(site, "host2", [NEAR], check=True, leases=[lease])
    pid = pid_of(site.lab.host("host2"))
    done = serve(site, "host2", [NEAR], leases=[lease])

    assert done["changes"] == [
        f"create DHCP host {NEAR['mac']} ({NEAR['address']},near.novalocal on br100)",
        TAKEN,
        "run DHCP server br100 (restart)",
    ]
    for key in ("changes", "diff", "servers", "leases"):
        assert done[key] == preview[key], key
    assert [{**lease, "bridge": "br100"}] == done["leases"]
    assert expiry(site, "host2") == lease["expires"]
    assert pid_of(site.lab.host("host2")) != pid
    forgotten = serve(site, "host1", [])["changes"]
    assert f"delete DHCP lease {NEAR['address']} (of {NEAR['mac']} on br100)" in forgotten
    assert leases_of(site.lab.host("host1")) == {}

    near.run(["ip", "neigh", "flush", "all"])
    told = renew(near)
    # The second server's own lease time tells that it was the one that answered.
    assert (told["event"], told["ip"], told["lease"]) == ("renew", NEAR["address"], "7200")
    assert not near.path("/run/dhcp.naks").exists()
    renewed = expiry(site, "host2")
    assert renewed > lease["expires"]
    again = serve(site, "host2", [NEAR], leases=[lease])
    assert (again["changed"], again["changes"]) == (False, [])
    assert expiry(site, "host2") == renewed


def test_a_lease_that_was_given_back_does_not_come_back_with_a_reboot(site: Site) -> None:
    near, second = site.guests["near"], site.lab.host("host2")
    lease = given_lease(site)
    move(site, near)
    assert TAKEN in serve(site, "host2", [NEAR], leases=[lease])["changes"]
    near.run(["ip", "neigh", "flush", "all"])
    renew(near)
    near.run(["sh", "-c", "kill -USR2 $(pgrep -x udhcpc)"])
    near.ping(SHARED)
    assert leases_of(second) == {}

    install(second)
    second.run(["kill", "-KILL", str(pid_of(second))])
    back = program(second)
    assert (back.returncode, back.stdout) == (0, "nova: run DHCP server br100 (start)\n1 changes\n")
    assert leases_of(second) == {}


def test_a_lease_survives_the_reboot_after_it_was_taken_over(site: Site) -> None:
    second, lease = site.lab.host("host2"), given_lease(site)
    move(site, site.guests["near"])
    serve(site, "host2", [NEAR], leases=[lease])

    install(second)
    second.run(["kill", "-KILL", str(pid_of(second))])
    assert program(second).returncode == 0
    assert expiry(site, "host2") == lease["expires"]


def test_a_lease_of_nobody_is_refused_and_nothing_changes(site: Site) -> None:
    lease = given_lease(site)
    network = {"label": "private", "cidr": "10.0.0.0/24", "hosts": []}
    item = {"bridge": "br100", "listen_addresses": [SHARED], "networks": [network], "leases": [lease]}
    second = site.lab.host("host2")
    before = second.path(f"{DIRECTORY}/br100/conf").read_text()

    result = run_module(second, "nova_dnsmasq", {"servers": [item]}, collections=link_collection())
    assert result["failed"]
    assert result["msg"].startswith(
        f"servers[0].leases[0].address {NEAR['address']} of {NEAR['mac']} belongs to no host of this server"
    )
    assert second.path(f"{DIRECTORY}/br100/conf").read_text() == before
