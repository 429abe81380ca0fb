# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The switch for forwarding, which all owners share."""

from __future__ import annotations

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import HostError
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_forwarding import (
    Forwarding,
    plan_forwarding,
    read_forwarding,
)

from .nat_host import FORWARD, NatHost

OFF, ON = Forwarding("0"), Forwarding("1")


@pytest.mark.parametrize(
    ("wanted", "have", "before", "result"),
    [
        (True, OFF, None, ("1", "0")),
        (True, ON, None, ("1", None)),
        (True, ON, "0", ("1", "0")),
        (True, OFF, "0", ("1", "0")),
        (False, ON, "0", ("0", None)),
        (False, ON, None, ("1", None)),
        (False, OFF, None, ("0", None)),
        # Another owner turned it on: what it remembers is remembered by us too, for the last one to put back.
        (True, Forwarding("1", True, "0"), None, ("1", "0")),
        (False, Forwarding("1", True, "0"), "0", ("1", None)),
    ],
)
def test_the_switch_is_turned_and_remembered(wanted, have, before, result):
    assert plan_forwarding(wanted, have, before) == result


def journal(owned: str) -> str:
    return f'{{"schema": 1, "slice": null, "owned": {owned}}}'


def test_only_other_owners_that_forward_count():
    host = NatHost()
    host.files["/state/nova/firewall.json"] = journal('{"forwarding": true, "ip_forward_before": "1"}')
    host.files["/state/idle/firewall.json"] = journal('{"forwarding": false}')
    assert read_forwarding(host, "/state", "nova", "firewall") == OFF

    host.files["/state/other/firewall.json"] = journal('{"forwarding": true, "ip_forward_before": "0"}')
    assert read_forwarding(host, "/state", "nova", "firewall") == Forwarding("0", True, "0")


def test_a_host_without_ipv4_is_told_so():
    host = NatHost()
    del host.files[FORWARD]

    with pytest.raises(HostError, match="This host has no IPv4"):
        read_forwarding(host, "/state", "nova", "firewall")
