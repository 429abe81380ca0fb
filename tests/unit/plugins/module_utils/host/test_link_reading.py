# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``ip -j`` of iproute2 6.1 says, captured on a host with one of everything, and what is written back of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import HostError
from ansible_collections.novanet.network.plugins.module_utils.host.link.model import (
    Host,
    address_from,
    route_from,
)
from ansible_collections.novanet.network.plugins.module_utils.host.link.ownership import (
    Record,
    Uplink,
    records_from,
    records_to,
)
from ansible_collections.novanet.network.plugins.module_utils.host.link.reading import (
    parse_links,
    parse_routes,
    read_host,
)

FIXTURES = Path(__file__).parent / "fixtures"


def captured(name: str) -> Host:
    documents: dict[str, Any] = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
    links = parse_links(documents["addr"])
    return Host(links, [*parse_routes(4, documents["route4"], links), *parse_routes(6, documents["route6"], links)])


@pytest.fixture(scope="module")
def uplink() -> Host:
    """A host with an uplink eth2 that has all kinds of addresses and routes."""
    return captured("ip_uplink.json")


@pytest.fixture(scope="module")
def bridged() -> Host:
    """The same host after eth2 and a guest's tap0 were plugged into br100."""
    return captured("ip_bridge.json")


def test_links_are_read(bridged: Host) -> None:
    bridge, port, guest = (bridged.links[name] for name in ("br100", "eth2", "tap0"))
    assert (bridge.kind, bridge.alias, bridge.stp, bridge.forward_delay) == ("bridge", "novanet:nova", False, 0)
    assert (bridge.up, bridge.first, bridge.mac) == (True, "10.0.0.1/8", port.mac)
    assert (port.kind, port.master, port.hairpin, port.mtu) == ("veth", "br100", False, 1500)
    assert (guest.master, guest.hairpin) == ("br100", True)
    assert bridged.ports("br100") == ("eth2", "tap0")
    assert bridged.links["lo"].loopback
    assert bridged.stacked_on("eth1") == ("mv0",)
    assert bridged.stacked_on("eth2") == ()


WORDS = [
    "169.254.7.7/16 scope link dev eth2",
    "192.0.2.5/24 dev eth2",
    "10.9.0.1 peer 10.9.0.2/32 dev eth2",
    "203.0.113.4/24 dev eth2 metric 77",
    "203.0.114.4/24 dev eth2 noprefixroute",
    "192.0.2.6/24 broadcast 192.0.2.255 dev eth2 label eth2:1",
    "192.0.2.7/24 dev eth2",
    "2001:db8:5::6/64 dev eth2 noprefixroute nodad",
    "2001:db8::6/64 dev eth2 nodad",
    "2001:db8::5/64 dev eth2 nodad",
]


def test_what_a_person_configured_is_written_back_word_by_word(uplink: Host) -> None:
    link = uplink.links["eth2"]
    assert [address.words("eth2") for address in link.movable] == WORDS
    assert [address.text for address in link.addresses if address.secondary] == ["192.0.2.6/24", "192.0.2.7/24"]


def test_addresses_with_a_lifetime_are_learnt_and_do_not_move(uplink: Host) -> None:
    link = uplink.links["eth1"]
    assert [(item.text, item.learnt) for item in link.addresses][:2] == [
        ("10.7.0.5/24", True),
        ("2001:db8:77::5/64", True),
    ]
    assert link.movable == ()
    assert "valid_lft 5" in link.addresses[0].words("eth1")


def test_a_label_follows_its_link_as_far_as_it_fits(uplink: Host) -> None:
    labelled = next(item for item in uplink.links["eth2"].addresses if item.label)
    assert labelled.relabelled("eth2", "br100").label == "br100:1"
    assert labelled.relabelled("eth2", "a-long-name-100").label == ""
    assert labelled.relabelled("eth2", "br100").relabelled("br100", "eth2") == labelled


