# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan means for the controller's own connection: nothing, a refusal, or a guard with all that undoes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InUse
from ansible_collections.novanet.network.plugins.module_utils.host.guard import Place
from ansible_collections.novanet.network.plugins.module_utils.host.guard_arm import Arming, Protection, Sight
from ansible_collections.novanet.network.plugins.module_utils.host.journal import Journal
from ansible_collections.novanet.network.plugins.module_utils.host.link.access import Access, Reach
from ansible_collections.novanet.network.plugins.module_utils.host.link.bridges import Bridges
from ansible_collections.novanet.network.plugins.module_utils.host.link.management import Management
from ansible_collections.novanet.network.plugins.module_utils.host.link.model import Address, Hop, Host, Link, Route
from ansible_collections.novanet.network.plugins.module_utils.host.link.view import Have
from ansible_collections.novanet.network.plugins.module_utils.host.link.vlan_kernel import LOADED_AT_BOOT
from ansible_collections.novanet.network.plugins.module_utils.host.link.vlan_ownership import VlanHave
from ansible_collections.novanet.network.plugins.module_utils.host.link.vlans import Vlans
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Plan

SSH = "192.0.2.9 50000 192.0.2.5 22"
REACH = Reach(Management("192.0.2.5", SSH))
CARD = Link("eth0", mac="02:00:00:00:00:01", up=True, addresses=(Address("192.0.2.5", 24),))
HOST = Host({"eth0": CARD, "eth1": Link("eth1", up=True)}, [Route(4, "default", (Hop("eth0", "192.0.2.1"),))])
MOVING: Mapping[str, Any] = {"bridges": [{"name": "br0", "interface": "eth0"}]}
HARMLESS: Mapping[str, Any] = {"bridges": [{"name": "br0", "interface": "eth1"}]}
PROTECTION = Protection(Place("/var/lib/novanet", "nova", "bridges"), "aaaa", 60, dict, "/usr/bin/python3")
GUARDED = Access(consent=True, protection=PROTECTION)


def decide(wish: Mapping[str, Any], access: Access, reach: Reach = REACH) -> Plan[Have]:
    bridges = Bridges("nova", access)
    want = bridges.parse(wish)
    return bridges.diff(want, Have("nova", want, HOST, {}, reach), Journal())


def test_with_consent_the_plan_has_a_guard_with_the_inverse_of_every_step_last_first() -> None:
    plan = decide(MOVING, GUARDED)
    assert isinstance(plan.guard, Arming)
    guard = plan.guard.guard
    assert (guard.id, guard.seconds, guard.address, guard.connection) == ("aaaa", 60, "192.0.2.5", SSH)
    assert guard.undo == tuple(line for step in reversed(plan.steps) for line in step.inverse)
    assert "link set dev eth0 nomaster" in guard.undo and guard.undo[-1] == "link del dev br0"
    assert plan.changes[0].describe() == "run guard 192.0.2.5 (taken back unless confirmed within 60 s)"
    assert plan.after.guarded


@pytest.mark.parametrize(
    ("wish", "access", "reach"),
    [
        (HARMLESS, GUARDED, REACH),
        (HARMLESS, Access(protection=PROTECTION), REACH),
        (MOVING, GUARDED, Reach()),
        # At boot nobody is connected, and nobody would confirm.
        (MOVING, Access(consent=True), REACH),
    ],
    ids=["harmless", "harmless without consent", "no connection", "boot"],
)
def test_there_is_no_guard_where_none_is_needed(wish: Mapping[str, Any], access: Access, reach: Reach) -> None:
    plan = decide(wish, access, reach)
    assert (plan.guard, plan.after.guarded) == (None, False)
    assert plan.changes and all(change.kind != "guard" for change in plan.changes)


def test_without_consent_it_is_refused() -> None:
    with pytest.raises(InUse, match=r"^bridges\[0\].interface eth0 carries the controller's own connection to 192"):
        decide(MOVING, Access(protection=PROTECTION))


def test_a_change_that_waits_to_be_confirmed_stops_every_other_one() -> None:
    waiting = replace(REACH, sight=Sight(others="are under guard"))
    with pytest.raises(InUse, match="links of this host are under guard. Run again when it is confirmed or taken back"):
        decide(HARMLESS, GUARDED, waiting)


def test_notes_of_earlier_runs_are_passed_on() -> None:
    told = replace(REACH, sight=Sight(notes=("taken back",), spent=("/x",)))
    plan = decide(HARMLESS, GUARDED, told)
    assert (plan.notes, plan.spent) == (("taken back",), ("/x",))


def test_the_guard_of_vlan_interfaces_restores_what_is_loaded_at_boot() -> None:
    vlans = Vlans("nova", access=GUARDED)
    want = vlans.parse({"vlans": [{"name": "vlan5", "id": 5, "parent": "eth0", "mtu": 1600}]})
    device = Link("vlan5", kind="vlan", lower="eth0", vlan=5, mac=CARD.mac, protocol="802.1Q", up=True)
    device = replace(device, addresses=CARD.addresses)
    small = Host({"vlan5": device, "eth0": replace(CARD, mtu=1600, addresses=())})
    have = VlanHave("nova", want, small, {}, boot_text="before\n", reach=REACH)
    plan = vlans.diff(want, have, Journal())
    assert isinstance(plan.guard, Arming)
    assert plan.guard.guard.files == {LOADED_AT_BOOT: "before\n"}
    assert plan.after.guarded
