# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules of the kernel. Nothing is loaded here."""

from __future__ import annotations

from .runner import Runner


def offers_module(runner: Runner, name: str) -> bool:
    """Tell whether a module is loaded or could be. One that is built in without a trace is not seen."""
    if runner.names(f"/sys/module/{name}"):
        return True
    return runner.which("modprobe") is not None and runner.run(("modprobe", "-n", "-q", name), accept=(0, 1)).code == 0
