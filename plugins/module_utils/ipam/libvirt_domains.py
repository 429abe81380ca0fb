# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domains of libvirt as items of the option ``instances``: their names, and NICs in networks carried over."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from ..errors import InvalidInput
from .import_report import Report
from .inputs import dotted, read_hostname, read_item, read_mac, read_text, shown
from .instances_inputs import default_hostname
from .libvirt_documents import ANY, leftovers, read_document, reason_for, text_at, value_at
from .libvirt_networks import LibvirtNetwork, StaticHost

_KEYS = ("xml", "project", "host")
_USUAL_MODEL = "virtio"
# The ends of the cable, and the slot of the card: made anew, or the guest's own.
_KNOWN: Mapping[str, Collection[str]] = {
    "": ("type",),
    "mac": ("address",),
    "source": ("network", "bridge", "portid"),
    "target": (ANY,),
    "alias": (ANY,),
    "address": (ANY,),
    "model": ("type",),
}
_REASONS = {
    "": "it is not of the network; keep it in the domain when its interface is replaced",
    "bandwidth": "the option bandwidth of the filter libvirt_interface says it",
    "model": "the option model of the filter libvirt_interface says it",
    "mtu": "the MTU is that of the network",
    "source@portgroup": "there are no port groups here",
}


@dataclass(frozen=True)
class _Plug:
    """An interface of a domain in a network that is carried over.

    :param thing: it in a person's words.
    :param static: what the network says of its MAC address.
    """

    thing: str
    element: ElementTree.Element
    network: LibvirtNetwork
    mac: str
    static: StaticHost | None


def read_domains(
    items: Sequence[Any], networks: Mapping[str, LibvirtNetwork], owners: dict[str, str], report: Report
) -> list[dict[str, Any]]:
    """Return the domains that can be carried over, as items of the option ``instances``.

    :param owners: projects by the VLAN networks that are theirs. The first project in a VLAN gets it.
    """
    instances = []
    for index, item in enumerate(items):
        where = f"libvirt_domains[{index}]"
        read_item(item, where, _KEYS)
        root = read_document(item.get("xml"), f"{where}.xml", "domain")
        name = read_text(text_at(root, "name"), f"{where}.xml, name")
        project = read_text(item.get("project"), f"{where}.project")
        host = read_text(item.get("host"), f"{where}.host")
        plugs = [plug for plug in _plugs(root, name, networks, report) if _can_stay(plug, project, owners, report)]
        if not plugs:
            report.leave(f"domain {name}", "none of its interfaces is in a network that is carried over")
            continue
        named = {"name": name, "uuid": text_at(root, "uuid"), "project": project, "host": host}
        hostname = _hostname(name, plugs, report)
        instances.append({**named, "hostname": hostname, "nics": [_nic(plug, report) for plug in plugs]})
    return instances


def _plugs(
    root: ElementTree.Element, name: str, networks: Mapping[str, LibvirtNetwork], report: Report
) -> Iterator[_Plug]:
    """Yield the interfaces of a domain that are in networks that are carried over."""
    bridges = {network.item["bridge"]: network for network in networks.values()}
    for element in root.findall("devices/interface"):
        kind, text = element.get("type"), value_at(element, "mac", "address")
        thing = f"interface {shown(text or 'without MAC address')} of domain {name}"
        source = value_at(element, "source", "network" if kind == "network" else "bridge")
        network = {"network": networks, "bridge": bridges}.get(kind or "", {}).get(source or "")
        if network is None:
            place = f"{shown(kind)} {shown(source)}" if source else shown(kind)
            report.leave(thing, f"it is plugged into {place}, which is not carried over")
            continue
        try:
            mac = read_mac(text, "mac")
        except InvalidInput as error:
            report.leave(thing, f"its MAC address {error.reason}")
            continue
        yield _Plug(thing, element, network, mac, next((one for one in network.hosts if one.mac == mac), None))


def _can_stay(plug: _Plug, project: str, owners: dict[str, str], report: Report) -> bool:
    network = plug.network
    if network.span is not None and network.ranges is None:
        report.leave(plug.thing, f"network {network.label} has no DHCP: its address is known to its guest only")
        return False
    if network.manager == "vlan":
        owner = owners.setdefault(network.label, project)
        if owner != project:
            report.leave(plug.thing, f"network {network.label} belongs to project {owner}, the domain to {project}")
            return False
    return True


def _nic(plug: _Plug, report: Report) -> dict[str, str]:
    dropped = [model for model in plug.element.findall("model") if model.get("type") != _USUAL_MODEL]
    for path, text in leftovers(plug.element, _KNOWN, dropped):
        report.leave(f"{plug.thing}: {text}", reason_for(path, _REASONS))
    item = {"network": plug.network.label, "mac": plug.mac}
    if plug.static is not None:
        return {**item, "address": dotted(plug.static.address)}
    if plug.network.span is not None:
        report.warn(f"{plug.thing} has no address of its own in network {plug.network.label}: it gets one here")
    return item


def _hostname(name: str, plugs: Sequence[_Plug], report: Report) -> str:
    """Return the host name that the guest gets by DHCP: that of its first network that says one without a domain."""
    for plug in plugs:
        if plug.static is None or plug.static.name is None:
            continue
        try:
            return read_hostname(plug.static.name, "hostname")
        except InvalidInput as error:
            hostname = default_hostname(name)
            report.warn(f"domain {name}: host name {plug.static.name} {error.reason}, it becomes {hostname}")
            return hostname
    return default_hostname(name)
