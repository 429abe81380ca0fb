# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IPv6 in the files of a DHCP server, and what is refused before it gets there."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import NovaError
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.model import Places
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.parse import parse_want
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.render import render_texts
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.tag import network_tag

GUEST = {"mac": "fa:16:3e:00:00:01", "address": "fd00:1::f816:3eff:fe00:1", "hostname": "web"}
PREFIX = {"label": "private", "cidr": "fd00:1::/64", "address": "fd00:1::1", "hosts": [GUEST]}
NETWORK = {
    "label": "private",
    "cidr": "10.0.0.0/24",
    "hosts": [{"mac": GUEST["mac"], "address": "10.0.0.2", "hostname": "web"}],
}


def render(*prefixes: dict[str, Any], networks: tuple[dict[str, Any], ...] = ()) -> Any:
    item = {"bridge": "br100", "listen_addresses": ["10.0.0.1"] if networks else [], "networks": networks}
    (server,) = parse_want({"servers": [{**item, "prefixes": prefixes}]}).servers
    return server, render_texts(server, Places("/state", "nova"))


def test_a_server_of_both_kinds_knows_a_guest_by_two_lines() -> None:
    server, texts = render(PREFIX, networks=(NETWORK,))
    tag = network_tag("private")
    assert f"dhcp-range=set:{tag},fd00:1::,static,slaac,64,86400s\n" in texts.conf
    assert "enable-ra\nra-param=br100,60\n" in texts.conf
    assert render({**PREFIX, "hosts": []}, networks=(NETWORK,))[1].conf == texts.conf, "a guest that comes restarts it"
    assert texts.hosts.splitlines() == [
        "fa:16:3e:00:00:01,10.0.0.2,web.novalocal",
        "fa:16:3e:00:00:01,[fd00:1::f816:3eff:fe00:1],web.novalocal",
    ]
    assert texts.options.splitlines()[-1] == f"tag:{tag},option6:dns-server,[fd00:1::1]"
    assert server.own_addresses == ("10.0.0.1", "fd00:1::1")


def test_a_server_without_prefixes_has_the_files_that_it_always_had() -> None:
    _server, texts = render(networks=(NETWORK,))
    assert not [word for word in ("enable-ra", "ra-param", "6:", "[") if word in f"{texts.conf}{texts.options}"]


def test_an_advertisement_tells_of_the_mtu_and_can_keep_silent_about_the_router() -> None:
    _server, texts = render({**PREFIX, "mtu": 1400, "default_route": False, "dns": ["fd00::53", "fd00::54"]})
    assert "ra-param=br100,mtu:1400,60,0\n" in texts.conf
    assert "option6:dns-server,[fd00::53],[fd00::54]\n" in texts.options
    assert "listen-address" not in texts.conf


@pytest.mark.parametrize(
    ("prefixes", "message"),
    [
        ([{**PREFIX, "cidr": "fd00:1::/80"}], r"prefixes\[0\].cidr fd00:1::/80 is not a /64"),
        ([{**PREFIX, "cidr": "fd00:1::1/64"}], "is no IPv6 network"),
        ([{**PREFIX, "cidr": "10.0.0.0/24"}], "is no IPv6 network"),
        ([{**PREFIX, "address": "fd00:2::1"}], r"address fd00:2::1 is outside fd00:1::/64"),
        ([{**PREFIX, "address": "fd00:1::"}], "is the address of all routers"),
        ([{**PREFIX, "address": "fd00:1::1%eth0"}], "is no IPv6 address"),
        ([{**PREFIX, "label": ""}], r"prefixes\[0\].label is missing"),
        ([{**PREFIX, "mtu": 1279}], "is not between 1280"),
        ([{**PREFIX, "hosts": [{**GUEST, "mac": "x"}]}], "is no MAC address"),
        ([{**PREFIX, "hosts": [GUEST, GUEST]}], r"hosts\[1\] fa:16:3e:00:00:01 is in"),
        ([PREFIX, {**PREFIX, "label": "b"}], "overlaps fd00:1::/64 of private"),
        ([PREFIX, {**PREFIX, "cidr": "fd00:2::/64", "address": "fd00:2::1", "hosts": []}], "names another prefix"),
        ([PREFIX, {"label": "b", "cidr": "fd00:2::/64", "address": "fd00:2::1", "mtu": 1400}], "differ in mtu"),
        ([], "names no network"),
    ],
)
def test_what_cannot_be_served_is_named(prefixes: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(NovaError, match=message):
        render(*prefixes)
