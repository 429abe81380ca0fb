# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an instance and its networks, as lists of the IPAM have them, to what its image must be told. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import InvalidInput, NotFound

_NIC_KEYS = ("network", "mac", "address", "address_v6", "port_name")


def plan_guests(
    instances: Iterable[Mapping[str, Any]], networks: Iterable[Mapping[str, Any]], domain: str = ""
) -> list[dict[str, Any]]:
    """Return each instance as an item of ``nova_injection``.

    :param instances: as ``nova_ipam_info`` returns them.
    :param networks: as ``nova_ipam_info`` returns them; at least those that the instances are in.
    :param domain: domain of the guests' names; empty for none.
    :raises InvalidInput: something is not as the IPAM returns it.
    :raises NotFound: a network is not among the networks.
    """
    known = {str(_value(network, "label", f"networks[{index}]")): network for index, network in enumerate(networks)}
    return [_guest(instance, f"instances[{index}]", known, domain) for index, instance in enumerate(instances)]


def _guest(
    instance: Mapping[str, Any], where: str, networks: Mapping[str, Mapping[str, Any]], domain: str
) -> dict[str, Any]:
    name, hostname = _value(instance, "name", where), _value(instance, "hostname", where)
    subject = f"instance {name}"
    nics = [_nic(nic, index, subject, networks) for index, nic in enumerate(_value(instance, "nics", where))]
    _keep_one_default_route(nics)
    guest = {
        "name": name,
        "uuid": _value(instance, "uuid", where),
        "hostname": f"{hostname}.{domain}" if domain else hostname,
        "project": instance.get("project"),
    }
    for place, values in ((where, guest), *((f"{subject} nics[{index}]", nic) for index, nic in enumerate(nics))):
        _refuse_lines(place, values)
    return {**guest, "nics": nics}


def _nic(nic: Mapping[str, Any], index: int, subject: str, networks: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    where = f"{subject} nics[{index}]"
    label, mac, address, address_v6, port_name = (_value(nic, key, where) for key in _NIC_KEYS)
    network = networks.get(label)
    if network is None:
        raise NotFound(f"{where}.network {label}", "is not among the networks that were given")
    dhcp = bool(network.get("enable_dhcp")) and address is not None
    # What an advertisement tells is the DHCP server's to say as well.
    static, static_v6 = (None, None) if dhcp else (address, address_v6)
    return {
        "name": f"eth{index}",
        "mac": mac,
        "port_name": port_name,
        "network_uuid": network.get("uuid"),
        "mtu": network.get("mtu"),
        "dns": [] if dhcp else [server for server in (network.get("dns1"), network.get("dns2")) if server],
        "dhcp": dhcp,
        "address": _with_prefix(static, network.get("cidr"), f"{where}.address"),
        "gateway": network.get("gateway") if static else None,
        "address_v6": _with_prefix(static_v6, network.get("cidr_v6"), f"{where}.address_v6"),
        "gateway_v6": network.get("gateway_v6") if static_v6 else None,
    }


def _keep_one_default_route(nics: list[dict[str, Any]]) -> None:
    """Take all gateways away but the first of each kind. A DHCP server gives one to the first NIC, and to no other."""
    taken = {"gateway": bool(nics) and nics[0]["dhcp"], "gateway_v6": False}
    for nic in nics:
        for key in taken:
            if nic[key] and taken[key]:
                nic[key] = None
            taken[key] = taken[key] or bool(nic[key])


def _refuse_lines(where: str, values: Mapping[str, Any]) -> None:
    """Refuse what could be read as more than one value where a text stands on a line of its own."""
    for key, value in values.items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and not text.isprintable():
                raise InvalidInput(f"{where}.{key} {text!r}", "has characters that cannot be printed")


def _with_prefix(address: str | None, cidr: str | None, where: str) -> str | None:
    if address is None:
        return None
    try:
        network = ipaddress.ip_network(cidr or "", strict=False)
        if ipaddress.ip_address(address) in network:
            return f"{address}/{network.prefixlen}"
    except ValueError:
        pass
    raise InvalidInput(f"{where} {address!r}", f"is no address of its network {cidr}")


def _value(item: Any, key: str, where: str) -> Any:
    if not isinstance(item, Mapping) or key not in item:
        raise InvalidInput(where, f"has no {key}", "Give instances and networks as nova_ipam_info returns them.")
    return item[key]


def template_values(guest: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a template of an interfaces file can use: the item, and what follows from its addresses."""
    return {**guest, "nics": [_with_parts(nic) for nic in guest["nics"]]}


def _with_parts(nic: Mapping[str, Any]) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for suffix in ("", "_v6"):
        own = ipaddress.ip_interface(nic[f"address{suffix}"]) if nic[f"address{suffix}"] else None
        parts[f"address{suffix}"] = str(own.ip) if own else None
        parts[f"prefix{suffix}"] = own.network.prefixlen if own else None
        parts[f"netmask{suffix}"] = str(own.netmask) if own else None
    if nic["address"]:
        network = ipaddress.IPv4Interface(nic["address"]).network
        # The last two kinds of network have no address for all (RFC 3021).
        parts["broadcast"] = str(network.broadcast_address) if network.prefixlen < 31 else None
    return {**nic, "broadcast": None, **parts}
