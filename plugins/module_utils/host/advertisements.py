# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel's switch for router advertisements, one a link: ``net.ipv6.conf.LINK.accept_ra``."""

from __future__ import annotations

# Never; as long as the host does not forward (RFC 4861, 6.2.2); also while it does.
DEAF, HEEDS_AS_HOST, HEEDS_ALWAYS = "0", "1", "2"


def heeding_path(name: str) -> str:
    """Return the file that says whether a link heeds router advertisements; ``default`` is for links to come."""
    return f"/proc/sys/net/ipv6/conf/{name}/accept_ra"
