# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with machines."""

from __future__ import annotations


class MachineError(Exception):
    """An image that cannot be built, a machine that does not boot. Not a failed check of what is tested."""
