# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from tests.lab.playbook import parse_recap, parse_results

OUTPUT = """TASK [x] ****
ok: [network1]
fake : ok=9 changed=9

PLAY RECAP *********************************************************************
compute1                   : ok=7    changed=0    unreachable=0    failed=0    skipped=2    rescued=0    ignored=0
network1                   : ok=9    changed=3    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0

"""


def test_the_recap_is_read_and_nothing_before_it():
    recap = parse_recap(OUTPUT)

    assert set(recap) == {"compute1", "network1"}
    assert (recap["compute1"]["changed"], recap["network1"]["changed"], recap["network1"]["failed"]) == (0, 3, 1)


def test_no_recap_is_no_host():
    assert parse_recap("ERROR! no such playbook") == {}


def test_results_keep_what_runs_are_compared_by():
    line = {"host": "h", "task": "t", "action": "a", "changed": True, "changes": ["one"], "diff": {"before": ""}}

    (result,) = parse_results(json.dumps(line) + "\n")

    assert (result.host, result.task, result.changed, result.failed) == ("h", "t", True, False)
    assert (result.changes, result.diff) == (("one",), {"before": ""})


def test_a_failure_that_the_playbook_ignores_is_none():
    lines = [
        {"host": "h", "task": "t", "action": "a", "failed": True, "ignored": True},
        {"host": "h", "task": "t", "action": "a", "unreachable": True},
    ]

    assert [item.failed for item in parse_results("\n".join(map(json.dumps, lines)))] == [False, True]
