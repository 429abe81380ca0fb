# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host must have by what the IPAM says, in terms of promises, not of the plan's code. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def served(ipam: Mapping[str, Any], host: str) -> list[Mapping[str, Any]]:
    """Return the networks that a host is the gateway of."""
    used = labels_of(ipam, host)
    return [
        network
        for network in ipam["networks"]
        if (network["label"] in used if network["multi_host"] else network["host"] == host)
    ]


def labels_of(ipam: Mapping[str, Any], host: str) -> set[str]:
    """Return the networks of the instances on a host."""
    return {nic["network"] for instance in ipam["instances"] if instance["host"] == host for nic in instance["nics"]}


def links_of(ipam: Mapping[str, Any], host: str) -> dict[int, str]:
    """Return the VLANs of a host, each with its bridge."""
    labels = labels_of(ipam, host) | {network["label"] for network in served(ipam, host)}
    return {network["vlan"]: network["bridge"] for network in ipam["networks"] if network["label"] in labels}


def servers_of(ipam: Mapping[str, Any], host: str) -> list[str]:
    """Return the bridges on which a host has a DHCP server."""
    return sorted(network["bridge"] for network in served(ipam, host))


def routers_of(ipam: Mapping[str, Any]) -> dict[str, str]:
    """Return the router of each instance: that of its network, or of its own host."""
    own = {(each["network"], each["host"]): each["address"] for each in ipam["fixed"] if each["state"] == "host"}
    networks = {network["label"]: network for network in ipam["networks"]}
    found = {}
    for instance in ipam["instances"]:
        network = networks[instance["nics"][0]["network"]]
        each_its_own = network["multi_host"] and not network["share_address"]
        found[instance["name"]] = own[network["label"], instance["host"]] if each_its_own else network["gateway"]
    return found


def gateway_hosts(ipam: Mapping[str, Any]) -> dict[str, str]:
    """Return the host that is the gateway of each instance."""
    networks = {network["label"]: network for network in ipam["networks"]}
    nets = {instance["name"]: networks[instance["nics"][0]["network"]] for instance in ipam["instances"]}
    return {
        instance["name"]: instance["host"] if nets[instance["name"]]["multi_host"] else nets[instance["name"]]["host"]
        for instance in ipam["instances"]
    }
