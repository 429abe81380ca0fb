# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the checkout importable under the name that Ansible gives it."""

from __future__ import annotations

import sys

from tests.tools.tree import link_collection

if str(link_collection()) not in sys.path:
    sys.path.insert(0, str(link_collection()))
