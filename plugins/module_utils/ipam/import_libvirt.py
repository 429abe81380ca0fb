# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks of libvirt taken over: everything that has a place here in one transaction, and a list of what has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidInput
from .import_haul import Haul, Items, count, unload
from .import_report import Report
from .inputs import read_address
from .libvirt_domains import read_domains
from .libvirt_networks import read_networks, reservations
from .store import Transaction


def import_libvirt(work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
    """Take over networks of libvirt, and return what was carried over and what was left behind.

    :param options: those of the module ``nova_ipam_import``.
    :raises NovaError: a document cannot be read, or something of it clashes with what there is; then nothing happens.
    """
    for key in ("projects", "hosts"):
        if options[key]:
            raise InvalidInput(key, "goes with nova_database only", "Domains say their project and host themselves.")
    report = Report()
    haul = pack(options, report)
    unload(work, haul, "libvirt")
    work.warnings[:0] = report.warnings
    return {"left_behind": report.left_behind, "carried_over": count(haul)}


def pack(options: Mapping[str, Any], report: Report) -> Haul:
    """Work out what is carried over, without a look at what there is here."""
    networks = read_networks(options["libvirt_networks"], options["libvirt_vlan_interface"], report)
    owners: dict[str, str] = {}
    instances = read_domains(options["libvirt_domains"], networks, owners, report)
    taken: dict[str, set[int]] = {label: set() for label in networks}
    for nic in (nic for instance in instances for nic in instance["nics"]):
        if "address" in nic:
            taken[nic["network"]].add(read_address(nic["address"], "address"))
    lists: dict[str, Items] = {}
    for label, network in networks.items():
        owner = {"project": owners[label]} if label in owners else {}
        lists.setdefault(network.manager, []).append({**network.item, **owner})
    macs = {nic["mac"] for instance in instances for nic in instance["nics"]}
    reserved = [
        item for label, network in networks.items() for item in reservations(network, taken[label], macs, report)
    ]
    return Haul(lists, reserved, [], [], instances, [], [])
