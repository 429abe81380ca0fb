# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DHCP servers know after a reboot what they have given before."""

from __future__ import annotations

from typing import Any

from tests.machines.guests import Guest
from tests.machines.reboot import LEASES


def leases(text: str) -> dict[str, tuple[int, str]]:
    """Return when a lease ends and whose it is, by address."""
    lines = (line.split() for line in text.splitlines())
    return {words[2]: (int(words[0]), words[1]) for words in lines if len(words) == 5}


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
