# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nova_dnsmasq accepts, and what it says about the rest."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, InvalidInput, NovaError
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.parse import parse_want
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.values import parse_hostname

HOST = {"mac": "FA:16:3E:00:00:01", "address": "10.0.0.5", "hostname": "web"}
NETWORK = {"label": "private", "cidr": "10.0.0.0/24", "router": "10.0.0.1", "hosts": [HOST]}
SERVER = {"bridge": "br100", "listen_addresses": ["10.0.0.1"], "networks": [NETWORK]}


def wish(path: str = "", value: Any = None) -> dict[str, Any]:
    """Return the usual options with one value changed; ``path`` as in ``networks.0.cidr``."""
    server: Any = copy.deepcopy(SERVER)
    place = server
    *way, last = path.split(".")
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    if path:
        place[int(last) if last.isdigit() else last] = value
    return {"servers": [server]}


def test_defaults_are_those_of_the_module() -> None:
    want = parse_want(wish())
    (server,) = want.servers
    (network,) = server.networks
    assert (server.domain, server.lease_time, server.dns_servers) == ("novalocal", 86400, ())
    assert (network.dhcp_start, network.server, network.dns, network.mtu) == ("10.0.0.1", "10.0.0.1", (), None)
    assert network.hosts[0].mac == "fa:16:3e:00:00:01" and network.hosts[0].default_route
    assert (want.purge, want.force_release, want.supervisor, want.absent) == (False, True, "auto", ())


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("bridge", "br*", "servers[0].bridge 'br*' is no name of a bridge"),
        ("bridge", "br100\nserver=6.6.6.6", "servers[0].bridge"),
        ("bridge", "a" * 16, "servers[0].bridge"),
        ("bridge", "..", "servers[0].bridge"),
        ("listen_addresses", [], "servers[0].listen_addresses names no address"),
        ("listen_addresses", ["10.0.0.999"], "servers[0].listen_addresses[0] '10.0.0.999' is no IPv4 address"),
        ("listen_addresses", ["10.9.0.1"], "networks[0].cidr 10.0.0.0/24 contains none of the listen addresses"),
        ("domain", "nova local", "servers[0].domain 'nova local' is no domain name"),
        ("domain", "a..b", "servers[0].domain"),
        ("lease_time", 119, "servers[0].lease_time 119 is not between 120 and"),
        ("dns_servers", ["8.8.8.8", "x"], "servers[0].dns_servers[1] 'x' is no IP address"),
        ("networks", [], "servers[0].networks names no network"),
        ("networks.0.label", "", "servers[0].networks[0].label is missing"),
        ("networks.0.cidr", "10.0.0.1/24", "servers[0].networks[0].cidr '10.0.0.1/24' is no IPv4 network"),
        ("networks.0.cidr", "10.0.0.0/31", "servers[0].networks[0].cidr 10.0.0.0/31 is too small"),
        ("networks.0.dhcp_start", "10.0.1.2", "servers[0].networks[0].dhcp_start 10.0.1.2 is outside 10.0.0.0/24"),
        ("networks.0.router", "10.0.1.1", "servers[0].networks[0].router 10.0.1.1 is outside 10.0.0.0/24"),
        ("networks.0.router", "10.0.0.255", "is the network or broadcast address"),
        ("networks.0.dns", ["2001:db8::1"], "servers[0].networks[0].dns[0] '2001:db8::1' is no IPv4 address"),
        ("networks.0.mtu", 67, "servers[0].networks[0].mtu 67 is not between"),
        ("networks.0.hosts.0.mac", "fa:16:3e", "servers[0].networks[0].hosts[0].mac 'fa:16:3e' is no MAC address"),
        ("networks.0.hosts.0.mac", "01:00:5e:00:00:01", "cannot be the address of one interface"),
        ("networks.0.hosts.0.mac", "fa:16:3e:*:*:*", "is no MAC address"),
        ("networks.0.hosts.0.address", "10.0.1.5", "servers[0].networks[0].hosts[0].address 10.0.1.5 is outside"),
        ("networks.0.hosts.0.address", "10.0.0.1", "is the server's or the router's own address"),
        ("networks.0.hosts.0.hostname", "web,10.0.0.9", "servers[0].networks[0].hosts[0].hostname 'web,10"),
        ("networks.0.hosts.0.hostname", "web\n", "is no host name"),
        ("networks.0.hosts.0.hostname", "-web", "is no host name"),
        ("networks.0.hosts.0.hostname", "web.novalocal", "without the domain"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_with_its_position(path: str, value: Any, message: str) -> None:
    with pytest.raises(NovaError) as caught:
        parse_want(wish(path, value))
    assert message in str(caught.value)


def test_a_mac_address_may_appear_once_on_a_bridge() -> None:
    options = wish()
    other = {"label": "back", "cidr": "10.0.1.0/24", "hosts": [{"mac": "fa:16:3e:00:00:01", "address": "10.0.1.7"}]}
    options["servers"][0]["networks"].append(other)
    options["servers"][0]["listen_addresses"].append("10.0.1.1")
    with pytest.raises(Conflict) as caught:
        parse_want(options)
    assert str(caught.value).startswith(
        "servers[0].networks[1].hosts[0].mac fa:16:3e:00:00:01 is listed twice: servers[0].networks[0].hosts[0].mac"
    )


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"mac": "fa:16:3e:00:00:02", "address": "10.0.0.5"}, "hosts[1].address 10.0.0.5 is listed twice"),
        ({"mac": "fa:16:3e:00:00:01", "address": "10.0.0.6"}, "hosts[1].mac fa:16:3e:00:00:01 is listed twice"),
    ],
)
def test_two_hosts_of_a_network_share_nothing(second: dict[str, str], message: str) -> None:
    with pytest.raises(Conflict) as caught:
        parse_want(wish("networks.0.hosts", [HOST, second]))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"label": "private", "cidr": "10.1.0.0/24"}, "networks[1].label private is listed twice"),
        ({"label": "other", "cidr": "10.0.0.0/16"}, "networks[1].cidr 10.0.0.0/16 overlaps 10.0.0.0/24"),
    ],
)
def test_two_networks_of_a_bridge_can_be_told_apart(second: dict[str, str], message: str) -> None:
    options = wish("networks", [NETWORK, second])
    options["servers"][0]["listen_addresses"] = ["10.0.0.1", "10.1.0.1"]
    with pytest.raises(Conflict) as caught:
        parse_want(options)
    assert message in str(caught.value)


