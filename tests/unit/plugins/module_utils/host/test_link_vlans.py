# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is decided of VLAN devices, on a model of a host: lines in their order, refusals, laws that always hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import (
    Conflict,
    HostError,
    InUse,
    InvalidInput,
    NovaError,
)
from ansible_collections.novanet.network.plugins.module_utils.host.journal import Journal
from ansible_collections.novanet.network.plugins.module_utils.host.link.access import Reach
from ansible_collections.novanet.network.plugins.module_utils.host.link.management import Management
from ansible_collections.novanet.network.plugins.module_utils.host.link.model import Address, Hop, Host, Link, Route
from ansible_collections.novanet.network.plugins.module_utils.host.link.vlan_operations import removal_group
from ansible_collections.novanet.network.plugins.module_utils.host.link.vlan_ownership import VlanHave, vlans_from
from ansible_collections.novanet.network.plugins.module_utils.host.link.vlans import Vlans
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Plan
from hypothesis import given, settings
from hypothesis import strategies as st

ETH2 = Link("eth2", mac="02:00:00:00:00:02", mtu=1500, up=True)
ETH3 = Link("eth3", mac="02:00:00:00:00:03", mtu=1500, up=True)
GROUP = removal_group("nova")


def vlan(number: int, parent: str = "eth2", **values: Any) -> Link:
    """Return a device of ours as it shall be."""
    link = Link(
        f"vlan{number}",
        kind="vlan",
        mac=ETH2.mac,
        up=True,
        alias="novanet:nova",
        lower=parent,
        vlan=number,
        protocol="802.1Q",
    )
    return replace(link, **values)


def item(number: int, **values: Any) -> dict[str, Any]:
    return {"name": f"vlan{number}", "id": number, "parent": "eth2", **values}


def host_of(*links: Link, routes: Sequence[Route] = ()) -> Host:
    return Host({link.name: link for link in (Link("lo", loopback=True), *links)}, list(routes))


def decide(
    host: Host, vlans: Sequence[Mapping[str, Any]], owned: Mapping[str, Any] | None = None, **options: Any
) -> Plan[VlanHave]:
    consent = options.pop("replace_own", False)
    subsystem = Vlans("nova", phase=options.pop("phase", "all"), replace_own=consent)
    supported, reach = options.pop("supported", True), Reach(Management(options.pop("management", "")))
    boot_owners = options.pop("boot_owners", frozenset({"nova"}))
    want = subsystem.parse({"vlans": vlans, **options})
    records, raised = vlans_from(owned or {})
    have = VlanHave("nova", want, host, records, raised, supported, boot_owners, reach=reach)
    return subsystem.diff(want, have, Journal(owned=owned or {}))


def lines(plan: Plan[VlanHave]) -> list[str]:
    return [step.line for step in plan.steps.lines if step.line]


def changes(plan: Plan[VlanHave]) -> list[str]:
    return [change.describe() for change in plan.changes]


def test_a_vlan_interface_is_made_marked_and_brought_up() -> None:
    plan = decide(host_of(ETH2), [item(169, mtu=1450)], boot_owners=frozenset())
    assert lines(plan) == [
        "link add link eth2 name vlan169 mtu 1450 type vlan protocol 802.1Q id 169",
        'link set dev vlan169 alias "novanet:nova"',
        "link set dev vlan169 up",
    ]
    assert changes(plan) == [
        "create VLAN interface vlan169 (id 169 on eth2, mtu 1450)",
        "create file /etc/modules-load.d/novanet.conf (module 8021q at boot)",
    ]
    assert plan.steps.load
    assert plan.steps.boot_text.endswith("# For the VLAN interfaces of: nova\n8021q\n")
    assert Vlans("nova").view(plan.after)["vlans"] == [
        {
            "name": "vlan169",
            "owner": "nova",
            "adopted": False,
            "id": 169,
            "parent": "eth2",
            "mac": ETH2.mac,
            "mtu": 1450,
            "up": True,
        }
    ]


def test_the_second_run_changes_nothing() -> None:
    first = decide(host_of(replace(ETH2, up=False)), [item(169), item(170, mac="02:00:00:00:00:aa")])
    second = decide(first.after.host, [item(169), item(170, mac="02:00:00:00:00:aa")], first.owned, purge=True)
    assert (changes(second), lines(second), second.owned) == ([], [], first.owned)


def test_all_ids_are_one_batch() -> None:
    plan = decide(host_of(ETH2), [item(number) for number in range(1, 4095)])
    assert len(lines(plan)) == 3 * 4094
    gone = decide(plan.after.host, [], plan.owned, purge=True)
    assert lines(gone)[-1] == f"link del group {GROUP}"
    assert set(gone.after.host.links) == {"lo", "eth2"}


