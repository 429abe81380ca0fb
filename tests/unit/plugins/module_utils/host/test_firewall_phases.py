# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two phases of nova_firewall around a change of bridges: what goes is closed, then forgotten."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host.firewall import Firewall
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_input import (
    FirewallNetwork,
    Isolated,
    Metadata,
    Settings,
    merge,
    parse_want,
)
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_phases import close, let_go
from ansible_collections.novanet.network.plugins.module_utils.host.journal import load_journal
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Outcome, Request, reconcile
from hypothesis import given
from hypothesis import strategies as st

from .nat_host import NatHost

BLUE = {"label": "blue", "cidr": "10.0.0.0/24", "bridge": "br100"}
RED = {"label": "red", "cidr": "10.0.2.0/24", "bridge": "br101"}
BOTH = {"networks": [BLUE, RED], "hairpin_ports": ["eth2", "eth3"], "isolated": [], "purge": True}
BLUE_ONLY = {"networks": [BLUE], "hairpin_ports": ["eth2"], "isolated": [], "purge": True}
SHARED = Isolated("br101", "eth3", "10.0.2.1")


class Site:
    """A host, a memory for it, and the two calls of a run."""

    def __init__(self, path: Path) -> None:
        self.host = NatHost()
        self.path = str(path)

    def run(self, options: dict[str, Any], phase: str, check: bool = False) -> Outcome:
        return reconcile(
            Firewall("nova", self.path, phase), options, self.host, Request("nova", self.path, check=check)
        )

    def remembered(self) -> dict[str, Any]:
        """Return what a reboot would apply."""
        slice_ = load_journal(self.host, f"{self.path}/nova/firewall.json").slice
        assert slice_ is not None
        return dict(slice_)

    def changes(self, options: dict[str, Any], check: bool = False) -> tuple[list[str], list[str]]:
        made, removed = (self.run(options, phase, check).changes for phase in ("make", "remove"))
        return [change.describe() for change in made], [change.describe() for change in removed]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.run(BOTH, "all")
    return made


def test_what_goes_is_closed_before_bridges_change_and_forgotten_after(site: Site) -> None:
    foreseen = site.changes(BLUE_ONLY, check=True)

    closed = site.run(BLUE_ONLY, "make")
    assert [network["label"] for network in closed.after["networks"]] == ["blue", "red"]
    assert (closed.after["closed"], closed.after["hairpin_ports"]) == (["br101"], ["eth2", "eth3"])
    removed = site.run(BLUE_ONLY, "remove")
    assert [network["label"] for network in removed.after["networks"]] == ["blue"]
    assert (removed.after["closed"], removed.after["hairpin_ports"]) == ([], ["eth2"])

    made_changes, removed_changes = ([change.describe() for change in each.changes] for each in (closed, removed))
    assert made_changes == ["create closure of bridge br101"]
    assert removed_changes == ["delete firewall of network red (10.0.2.0/24 on br101)", "delete hairpin guard eth3"]
    assert foreseen == (made_changes, removed_changes)
    assert site.changes(BLUE_ONLY) == ([], [])


def test_what_comes_is_there_before_bridges_change(site: Site) -> None:
    site.run(BLUE_ONLY, "all")
    foreseen = site.changes(BOTH, check=True)
    assert foreseen == site.changes(BOTH)
    assert foreseen[0] == ["create firewall of network red (10.0.2.0/24 on br101)", "create hairpin guard eth3"]
    assert foreseen[1] == []


def test_a_bridge_that_comes_back_at_a_reboot_between_the_calls_has_its_rules(site: Site) -> None:
    site.run(BLUE_ONLY, "make")
    # What is stored is applied by the same code, and bridges have not been told yet.
    restored = site.run(site.remembered(), "all")
    assert [network["label"] for network in restored.after["networks"]] == ["blue", "red"]


def test_the_first_call_says_whether_there_is_anything_left_to_the_second(site: Site) -> None:
    made = site.run(BLUE_ONLY, "make")
    assert (made.pending, site.remembered()["purge"]) == (True, False)
    removed = site.run(BLUE_ONLY, "remove")
    assert (removed.pending, site.remembered()["purge"]) == (None, True)
    # Then the second call of the next run can be left out: what is remembered is what it would leave.
    remembered = site.remembered()
    assert (site.run(BLUE_ONLY, "make").pending, site.remembered()) == (False, remembered)


