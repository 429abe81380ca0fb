# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IPv6 part of the firewall: what is asked for, what is remembered, and when it is there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import HostError, NovaError
from ansible_collections.novanet.network.plugins.module_utils.host.firewall import Firewall
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_forwarding import IPV4, IPV6
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_input import (
    from_owned,
    merge,
    parse_want,
    to_owned,
)
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_phases import MAKE, REMOVE
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Request, reconcile

from .nat_host import NatHost

SIX = {"label": "six", "cidr": "fd00:1::/64", "bridge": "br100"}
SEVEN = {"label": "seven", "cidr": "fd00:2::/64", "bridge": "br200"}
HEEDING = "/proc/sys/net/ipv6/conf/eth0/accept_ra"


class Router(NatHost):
    """A host with a default route by a router advertisement."""

    def __init__(self) -> None:
        super().__init__()
        self.files |= {IPV6.path: "0\n", HEEDING: "1\n"}

    def _ip(self, argv: Any, stdin: str) -> tuple[int, str]:
        return 0, json.dumps([{"dst": "default", "dev": "eth0", "protocol": "ra"}])


def run(host: NatHost, phase: str = "all", purge: bool = True, **options: Any) -> list[str]:
    applied = {"networks": [], "purge": purge, **options}
    outcome = reconcile(Firewall("nova", "/state", phase), applied, host, Request("nova", "/state"))
    return [change.describe() for change in outcome.changes]


def test_a_router_heeds_advertisements_before_it_forwards_and_no_longer_than_it_does() -> None:
    host = Router()
    assert run(host, prefixes=[SIX]) == [
        "create firewall of prefix six (fd00:1::/64 on br100)",
        "update sysctl net.ipv6.conf.all.forwarding (0 -> 1)",
        "update sysctl net.ipv6.conf.eth0.accept_ra (1 -> 2)",
    ]
    assert host.log == ["nft", f"write {HEEDING} 2", f"write {IPV6.path} 1"]
    assert host.files[IPV4.path] == "0\n"
    assert run(host, prefixes=[SIX]) == []
    host.log.clear()
    assert run(host, prefixes=[]) == [
        "delete firewall of prefix six (fd00:1::/64 on br100)",
        "update sysctl net.ipv6.conf.all.forwarding (1 -> 0)",
        "update sysctl net.ipv6.conf.eth0.accept_ra (2 -> 1)",
    ]
    assert host.log == [f"write {IPV6.path} 0", "nft", f"write {HEEDING} 1"]
    assert host.tables == {}


def test_a_bridge_that_goes_is_closed_in_ipv6_as_well_and_keeps_its_rules_until_it_is_gone() -> None:
    host = Router()
    run(host, prefixes=[SIX, SEVEN])
    assert run(host, phase=MAKE, prefixes=[SIX]) == ["create closure of bridge br200"]
    table = host.tables[("ip6", "nova_firewall")]
    assert ("br200",) in table.sets["closed"].elements and ("fd00:2::/64",) in table.sets["fixed"].elements
    assert run(host, phase=REMOVE, prefixes=[SIX]) == ["delete firewall of prefix seven (fd00:2::/64 on br200)"]
    table = host.tables[("ip6", "nova_firewall")]
    assert "closed" not in table.sets and ("fd00:2::/64",) not in table.sets["fixed"].elements


def test_prefixes_that_are_not_spoken_of_stay() -> None:
    host = Router()
    run(host, prefixes=[SIX])
    assert run(host, purge=False) == []
    known = from_owned(json.loads(host.files["/state/nova/firewall.json"])["owned"])
    assert from_owned(to_owned(known)) == known
    assert merge(parse_want({"networks": []}), known).prefixes == known.prefixes


def test_a_kernel_without_ipv6_is_told_so_only_where_it_is_wanted() -> None:
    host = NatHost()
    assert run(host) == []
    host._ip = lambda argv, stdin: (0, "[]")  # type: ignore[method-assign]
    with pytest.raises(HostError, match="net/ipv6/conf/all/forwarding does not exist"):
        run(host, prefixes=[SIX])


@pytest.mark.parametrize(
    ("prefixes", "message"),
    [
        ([{**SIX, "cidr": "fd00:1::/65"}], "is smaller than /64"),
        ([{**SIX, "cidr": "fe80::/64"}], "is no network that is routed"),
        ([{**SIX, "cidr": "fd00:1::1/64"}], "is no IPv6 network"),
        ([{**SIX, "cidr": "10.0.0.0/24"}], "is no IPv6 network"),
        ([{**SIX, "bridge": "a b"}], "is no name of an interface"),
        ([{**SIX, "bridge": ""}], r"prefixes\[0\].bridge is missing"),
        ([SIX, SIX], r"prefixes\[1\].label six is already used by prefixes\[0\]"),
        ([SIX, {**SEVEN, "cidr": "fd00::/16"}], "overlaps fd00:1::/64"),
    ],
)
def test_what_cannot_be_routed_is_named(prefixes: list[dict[str, str]], message: str) -> None:
    with pytest.raises(NovaError, match=message):
        parse_want({"networks": [], "prefixes": prefixes})
