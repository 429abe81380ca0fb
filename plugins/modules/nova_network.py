#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_network
short_description: Keep the networks of the IPAM as listed
version_added: 0.1.0
description:
  - Creates, changes, associates with projects, and deletes networks in the IPAM database, one or thousands in one call.
  - It touches no host. What hosts must have follows from the database, see M(novanet.network.nova_plan).
options:
  manager:
    description:
      - Network manager of new networks. Networks of different managers may live side by side.
      - V(flat) is a shared network without DHCP, V(flatdhcp) a shared one with DHCP, V(vlan) one VLAN for each project.
    type: str
    choices: [flat, flatdhcp, vlan]
    default: vlan
  purge:
    description: Delete networks that came from the same O(origin) and that O(networks) does not name.
    type: bool
    default: false
  allow_empty_purge:
    description: Consent to O(purge=true) with an empty list, which deletes all networks of this O(origin).
    type: bool
    default: false
extends_documentation_fragment:
  - novanet.network.ipam
  - novanet.network.networks
seealso:
  - module: novanet.network.nova_fixed_pool
  - module: novanet.network.nova_plan
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: One flat DHCP network for everybody
  novanet.network.nova_network:
    manager: flatdhcp
    networks:
      - label: public
        cidr: 10.0.0.0/8
        dhcp_start: 10.0.0.2
    defaults:
      flat_network_bridge: br100
      flat_interface: eth2

- name: A hundred VLAN networks, from 172.16.100.0/24 to 172.16.199.0/24
  novanet.network.nova_network:
    manager: vlan
    networks:
      - label: tenant
        cidr: 172.16.100.0/24
        num_networks: 100
    defaults:
      vlan_interface: eth0
      fixed_range: 172.16.0.0/12

- name: One VLAN network for one project
  novanet.network.nova_network:
    manager: vlan
    networks:
      - label: example-net
        cidr: 172.16.169.0/24
        vlan: 169
        bridge: br169
        bridge_interface: eth0
        project: a421ae28356b4cc3a25e1429a0b02e98

- name: Take a network away from its project and delete it
  novanet.network.nova_network:
    manager: vlan
    networks:
      - label: example-net
        project: ""
        state: absent
"""

RETURN = r"""
networks:
  description: The networks of the list that shall be, in its order, with all fields.
  returned: success
  type: list
  elements: dict
  contains:
    label:
      description: Name of the network.
      type: str
    series:
      description: Label that was asked for. Several networks may have been made of it.
      type: str
    uuid:
      description: UUID of the network.
      type: str
    manager:
      description: Its network manager.
      type: str
    cidr:
      description: IPv4 range.
      type: str
    netmask:
      description: IPv4 netmask.
      type: str
    broadcast:
      description: IPv4 broadcast address.
      type: str
    cidr_v6:
      description: IPv6 range.
      type: str
    netmask_v6:
      description: IPv6 netmask.
      type: str
    gateway:
      description: IPv4 gateway.
      type: str
    gateway_v6:
      description: IPv6 gateway.
      type: str
    dhcp_server:
      description: Address of the DHCP server.
      type: str
    dhcp_start:
      description: First address that DHCP gives.
      type: str
    fixed_cidr:
      description: Part that instances get addresses of.
      type: str
    allowed_start:
      description: First address that the network may use.
      type: str
    allowed_end:
      description: Last address that the network may use.
      type: str
    dns1:
      description: First name server.
      type: str
    dns2:
      description: Second name server.
      type: str
    vlan:
      description: VLAN id.
      type: int
    bridge:
      description: Bridge that guests are plugged into.
      type: str
    bridge_interface:
      description: Uplink of the bridge.
      type: str
    project:
      description: Project that it belongs to.
      type: str
    host:
      description: Host that serves it. Null until it is first needed.
      type: str
    multi_host:
      description: Whether every compute host serves its own guests.
      type: bool
    mtu:
      description: MTU.
      type: int
    enable_dhcp:
      description: Whether guests get their addresses by DHCP.
      type: bool
    share_address:
      description: Whether all hosts have the same gateway address.
      type: bool
    vpn_private_address:
      description: Address of the VPN instance.
      type: str
    vpn_public_address:
      description: Public address of the VPN.
      type: str
    vpn_public_port:
      description: Public port of the VPN.
      type: int
    priority:
      description: Order of NICs.
      type: int
    origin:
      description: Where the network came from, V(inventory) or V(operation).
      type: str
    generation:
      description: Generation in which it was last changed.
      type: int
reserved:
  description: Addresses of these networks that no instance may get.
  returned: success
  type: list
  elements: dict
  contains:
    network:
      description: Label of the network.
      type: str
    first:
      description: First address.
      type: str
    last:
      description: Last address.
      type: str
    reason:
      description:
        - Why, one of V(network), V(broadcast), V(gateway), V(dhcp_server), V(vpn), V(vpn_clients), V(bottom), V(top),
          V(allowed_start), V(allowed_end), V(dhcp_start), V(fixed_cidr), V(floating), V(operator).
      type: str
    note:
      description: What was noted about it.
      type: str
changes:
  description: What was changed, in order.
  returned: success
  type: list
  elements: str
  sample: ["create network public (10.0.0.0/8, bridge br100)"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_networks import (
    MANAGERS,
    NETWORKS_ARGUMENTS,
    PURGE_ARGUMENTS,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.networks import (
    apply_networks,
    read_defaults,
    view_network,
    view_reserved,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.run import listed_items, run_ipam_module
from ansible_collections.novanet.network.plugins.module_utils.wiring import ipam_module


def operate(work: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Apply the list of networks, and return them with what they reserve."""
    defaults = read_defaults(options["manager"], options["defaults"])
    rows = apply_networks(work, listed_items(options, "networks"), defaults, options["purge"])
    return {"networks": [view_network(row) for row in rows], "reserved": view_reserved(work, rows)}


def main() -> None:
    """Run the module."""
    manager = {"type": "str", "choices": list(MANAGERS), "default": "vlan"}
    run_ipam_module(ipam_module({"manager": manager, **NETWORKS_ARGUMENTS, **PURGE_ARGUMENTS}), operate)


if __name__ == "__main__":
    main()
