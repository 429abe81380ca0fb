# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nova.conf said, checked: whatever a plan is made of is right before the first rule is computed from it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from ..errors import InvalidInput
from .model import HostSettings, Settings

# A client renews at half of it; shorter ones overload the server (nova's 120 s did, bug 1317654).
SHORTEST_LEASE = 120
LONGEST_LEASE = 2**31 - 1


def read_settings(options: Mapping[str, Any]) -> Settings:
    """Return the settings of the whole cloud.

    :param options: the option ``settings`` of ``nova_plan``.
    :raises InvalidInput: a value cannot be right.
    """
    lease_time, port = options["dhcp_lease_time"], options["metadata_port"]
    if not SHORTEST_LEASE <= lease_time <= LONGEST_LEASE:
        raise InvalidInput(f"settings.dhcp_lease_time {lease_time}", f"is not at least {SHORTEST_LEASE} seconds")
    if not 1 <= port <= 65535:
        raise InvalidInput(f"settings.metadata_port {port}", "is not a port from 1 to 65535")
    return Settings(
        dhcp_domain=options["dhcp_domain"],
        dhcp_lease_time=lease_time,
        dns_servers=_addresses("settings.dns_servers", options["dns_servers"]),
        use_network_dns_servers=options["use_network_dns_servers"],
        use_single_default_gateway=options["use_single_default_gateway"],
        flat_gateway=options["flat_gateway"],
        metadata_host=_address("settings.metadata_host", options["metadata_host"]),
        metadata_port=port,
        dmz_cidr=_ranges("settings.dmz_cidr", options["dmz_cidr"]),
        force_snat_range=_ranges("settings.force_snat_range", options["force_snat_range"]),
    )


def read_hosts(items: Sequence[Mapping[str, Any]]) -> tuple[HostSettings, ...]:
    """Return the hosts of the cloud.

    :param items: the option ``hosts`` of ``nova_plan``.
    :raises InvalidInput: a value cannot be right, or a host is listed twice.
    """
    hosts = tuple(_read_host(f"hosts[{index}]", item) for index, item in enumerate(items))
    seen: set[str] = set()
    for index, host in enumerate(hosts):
        if host.name in seen:
            raise InvalidInput(f"hosts[{index}].name {host.name}", "is listed twice")
        seen.add(host.name)
    return hosts


def _read_host(where: str, item: Mapping[str, Any]) -> HostSettings:
    values = {field.name: item[field.name] for field in fields(HostSettings)}
    for key in ("my_ip", "routing_source_ip"):
        values[key] = _address(f"{where}.{key}", item[key])
    values["bridge_interfaces"] = _uplinks(f"{where}.bridge_interfaces", item["bridge_interfaces"])
    # An empty text is how a variable says "none".
    named: dict[str, Any] = {key: value if value != "" else None for key, value in values.items()}
    return HostSettings(**named)


def _uplinks(where: str, values: Mapping[Any, Any]) -> dict[str, str]:
    """Return uplinks by bridge. Whether there are such interfaces is for the host to say."""
    uplinks = {str(bridge): "" if uplink is None else str(uplink) for bridge, uplink in values.items()}
    bridges: dict[str, str] = {}
    for bridge, uplink in uplinks.items():
        other = bridges.setdefault(uplink, bridge)
        if uplink and other != bridge:
            raise InvalidInput(f"{where}.{bridge} {uplink}", f"is the uplink of bridge {other} already")
    return uplinks


def _address(where: str, value: str | None) -> str | None:
    if not value:
        return None
    try:
        return str(ipaddress.IPv4Address(value))
    except ValueError as error:
        raise InvalidInput(f"{where} {value}", "is not an IPv4 address") from error


def _addresses(where: str, values: Sequence[str]) -> tuple[str, ...]:
    for index, value in enumerate(values):
        _address(f"{where}[{index}]", value or "(empty)")
    return tuple(values)


def _ranges(where: str, values: Sequence[str]) -> tuple[str, ...]:
    return tuple(_range(f"{where}[{index}]", value) for index, value in enumerate(values))


def _range(where: str, value: str) -> str:
    try:
        return str(ipaddress.IPv4Network(value))
    except ValueError as error:
        raise InvalidInput(f"{where} {value}", f"is not an IPv4 range such as 192.0.2.0/24: {error}") from error
