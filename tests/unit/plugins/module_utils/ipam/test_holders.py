# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who held an address at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.ipam import store
from ansible_collections.novanet.network.plugins.module_utils.ipam.holders import view_holders
from ansible_collections.novanet.network.plugins.module_utils.ipam.project_lists import apply_projects
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import reading

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, gone, web

ADDRESS, FLOATING = "10.0.0.2", "192.0.2.1"
MAC = {letter: f"fa:16:3e:00:00:0{letter}" for letter in "abc"}
SetClock = Callable[[float], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Let the IPAM live at a time: seconds after midnight of the first day of 1970."""

    def set_clock(now: float) -> None:
        monkeypatch.setattr(store.time, "time", lambda: now)

    set_clock(1)
    return set_clock


@pytest.fixture
def cloud(tmp_path: Path, clock: SetClock) -> SmallCloud:
    return SmallCloud(tmp_path)


def at(seconds: int) -> str:
    return f"1970-01-01T00:{seconds // 60:02}:{seconds % 60:02}Z"


def instance(name: str, address: str = ADDRESS, **more: Any) -> dict[str, Any]:
    return web(name, nics=[{"network": "private", "address": address, "mac": MAC[name]}], **more)


def holders(cloud: SmallCloud, address: str = ADDRESS, when: int | None = None) -> list[tuple[Any, ...]]:
    with reading(cloud.url) as work:
        found = view_holders(work, address, None if when is None else at(when))
    keys = ("instance", "project", "host", "mac", "from", "until")
    return [tuple(holder[key] for key in keys) for holder in found]


def names(cloud: SmallCloud, address: str, when: int) -> list[Any]:
    return [holder[0] for holder in holders(cloud, address, when)]


def test_each_time_has_the_instance_that_held_the_address_then(cloud: SmallCloud, clock: SetClock) -> None:
    clock(10)
    cloud.boot(instance("a"))
    clock(20)
    cloud.boot(gone("a"))
    clock(30)
    cloud.confirm("net1", "c1")
    clock(40)
    cloud.boot(instance("b", project="blue", host="c2"))
    assert holders(cloud) == [
        ("a", "red", "c1", MAC["a"], at(10), at(20)),
        ("b", "blue", "c2", MAC["b"], at(40), None),
    ]
    held = {when: names(cloud, ADDRESS, when) for when in (9, 10, 20, 21, 35, 39, 40, 1000)}
    # Nobody holds what is in quarantine or free.
    assert held == {9: [], 10: ["a"], 20: ["a"], 21: [], 35: [], 39: [], 40: ["b"], 1000: ["b"]}


def test_a_move_is_told_with_the_host_of_each_time(cloud: SmallCloud, clock: SetClock) -> None:
    clock(10)
    cloud.boot(instance("a"))
    clock(20)
    cloud.boot(instance("a", host="c1", next_host="c2"))
    clock(30)
    cloud.boot(instance("a", host="c2"))
    moved = ("a", "red", "c2", MAC["a"], at(30), None)
    assert holders(cloud) == [("a", "red", "c1", MAC["a"], at(10), at(30)), moved]
    assert holders(cloud, when=31) == [moved]


def test_a_name_that_is_used_again_is_another_instance(cloud: SmallCloud, clock: SetClock) -> None:
    clock(10)
    cloud.boot(instance("a"))
    clock(20)
    cloud.boot(gone("a"))
    cloud.confirm("net1", "c1")
    clock(30)
    cloud.boot(instance("a", "10.0.0.5", project="blue", host="c2"))
    assert holders(cloud) == [("a", "red", "c1", MAC["a"], at(10), at(20))]
    assert holders(cloud, "10.0.0.5") == [("a", "blue", "c2", MAC["a"], at(30), None)]


def test_an_instance_that_changes_its_address_gives_the_old_one_up(cloud: SmallCloud, clock: SetClock) -> None:
    clock(10)
    cloud.boot(instance("a"))
    clock(20)
    cloud.boot(instance("a", "10.0.0.5"))
    assert holders(cloud) == [("a", "red", "c1", MAC["a"], at(10), at(20))]
    assert holders(cloud, "10.0.0.5") == [("a", "red", "c1", MAC["a"], at(20), None)]


def test_what_a_scrubbed_project_had_is_still_known(cloud: SmallCloud, clock: SetClock) -> None:
    clock(10)
    cloud.boot(instance("a", floating_ip={}))
    clock(20)
    with cloud.work() as work:
        apply_projects(work, [{"name": "red", "state": "scrubbed", "remove_instances": True}])
    had = ("a", "red", "c1", MAC["a"], at(10), at(20))
    assert holders(cloud) == [had]
    assert holders(cloud, FLOATING) == [had]


def test_a_floating_address_is_of_the_instance_that_it_led_to(cloud: SmallCloud, clock: SetClock) -> None:
    cloud.boot(instance("a"), instance("b", "10.0.0.3", host="c2"))
    clock(10)
    cloud.floating({"address": FLOATING, "project": "red", "pool": "nova"})
    clock(20)
    cloud.floating({"address": FLOATING, "instance": "a"})
    clock(30)
    cloud.boot(instance("a", host="c3"))
    clock(40)
    cloud.floating({"address": FLOATING, "instance": "b"})
    clock(50)
    cloud.floating({"address": FLOATING, "state": "absent"})
    assert holders(cloud, FLOATING) == [
        (None, "red", None, None, at(10), at(20)),
        ("a", "red", "c1", MAC["a"], at(20), at(30)),
        ("a", "red", "c3", MAC["a"], at(30), at(40)),
        ("b", "red", "c2", MAC["b"], at(40), at(50)),
    ]
    assert names(cloud, FLOATING, 45) == ["b"]
    assert names(cloud, FLOATING, 51) == []


def test_a_floating_address_that_moves_with_its_host_stays_whose_it_is(cloud: SmallCloud, clock: SetClock) -> None:
    clock(10)
    cloud.boot(instance("a", floating_ip={}))
    clock(20)
    cloud.apply({"label": "private", "cidr": "10.0.0.0/28", "host": "net2"})
    assert holders(cloud, FLOATING) == [("a", "red", "c1", MAC["a"], at(10), None)]


def test_the_own_address_of_a_host_is_of_the_host_whenever_it_has_it(cloud: SmallCloud, clock: SetClock) -> None:
    cloud.apply({"label": "wide", "cidr": "10.1.0.0/28", "multi_host": True})
    guest = web("c", nics=[{"network": "wide", "address": "10.1.0.9", "mac": MAC["c"]}])
    for second, wish in ((10, guest), (20, gone("c")), (30, {**guest, "nics": [{"network": "wide"}]})):
        clock(second)
        cloud.boot(wish)
    with reading(cloud.url) as work:
        own = view_holders(work, "10.1.0.2")
    assert [(item["host"], item["instance"], item["network"], item["from"], item["until"]) for item in own] == [
        ("c1", None, "wide", at(10), at(20)),
        ("c1", None, "wide", at(30), None),
    ]


def test_both_who_shared_a_second_are_told(cloud: SmallCloud, clock: SetClock) -> None:
    clock(10.2)
    cloud.boot(instance("a"))
    clock(20.1)
    cloud.boot(gone("a"))
    cloud.confirm("net1", "c1")
    clock(20.7)
    cloud.boot(instance("b"))
    assert names(cloud, ADDRESS, 20) == ["a", "b"]
    # A time that is asked for as it is shown is found.
    assert names(cloud, ADDRESS, 10) == ["a"]


def test_what_was_only_tried_is_nobodys(cloud: SmallCloud) -> None:
    cloud.boot(instance("a"), check=True)
    assert holders(cloud) == []


@pytest.mark.parametrize(
    ("address", "when", "message"),
    [
        ("fd00::1", None, "address fd00::1 is not an IPv4 address"),
        (ADDRESS, "noon", "at noon is not a time in UTC.*Write it in UTC, such as"),
        (ADDRESS, "2026-03-01T12:00:00+01:00", "is not a time in UTC"),
    ],
)
def test_what_cannot_be_understood_is_refused(cloud: SmallCloud, address: str, when: Any, message: str) -> None:
    with reading(cloud.url) as work, pytest.raises(InvalidInput, match=f"(?s){message}"):
        view_holders(work, address, when)
