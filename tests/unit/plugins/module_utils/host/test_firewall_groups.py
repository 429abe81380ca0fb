# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked for of security groups and of the ports that they guard."""

from __future__ import annotations

import random
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import NovaError
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_groups import (
    Group,
    GroupRule,
    GuestPort,
    arrange_groups,
    arrange_ports,
)
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_input import (
    Settings,
    from_owned,
    merge,
    parse_want,
    to_owned,
)
from hypothesis import given
from hypothesis import strategies as st

from .nft_samples import GUARDED

WEB = {"name": "web", "title": "web of project red", "rules": [{"protocol": "tcp", "cidr": "0.0.0.0/0"}]}
PORT = {"name": "tap1b2c3d4e5-f6", "groups": ["web"], "dhcp_servers": ["10.0.0.1"]}
NAMES = st.sampled_from(["a", "b", "web", "group_12"])
SOURCES = st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", "10.0.0.1/32", "::/0", "fd00::/64"])


@st.composite
def settings(draw: st.DrawFn) -> Settings:
    """Return groups with ports in them, in some order."""
    names = draw(st.lists(NAMES, unique=True, min_size=1))
    by_cidr = st.builds(GroupRule, st.sampled_from([None, "tcp", "icmp"]), cidr=SOURCES)
    by_group = st.builds(GroupRule, st.sampled_from([None, "udp"]), group=st.sampled_from(names))
    members = st.lists(st.sampled_from(["10.0.0.9", "10.0.0.10", "fd00::1", "fd00::a"]))
    groups = [
        Group(name, name, tuple(draw(st.lists(st.one_of(by_cidr, by_group), max_size=4))), tuple(draw(members)))
        for name in names
    ]
    some = st.lists(st.sampled_from(names))
    ports = [GuestPort(f"tap{number}", tuple(draw(some))) for number in range(draw(st.integers(0, 4)))]
    return Settings(groups=arrange_groups(groups), guest_ports=arrange_ports(ports))


def parse(*groups: dict[str, Any], ports: tuple[dict[str, Any], ...] = ()) -> Settings:
    return merge(parse_want({"networks": [], "groups": groups, "guest_ports": ports}), Settings())


def rule(**content: Any) -> GroupRule:
    (group,) = parse({"name": "web", "rules": [{"cidr": "10.0.0.0/8", **content}]}).groups
    (found,) = group.rules
    return found


def refusal(options: dict[str, Any], known: Settings = Settings()) -> str:  # noqa: B008
    with pytest.raises(NovaError) as caught:
        merge(parse_want({"networks": [], **options}), known)
    return str(caught.value)


def test_a_group_is_called_by_its_name_until_it_has_a_title() -> None:
    assert parse(WEB, {"name": "b"}).groups == (
        Group("b", "b"),
        Group("web", "web of project red", (GroupRule("tcp", cidr="0.0.0.0/0"),)),
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, (None, None, None)),
        ({"protocol": "udp"}, ("udp", None, None)),
        ({"protocol": "tcp", "from_port": 80, "to_port": 90}, ("tcp", 80, 90)),
        ({"protocol": "icmp"}, ("icmp", None, None)),
        ({"protocol": "icmp", "from_port": -1, "to_port": -1}, ("icmp", None, None)),
        ({"protocol": "icmp", "from_port": 8, "to_port": -1}, ("icmp", 8, None)),
        ({"protocol": "icmp", "from_port": 0, "to_port": 0}, ("icmp", 0, 0)),
    ],
)
def test_a_rule_is_about_ports_or_about_a_type_and_a_code(content: dict[str, Any], expected: tuple[Any, ...]) -> None:
    found = rule(**content)
    assert (found.protocol, found.from_port, found.to_port) == expected