@pytest.mark.parametrize(
    "less",
    [{"hairpin_ports": ["eth2"]}, {"isolated": []}, {"metadata": None}, {"forwarding": False}],
    ids=lambda less: next(iter(less)),
)
def test_whatever_is_only_taken_away_is_left_to_the_second_call(tmp_path: Path, less: dict[str, Any]) -> None:
    site = Site(tmp_path)
    more = {"isolated": [asdict(SHARED)], "metadata": {"address": "192.0.2.20", "port": 8775}}
    everything = {**BOTH, **more}
    site.run(everything, "all")
    assert not site.run(everything, "make").pending
    made = site.run({**everything, **less}, "make")
    removed = site.run({**everything, **less}, "remove")
    assert made.pending == bool(removed.changes)
    assert made.changes or removed.changes


def test_forwarding_stays_until_the_last_network_is_gone(site: Site) -> None:
    nothing = {"networks": [], "hairpin_ports": [], "isolated": [], "forwarding": False, "purge": True}
    closed, removed = site.run(nothing, "make"), site.run(nothing, "remove")
    assert (closed.after["forwarding"], closed.after["closed"]) == (True, ["br100", "br101"])
    assert (removed.after["forwarding"], removed.after["networks"], removed.after["closed"]) == (False, [], [])
    assert site.host.tables == {}


@pytest.mark.parametrize("remembers", [True, False], ids=["journal", "no-journal"])
def test_a_preview_tells_of_drift_once(site: Site, remembers: bool) -> None:
    if not remembers:
        del site.host.files[f"{site.path}/nova/firewall.json"]
    assert site.changes(BOTH, check=True) == ([], [])
    del site.host.tables["bridge", "nova_firewall"]
    foreseen = site.changes(BOTH, check=True)
    assert foreseen == (["create table bridge nova_firewall"], [])
    assert foreseen == site.changes(BOTH)


def known(**fields: Any) -> Settings:
    blue, red = (FirewallNetwork(**each) for each in (BLUE, RED))
    return replace(Settings((blue, red), Metadata("192.0.2.20", 8775), ("eth2",), True, (SHARED,)), **fields)


def test_addresses_that_go_to_another_network_are_that_networks_at_once() -> None:
    heir = {"label": "green", "cidr": "10.0.2.0/25", "bridge": "br102"}
    settings = close(parse_want({"networks": [BLUE, heir], "purge": True}), known())
    assert [network.label for network in settings.networks] == ["blue", "green"]
    assert settings.closed == ("br101",)


def test_a_network_that_changes_its_bridge_leaves_the_old_one_closed() -> None:
    settings = close(parse_want({"networks": [BLUE, {**RED, "bridge": "br102"}], "purge": True}), known())
    assert settings.closed == ("br101",)
    assert let_go(merge(parse_want({"networks": [BLUE], "purge": True}), settings), settings).closed == ()


def test_what_is_not_named_stays_open_without_a_purge() -> None:
    assert close(parse_want({"networks": [BLUE]}), known()).closed == ()
    absent = parse_want({"networks": [{"label": "red", "state": "absent"}]})
    assert close(absent, known()).closed == ("br101",)


def test_isolation_stays_as_long_as_the_bridge() -> None:
    want = parse_want({"networks": [BLUE], "isolated": [], "purge": True})
    assert close(want, known()).isolated == (SHARED,)
    there = {"bridge": "br100", "uplink": "eth3", "address": "10.0.0.1"}
    moved = parse_want({"networks": [BLUE], "isolated": [there], "purge": True})
    assert close(moved, known()).isolated == (Isolated("br100", "eth3", "10.0.0.1"),)


LABELS = st.lists(st.sampled_from("abcdef"), unique=True)


def settings_of(labels: list[str]) -> list[dict[str, Any]]:
    return [{"label": label, "cidr": f"10.{ord(label)}.0.0/16", "bridge": f"br{label}"} for label in labels]


@given(before=LABELS, after=LABELS)
def test_no_bridge_is_ever_without_rules_and_the_end_is_what_one_call_makes(
    before: list[str], after: list[str]
) -> None:
    start = merge(parse_want({"networks": settings_of(before), "purge": True}), Settings(forwarding=False))
    middle = close(parse_want({"networks": settings_of(after), "purge": True}), start)
    assert {network.bridge for network in middle.networks} == {f"br{label}" for label in {*before, *after}}
    assert set(middle.closed) == {f"br{label}" for label in set(before) - set(after)}

    final = merge(parse_want({"networks": settings_of(after), "purge": True}), middle)
    assert let_go(final, middle) == merge(parse_want({"networks": settings_of(after), "purge": True}), start)
