# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source of the program that watches over a guard: exactly the code that made the change."""

from __future__ import annotations

from . import guard_watch
from .sources import running_sources

# Loaded, and with it all that it needs.
PROGRAMS = (guard_watch,)


def guard_sources() -> dict[str, str]:
    """Return the text of what the program consists of, by path below ``module_utils``."""
    return running_sources()
