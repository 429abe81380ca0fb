# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole cloud at once: every list of the inventory in one transaction, in an order in which nothing blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ..errors import NotFound
from . import schema
from .acknowledge import acknowledge, forget_hosts
from .arguments_instances import INSTANCE_DEFAULTS
from .fixed_pool import apply_reservations
from .floating import apply_floating_addresses
from .floating_pools import apply_pools
from .instances import apply_instances, remove_instances
from .networks import apply_networks, assign_serving_host, read_defaults
from .project_lists import apply_projects, refuse_revived
from .security_groups import ensure_security_groups, remove_security_groups
from .sql import and_, select
from .store import Transaction

Items = Optional[Sequence[Mapping[str, Any]]]


def reconcile_cloud(work: Transaction, options: Mapping[str, Any], lists: Mapping[str, Items]) -> list[str]:
    """Make the IPAM say what the lists say, and return the fixed addresses that came out of quarantine.

    :param options: those of ``nova_plan``.
    :param lists: ``projects``, ``networks``, ``reservations``, ``floating_pools``, ``security_groups``, ``instances``
        and ``floating_addresses``; None for a list that was omitted.
    :raises NovaError: the first thing that is wrong; then nothing of it happens.
    """
    released = acknowledge(work, options["acknowledgements"]) + forget_hosts(work, options["forget_hosts"])
    purge: bool = options["purge"]
    defaults = {key: options[key] for key in ("manager", *INSTANCE_DEFAULTS)}
    # What goes, goes first: its addresses and its networks may be asked for by what comes.
    if lists["instances"] is not None:
        remove_instances(work, lists["instances"], defaults, purge)
    apply_projects(work, lists["projects"], options["default_quotas"], purge)
    _apply_networks(work, options, lists["networks"], purge)
    if lists["floating_pools"] is not None:
        apply_pools(work, _present(lists["floating_pools"]), where="floating_pools")
    apply_reservations(work, lists["reservations"], purge)
    groups = lists["security_groups"]
    if groups is not None:
        ensure_security_groups(work, groups)
    if lists["instances"] is not None:
        apply_instances(work, lists["instances"], defaults, purge)
    if lists["floating_addresses"] is not None:
        apply_floating_addresses(work, lists["floating_addresses"], defaults, purge, "floating_addresses")
    if lists["floating_pools"] is not None:
        # A pool can go only after its addresses.
        apply_pools(work, lists["floating_pools"], purge, "floating_pools")
    if groups is not None:
        # A group can go only after the last instance has left it.
        remove_security_groups(work, groups, purge)
    refuse_revived(work, lists["projects"])
    if work.caller.check:
        # Foreseen reports are about what was withdrawn just now: the run itself stores that before it gets them.
        released += acknowledge(work, options["acknowledgements"])
    return released


def _present(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [item for item in items if item.get("state") != "absent"]


def _apply_networks(work: Transaction, options: Mapping[str, Any], items: Items, purge: bool) -> None:
    apply_networks(work, items, read_defaults(options["manager"], options["defaults"]), purge)
    networks = schema.networks
    alone: list[Any] = [networks.c.host.is_(None), networks.c.multi_host.is_(False)]
    if not options["settings"]["flat_gateway"]:
        alone.append(networks.c.manager != "flat")  # nobody serves them
    unserved = work.connection.execute(select(networks).where(and_(*alone)).order_by(networks.c.id)).all()
    servers = [host["name"] for host in options["hosts"] if host["network"]]
    if unserved and not servers:
        raise NotFound(
            f"network {unserved[0].label}", "has no host that could serve it", "Put a host into group nova_network."
        )
    for row in unserved:
        assign_serving_host(work, row, servers[0])
