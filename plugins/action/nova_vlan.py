# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.novanet.network.plugins.plugin_utils.guarded import GuardedAction


class ActionModule(GuardedAction):
    """Runs the module of this name, and confirms what it changed under guard."""
