# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floating pools and floating addresses in one go, in the order in which neither is in the other's way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .floating import apply_floating_addresses
from .floating_pools import apply_pools, view_pools
from .store import Transaction

Items = Sequence[Mapping[str, Any]]


def apply_floating_lists(
    work: Transaction, pools: Items | None, addresses: Items | None, defaults: Mapping[str, Any], purge: bool
) -> dict[str, list[dict[str, Any]]]:
    """Make pools and addresses be as they were asked for, and return them as ``pools`` and ``addresses``.

    :param pools: None when the list was omitted; then all pools are returned.
    :param addresses: None when the list was omitted.
    :param defaults: ``default_floating_pool``.
    :param purge: see :func:`apply_pools` and :func:`apply_floating_addresses`.
    """
    if pools is not None:
        # New pools first, for the addresses; what goes comes last, since a pool can go only after its addresses.
        apply_pools(work, [item for item in pools if item.get("state") != "absent"])
    views = apply_floating_addresses(work, addresses, defaults, purge) if addresses is not None else []
    if pools is not None:
        apply_pools(work, pools, purge)
    named = None if pools is None else {item["name"] for item in pools if item.get("state") != "absent"}
    shown = [view for view in view_pools(work) if named is None or view["name"] in named]
    return {"pools": shown, "addresses": views}
