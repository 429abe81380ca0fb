# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixed addresses of nova beyond those of NICs: what stays reserved, what hosts have, and what is left behind.

nova had a row for every address that an instance could get. What had none, or was reserved, no instance gets here
either; nor an address that somebody of nova has who is not carried over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .allocation import Span, subtract
from .import_instances import CarriedInstance, CarriedNic
from .import_networks import CarriedNetwork, Placed
from .import_report import Places, Report
from .import_rows import NovaRows
from .inputs import dotted, read_address

RESERVED = "reserved in nova"


@dataclass(frozen=True)
class HostAddress:
    """The address that a host has in a multi_host network."""

    network_id: int
    host: str
    address: int


def carry_host_addresses(
    rows: NovaRows,
    networks: Mapping[int, CarriedNetwork],
    nics: Iterable[CarriedNic],
    places: Places,
    report: Report,
) -> list[HostAddress]:
    """Return the addresses that hosts keep: where they serve an instance of a multi_host network."""
    serving = {(nic.network_id, nic.instance.host) for nic in nics}
    carried = {}
    for row in rows.fixed_ips:
        network = networks.get(row.network_id)
        if network is None or not row.host:
            continue
        place = (row.network_id, places.host(row.host) or "")
        thing = f"fixed IP {row.address} of host {row.host}"
        if not network.hosts_have_addresses:
            report.leave(thing, f"hosts have no addresses of their own in network {network.label}")
        elif place not in serving:
            report.leave(thing, f"it serves no instance in network {network.label}")
        elif place in carried:
            report.leave(thing, f"it has another one in network {network.label}")
        else:
            carried[place] = HostAddress(*place, read_address(row.address, thing))
    return list(carried.values())


def carry_reservations(
    network: CarriedNetwork,
    placed: Placed,
    fixed: Iterable[Any],
    kept: Collection[int],
    instances: Mapping[str, CarriedInstance],
) -> list[dict[str, str]]:
    """Return what of a network no instance may get, as items of the option ``reservations``.

    :param fixed: nova's rows of its addresses.
    :param kept: addresses that are carried over with whoever has them.
    """
    span = network.span or Span(0, 0)
    free: set[int] = set()
    used: dict[int, str] = {}
    listed = False
    for row in fixed:
        address = read_address(row.address, f"fixed IP {row.id}")
        listed = True
        if row.allocated and address not in kept:
            owner = instances[row.instance_uuid].name if row.instance_uuid in instances else row.instance_uuid
            used[address] = f"in nova of instance {owner}" if owner else "in nova of nobody, but allocated"
        elif not row.reserved:
            free.add(address)
    held = [item.span for item in placed.layout.held]
    notes = {address: note for address, note in used.items() if not placed.holds(address) and span.first <= address}
    notes = {address: note for address, note in notes.items() if address <= span.last}
    items = [_item(network, one, note) for one, note in _noted(notes)]
    if listed:
        others = [Span(number, number) for number in kept] + [*_runs(free), *_runs(used), *held]
        items += [_item(network, one, RESERVED) for one in subtract([span], others)]
    return items


def report_fixed(
    rows: NovaRows, networks: Mapping[int, CarriedNetwork], instances: Mapping[str, CarriedInstance], report: Report
) -> None:
    """Say which fixed addresses are nobody's, although nova had not forgotten them."""
    known_networks = {row.id for row in rows.networks}
    known_instances = {row.uuid for row in rows.instances}
    owners = {row.id: (row.instance_uuid, row.network_id) for row in rows.virtual_interfaces}
    listed = {row.network_id for row in rows.fixed_ips}
    for number, network in networks.items():
        if network.span is not None and number not in listed:
            report.warn(f"network {network.label} has no fixed IPs in nova: all its addresses are free here")
    for row in rows.fixed_ips:
        thing = f"fixed IP {row.address}"
        if row.network_id not in known_networks:
            report.leave(thing, f"its network {row.network_id} does not exist")
        elif row.network_id not in networks:
            continue  # said of the network
        elif row.allocated and not row.instance_uuid and not row.host:
            report.leave(thing, "it is allocated to no instance; it stays reserved")
        elif row.allocated and row.instance_uuid and row.instance_uuid not in known_instances:
            report.leave(thing, f"its instance {row.instance_uuid} does not exist; it stays reserved")
        elif row.allocated and row.instance_uuid in instances:
            if owners.get(row.virtual_interface_id) != (row.instance_uuid, row.network_id):
                name = instances[row.instance_uuid].name
                report.leave(thing, f"instance {name} has it, but no NIC for it; it stays reserved")
        elif row.instance_uuid and not row.allocated:
            lease = ", and the guest may still have a lease" if row.leased else ""
            report.leave(thing, f"instance {row.instance_uuid} has given it up{lease}; it is free here")


def _item(network: CarriedNetwork, span: Span, note: str) -> dict[str, str]:
    return {"network": network.label, "start": dotted(span.first), "end": dotted(span.last), "note": note}


def _noted(notes: Mapping[int, str]) -> Iterator[tuple[Span, str]]:
    """Yield addresses with the same note as ranges."""
    for note in sorted(set(notes.values())):
        for span in _runs(address for address, text in notes.items() if text == note):
            yield span, note


def _runs(addresses: Iterable[int]) -> list[Span]:
    """Return addresses as ranges without gaps."""
    runs: list[Span] = []
    for address in sorted(addresses):
        if runs and runs[-1].last == address - 1:
            runs[-1] = Span(runs[-1].first, address)
        else:
            runs.append(Span(address, address))
    return runs
