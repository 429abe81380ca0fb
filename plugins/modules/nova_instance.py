#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_instance
short_description: Give instances their network interfaces, addresses and hosts in the IPAM
version_added: 0.1.0
description:
  - Keeps what instances have of the network, as listed. That is the networks they are plugged into, MACs, port names,
    fixed addresses, an optional floating address, and the host they run on.
  - MACs and identities follow from names. A preview shows the same ones as the run after it.
  - Addresses of an instance that is removed stay in quarantine until its hosts have confirmed to have given them up.
  - It touches no host.
options:
  manager:
    description: The manager whose networks a new instance gets that names none.
    type: str
    choices: [flat, flatdhcp, vlan]
    default: vlan
  auto_assign_floating_ip:
    description:
      - Every new instance gets a floating address of O(default_floating_pool), which goes with it.
      - When the pool has not enough of them, nothing is created.
    type: bool
    default: false
  default_floating_pool:
    description: Floating pool that is meant when none is named.
    type: str
    default: nova
  purge:
    description:
      - Remove instances that came from the same O(origin) and that O(instances) does not name.
      - Of listed instances, release floating addresses that O(instances[].floating_ip) does not ask for any more.
    type: bool
    default: false
  allow_empty_purge:
    description: Consent to O(purge=true) with an empty list, which removes all instances of this O(origin).
    type: bool
    default: false
extends_documentation_fragment:
  - novanet.network.ipam
  - novanet.network.instances
seealso:
  - module: novanet.network.nova_network
  - module: novanet.network.nova_floating_pool
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: Boot an instance on all networks that its project may use
  novanet.network.nova_instance:
    manager: flatdhcp
    instances:
      - name: web1
        project: red
        host: compute1

- name: Boot an instance with a certain address and a floating address of the default pool
  novanet.network.nova_instance:
    instances:
      - name: db1
        project: red
        host: compute2
        nics:
          - network: private
            address: 10.0.0.20
          - network: storage
        floating_ip: {}

- name: Prepare another host for an instance, before its live migration starts
  novanet.network.nova_instance:
    instances:
      - name: web1
        next_host: compute2

- name: Say that the instance has moved there
  novanet.network.nova_instance:
    instances:
      - name: web1
        host: compute2

- name: Remove an instance
  novanet.network.nova_instance:
    instances:
      - name: db1
        state: absent
"""

RETURN = r"""
instances:
  description: The instances that are listed and present, in the order of the list.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the instance.
      type: str
    uuid:
      description: Its identity.
      type: str
    project:
      description: Project that it belongs to.
      type: str
    host:
      description: Compute host that it runs on.
      type: str
    next_host:
      description: Compute host that it is about to move to; none when it is not.
      type: str
    hostname:
      description: Host name that it gets by DHCP.
      type: str
    nics:
      description: Its network interfaces, in order.
      type: list
      elements: dict
      contains:
        network:
          description: Label of the network.
          type: str
        mac:
          description: MAC address.
          type: str
        address:
          description: Fixed address; none in a network without IPv4.
          type: str
        address_v6:
          description: Address that it gives itself in a network with IPv6; none in others.
          type: str
        port_name:
          description: Name of the host's end of the interface.
          type: str
        bridge:
          description: Bridge that it is plugged into.
          type: str
        mtu:
          description: MTU of the network; none when the network does not say.
          type: int
    floating_ips:
      description: Floating addresses that lead to it.
      type: list
      elements: str
    security_groups:
      description: Names of the security groups that it is in.
      type: list
      elements: str
    networks:
      description: Its addresses by network in one line, floating ones after fixed ones.
      type: str
    origin:
      description: Where the wish for it came from, V(inventory) or V(operation).
      type: str
  sample:
    - name: web1
      uuid: 4707e41b-dffb-521a-8313-6eb12cc0a48f
      project: red
      host: compute1
      next_host:
      hostname: web1
      nics:
        - network: private
          mac: fa:16:3e:4b:38:2b
          address: 10.0.0.2
          address_v6:
          port_name: tap261e0fa76cb
          bridge: br100
          mtu:
      floating_ips: [10.46.169.225]
      networks: private=10.0.0.2, 10.46.169.225
      origin: operation
changes:
  description: What was changed, in order.
  returned: success
  type: list
  elements: str
  sample: ["create instance web1 (project red, host compute1)", "create fixed IP 10.0.0.2 (web1, network private)"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_instances import (
    INSTANCE_DEFAULTS,
    INSTANCES_ARGUMENTS,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_networks import MANAGERS, PURGE_ARGUMENTS
from ansible_collections.novanet.network.plugins.module_utils.ipam.instances import apply_instances
from ansible_collections.novanet.network.plugins.module_utils.ipam.run import listed_items, run_ipam_module
from ansible_collections.novanet.network.plugins.module_utils.wiring import ipam_module


def operate(work: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Apply the list of instances, and return those that are present."""
    items = listed_items(options, "instances")
    if items is None:
        return {"instances": []}
    return {"instances": apply_instances(work, items, options, options["purge"])}


def main() -> None:
    """Run the module."""
    manager = {"type": "str", "choices": list(MANAGERS), "default": "vlan"}
    arguments = {"manager": manager, **INSTANCES_ARGUMENTS, **INSTANCE_DEFAULTS, **PURGE_ARGUMENTS}
    run_ipam_module(ipam_module(arguments), operate)


if __name__ == "__main__":
    main()
