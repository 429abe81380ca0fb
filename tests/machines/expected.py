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
