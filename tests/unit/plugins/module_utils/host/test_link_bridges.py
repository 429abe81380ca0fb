# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is decided of bridges, on a model of a host: lines in their order, and laws that hold whatever is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InUse, NovaError
from ansible_collections.novanet.network.plugins.module_utils.host.journal import Journal
from ansible_collections.novanet.network.plugins.module_utils.host.link.access import Reach
from ansible_collections.novanet.network.plugins.module_utils.host.link.bridges import Bridges
from ansible_collections.novanet.network.plugins.module_utils.host.link.management import Management
from ansible_collections.novanet.network.plugins.module_utils.host.link.model import Address, Hop, Host, Link, Route
from ansible_collections.novanet.network.plugins.module_utils.host.link.operations import AddAddress
from ansible_collections.novanet.network.plugins.module_utils.host.link.ownership import derived_mac, records_from
from ansible_collections.novanet.network.plugins.module_utils.host.link.view import Have
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Plan
from hypothesis import given, settings
from hypothesis import strategies as st

MAC = "02:00:00:00:00:0{}"


def host_of(*links: Link, routes: Sequence[Route] = ()) -> Host:
    return Host({link.name: link for link in (Link("lo", loopback=True), *links)}, list(routes))


def decide(
    host: Host, bridges: Sequence[Mapping[str, Any]], owned: Mapping[str, Any] | None = None, **options: Any
) -> Plan[Have]:
    subsystem = Bridges(options.pop("owner", "nova"))
    reach = Reach(Management(options.pop("management", "")))
    want = subsystem.parse({"bridges": bridges, **options})
    journal = Journal(owned=owned or {})
    return subsystem.diff(want, Have(subsystem.owner, want, host, records_from(journal.owned), reach), journal)


def lines(plan: Plan[Have]) -> list[str]:
    return [step.line for step in plan.steps if step.line]


UPLINK = Link("eth2", mac=MAC.format(2), up=True, addresses=(Address("192.0.2.5", 24), Address("2001:db8::5", 64)))
SECONDARY = Address("192.0.2.6", 24, secondary=True)
DEFAULT = Route(4, "default", (Hop("eth2", "192.0.2.1"),))
DEFAULT6 = Route(6, "default", (Hop("eth2", "2001:db8::1"),), metric=1024)


def test_an_uplink_with_addresses_is_enslaved_in_the_order_that_loses_nothing() -> None:
    uplink = replace(UPLINK, addresses=(UPLINK.addresses[0], SECONDARY, UPLINK.addresses[1]))
    plan = decide(host_of(uplink, routes=[DEFAULT, DEFAULT6]), [{"name": "br100", "interface": "eth2"}])
    assert lines(plan) == [
        "link add name br100 address 02:00:00:00:00:02 type bridge stp_state 0 forward_delay 0",
        'link set dev br100 alias "novanet:nova"',
        "link set dev br100 up",
        "addr add 192.0.2.5/24 dev br100",
        "addr add 192.0.2.6/24 dev br100",
        "addr add 2001:db8::5/64 dev br100 nodad",
        "link set dev eth2 master br100",
        "route replace default via 192.0.2.1 dev br100",
        "route replace ::/0 metric 1024 via 2001:db8::1 dev br100",
        "addr del 2001:db8::5/64 dev eth2",
        "addr del 192.0.2.6/24 dev eth2",
        "addr del 192.0.2.5/24 dev eth2",
    ]


def test_the_mac_address_of_a_bridge_without_uplink_is_always_the_same_and_differs_by_owner() -> None:
    macs = {(owner, name): derived_mac(owner, name) for owner in ("nova", "lab") for name in ("br1", "br2")}
    assert len(set(macs.values())) == 4
    assert macs[("nova", "br1")] == "02:61:50:f3:26:c6"
    assert all(mac.startswith("02:") for mac in macs.values())


def test_a_thousand_bridges_are_one_batch() -> None:
    links = [Link(f"u{number}", mac=MAC.format(1), up=True) for number in range(1000)]
    bridges = [{"name": f"br{number}", "interface": f"u{number}"} for number in range(1000)]
    plan = decide(host_of(*links), bridges)
    assert len(lines(plan)) == 4000
    assert decide(plan.after.host, bridges, plan.owned).changes == ()


