# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nova_boot on a host without systemd: it says so and leaves no unit behind. With systemd it is tested in machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.lab.host import Host

Run = Callable[..., dict[str, Any]]


def test_a_host_without_systemd_is_left_alone(host: Host, run_module: Run) -> None:
    for state in ("present", "absent"):
        result = run_module("nova_boot", state=state, devices=["br100"])
        assert (result["changed"], result["systemd"], result["files"]) == (False, False, [])
    assert host.run(["find", "/etc/systemd", "/var/lib/novanet/lib", "-name", "*novanet*"], check=False).stdout == ""


def test_a_device_of_ifupdown_is_refused(host: Host, run_module: Run) -> None:
    host.path("/etc/network/interfaces.d").mkdir(parents=True, exist_ok=True)
    host.path("/etc/network/interfaces.d/bridge").write_text("iface br100 inet manual\n")
    result = run_module("nova_boot", devices=["br100"])
    assert result["failed"]
    assert "device br100 is configured in /etc/network/interfaces.d/bridge as well" in result["msg"]
