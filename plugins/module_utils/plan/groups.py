# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups of the guests of one host: what may come in to which port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .cloud import Cloud, is_served, servers_of
from .model import GroupRule, HostSettings, Instance, Port, SecurityGroup


def plan_groups(cloud: Cloud, host: HostSettings) -> dict[str, Any]:
    """Return the options ``groups`` and ``guest_ports`` of ``nova_firewall``.

    A guest in no group is not filtered. One that moves is filtered on both hosts.
    """
    guests = [instance for instance in cloud.local.get(host.name, ()) if instance.groups]
    used = {number for instance in guests for number in instance.groups}
    named = {rule.source for number in used for rule in cloud.groups[number].rules if rule.source is not None}
    ports = [_guest_port(cloud, instance, port) for instance in guests for port in instance.ports]
    return {
        "groups": [_group(cloud.groups[number], number in used, number in named) for number in sorted(used | named)],
        "guest_ports": sorted(ports, key=lambda item: str(item["name"])),
    }


def _group(group: SecurityGroup, used: bool, named: bool) -> dict[str, Any]:
    """Return a group with what this host needs of it."""
    rules: Sequence[GroupRule] = group.rules if used else ()
    return {
        "name": _name(group.id),
        "title": f"{group.name} of project {group.project}",
        "rules": [_rule(rule) for rule in rules],
        "members": list(group.members) if named else [],
    }


def _rule(rule: GroupRule) -> dict[str, Any]:
    values = {
        "protocol": rule.protocol,
        "from_port": rule.from_port,
        "to_port": rule.to_port,
        "cidr": rule.cidr,
        "group": None if rule.source is None else _name(rule.source),
    }
    return {key: value for key, value in values.items() if value is not None}


def _guest_port(cloud: Cloud, instance: Instance, port: Port) -> dict[str, Any]:
    network = cloud.networks[port.network]
    dhcp = network.enable_dhcp and is_served(network, cloud.settings)
    servers = [cloud.address(server, network) for server in servers_of(network, instance)] if dhcp else []
    return {
        "name": port.name,
        "groups": [_name(number) for number in instance.groups],
        "dhcp_servers": sorted({server for server in servers if server is not None}),
    }


def _name(group_id: int) -> str:
    """Return what a group is called on hosts: its own name may have any letters, and is that of its project only."""
    return f"group_{group_id}"