def test_a_parent_that_is_down_comes_up_first_and_goes_down_with_the_last() -> None:
    made = decide(host_of(replace(ETH2, up=False)), [item(169), item(170)])
    assert lines(made)[0] == "link set dev eth2 up"
    one = decide(made.after.host, [item(169)], made.owned, purge=True)
    assert one.after.host.links["eth2"].up
    none = decide(one.after.host, [], one.owned, purge=True)
    assert lines(none) == [
        f"link set dev vlan169 group {GROUP}",
        f"link del group {GROUP}",
        "link set dev eth2 down",
    ]


@pytest.mark.parametrize(
    ("existing", "message"),
    [
        (vlan(169, "eth3"), "has id 169 on eth3, not 169 on eth2"),
        (vlan(169, vlan=170), "has id 170 on eth2, not 169 on eth2"),
        (vlan(169, protocol="802.1ad"), "has id 169 (802.1ad) on eth2, not 169 on eth2"),
        (vlan(169, lower=""), "has id 169 on a parent elsewhere, not 169 on eth2"),
    ],
)
def test_a_device_on_another_parent_or_with_another_id_is_never_silently_accepted(existing: Link, message: str) -> None:
    with pytest.raises(NovaError, match="replace to true") as error:
        decide(host_of(ETH2, ETH3, existing), [item(169)])
    assert f"vlans[0].name vlan169 {message}" in str(error.value)
    plan = decide(host_of(ETH2, ETH3, existing), [item(169, replace=True)])
    after = plan.after.host.links["vlan169"]
    assert (after.lower, after.vlan, after.protocol) == ("eth2", 169, "802.1Q")


def test_a_replacement_keeps_addresses_routes_and_its_place_in_a_bridge() -> None:
    old = vlan(169, "eth3", addresses=(Address("192.0.2.5", 24),), master="br169")
    route = Route(4, "default", (Hop("vlan169", "192.0.2.1"),))
    host = host_of(ETH2, ETH3, old, Link("br169", kind="bridge", alias="novanet:nova"), routes=[route])
    plan = decide(host, [item(169, replace=True)])
    assert lines(plan) == [
        f"link set dev vlan169 group {GROUP}",
        f"link del group {GROUP}",
        "link add link eth2 name vlan169 type vlan protocol 802.1Q id 169",
        'link set dev vlan169 alias "novanet:nova"',
        "link set dev vlan169 up",
        "addr add 192.0.2.5/24 dev vlan169",
        "route replace default via 192.0.2.1 dev vlan169",
        "link set dev vlan169 master br169",
    ]
    undone = [line for step in reversed(plan.steps.lines) for line in step.inverse]
    assert (
        "link add link eth3 name vlan169 address 02:00:00:00:00:02 mtu 1500 type vlan protocol 802.1Q id 169" in undone
    )
    assert undone[-1] == "link set dev vlan169 group default"


REFUSED = [
    ("no parent", [], [item(5, parent="eth9")], "vlans[0].parent eth9 does not exist on this host"),
    ("loopback", [], [item(5, parent="lo")], "vlans[0].parent lo is a loopback"),
    ("mtu", [], [item(5), item(6, mtu=9000)], "vlans[1].mtu 9000 is more than the 1500 of its parent eth2"),
    ("no vlan", [Link("vlan5", kind="veth")], [item(5)], "vlans[0].name vlan5 exists on this host and is a veth, not"),
    ("foreign", [vlan(5, alias="novanet:lab")], [item(5)], "vlans[0].name vlan5 belongs to the owner lab"),
    ("id taken", [vlan(5, name="other")], [item(5)], "vlans[0].id 5 on eth2 is the one of other"),
    (
        "stacked",
        [vlan(5, "eth3"), Link("mv0", kind="macvlan", lower="vlan5")],
        [item(5, replace=True)],
        "vlans[0].name vlan5 still carries mv0",
    ),
    ("strange alias", [vlan(5, alias='"x"')], [item(5)], "which could not be given back"),
]


