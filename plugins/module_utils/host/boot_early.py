# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table that lets nothing be routed from or to bridges whose rules are not in place."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from .nft_values import require_interface
from .runner import Runner

TABLE = "novanet_early"
# Written when the slices have been applied in this boot: from then on the early table would only cut off what works.
RESTORED = "/run/novanet/restored"

_EMPTY = f"add table inet {TABLE}\ndelete table inet {TABLE}\n"
_CLOSED = """\
table inet {table} {{
    set bridges {{
        type ifname
        elements = {{ {bridges} }}
    }}
    chain forward {{
        type filter hook forward priority -310; policy accept;
        iifname @bridges counter drop
        oifname @bridges counter drop
    }}
}}
"""


def render_closed(bridges: Iterable[str]) -> str:
    """Return what nft reads to close exactly these bridges, in one transaction; none of them for no table at all."""
    names = sorted({require_interface(name, f"bridge {name}") for name in bridges})
    if not names:
        return _EMPTY
    return _EMPTY + _CLOSED.format(table=TABLE, bridges=", ".join(f'"{name}"' for name in names))


def close_bridges(runner: Runner, bridges: Collection[str]) -> None:
    """Let nothing be routed from or to these bridges, and open all others."""
    if not bridges and runner.which("nft") is None:
        return
    runner.run(("nft", "-f", "-"), stdin=render_closed(bridges))


def has_table(runner: Runner, family: str, name: str) -> bool:
    """Return whether the kernel has a table."""
    return runner.run(("nft", "list", "table", family, name), accept=(0, 1)).code == 0
