# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual machines for the system tests: images, wires, hosts that boot, guests in them.

Everything that runs for a scenario runs in one lab (see ``tests.lab``): QEMU, the wires and the world outside live in
its namespaces, so they are gone when it is removed, however that comes about.
"""

from __future__ import annotations