def test_the_link_of_the_controllers_connection_is_refused_by_position() -> None:
    item = {"name": "br100", "interface": "eth2"}
    with pytest.raises(InUse, match=r"^bridges\[0\]\.interface eth2 carries the controller's own connection to 192"):
        decide(host_of(UPLINK), [item], management="192.0.2.5")
    assert decide(host_of(UPLINK), [item], management="192.0.2.99").changes


@pytest.mark.parametrize(
    ("change", "touches"),
    [
        ({"hairpin_ports": ["tap0"]}, False),
        ({"addresses": ["172.16.0.1/24"]}, True),
        ({"addresses": ["fd00::1/64"]}, False),
        ({"mtu": 1400}, True),
        ({"mac": "02:00:00:00:00:77"}, True),
        ({"interface": "eth1"}, True),
    ],
)
def test_consent_is_asked_only_for_what_may_cut_the_connection(change: dict[str, Any], touches: bool) -> None:
    made = decide(host_of(UPLINK, Link("eth1", mac=MAC.format(1)), Link("tap0")), [{"name": "b", "interface": "eth2"}])
    made.after.host.change("tap0", master="b")
    item = {"name": "b", "interface": "eth2", **change}
    if touches:
        with pytest.raises(InUse, match="carries the controller's own connection"):
            decide(made.after.host, [item], made.owned, management="192.0.2.5")
    else:
        assert decide(made.after.host, [item], made.owned, management="192.0.2.5").changes


def test_ports_send_back_what_they_get_only_as_long_as_that_is_asked_for() -> None:
    guest, uplink = Link("tap0", mac=MAC.format(7)), Link("eth2", mac=MAC.format(2), up=True)
    made = decide(host_of(uplink, guest), [{"name": "br0", "interface": "eth2", "hairpin_ports": ["eth2"]}])
    made.after.host.change("tap0", master="br0", hairpin=True)
    gone = decide(made.after.host, [{"name": "br0", "interface": "eth2"}], made.owned)
    assert lines(gone) == [f"link set dev {port} type bridge_slave hairpin off" for port in ("eth2", "tap0")]


def test_of_an_adopted_bridge_only_our_own_ports_are_set_back_also_when_it_is_given_back() -> None:
    bridge = Link("br0", kind="bridge", mac=MAC.format(3), up=True)
    host = host_of(bridge, Link("tap0", master="br0", hairpin=True), Link("tap1", master="br0"))
    item = {"name": "br0", "adopt": True}
    made = decide(host, [{**item, "hairpin_ports": ["tap1"]}])
    for wish in (item, {"name": "br0", "state": "absent"}):
        gone = decide(made.after.host, [wish], made.owned)
        assert [line for line in lines(gone) if "hairpin" in line] == [
            "link set dev tap1 type bridge_slave hairpin off"
        ]


def test_a_bridge_for_guests_heeds_no_router_and_one_with_the_hosts_own_network_goes_on_to() -> None:
    own, guests = {"name": "br100", "interface": "eth2"}, {"name": "br0"}
    host = host_of(UPLINK, routes=[DEFAULT])
    host.heeding["default"] = "1"
    made = decide(host, [own, guests])
    assert [step.heed for step in made.steps if step.heed] == [(("br0", "0"),)]
    assert made.after.host.heeding == {"default": "1", "br100": "1", "br0": "0"}
    assert not decide(made.after.host, [own, guests], made.owned).changes
    made.after.host.heeding["br0"] = "1"
    drifted = decide(made.after.host, [own, guests], made.owned)
    assert [change.describe() for change in drifted.changes] == ["update bridge br0 (heeds no router advertisements)"]


