#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_fixed_pool
short_description: Keep the reservations of fixed addresses as listed, and show how pools are used
version_added: 0.1.0
description:
  - Reserves addresses of networks, so that no instance gets them, and gives them back. Some may be held for devices that
    are no instances and get them by DHCP.
  - Returns how much of each network is used and which leases hosts have told of.
  - It touches no host.
options:
  purge:
    description: Give back reservations that came from the same O(origin) and that O(reservations) does not name.
    type: bool
    default: false
  allow_empty_purge:
    description: Consent to O(purge=true) with an empty list, which gives back all reservations of this O(origin).
    type: bool
    default: false
extends_documentation_fragment:
  - novanet.network.ipam
  - novanet.network.reservations
seealso:
  - module: novanet.network.nova_network
  - module: novanet.network.nova_instance
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: Keep an address and a range from instances
  novanet.network.nova_fixed_pool:
    reservations:
      - network: public
        address: 10.0.0.9
        note: a machine that has its address written in
      - network: public
        start: 10.0.1.0
        end: 10.0.1.99
        note: machines that are no instances

- name: Hold an address for a printer, which gets it by DHCP
  novanet.network.nova_fixed_pool:
    reservations:
      - network: public
        address: 10.0.0.10
        mac: "00:00:5e:00:53:0a"
        hostname: printer

- name: Give one of these addresses back
  novanet.network.nova_fixed_pool:
    reservations:
      - network: public
        address: 10.0.1.50
        state: absent

- name: Look at how the pools are used
  novanet.network.nova_fixed_pool:
  register: nova_fixed
"""

RETURN = r"""
pools:
  description: All networks with IPv4 addresses, and what their addresses are used for.
  returned: success
  type: list
  elements: dict
  contains:
    network:
      description: Label of the network.
      type: str
    cidr:
      description: Its range.
      type: str
    project:
      description: Project that it belongs to.
      type: str
    size:
      description: How many addresses it has. The other numbers add up to it.
      type: int
    reserved:
      description: How many no instance may get.
      type: int
    allocated:
      description: How many instances have.
      type: int
    hosts:
      description: How many hosts have of their own, to serve a multi_host network.
      type: int
    quarantined:
      description: How many instances or hosts had and a host may still use.
      type: int
    free:
      description: How many are free.
      type: int
reservations:
  description: All addresses that no instance may get.
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
      description: Why. V(operator) for those that O(reservations) made.
      type: str
    note:
      description: What was noted about it.
      type: str
    mac:
      description: MAC address of the device that the address is held for; none when it is just reserved.
      type: str
    hostname:
      description: Host name of that device.
      type: str
leases:
  description: Leases of DHCP, as hosts told of them last.
  returned: success
  type: list
  elements: dict
  contains:
    network:
      description: Label of the network.
      type: str
    address:
      description: Address that was leased.
      type: str
    mac:
      description: MAC of the NIC.
      type: str
    instance:
      description: Name of the instance; none for a device.
      type: str
    device:
      description: Host name of the device that the address is or was held for; none for an instance.
      type: str
    state:
      description: V(allocated) to the instance, held for the V(device), or V(released).
      type: str
    expires:
      description: End of the lease, in seconds since 1970.
      type: float
    leased_until:
      description: End of the lease, as people read it; none when it is over.
      type: str
    host:
      description: Host that told of it.
      type: str
changes:
  description: What was changed, in order.
  returned: success
  type: list
  elements: str
  sample: ["create reservation 10.0.0.9 (network public)"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_networks import (
    PURGE_ARGUMENTS,
    RESERVATIONS_ARGUMENTS,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed_pool import apply_reservations
from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed_views import (
    view_leases,
    view_pools,
    view_reservations,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.run import listed_items, run_ipam_module
from ansible_collections.novanet.network.plugins.module_utils.wiring import ipam_module


def operate(work: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Apply the list of reservations, and return how the pools are used."""
    apply_reservations(work, listed_items(options, "reservations"), options["purge"])
    return {"pools": view_pools(work), "reservations": view_reservations(work), "leases": view_leases(work)}


def main() -> None:
    """Run the module."""
    run_ipam_module(ipam_module({**RESERVATIONS_ARGUMENTS, **PURGE_ARGUMENTS}), operate)


if __name__ == "__main__":
    main()
