# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator's own bridge comes up by the operator's unit, and is taken for what it is."""

from __future__ import annotations

import json
from typing import Any

from tests.machines.units import SERVICE, moment


def test_the_bridge_of_the_operator_was_there_before_the_service(machine: Any) -> None:
    host = machine("compute1")
    assert 0 < moment(host, "own-bridge", "ExecMainExit") < moment(host, SERVICE, "ExecMainStart")
    stored = json.loads(host.check_output("cat /var/lib/novanet/nova/bridges.json"))
    assert stored["owned"]["bridges"]["br100"]["found"] is not None