def test_a_bridge_heeds_routers_in_place_of_an_uplink_that_learnt_by_them_before_it_comes_up() -> None:
    wish = {"name": "br100", "interface": "eth2"}
    card = replace(UPLINK, addresses=(Address("2001:db8::5", 64, learnt=True),))
    host = host_of(card)
    host.heeding |= {"default": "1", "eth2": "2"}
    made = decide(host, [wish])
    assert [(step.line, step.heed) for step in made.steps if step.heed or step.line == "link set dev br100 up"] == [
        ("", (("br100", "2"),)),
        ("link set dev br100 up", ()),
    ]
    # That it has not learnt anything yet does not make it a bridge for guests only.
    assert not made.after.host.links["br100"].of_family(6)
    assert not decide(made.after.host, [wish], made.owned).changes
    made.after.host.heeding["br100"] = "1"
    drifted = decide(made.after.host, [wish], made.owned)
    assert [change.describe() for change in drifted.changes] == [
        "update bridge br100 (heeds router advertisements also while the host forwards)"
    ]


def test_what_a_bridge_of_guests_learnt_does_not_make_it_the_hosts_own_unless_nobody_knows_what_it_is() -> None:
    wish = {"name": "br100", "interface": "eth2"}
    host = host_of(Link("eth2", mac=MAC.format(2), up=True))
    host.heeding |= {"default": "0", "eth2": "1"}
    made = decide(host, [wish])
    later = made.after.host
    later.heeding["br100"] = "1"
    later.change("br100", addresses=(Address("2001:db8::5", 64, learnt=True),))
    deafened = decide(later, [wish], made.owned)
    assert [change.describe() for change in deafened.changes] == [
        "update bridge br100 (heeds no router advertisements)"
    ]
    # A journal of the release before says nothing about it.
    del made.owned["bridges"]["br100"]["uplink"]["learns"]
    assert not decide(later, [wish], made.owned).changes


def test_an_adopted_bridge_is_not_ours_to_make_deaf_and_a_host_without_ipv6_has_nothing_to_set() -> None:
    bridge = Link("br0", kind="bridge", mac=MAC.format(3), up=True)
    host = host_of(bridge)
    assert not [step for step in decide(host, [{"name": "br0", "adopt": True}, {"name": "br1"}]).steps if step.heed]
    host.heeding |= {"default": "0", "br0": "1"}
    assert not [step for step in decide(host, [{"name": "br0", "adopt": True}, {"name": "br1"}]).steps if step.heed]


# Laws. A host of three cards with addresses of their own, and anything asked of it, several times in a row.
NAMES = ("br0", "br1", "br2")
CARDS = ("eth0", "eth1", "eth2")
OURS = ("10.0.0.1/8", "10.1.0.1/16", "10.0.0.2/8", "192.0.2.66/24", "fd00::1/64", "fd00::2/64")
FOREIGN = tuple(Address(f"192.0.{third}.{last}", 24) for third in (2, 3) for last in (5, 6)) + (
    Address("2001:db8::5", 64),
    Address("2001:db8::6", 64),
)


@st.composite
def hosts(draw: st.DrawFn) -> Host:
    host = host_of(*(Link(name, mac=MAC.format(number), up=draw(st.booleans())) for number, name in enumerate(CARDS)))
    if draw(st.booleans()):
        host.links["br0"] = Link("br0", kind="bridge", mac=MAC.format(9), stp=draw(st.booleans()), up=True)
    for address in FOREIGN:
        device = draw(st.sampled_from([None, *sorted(set(host.links) - {"lo"})]))
        if device:
            AddAddress(device, address).happen(host)
            if address.family == 4 and host.links[device].up:
                near = address.local.rpartition(".")[0] + ".1"
                host.routes.append(Route(4, f"172.{len(host.routes)}.0.0/16", (Hop(device, near),)))
    return host


