# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that may change the link of the controller's own connection, and the confirmation that the host waits for.

All in one task: hosts of a play wait for each other after every task, and a host that was cut off would keep the others
from being confirmed in time.
"""

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.vars import merge_hash

_CONFIRM = "novanet.network.nova_guard"
_PAUSE = 1.0
# A host that took the change back by then is there again, and says so itself.
_GRACE = 15.0


class GuardedAction(ActionBase):
    """Runs the module of the task; when that set up a guard, comes back over a new connection and confirms."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        began = time.monotonic()
        try:
            result = merge_hash(result, self._execute_module(task_vars=task_vars))
        except AnsibleConnectionFailure as error:
            raise AnsibleConnectionFailure(f"{error}{self._promise()}") from error
        if result.get("guard"):
            failure = self._confirm(str(result["guard"]), began, task_vars)
            if failure:
                kept = {key: result[key] for key in ("warnings", "deprecations") if key in result}
                result = {**kept, "changed": False, "failed": True, **failure}
        self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _promise(self) -> str:
        if self._task.check_mode or not boolean(self._task.args.get("allow_management_interface"), strict=False):
            return ""
        return f" What was changed under guard, the host takes back by itself within {self._seconds} s."

    @property
    def _seconds(self) -> int:
        # The module has refused what is no number, unless it could not be reached at all.
        return int(self._task.args.get("rollback_seconds") or 60)

    def _confirm(self, guard: str, began: float, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        """Confirm over a new connection as soon as there is one; return why that failed, nothing when it did not."""
        options = {key: self._task.args[key] for key in ("owner", "state_path") if key in self._task.args}
        while True:
            try:
                self._connection.reset()
                answer = self._execute_module(_CONFIRM, {**options, "guard": guard}, task_vars=task_vars)
            except AnsibleConnectionFailure as error:
                if time.monotonic() > began + self._seconds + _GRACE:
                    return _not_back(self._seconds, error)
                time.sleep(_PAUSE)
                continue
            if not answer.get("failed"):
                return {}
            return {key: answer[key] for key in ("msg", "subject", "reason", "hint") if key in answer}


def _not_back(seconds: int, error: AnsibleConnectionFailure) -> dict[str, Any]:
    subject = "this host"
    reason = f"does not answer over a new connection within {seconds} s since its links were changed: {error}"
    hint = "It takes the change back by itself; its system log and the next run say so."
    return {"msg": f"{subject} {reason}. {hint}", "subject": subject, "reason": reason, "hint": hint}
