# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what a run in check mode says it would change: Molecule's own check step does not look at it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: predictions
type: notification
short_description: Predicted changes as JSON
description:
  - In check mode, writes all results that are changed, and what was asked of how many hosts, to the file that
    E(NOVANET_PREDICTIONS) names.
"""


class CallbackModule(CallbackBase):
    """Writes a file at the end of a run; the output for people is another callback's."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "predictions"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._changed: list[dict[str, Any]] = []

    def v2_runner_on_ok(self, result: Any) -> None:
        if result._result.get("changed"):
            changes = result._result.get("changes", [])
            name = result._task.get_name().strip()
            self._changed.append({"host": result._host.get_name(), "task": name, "changes": changes})

    def v2_playbook_on_stats(self, stats: Any) -> None:
        path = os.environ.get("NOVANET_PREDICTIONS")
        if path and context.CLIARGS.get("check"):
            hosts = {host: stats.summarize(host) for host in stats.processed}
            Path(path).write_text(json.dumps({"hosts": hosts, "changed": self._changed}), encoding="utf-8")
