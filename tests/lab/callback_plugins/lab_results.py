# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what every task of a run did, one JSON document a line, for the demo to compare runs."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: lab_results
type: notification
short_description: Results of all tasks as JSON lines
description:
  - Appends one JSON document for each result of a task to the file that E(NOVANET_LAB_RESULTS) names.
"""

KEPT = ("changed", "failed", "unreachable", "skipped", "changes", "diff", "msg", "subject", "reason", "hint")


class CallbackModule(CallbackBase):
    """Appends to a file; the output for people is another callback's."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "lab_results"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, result: Any, **more: Any) -> None:
        path = os.environ.get("NOVANET_LAB_RESULTS")
        if not path:
            return
        outcome = {key: value for key, value in result._result.items() if key in KEPT}
        name = result._task.get_name().strip()
        document = {"host": result._host.get_name(), "task": name, "action": result._task.action, **outcome, **more}
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(document, default=str, sort_keys=True) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write(result, failed=True, ignored=ignore_errors)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write(result, unreachable=True)
