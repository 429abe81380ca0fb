# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

from tests.lab import process
from tests.lab.process import Process, boot_id, identify, is_alive, parse_start, parse_state

STAT = "4711 (a (strange) name) S 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3"


def test_a_name_with_parentheses_does_not_shift_the_fields():
    assert parse_start(STAT) == 987654
    assert parse_state(STAT) == "S"


def test_a_process_is_only_itself():
    me = identify(os.getpid())

    assert me is not None
    assert is_alive(me)
    assert not is_alive(Process(me.pid, me.start + 1, me.boot))
    assert not is_alive(Process(me.pid, me.start, "another boot"))


def test_a_process_that_cannot_exist_is_none():
    assert identify(2**22 + 1) is None
    assert not is_alive(Process(2**22 + 1, 1, boot_id()))


def test_nothing_that_only_has_the_number_of_a_recorded_process_is_killed(monkeypatch):
    killed = []
    monkeypatch.setattr(process.os, "kill", lambda pid, number: killed.append(pid))
    me = identify(os.getpid())
    assert me is not None

    left = process.end([Process(me.pid, me.start - 1, me.boot), Process(me.pid, me.start, "another boot")], 0.05)

    assert (killed, left) == ([], [])