@st.composite
def wishes(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    cards = draw(st.permutations(CARDS))
    texts = list(draw(st.permutations(OURS)))
    bridges = []
    for name, card in zip(names, cards):
        item: dict[str, Any] = {"name": name, "adopt": True, "addresses": []}
        item["interface"] = card if draw(st.booleans()) else None
        item["mtu"] = draw(st.sampled_from([None, 1400, 1500]))
        item["addresses"] = [texts.pop() for _unused in range(draw(st.integers(0, 2)))]
        item["state"] = draw(st.sampled_from(["present", "present", "present", "absent"]))
        bridges.append(item)
    return bridges


def foreign_addresses(host: Host) -> list[str]:
    ours = set(OURS)
    return sorted(item.text for link in host.links.values() for item in link.addresses if item.text not in ours)


def comparable(host: Host) -> Any:
    """A host without what is in no order, or cannot be given back (a MAC address stays pinned)."""
    links = {
        name: replace(link, addresses=tuple(sorted(link.addresses, key=lambda item: item.text)))
        for name, link in host.links.items()
    }
    links = {
        name: replace(link, addresses=tuple(replace(item, secondary=False) for item in link.addresses))
        for name, link in links.items()
    }
    return links, sorted(route.words() for route in host.routes)


@settings(max_examples=300, deadline=None)
@given(hosts(), st.lists(wishes(), min_size=1, max_size=4))
def test_whatever_is_asked_holds_at_once_keeps_what_is_foreign_and_can_be_taken_back(
    host: Host, asked: list[list[dict[str, Any]]]
) -> None:
    state, owned = host, {}  # type: Host, Any
    for bridges in asked:
        before = comparable(state)
        try:
            plan = decide(state, bridges, owned, purge=True)
        except NovaError:
            assert comparable(state) == before
            continue
        assert comparable(state) == before, "deciding changed what it looked at"
        state, owned = plan.after.host, plan.owned
        again = decide(state, bridges, owned, purge=True)
        assert (again.changes, lines(again)) == ((), [])
        assert (again.owned, comparable(again.after.host)) == (owned, comparable(state))
        assert bool(plan.changes) == bool(lines(plan))
        assert foreign_addresses(state) == foreign_addresses(host)
        for item in bridges:
            if item["state"] == "present":
                primary = next((text for text in item["addresses"] if ":" not in text), None)
                assert primary is None or state.links[item["name"]].first == primary
    end = decide(state, [], owned, purge=True)
    assert comparable(end.after.host) == comparable(host)
    assert end.owned == {"bridges": {}}


@settings(max_examples=100, deadline=None)
@given(hosts(), wishes(), wishes())
def test_one_owner_never_touches_what_another_one_has(
    host: Host, mine: list[dict[str, Any]], theirs: list[dict[str, Any]]
) -> None:
    try:
        first = decide(host, mine, purge=True)
        second = decide(first.after.host, theirs, owner="lab", purge=True)
    except NovaError:
        return
    assert decide(second.after.host, mine, first.owned, purge=True).changes == ()
    gone = decide(second.after.host, [], second.owned, owner="lab", purge=True)
    assert comparable(gone.after.host) == comparable(first.after.host)


def left_over(*ports: Link, alias: str = "novanet:nova") -> Host:
    address = Address("172.16.30.1", 24, broadcast="172.16.30.255")
    return host_of(Link("br300", kind="bridge", alias=alias, up=True, addresses=(address,)), *ports)


OUR_VLAN = Link("vlan300", kind="vlan", master="br300", alias="novanet:nova", lower="eth2", vlan=300, protocol="802.1Q")


@pytest.mark.parametrize("ports", [(), (OUR_VLAN,)])
def test_a_left_over_bridge_that_no_journal_knows_goes_with_what_only_we_can_have_put_there(ports: Any) -> None:
    plan = decide(left_over(*ports), [], purge=True)
    assert "br300" not in plan.after.host.links
    assert all(plan.after.host.links[port.name].master == "" for port in ports)


@pytest.mark.parametrize(
    ("host", "message"),
    [
        (left_over(replace(OUR_VLAN, alias="")), "still has the ports vlan300"),
        (left_over(Link("tap1", kind="tun", master="br300")), "still has the ports tap1"),
        (left_over(OUR_VLAN, Link("tap1", kind="tun", master="br300")), "still has the ports tap1"),
        (left_over(Link("eth2", master="br300")), "still has addresses that are not ours: 172.16.30.1/24"),
    ],
)
def test_a_left_over_bridge_with_what_may_be_somebody_elses_is_refused(host: Host, message: str) -> None:
    with pytest.raises(InUse, match=message):
        decide(host, [], purge=True)


def test_a_bridge_without_our_mark_is_left_alone() -> None:
    for alias in ("", "novanet:lab"):
        assert lines(decide(left_over(OUR_VLAN, alias=alias), [], purge=True)) == []
