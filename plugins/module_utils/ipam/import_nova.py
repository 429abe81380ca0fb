# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A nova database taken over: everything that has a place here in one transaction, and a list of what has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import Conflict, InvalidInput
from .import_addresses import HostAddress, carry_host_addresses, carry_reservations, report_fixed
from .import_floating import carry_floating
from .import_groups import carry_groups
from .import_haul import Haul, Items, count, unload
from .import_instances import CarriedInstance, CarriedNic, carry_instances, carry_nics, instance_item, nic_item
from .import_networks import CarriedNetwork, Placed, carry_networks, network_item, place_network
from .import_report import Places, Report
from .import_rows import NovaRows, read_nova
from .inputs import dotted
from .store import Transaction


def import_nova(work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
    """Take over a nova database, and return what was carried over and what was left behind.

    :param options: those of the module ``nova_ipam_import``.
    :raises NovaError: the database cannot be read, or something of it clashes with what there is; then nothing happens.
    """
    if options["nova_database"] == options["database"]:
        raise Conflict("nova_database", "is the database of the IPAM itself", "Give that of nova.")
    if options.get("libvirt_domains"):
        raise InvalidInput(
            "libvirt_domains", "goes with libvirt_networks only", "Instances of nova are in its database."
        )
    rows = read_nova(options["nova_database"])
    report = Report()
    haul = pack(rows, Places(options["projects"], options["hosts"]), options["manager"], report)
    unload(work, haul, "nova")
    work.warnings[:0] = report.warnings
    return {"left_behind": report.left_behind, "carried_over": count(haul)}


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
    groups, members = carry_groups(rows, places, instances, report)
    return Haul(
        networks=lists,
        reservations=_reservations(rows, networks, placed, kept, instances),
        pools=pools,
        groups=groups,
        instances=_instance_items(instances, nics, networks, members),
        host_addresses=hosts,
        floating=floating,
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
    instances: Mapping[str, CarriedInstance],
    nics: Sequence[CarriedNic],
    networks: Mapping[int, CarriedNetwork],
    members: Mapping[str, list[str]],
) -> Items:
    own: dict[str, list[dict[str, str]]] = {}
    for nic in nics:
        own.setdefault(nic.instance.uuid, []).append(nic_item(nic, networks[nic.network_id].label))
    return [
        {**instance_item(instance, own.get(instance.uuid, [])), "security_groups": members.get(instance.uuid, [])}
        for instance in instances.values()
    ]
