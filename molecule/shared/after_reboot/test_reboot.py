# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a reboot without any controller: the other tests run again, these compare with what was before."""

from __future__ import annotations

from typing import Any

from tests.machines.guests import Guest
from tests.machines.reboot import BOOT
from tests.machines.units import moment


def test_guests_came_up_with_their_host(
    guests: dict[str, Guest], machine: Any, before: dict[str, dict[str, str]], capsys: Any
) -> None:
    for name, guest in guests.items():
        boot, seconds = guest.first_ping()
        assert boot == machine(guest.instance.host).check_output(BOOT)
        assert boot != before[guest.instance.host]["boot"]
        with capsys.disabled():
            print(f" {name} reached its router {seconds:.0f} s after the start of its host")


def test_rules_come_before_links_and_guests_come_last(machine: Any, guests: dict[str, Guest]) -> None:
    for guest in guests.values():
        host = machine(guest.instance.host)
        managers = [unit for unit in ("systemd-networkd", "networking") if moment(host, unit, "ExecMainStart")]
        closed, restored = moment(host, "novanet-early", "ExecMainExit"), moment(host, "novanet", "ExecMainExit")
        assert managers
        assert 0 < closed < min(moment(host, unit, "ExecMainStart") for unit in managers)
        assert closed < restored < moment(host, f"guest@{guest.name}", "ExecMainStart")
