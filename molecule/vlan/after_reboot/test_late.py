# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The trunk of one host was not there when the service began."""

from __future__ import annotations

from typing import Any

from tests.machines.units import SERVICE, moment


def test_the_service_has_waited_for_a_late_card(machine: Any) -> None:
    host = machine("compute1")
    late = float(host.check_output("cat /run/late-eth2"))
    assert moment(host, SERVICE, "ExecMainStart") < late < moment(host, SERVICE, "ExecMainExit")
