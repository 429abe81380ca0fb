# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a reboot without any controller: the other tests run again, these compare with what was before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.machines.guests import Guest
from tests.machines.reboot import BEFORE, BOOT, LEASES
from tests.machines.units import moment


def leases(text: str) -> dict[str, tuple[int, str]]:
    """Return when a lease ends and whose it is, by address."""
    lines = (line.split() for line in text.splitlines())
    return {words[2]: (int(words[0]), words[1]) for words in lines if len(words) == 5}


@pytest.fixture(scope="module")
def before(state: Path) -> dict[str, dict[str, str]]:
    document: dict[str, dict[str, str]] = json.loads((state / BEFORE).read_text())
    return document


def test_guests_came_up_with_their_host(
    guests: dict[str, Guest], machine: Any, before: dict[str, dict[str, str]], capsys: Any
) -> None:
    for name, guest in guests.items():
        boot, seconds = guest.first_ping()
        assert boot == machine(guest.instance.host).check_output(BOOT)
        assert boot != before[guest.instance.host]["boot"]
        with capsys.disabled():
            print(f" {name} reached its router {seconds:.0f} s after the start of its host")


def test_leases_have_outlived_the_reboot(
    guests: dict[str, Guest], machine: Any, before: dict[str, dict[str, str]]
) -> None:
    known: set[str] = set()
    for host, seen in before.items():
        old, new = leases(seen["leases"]), leases(machine(host).check_output(LEASES))
        assert {address: owner for address, (_end, owner) in new.items()} == {
            address: owner for address, (_end, owner) in old.items()
        }
        assert all(new[address][0] >= end for address, (end, _owner) in old.items())
        known |= old.keys()
    assert sorted(known) == sorted(guest.instance.address for guest in guests.values())


def test_rules_come_before_links_and_guests_come_last(machine: Any, guests: dict[str, Guest]) -> None:
    for guest in guests.values():
        host = machine(guest.instance.host)
        managers = [unit for unit in ("systemd-networkd", "networking") if moment(host, unit, "ExecMainStart")]
        closed, restored = moment(host, "novanet-early", "ExecMainExit"), moment(host, "novanet", "ExecMainExit")
        assert managers
        assert 0 < closed < min(moment(host, unit, "ExecMainStart") for unit in managers)
        assert closed < restored < moment(host, f"guest@{guest.name}", "ExecMainStart")
