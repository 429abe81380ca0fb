# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the rules for guests need of the kernel: connection tracking of bridged frames."""

from __future__ import annotations

from ..errors import HostError
from .kernel_modules import offers_module
from .runner import Runner

MODULE = "nf_conntrack_bridge"
# Only tried, never loaded (nft -c). Where the module is there, the kernel loads it by itself when real rules come.
_PROBE = """\
table bridge novanet_probe {
    chain forward {
        type filter hook forward priority -200;
        ct state established accept
    }
}
"""


def tracks_bridges(runner: Runner) -> bool:
    """Tell whether the kernel knows the connections of bridged frames. Changes nothing, so that a preview may ask."""
    # The kernel itself would load the module to try the rule, so whether it is there is asked first.
    if offers_module(runner, MODULE):
        return True
    return runner.run(("nft", "-c", "-f", "-"), stdin=_PROBE, accept=(0, 1)).code == 0


def require_bridge_tracking(runner: Runner) -> None:
    """Refuse a kernel that does not know the connections of bridged frames.

    :raises HostError: it does not.
    """
    if not tracks_bridges(runner):
        raise HostError(
            "this kernel",
            f"has no connection tracking for bridges ({MODULE}), which guest_ports need",
            "Use a kernel that has it (5.3 or later, with CONFIG_NF_CONNTRACK_BRIDGE), or leave guest_ports empty.",
        )
