# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from tests.lab.guest import parse_lease

RECORD = """event=bound
interface=eth0
ip=10.0.0.2
mask=8
router=10.0.0.1 10.0.0.3
serverid=10.0.0.1
dns=10.0.0.1 8.8.4.4
domain=novalocal
hostname=web1
mtu=1450
lease=86400
"""


def test_a_record_of_the_client_becomes_a_lease():
    lease = parse_lease(RECORD)

    assert (lease.address, lease.prefix, lease.router, lease.server) == ("10.0.0.2", 8, "10.0.0.1", "10.0.0.1")
    assert (lease.dns, lease.domain, lease.hostname) == (("10.0.0.1", "8.8.4.4"), "novalocal", "web1")
    assert (lease.mtu, lease.seconds) == (1450, 86400)


def test_what_the_server_did_not_say_is_not_made_up():
    lease = parse_lease("ip=10.0.0.2\nmask=8\nlease=600\n")

    assert (lease.router, lease.mtu, lease.domain, lease.hostname, lease.dns) == (None, None, None, None, ())
