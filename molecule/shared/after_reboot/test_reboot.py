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
    old, new = leases(before["network1"]["leases"]), leases(machine("network1").check_output(LEASES))
    assert sorted(old) == sorted(guest.instance.address for guest in guests.values())
    assert {address: owner for address, (_end, owner) in new.items()} == {
        address: owner for address, (_end, owner) in old.items()
    }
    assert all(new[address][0] >= end for address, (end, _owner) in old.items())
