# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A nova database taken over: everything that has a place here in one transaction, and a list of what has none."""

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
from .import_addresses import HostAddress, carry_host_addresses, carry_reservations, report_fixed
from .import_floating import CarriedFloating, carry_floating, store_floating
from .import_instances import CarriedInstance, CarriedNic, carry_instances, carry_nics, instance_item, nic_item
from .import_networks import CarriedNetwork, Placed, carry_networks, network_item, place_network
from .import_report import Places, Report
from .import_rows import NovaRows, read_nova
from .inputs import dotted
from .instances import apply_instances
from .network_views import network_by_label
from .networks import apply_networks, read_defaults
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
    instances: Items
    host_addresses: Sequence[tuple[str, HostAddress]]
    floating: Sequence[CarriedFloating]


def import_nova(work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
    """Take over a nova database, and return what was carried over and what was left behind.

    :param options: those of the module ``nova_ipam_import``.
    :raises NovaError: the database cannot be read, or something of it clashes with what there is; then nothing happens.
    """
    if options["nova_database"] == options["database"]:
        raise Conflict("nova_database", "is the database of the IPAM itself", "Give that of nova.")
    rows = read_nova(options["nova_database"])
    report = Report()
    haul = pack(rows, Places(options["projects"], options["hosts"]), options["manager"], report)
    unload(work, haul)
    work.warnings[:0] = report.warnings
    return {"left_behind": report.left_behind, "carried_over": _count(haul)}


def pack(rows: NovaRows, places: Places, manager: str, report: Report) -> Haul:
    """Work out what is carried over, without a look at what there is here."""
    networks = carry_networks(rows, places, manager, report)
    instances = carry_instances(rows, places, report)
    wiring = carry_nics(rows, networks, instances, report)
    host_addresses = carry_host_addresses(rows, networks, wiring.nics, places, report)
    placed = {number: _place(network, wiring.nics, host_addresses, report) for number, network in networks.items()}
    nics = [nic for nic in wiring.nics if _can_stay(nic, networks, placed, report)]
    hosts = [(networks[one.network_id].label, one) for one in host_addresses if not _is_held(placed, one)]
    lists: dict[str, Items] = {}
    for number, network in networks.items():
        item = network_item(network, wiring.projects[number], placed[number], report)
        lists.setdefault(network.manager, []).append(item)
    report_fixed(rows, networks, instances, report)
    kept = {(nic.network_id, nic.address) for nic in nics} | {(one.network_id, one.address) for _unused, one in hosts}
    held = _held_addresses(networks, placed, nics, host_addresses)
    pools, floating = carry_floating(rows.floating_ips, places, nics, held, report)
    _report_groups(rows, report)
    return Haul(
        networks=lists,
        reservations=_reservations(rows, networks, placed, kept, instances),
        pools=pools,
        instances=_instance_items(instances, nics, networks),
        host_addresses=hosts,
        floating=floating,
    )


def unload(work: Transaction, haul: Haul) -> None:
    """Store what is carried over. It may be there already, just like that; nothing that is there is changed.

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
    with _naming("instance", "instances", haul.instances):
        apply_instances(work, haul.instances, {})
    store_floating(work, haul.floating)
    for change in work.changes:
        if change.action != "create":
            raise Conflict(
                f"{change.kind} {change.name}",
                f"exists already and differs from nova's: {change.detail}",
                "Remove it here, or change it to what nova says. An import changes nothing that exists.",
            )


def _place(
    network: CarriedNetwork, nics: Sequence[CarriedNic], hosts: Sequence[HostAddress], report: Report
) -> Placed | None:
    own: list[CarriedNic | HostAddress] = [*nics, *hosts]
    wanted = {one.address for one in own if one.network_id == network.row.id and one.address is not None}
    return place_network(network, wanted, report)


def _can_stay(
    nic: CarriedNic, networks: Mapping[int, CarriedNetwork], placed: Mapping[int, Placed | None], report: Report
) -> bool:
    if not _is_held(placed, nic):
        return True
    label = networks[nic.network_id].label
    reason = f"network {label} needs its address {dotted(nic.address or 0)} itself, for its gateway or the like"
    report.leave(nic.describe(), reason)
    return False


def _is_held(placed: Mapping[int, Placed | None], one: CarriedNic | HostAddress) -> bool:
    layout = placed[one.network_id]
    return layout is not None and one.address is not None and layout.holds(one.address)


def _held_addresses(
    networks: Mapping[int, CarriedNetwork],
    placed: Mapping[int, Placed | None],
    nics: Sequence[CarriedNic],
    hosts: Sequence[HostAddress],
) -> dict[int, str]:
    """Return the addresses that cannot be floating ones, and whose they are."""
    held = {nic.address: f"that of {nic.describe()}" for nic in nics if nic.address is not None}
    held.update({one.address: f"that of host {one.host}" for one in hosts})
    for number, one in placed.items():
        if one is not None:
            layout = one.layout
            for address in (layout.gateway, layout.dhcp_server, layout.vpn_private_address):
                if address is not None:
                    held[address] = f"one of network {networks[number].label} itself"
    return held


def _reservations(
    rows: NovaRows,
    networks: Mapping[int, CarriedNetwork],
    placed: Mapping[int, Placed | None],
    kept: set[tuple[int, Any]],
    instances: Mapping[str, CarriedInstance],
) -> Items:
    fixed: dict[int, list[Any]] = {}
    for row in rows.fixed_ips:
        fixed.setdefault(row.network_id, []).append(row)
    addresses: dict[int, set[int]] = {}
    for number, address in kept:
        addresses.setdefault(number, set()).add(address)
    return [
        item
        for number, network in networks.items()
        if (one := placed[number]) is not None
        for item in carry_reservations(network, one, fixed.get(number, ()), addresses.get(number, set()), instances)
    ]


def _instance_items(
    instances: Mapping[str, CarriedInstance], nics: Sequence[CarriedNic], networks: Mapping[int, CarriedNetwork]
) -> Items:
    own: dict[str, list[dict[str, str]]] = {}
    for nic in nics:
        own.setdefault(nic.instance.uuid, []).append(nic_item(nic, networks[nic.network_id].label))
    return [instance_item(instance, own.get(instance.uuid, [])) for instance in instances.values()]


def _report_groups(rows: NovaRows, report: Report) -> None:
    rules: dict[int, int] = {}
    for rule in rows.security_group_rules:
        rules[rule.parent_group_id] = rules.get(rule.parent_group_id, 0) + 1
    for group in rows.security_groups:
        thing = f"security group {group.name} of project {group.project_id} with {rules.get(group.id, 0)} rules"
        report.leave(thing, "there are no security groups here")


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


def _count(haul: Haul) -> dict[str, int]:
    return {
        "networks": sum(len(items) for items in haul.networks.values()),
        "reservations": len(haul.reservations),
        "instances": len(haul.instances),
        "nics": sum(len(item["nics"]) for item in haul.instances),
        "host_addresses": len(haul.host_addresses),
        "floating_pools": len(haul.pools),
        "floating_addresses": len(haul.floating),
    }
