# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The switches for forwarding, which all owners share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import HostError
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_forwarding import (
    IPV4,
    IPV6,
    Forwarding,
    plan_forwarding,
    plan_heeding,
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
    host.files["/state/nova/firewall.json"] = journal(
        '{"forwarding": true, "networks": {"a": {}}, "ip_forward_before": "1"}'
    )
    host.files["/state/idle/firewall.json"] = journal('{"forwarding": false}')
    assert read_forwarding(host, "/state", "nova", "firewall", IPV4, True) == OFF

    host.files["/state/other/firewall.json"] = journal(
        '{"forwarding": true, "networks": {"a": {}}, "ip_forward_before": "0"}'
    )
    assert read_forwarding(host, "/state", "nova", "firewall", IPV4, True) == Forwarding("0", True, "0")


def test_a_host_without_the_protocol_is_told_so():
    host = NatHost()
    del host.files[FORWARD]

    with pytest.raises(HostError, match="This host lacks the protocol"):
        read_forwarding(host, "/state", "nova", "firewall", IPV4, True)


def test_each_switch_counts_those_that_need_it():
    host = NatHost()
    host.files["/state/other/firewall.json"] = journal('{"forwarding": true, "networks": {"a": {}}, "prefixes": []}')
    assert read_forwarding(host, "/state", "nova", "firewall", IPV4, False).needed
    assert not read_forwarding(host, "/state", "nova", "firewall", IPV6, False).needed


HEEDING = {"eth0": "1", "eth1": "2", "eth2": "0"}


@pytest.mark.parametrize(
    ("wanted", "needed", "known", "result"),
    [
        # What heeds always, or never, does so because somebody else wanted it.
        (True, False, (), ({"eth0": "2"}, ("eth0",))),
        (True, False, ("eth0", "eth1"), ({"eth0": "2"}, ("eth0", "eth1"))),
        (False, False, ("eth1",), ({"eth1": "1"}, ())),
        (False, False, (), ({}, ())),
        (False, True, ("eth1",), ({}, ())),
        (False, False, ("eth0",), ({}, ())),
    ],
)
def test_interfaces_that_learnt_a_default_route_go_on_to_heed_advertisements_as_long_as_we_forward(
    wanted, needed, known, result
):
    assert plan_heeding(wanted, Forwarding("0", needed, heeding=HEEDING), known) == result


def test_what_another_owner_told_to_heed_is_put_back_by_the_last_one():
    host = NatHost()
    host.files[IPV6.path] = "1\n"
    host.files["/state/other/firewall.json"] = journal(
        '{"forwarding": true, "prefixes": [{"label": "a"}], "accept_ra": ["eth1"]}'
    )
    have = replace(read_forwarding(host, "/state", "nova", "firewall", IPV6, True), heeding=HEEDING)
    assert plan_heeding(True, have, ()) == ({"eth0": "2"}, ("eth0", "eth1"))
    # The other one goes first and leaves it to us.
    assert plan_heeding(False, have, ("eth0", "eth1")) == ({}, ())
    assert plan_heeding(False, Forwarding("1", heeding=HEEDING), ("eth1",)) == ({"eth1": "1"}, ())
