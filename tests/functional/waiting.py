# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for something that others bring about, for as long as a busy machine may need."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(condition: Callable[[], object], what: str = "what the test waits for", timeout: float = 60.0) -> None:
    """Ask again and again until a condition holds.

    :param what: a noun for the message, or what there is instead.
    :raises AssertionError: it never did, in so many seconds.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{what} does not come to pass"
        time.sleep(0.02)