@pytest.mark.parametrize(
    ("links", "vlans", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_the_host_speaks_against_is_refused(links: list[Link], vlans: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(NovaError) as error:
        decide(host_of(ETH2, ETH3, *links), vlans)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("vlans", "message"),
    [
        ([item(0)], "vlans[0].id 0 is outside 1 to 4094"),
        ([item(1), item(4095)], "vlans[1].id 4095 is outside 1 to 4094"),
        ([{"name": "vlan5", "parent": "eth2"}], "vlans[0].id is missing"),
        ([{"name": "vlan5", "id": 5}], "vlans[0].parent is missing"),
        ([item(5), {**item(6), "name": "vlan5"}], "vlans[1].name vlan5 is listed at vlans[0] already"),
        ([item(5), {**item(5), "name": "other"}], "vlans[1].id 5 on eth2 is listed at vlans[0] already"),
        ([item(5), item(6, parent="vlan5")], "vlans[1].parent vlan5 is listed at vlans[0]"),
        ([item(5, mac="01:00:5e:00:00:01")], "vlans[0].mac 01:00:5e:00:00:01 is no MAC address of a single station"),
        ([item(5, mtu=20)], "vlans[0].mtu 20 is outside 68 to 65535"),
        ([{**item(5), "name": "a/b"}], "vlans[0].name 'a/b' is no interface name"),
        ([{**item(5), "name": "v" * 16}], "has 16 characters"),
    ],
)
def test_what_can_never_be_right_is_named_with_its_position(vlans: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        decide(host_of(ETH2), vlans)
    assert message in str(error.value)


def test_a_kernel_that_makes_no_vlan_interfaces_is_one_clear_message() -> None:
    with pytest.raises(HostError, match="the kernel of this host makes no VLAN interfaces: it has no module 8021q"):
        decide(host_of(ETH2), [item(5)], supported=False)
    # What is there needs nothing new.
    assert not lines(decide(host_of(ETH2, vlan(5)), [item(5)], supported=False))


def test_a_right_device_of_nobody_is_taken_over_and_given_back_as_it_was_found() -> None:
    found = vlan(5, alias="uplink", mac="02:00:00:00:00:77", mtu=1400, up=False)
    taken = decide(host_of(ETH2, found), [item(5, mac="02:00:00:00:00:05", mtu=1500)])
    assert taken.after.host.links["vlan5"].alias == "novanet:nova:adopted"
    back = decide(taken.after.host, [], taken.owned, purge=True)
    assert back.after.host.links["vlan5"] == found
    assert changes(back)[0] == "update VLAN interface vlan5 (given back as it was found)"
    # Without the journal its mark still says that it is not ours to remove.
    lost = decide(taken.after.host, [], None, purge=True)
    assert lost.after.host.links["vlan5"].alias == ""


def test_what_another_owner_or_nobody_marked_is_never_purged() -> None:
    links = [vlan(5, alias="novanet:lab"), vlan(6, alias=""), vlan(7), Link("br7", kind="bridge", alias="novanet:nova")]
    plan = decide(host_of(ETH2, *links), [], purge=True)
    assert set(plan.after.host.links) == {"lo", "eth2", "vlan5", "vlan6", "br7"}


def test_a_device_that_lost_its_mark_is_still_ours() -> None:
    made = decide(host_of(ETH2), [item(5)])
    made.after.host.change("vlan5", alias="")
    assert lines(decide(made.after.host, [item(5)], made.owned)) == ['link set dev vlan5 alias "novanet:nova"']
    assert "vlan5" not in decide(made.after.host, [], made.owned, purge=True).after.host.links


BRIDGE = Link("br5", kind="bridge", alias="novanet:nova")


@pytest.mark.parametrize(
    ("links", "message"),
    [
        ([vlan(5, addresses=(Address("192.0.2.5", 24),))], "still has the addresses 192.0.2.5/24"),
        ([vlan(5), Link("mv0", kind="macvlan", lower="vlan5")], "still carries mv0"),
        (
            [vlan(5, master="br5"), BRIDGE, Link("tap1", master="br5")],
            "is the uplink of br5, which still has the ports",
        ),
        ([vlan(5, master="br5"), replace(BRIDGE, alias="")], "is a port of br5, which is not ours"),
    ],
)
def test_a_device_in_use_is_not_removed(links: list[Link], message: str) -> None:
    with pytest.raises(InUse) as error:
        decide(host_of(ETH2, *links), [{"name": "vlan5", "state": "absent"}])
    assert f"vlans[0] vlan5 {message}" in str(error.value)


def test_making_leaves_out_removing_and_removing_all_else() -> None:
    host = host_of(ETH2, vlan(5))
    wanted = [item(6), {"name": "vlan5", "state": "absent"}]
    assert set(decide(host, wanted, phase="make").after.host.links) == {"lo", "eth2", "vlan5", "vlan6"}
    assert set(decide(host, wanted, phase="remove").after.host.links) == {"lo", "eth2"}
    last = decide(host, [], purge=True, phase="remove")
    assert changes(last)[-1] == "delete file /etc/modules-load.d/novanet.conf (module 8021q at boot)"
    assert last.steps.boot_text == ""


@pytest.mark.parametrize(
    ("there", "wanted", "options", "pending"),
    [
        ([vlan(5)], [item(5)], {"purge": True}, False),
        ([vlan(5)], [], {"purge": True}, True),
        ([vlan(5)], [], {"purge": False}, False),
        ([vlan(5), vlan(6)], [item(5), {"name": "vlan6", "state": "absent"}], {}, True),
        ([vlan(5)], [item(5), {"name": "vlan6", "state": "absent"}], {}, False),
        ([], [], {"purge": True}, True),
        ([], [], {"purge": True, "boot_owners": frozenset()}, False),
    ],
    ids=["as-wanted", "purged", "not-purged", "absent", "gone", "loaded-for-none", "nothing"],
)
def test_making_says_whether_anything_is_left_to_removing(
    there: list[Link], wanted: list[dict[str, Any]], options: dict[str, Any], pending: bool
) -> None:
    made = decide(host_of(ETH2, *there), wanted, phase="make", **options)
    removing = decide(made.after.host, wanted, made.owned, phase="remove", **options)
    assert (made.pending, removing.pending) == (pending, None)
    assert pending == bool(removing.changes)


def test_a_parent_that_carries_nothing_any_more_is_left_to_removing() -> None:
    made = decide(host_of(replace(ETH2, up=False)), [item(5)])
    idle = host_of(ETH2)
    assert decide(idle, [], made.owned, phase="make").pending
    assert "update interface eth2 (down)" in changes(decide(idle, [], made.owned, phase="remove"))


def test_the_module_stays_loaded_at_boot_as_long_as_another_owner_needs_it() -> None:
    plan = decide(host_of(ETH2, vlan(5)), [], purge=True, boot_owners=frozenset({"lab", "nova"}))
    assert plan.steps.boot_text.endswith("of: lab\n8021q\n")
    assert changes(plan)[-1].startswith("update file")


def test_the_interface_of_the_controllers_connection_is_not_touched_without_consent() -> None:
    host = host_of(ETH2, vlan(5, "eth3", addresses=(Address("192.0.2.5", 24),)), ETH3)
    with pytest.raises(InUse, match=r"vlans\[0\] vlan5 carries the controller's own connection"):
        decide(host, [item(5, replace=True)], management="192.0.2.5")


def test_a_stranger_in_our_group_is_not_removed_along() -> None:
    with pytest.raises(HostError, match="interface eth3 is in group"):
        decide(host_of(ETH2, replace(ETH3, group=GROUP), vlan(5)), [], purge=True)


numbers = st.lists(st.integers(1, 12), unique=True, max_size=8)


@settings(max_examples=60)
@given(there=numbers, foreign=numbers, wanted=numbers, purge=st.booleans())
def test_exactly_the_wanted_are_there_whatever_was(
    there: list[int], foreign: list[int], wanted: list[int], purge: bool
) -> None:
    others = [vlan(number, alias="") for number in foreign if number not in there]
    host = host_of(ETH2, *(vlan(number) for number in there), *others)
    vlans = [item(number) for number in wanted]
    plan = decide(host, vlans, purge=purge)
    after = {link.vlan for link in plan.after.host.links.values() if link.vlan}
    assert after == {*wanted, *(link.vlan for link in others), *([] if purge else there)}
    again = decide(plan.after.host, vlans, plan.owned, purge=purge, boot_owners=plan.after.boot_owners)
    assert (changes(again), again.owned) == ([], plan.owned)
    assert ("nova" in plan.after.boot_owners) == any(link.alias for link in plan.after.host.links.values())
    assert all(step.inverse for step in plan.steps.lines if step.line)


@pytest.mark.parametrize("alias", ["", "novanet:lab", "novanet:nova:adopted"])
def test_what_others_made_is_not_replaced_by_the_consent_for_ours(alias: str) -> None:
    with pytest.raises(Conflict):
        decide(host_of(ETH2, ETH3, vlan(169, "eth3", alias=alias)), [item(169)], replace_own=True)


def test_one_of_ours_on_another_parent_is_an_error_without_that_consent_and_made_anew_with_it() -> None:
    host = host_of(ETH2, ETH3, vlan(169, "eth3"))
    with pytest.raises(Conflict, match="Set replace to true"):
        decide(host, [item(169)])
    made = decide(host, [item(169)], replace_own=True)
    assert changes(made) == ["update VLAN interface vlan169 (id 169 on eth3 replaced by id 169 on eth2)"]
    assert made.after.host.links["vlan169"].lower == "eth2"
