#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_project
short_description: Keep the quotas of projects as listed in the IPAM, and scrub projects
version_added: 0.1.0
description:
  - Sets how many networks, fixed addresses, floating addresses and security groups projects may have.
  - Takes from a project that is over all that it has.
  - A project need not be listed to exist. It is made when a network, an instance or a floating address names it.
  - It touches no host.
options:
  purge:
    description:
      - Take the own quotas that came from the same O(origin) from projects that O(projects) does not name.
      - Nothing else goes. Networks, instances and addresses of such a project stay.
    type: bool
    default: false
  allow_empty_purge:
    description: Consent to O(purge=true) with an empty list, which takes away all own quotas of this O(origin).
    type: bool
    default: false
extends_documentation_fragment:
  - novanet.network.ipam
  - novanet.network.projects
seealso:
  - module: novanet.network.nova_network
  - module: novanet.network.nova_instance
  - module: novanet.network.nova_floating_pool
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: Limit a project
  novanet.network.nova_project:
    projects:
      - name: red
        quotas:
          networks: 2
          floating_ips: 10

- name: Limit all projects that have no quotas of their own, and let one have what it wants
  novanet.network.nova_project:
    default_quotas:
      networks: 3
      floating_ips: 10
    projects:
      - name: red
        quotas:
          networks: -1
          floating_ips: -1

- name: Limit security groups as nova did
  novanet.network.nova_project:
    default_quotas:
      security_groups: 10
      security_group_rules: 20

- name: Give the networks, floating addresses and security groups of a project back
  novanet.network.nova_project:
    projects:
      - name: blue
        state: scrubbed

- name: The same, with the instances that it still has
  novanet.network.nova_project:
    projects:
      - name: green
        state: scrubbed
        remove_instances: true
"""

RETURN = r"""
projects:
  description: The projects that are listed; all projects when O(projects) is omitted.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the project.
      type: str
    quotas:
      description:
        - How many C(networks), C(fixed_ips), C(floating_ips) and C(security_groups) it may have, and how many
          C(security_group_rules) each group. V(-1) is unlimited.
      type: dict
      sample: {networks: 2, fixed_ips: -1, floating_ips: 10, security_groups: 10, security_group_rules: 20}
    own_quotas:
      description: Which of them are its own. The others are the defaults.
      type: list
      elements: str
      sample: [floating_ips, networks]
    used:
      description:
        - How many C(networks), C(fixed_ips), C(floating_ips) and C(security_groups) it has, and how many
          C(security_group_rules) the group with the most of them.
        - Addresses in quarantine, and floating addresses that were assigned automatically, are not counted.
      type: dict
      sample: {networks: 1, fixed_ips: 7, floating_ips: 0, security_groups: 1, security_group_rules: 3}
    origin:
      description: Where the project was named first, V(inventory) or V(operation).
      type: str
changes:
  description: What was changed, in order.
  returned: success
  type: list
  elements: str
  sample: ["create project red", "update quotas of project red (networks default -> 2)"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_networks import PURGE_ARGUMENTS
from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_projects import PROJECTS_ARGUMENTS
from ansible_collections.novanet.network.plugins.module_utils.ipam.project_lists import apply_projects
from ansible_collections.novanet.network.plugins.module_utils.ipam.quotas import view_projects
from ansible_collections.novanet.network.plugins.module_utils.ipam.run import listed_items, run_ipam_module
from ansible_collections.novanet.network.plugins.module_utils.wiring import ipam_module


def operate(work: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Apply the list of projects, and return them."""
    items = listed_items(options, "projects")
    apply_projects(work, items, options["default_quotas"], options["purge"])
    return {"projects": view_projects(work, None if items is None else [item["name"] for item in items])}


def main() -> None:
    """Run the module."""
    run_ipam_module(ipam_module({**PROJECTS_ARGUMENTS, **PURGE_ARGUMENTS}), operate)


if __name__ == "__main__":
    main()
