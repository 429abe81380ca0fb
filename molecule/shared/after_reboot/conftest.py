# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts were like before they booted again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.machines.reboot import BEFORE


@pytest.fixture(scope="session")
def before(state: Path) -> dict[str, dict[str, str]]:
    """What was seen of each host before it went down."""
    document: dict[str, dict[str, str]] = json.loads((state / BEFORE).read_text())
    return document