ROUTES = [
    "172.16.0.0/12 table 77 via 192.0.2.1 dev eth2",
    "default via 192.0.2.1 dev eth2",
    "default src 192.0.2.6 metric 500 advmss 1300 mtu 1400 via 192.0.2.9 dev eth2",
    "172.16.0.0/12 proto static via 192.0.2.1 dev eth2",
    "172.20.0.0/16 scope link dev eth2",
    "172.21.0.0/16 via 172.20.0.1 dev eth2",
    "172.22.0.0/16 nexthop via 192.0.2.1 dev eth2 weight 2 nexthop via 203.0.113.1 dev eth2 weight 1",
    "172.23.0.0/16 via 8.8.8.8 dev eth2 onlink",
    "172.24.0.0/16 via inet6 2001:db8::1 dev eth2",
    "172.25.0.0/16 tos 0x10 via 192.0.2.1 dev eth2",
    "203.0.114.0/24 proto kernel scope link src 203.0.114.4 metric 100 dev eth2",
    "2001:db8:9::/48 metric 1024 nexthop via 2001:db8::1 dev eth2 weight 1 nexthop via 2001:db8::2 dev eth2 weight 1",
    "2001:db8:a::/48 metric 7 via fe80::1 dev eth2",
    "2001:db8:b::/48 metric 1024 pref high via 2001:db8::1 dev eth2",
    "::/0 metric 1024 via 2001:db8::1 dev eth2",
]


def test_routes_are_written_back_word_by_word_and_what_the_kernel_makes_itself_is_left_out(uplink: Host) -> None:
    assert sorted(route.words() for route in uplink.routes if route.over("eth2")) == sorted(ROUTES)


def test_routes_without_a_gateway_come_before_those_that_may_need_them(uplink: Host) -> None:
    over = uplink.routes_over("eth2")
    assert [bool(route.hops[0].gateway) for route in over] == sorted(bool(route.hops[0].gateway) for route in over)


def test_an_attribute_that_cannot_be_written_back_is_noted(uplink: Host) -> None:
    configured = [route for route in uplink.routes_over("eth1") if route.protocol != "ra"]
    assert [route.unsupported for route in configured] == [("rto_min",)]


def test_the_network_of_a_learnt_address_is_advertised_and_that_of_a_configured_one_is_the_kernels(
    uplink: Host,
) -> None:
    learnt = [address.network for address in uplink.links["eth1"].of_family(6) if address.learnt]
    advertised = [route.destination for route in uplink.routes_over("eth1") if route.protocol == "ra"]
    assert advertised == [str(network) for network in learnt] != []
    assert not [route for route in uplink.routes if (route.family, route.protocol) == (6, "kernel")]


def test_what_was_moved_survives_the_journal(uplink: Host) -> None:
    link = uplink.links["eth2"]
    record = Record(("10.0.0.1/8",), Uplink("eth2", True, 1500, link.addresses, uplink.routes_over("eth2")), {"mtu": 1})
    document = json.loads(json.dumps(records_to({"br100": record})))
    assert records_from(document) == {"br100": record}
    assert document == records_to({"br100": record})


@pytest.mark.parametrize(
    "owned",
    [{"bridges": []}, {"bridges": {"br100": {}}}, {"bridges": {"br100": {"addresses": [], "uplink": {"name": "x"}}}}],
)
def test_a_damaged_record_is_said_to_be_damaged(owned: dict[str, Any]) -> None:
    with pytest.raises(HostError, match="state file of the bridges is damaged"):
        records_from(owned)


def test_old_plain_data_is_understood() -> None:
    """The shape that lies on hosts: it must not change without a new schema."""
    hop = {"device": "eth2", "gateway": "192.0.2.1", "weight": 1, "onlink": False}
    route = {"family": 4, "destination": "default", "hops": [hop], "metrics": [["mtu", "1400"]], "unsupported": []}
    assert route_from(route).words() == "default mtu 1400 via 192.0.2.1 dev eth2"
    assert address_from({"local": "192.0.2.5", "prefix": 24, "flags": ["noprefixroute"]}).words("eth2") == (
        "192.0.2.5/24 dev eth2 noprefixroute"
    )


class Silent:
    """A runner whose commands say something that is not JSON."""

    def run(self, argv: tuple[str, ...], stdin: str | None = None, accept: tuple[int, ...] = (0,)) -> Any:
        return type("Completed", (), {"out": "Usage: ip ..."})


def test_an_answer_that_is_not_json_is_an_error() -> None:
    with pytest.raises(HostError, match="command ip -j -d addr show did not answer in JSON"):
        read_host(Silent())  # type: ignore[arg-type]
