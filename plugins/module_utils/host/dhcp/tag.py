# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags by which the files of a server refer to a network."""

from __future__ import annotations

import hashlib
import re

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+", re.ASCII)


def network_tag(label: str) -> str:
    """Return a tag for a network: a readable part of its label and a digest, for dnsmasq splits at commas."""
    readable = _UNSAFE.sub("-", label)[:24].strip("-")
    digest = hashlib.sha256(label.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"net-{readable}-{digest}" if readable else f"net-{digest}"
