#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_floating_pool
short_description: Keep floating pools, and who has their addresses, as listed in the IPAM
version_added: 0.1.0
description:
  - Keeps floating pools with their ranges, and allocates, associates, moves and releases floating addresses.
  - It touches no host.
options:
  default_floating_pool:
    description: Floating pool that is meant when an address names none.
    type: str
    default: nova
  purge:
    description:
      - Remove pools and release addresses that came from the same O(origin) and that O(pools) and O(addresses) do not
        name, each when its list is given. Of listed pools, remove the ranges that are not listed.
      - Addresses that go with their instance stay.
    type: bool
    default: false
  allow_empty_purge:
    description:
      - Consent to O(purge=true) with an empty list, which removes all pools or releases all addresses of this
        O(origin).
    type: bool
    default: false
extends_documentation_fragment:
  - novanet.network.ipam
  - novanet.network.floating_pools.short
seealso:
  - module: novanet.network.nova_instance
  - module: novanet.network.nova_floating_ip
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: Make a pool of six addresses
  novanet.network.nova_floating_pool:
    pools:
      - name: nova
        ranges: [10.46.169.224/29]

- name: Give a project an address, whichever is free
  novanet.network.nova_floating_pool:
    addresses:
      - project: red
  register: nova_allocated

- name: Let an address lead to an instance, wherever it led before
  novanet.network.nova_floating_pool:
    addresses:
      - address: 10.46.169.225
        instance: web1

- name: Disassociate an address, and release another one
  novanet.network.nova_floating_pool:
    addresses:
      - address: 10.46.169.225
        instance: ""
      - address: 10.46.169.226
        state: absent
"""

RETURN = r"""
pools:
  description: The pools that are listed and present; all pools when O(pools) is omitted.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the pool.
      type: str
    interface:
      description: Interface that its addresses are bound on; none for the host's public interface.
      type: str
    project:
      description: The only project that may have its addresses; none for all projects.
      type: str
    ranges:
      description: Its ranges as they were written.
      type: list
      elements: str
    total:
      description: How many addresses it has.
      type: int
    free:
      description: How many can be handed out at once.
      type: int
    allocated:
      description: How many projects have.
      type: int
    waiting:
      description: How many have been released, and are not yet given up by a host.
      type: int
    origin:
      description: Where the wish for it came from, V(inventory) or V(operation).
      type: str
addresses:
  description: The addresses that satisfy O(addresses), in the order of the list.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The floating address.
      type: str
    pool:
      description: Pool that it lies in.
      type: str
    interface:
      description: Interface that the pool asks for.
      type: str
    project:
      description: Project that has it.
      type: str
    instance:
      description: Instance that it leads to; none when it is not associated.
      type: str
    fixed_address:
      description: Fixed address that it leads to.
      type: str
    network:
      description: Label of the network of the fixed address.
      type: str
    host:
      description: Host that binds it.
      type: str
    auto_assigned:
      description: It was assigned with its instance and goes with it.
      type: bool
    origin:
      description: Where the wish for it came from, V(inventory) or V(operation).
      type: str
changes:
  description: What was changed, in order.
  returned: success
  type: list
  elements: str
  sample: ["update floating IP 10.46.169.225 (instance web1 10.0.0.2 -> web2 10.0.0.4)"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_floating import ADDRESS_ITEM, POOL_ITEM
from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_instances import INSTANCE_DEFAULTS
from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_networks import PURGE_ARGUMENTS
from ansible_collections.novanet.network.plugins.module_utils.ipam.floating_lists import apply_floating_lists
from ansible_collections.novanet.network.plugins.module_utils.ipam.run import listed_items, run_ipam_module
from ansible_collections.novanet.network.plugins.module_utils.wiring import ipam_module


def operate(work: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Apply both lists, and return what they are about."""
    pools, addresses = listed_items(options, "pools"), listed_items(options, "addresses")
    return apply_floating_lists(work, pools, addresses, options, options["purge"])


def main() -> None:
    """Run the module."""
    arguments = {
        "pools": {"type": "list", "elements": "dict", "options": POOL_ITEM},
        "addresses": {"type": "list", "elements": "dict", "options": ADDRESS_ITEM},
        "default_floating_pool": INSTANCE_DEFAULTS["default_floating_pool"],
    }
    run_ipam_module(ipam_module({**arguments, **PURGE_ARGUMENTS}), operate)


if __name__ == "__main__":
    main()
