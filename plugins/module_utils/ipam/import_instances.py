# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances of nova with their NICs, as items of the option ``instances``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidInput
from .import_networks import CarriedNetwork
from .import_report import Names, Places, Report
from .import_rows import NovaRows
from .inputs import dotted, read_address, read_hostname, read_mac
from .instances_inputs import default_hostname


@dataclass(frozen=True)
class CarriedInstance:
    """An instance that is carried over."""

    uuid: str
    name: str
    project: str
    host: str
    hostname: str


@dataclass(frozen=True)
class CarriedNic:
    """A NIC that is carried over.

    :param address: its fixed address as a number; None in a network without IPv4.
    :param fixed_id: the id of nova's row of that address.
    """

    instance: CarriedInstance
    network_id: int
    mac: str
    address: int | None
    fixed_id: int | None

    def describe(self) -> str:
        """Return it in a person's words."""
        return f"NIC {self.mac} of instance {self.instance.name}"


@dataclass
class Wiring:
    """NICs in the order of nova, and the projects that own the VLANs that they are in."""

    nics: list[CarriedNic] = field(default_factory=list)
    projects: dict[int, str | None] = field(default_factory=dict)


def carry_instances(rows: NovaRows, places: Places, report: Report) -> dict[str, CarriedInstance]:
    """Return the instances that can be carried over, by their UUID."""
    names = Names("instance", report)
    carried = {}
    for row in rows.instances:
        project, host = places.project(row.project_id), places.host(row.host)
        if project is None or host is None:
            report.leave(f"instance {row.display_name} ({row.uuid})", _why_not(row, project is None))
            continue
        name = names.take(row.display_name, row.uuid)
        carried[row.uuid] = CarriedInstance(row.uuid, name, project, host, _hostname(row, name, report))
    return carried


def carry_nics(
    rows: NovaRows, networks: Mapping[int, CarriedNetwork], instances: Mapping[str, CarriedInstance], report: Report
) -> Wiring:
    """Return the NICs that can be carried over. Whether their addresses can be had is not looked at yet."""
    wiring = Wiring(projects={number: network.project for number, network in networks.items()})
    addresses: dict[int, list[Any]] = {}
    for row in rows.fixed_ips:
        if row.allocated and row.virtual_interface_id is not None:
            addresses.setdefault(row.virtual_interface_id, []).append(row)
    known = {row.uuid for row in rows.instances}
    for row in rows.virtual_interfaces:
        instance = instances.get(row.instance_uuid)
        if instance is None:
            if row.instance_uuid not in known:
                report.leave(f"NIC {row.address}", f"its instance {row.instance_uuid} does not exist")
            continue
        thing = f"NIC {row.address} of instance {instance.name}"
        fixed = [
            one
            for one in addresses.get(row.id, [])
            if (one.network_id, one.instance_uuid) == (row.network_id, row.instance_uuid)
        ]
        reason = _why_no_nic(row, networks.get(row.network_id), instance, fixed, wiring)
        if reason is not None:
            report.leave(thing, reason)
            continue
        wiring.nics.append(_nic(row, networks[row.network_id], instance, fixed))
        for one in fixed[1:]:
            report.leave(f"fixed IP {one.address} of {thing}", "a NIC has one address here; it stays reserved")
        if row.tag:
            report.leave(f"tag {row.tag} of {thing}", "NICs have no tags here")
    if any(row.uuid for row in rows.virtual_interfaces):
        report.leave("UUIDs of virtual interfaces", "a NIC is known by its MAC address here")
    return wiring


def instance_item(instance: CarriedInstance, nics: list[dict[str, str]]) -> dict[str, Any]:
    """Return an instance as an item of the option ``instances``."""
    return {
        "name": instance.name,
        "uuid": instance.uuid,
        "project": instance.project,
        "host": instance.host,
        "hostname": instance.hostname,
        "nics": nics,
    }


def nic_item(nic: CarriedNic, label: str) -> dict[str, str]:
    """Return a NIC as part of an instance."""
    item = {"network": label, "mac": nic.mac}
    return item if nic.address is None else {**item, "address": dotted(nic.address)}


def _why_not(row: Any, projectless: bool) -> str:
    if projectless:
        reason = (
            f"belongs to project {row.project_id}, which is not among projects" if row.project_id else "has no project"
        )
    elif not row.host:
        reason = "runs on no host"
    else:
        reason = f"runs on {row.host}, which is not among hosts"
    return f"it {reason}; its addresses stay reserved"


def _why_no_nic(
    row: Any, network: CarriedNetwork | None, instance: CarriedInstance, fixed: list[Any], wiring: Wiring
) -> str | None:
    if network is None:
        return "its network is not carried over"
    try:
        read_mac(row.address, "mac")
    except InvalidInput as error:
        return f"{row.address} {error.reason}"
    if network.manager == "vlan" and wiring.projects[network.row.id] is None:
        # Whoever is in a VLAN first owns it, as with every other instance.
        wiring.projects[network.row.id] = instance.project
    owner = wiring.projects[network.row.id]
    if owner is not None and owner != instance.project:
        return f"network {network.label} belongs to project {owner}, the instance to {instance.project}"
    if network.span is None:
        return None
    if not fixed:
        return f"it has no fixed IP in network {network.label}"
    address = read_address(fixed[0].address, f"fixed IP {fixed[0].id}")
    if not network.span.first <= address <= network.span.last:
        return f"its address {fixed[0].address} is outside {network.row.cidr}"
    return None


def _nic(row: Any, network: CarriedNetwork, instance: CarriedInstance, fixed: list[Any]) -> CarriedNic:
    mac = read_mac(row.address, "mac")
    if network.span is None:
        return CarriedNic(instance, row.network_id, mac, None, None)
    return CarriedNic(instance, row.network_id, mac, read_address(fixed[0].address, "fixed IP"), fixed[0].id)


def _hostname(row: Any, name: str, report: Report) -> str:
    """Return the host name that the guest gets by DHCP: nova's, where it is one without a domain."""
    if not row.hostname:
        return default_hostname(name)
    try:
        return read_hostname(row.hostname, "hostname")
    except InvalidInput as error:
        hostname = default_hostname(name)
        report.warn(f"instance {name}: host name {row.hostname} {error.reason}, it becomes {hostname}")
        return hostname