def test_addresses_are_kept_in_one_spelling_each_once_and_in_order() -> None:
    members = ["fd00:0::1", "10.0.0.10", "10.0.0.9", "10.0.0.10"]
    (group,) = parse(
        {"name": "a", "members": members, "rules": [{"cidr": "FD00::/64"}, {"cidr": "fd00:0::/64"}]}
    ).groups

    assert group.members == ("10.0.0.9", "10.0.0.10", "fd00::1")
    assert group.rules == (GroupRule(cidr="fd00::/64"),)


def one_rule(**content: Any) -> dict[str, Any]:
    return {"groups": [{"name": "a"}, {"name": "b"}, {"name": "c", "rules": [content]}]}


ANY = {"cidr": "10.0.0.0/8"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            one_rule(cidr="10.0.0.1/24"),
            "groups[2].rules[0].cidr 10.0.0.1/24 has host bits set. The network is 10.0.0.0/24.",
        ),
        (
            one_rule(cidr="fd00::1/64"),
            "groups[2].rules[0].cidr fd00::1/64 has host bits set. The network is fd00::/64.",
        ),
        (one_rule(cidr="all"), "groups[2].rules[0].cidr all is no network. Write it as 10.0.0.0/24 or fd00::/64."),
        (one_rule(cidr="fe80::%eth0/64"), "groups[2].rules[0].cidr fe80::%eth0/64 is no network"),
        (one_rule(cidr="::ffff:0:0/96"), "groups[2].rules[0].cidr ::ffff:0:0/96 holds IPv4 addresses"),
        (one_rule(), "groups[2].rules[0] names no source. Give exactly one of cidr and group."),
        (one_rule(cidr="10.0.0.0/8", group="a"), "groups[2].rules[0] names two sources, cidr 10.0.0.0/8 and group a."),
        (one_rule(group="d"), "groups[2].rules[0].group d is no group of this host."),
        (one_rule(group="D"), "groups[2].rules[0].group D is no name of a group."),
        (one_rule(protocol="sctp", **ANY), "groups[2].rules[0].protocol sctp is none of tcp, udp and icmp."),
        (one_rule(from_port=1, to_port=2, **ANY), "groups[2].rules[0].from_port needs protocol."),
        (one_rule(to_port=2, **ANY), "groups[2].rules[0].to_port needs protocol."),
        (one_rule(protocol="tcp", from_port=1, **ANY), "groups[2].rules[0].from_port needs to_port."),
        (one_rule(protocol="tcp", to_port=1, **ANY), "groups[2].rules[0].to_port needs from_port."),
        (
            one_rule(protocol="tcp", from_port=0, to_port=1, **ANY),
            "groups[2].rules[0].from_port 0 is outside 1 to 65535",
        ),
        (
            one_rule(protocol="udp", from_port=1, to_port=65536, **ANY),
            "groups[2].rules[0].to_port 65536 is outside 1 to 65535",
        ),
        (one_rule(protocol="tcp", from_port=2, to_port=1, **ANY), "groups[2].rules[0].from_port 2 is above to_port 1"),
        (one_rule(protocol="icmp", from_port=256, **ANY), "groups[2].rules[0].from_port 256 is outside 0 to 255"),
        (
            one_rule(protocol="icmp", from_port=8, to_port=-2, **ANY),
            "groups[2].rules[0].to_port -2 is outside 0 to 255",
        ),
        (one_rule(protocol="icmp", to_port=0, **ANY), "groups[2].rules[0].to_port 0 needs from_port."),
        ({"groups": [{"name": "a"}, {"name": "a"}]}, "groups[1].name a is already used by groups[0]"),
        ({"groups": [{"name": "1a"}]}, "groups[0].name 1a is no name of a group."),
        ({"groups": [{"name": "a" * 33}]}, f"groups[0].name {'a' * 33} is no name of a group."),
        ({"groups": [{}]}, "groups[0].name is missing"),
        ({"groups": [{"name": "a", "title": "a\nb"}]}, "groups[0].title 'a\\nb' has characters that cannot be printed"),
        ({"groups": [{"name": "a", "title": "ä" * 601}]}, "is longer than 600 characters"),
        ({"groups": [{"name": "a", "members": ["10.0.0.1", "x"]}]}, "groups[0].members[1] x is no IPv4 address"),
        ({"groups": [{"name": "a", "members": ["fd00::x"]}]}, "groups[0].members[0] fd00::x is no address"),
        ({"groups": [{"name": "a", "members": ["ff02::1"]}]}, "groups[0].members[0] ff02::1 is no unicast address"),
        (
            {"groups": [{"name": "a", "members": ["::10.0.0.1"]}]},
            "members[0] ::10.0.0.1 is no unicast address of a guest",
        ),
        ({"groups": [{"name": "a", "members": ["224.0.0.1"]}]}, "groups[0].members[0] 224.0.0.1 is no unicast address"),
        ({"guest_ports": [{"name": "tap0"}]}, "guest_ports[0].groups is missing"),
        ({"guest_ports": [{"groups": []}]}, "guest_ports[0].name is missing"),
        ({"guest_ports": [{"name": "a b", "groups": []}]}, "guest_ports[0].name a b is no name of an interface"),
        (
            {"guest_ports": [{"name": "tap0", "groups": []}, {"name": "tap0", "groups": []}]},
            "guest_ports[1].name tap0 is already used by guest_ports[0]",
        ),
        (
            {"guest_ports": [{"name": "tap0", "groups": [], "dhcp_servers": ["fd00::1"]}]},
            "guest_ports[0].dhcp_servers[0] fd00::1 is no IPv4 address",
        ),
        (
            {"groups": [WEB], "guest_ports": [{"name": "tap0", "groups": ["web", "db"]}]},
            "guest_ports[0].groups[1] db is no group of this host. List it in groups",
        ),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_place(options: dict[str, Any], message: str) -> None:
    assert message in refusal(options)


