# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source of the program that runs at boot: exactly the code that runs now, wherever that came from."""

from __future__ import annotations

from . import early, restore
from .sources import running_sources

# Loaded, and with them all that they need.
PROGRAMS = (early, restore)


def program_sources() -> dict[str, str]:
    """Return the text of what the program consists of, by path below ``module_utils``."""
    return running_sources()