def test_a_bridge_is_listed_once_whatever_its_state() -> None:
    options = wish()
    options["servers"].append({"bridge": "br100", "state": "absent"})
    with pytest.raises(Conflict, match="servers\\[1\\].bridge br100 is listed twice"):
        parse_want(options)


def test_an_absent_server_needs_nothing_but_its_bridge() -> None:
    want = parse_want({"servers": [{"bridge": "br100", "state": "absent", "networks": None}]})
    assert (want.absent, want.servers) == (("br100",), ())


@pytest.mark.parametrize(
    ("given", "shortened"),
    [
        ("a" * 63, "a" * 63),
        ("ab" + "c" * 62, "ab-" + "c" * 60),
        ("abc" + "d" * 97, "ab-" + "d" * 60),
        ("", None),
        (None, None),
    ],
)
def test_a_long_name_is_shortened_as_nova_did(given: str | None, shortened: str | None) -> None:
    assert parse_hostname(given, "novalocal", "hostname") == shortened


@pytest.mark.parametrize("name", ["10h", "3600", "infinite", "ignore", "7d", "Ignore"])
def test_a_name_that_is_an_order_to_dnsmasq_needs_a_domain(name: str) -> None:
    assert parse_hostname(name, "novalocal", "hostname") == name
    with pytest.raises(InvalidInput, match="would be read as"):
        parse_hostname(name, "", "hostname")


def test_hosts_and_networks_come_out_in_the_order_of_their_addresses() -> None:
    hosts = [{"mac": f"fa:16:3e:00:00:{tail:02x}", "address": f"10.0.0.{tail}"} for tail in (100, 20, 3)]
    (server,) = parse_want(wish("networks.0.hosts", hosts)).servers
    assert [host.address for host in server.networks[0].hosts] == ["10.0.0.3", "10.0.0.20", "10.0.0.100"]
