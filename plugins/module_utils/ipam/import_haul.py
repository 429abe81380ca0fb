# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an import carries over, and how all of it is stored at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..errors import Conflict, NovaError
from .fixed_pool import apply_reservations
from .floating_pools import apply_pools
from .host_addresses import give_host_address
from .import_addresses import HostAddress
from .import_floating import CarriedFloating, store_floating
from .instances import apply_instances
from .network_views import network_by_label
from .networks import apply_networks, read_defaults
from .security_groups import ensure_security_groups
from .store import Transaction

Items = list[dict[str, Any]]


@dataclass(frozen=True)
class Haul:
    """All that is carried over, as the lists that people write, and by hand what these cannot say.

    :param networks: items by their manager.
    :param host_addresses: with the label of the network.
    """

    networks: Mapping[str, Items]
    reservations: Items
    pools: Items
    groups: Items
    instances: Items
    host_addresses: Sequence[tuple[str, HostAddress]]
    floating: Sequence[CarriedFloating]


def unload(work: Transaction, haul: Haul, source: str) -> None:
    """Store what is carried over. It may be there already, just like that; nothing that is there is changed.

    :param source: what it is taken over from, for messages.
    :raises Conflict: something is there already, and differs.
    """
    for manager, items in haul.networks.items():
        with _naming("network", "networks", items):
            apply_networks(work, items, read_defaults(manager, {"flat_network_dns": ""}))
    with _naming("floating pool", "pools", haul.pools):
        apply_pools(work, haul.pools)
    with _naming("reservation in network", "reservations", haul.reservations):
        apply_reservations(work, haul.reservations)
    for label, one in haul.host_addresses:
        give_host_address(work, network_by_label(work, label), one.host, one.address)
    with _naming("security group", "security_groups", haul.groups):
        ensure_security_groups(work, haul.groups)
    with _naming("instance", "instances", haul.instances):
        apply_instances(work, haul.instances, {})
    store_floating(work, haul.floating)
    for change in work.changes:
        if change.action != "create":
            raise Conflict(
                f"{change.kind} {change.name}",
                f"exists already and differs from {source}'s: {change.detail}",
                f"Remove it here, or change it to what {source} says. An import changes nothing that exists.",
            )


def count(haul: Haul) -> dict[str, int]:
    """Return how many things of each kind are carried over."""
    return {
        "networks": sum(len(items) for items in haul.networks.values()),
        "reservations": len(haul.reservations),
        "security_groups": len(haul.groups),
        "instances": len(haul.instances),
        "nics": sum(len(item["nics"]) for item in haul.instances),
        "host_addresses": len(haul.host_addresses),
        "floating_pools": len(haul.pools),
        "floating_addresses": len(haul.floating),
    }


@contextmanager
def _naming(kind: str, option: str, items: Items) -> Iterator[None]:
    """Let errors name the thing: a position in a list that nobody wrote says nothing."""
    try:
        yield
    except NovaError as error:
        found = re.match(rf"{option}\[(\d+)\]\W*", error.subject)
        if found is None:
            raise
        item = items[int(found[1])]
        name = item.get("label") or item.get("name") or item.get("network")
        raise type(error)(f"{kind} {name}: {error.subject[found.end() :]}", error.reason, error.hint) from error