def test_a_port_may_name_a_group_that_the_host_knows_already() -> None:
    known = parse(WEB)
    merged = merge(parse_want({"networks": [], "guest_ports": [PORT]}), known)

    assert merged == parse(WEB, ports=(PORT,))


def test_a_group_that_a_port_or_a_rule_still_names_cannot_go() -> None:
    known = parse(WEB, {"name": "db", "rules": [{"group": "web"}]}, ports=(PORT,))

    assert refusal({"groups": [{"name": "db"}]}, known).startswith(
        "guest port tap1b2c3d4e5-f6.groups[0] web is no group of this host"
    )
    assert refusal({"groups": [{"name": "db", "rules": [{"group": "web"}]}], "guest_ports": []}, known).startswith(
        "groups[0].rules[0].group web is no group of this host"
    )


def test_what_is_omitted_stays_unless_it_is_purged_and_an_empty_list_means_none() -> None:
    known = parse(WEB, ports=(PORT,))

    assert merge(parse_want({"networks": []}), known) == known
    for options in ({"purge": True}, {"groups": [], "guest_ports": []}):
        merged = merge(parse_want({"networks": [], **options}), known)
        assert (merged.groups, merged.guest_ports) == ((), ())


@given(settings())
def test_the_journal_gives_back_what_it_was_given(wanted: Settings) -> None:
    assert from_owned(to_owned(wanted)) == wanted


@given(settings(), st.randoms())
def test_the_order_in_which_things_are_listed_means_nothing(wanted: Settings, order: random.Random) -> None:
    content = to_owned(wanted)
    for items in (content["groups"], *(group["rules"] for group in content["groups"]), content["guest_ports"]):
        order.shuffle(items)

    again = merge(parse_want({**content, "networks": []}), Settings())
    assert (again.groups, again.guest_ports) == (wanted.groups, wanted.guest_ports)


def test_a_journal_of_an_earlier_release_knows_no_groups() -> None:
    owned = {key: value for key, value in to_owned(GUARDED).items() if key not in ("groups", "guest_ports")}

    assert from_owned(owned) == Settings()
