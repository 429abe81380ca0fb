#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_security_group
short_description: Keep security groups of projects as listed in the IPAM
version_added: 0.1.0
description:
  - Says what may come in to instances, by groups that they are in (see M(novanet.network.nova_instance)).
  - All or nothing. When one item is wrong, none of them is applied.
  - It touches no host. The next run of C(novanet.network.site) brings hosts to it.
options:
  purge:
    description: Remove the groups that came from the same O(origin) and that O(security_groups) does not name.
    type: bool
    default: false
  allow_empty_purge:
    description: Consent to O(purge=true) with an empty list, which removes all groups of this O(origin).
    type: bool
    default: false
extends_documentation_fragment:
  - novanet.network.ipam
  - novanet.network.security_groups
seealso:
  - module: novanet.network.nova_instance
  - module: novanet.network.nova_firewall
  - module: novanet.network.nova_project
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: Web servers for everybody, and a database for them alone
  novanet.network.nova_security_group:
    security_groups:
      - project: red
        name: web
        description: Web servers
        rules:
          - protocol: tcp
            from_port: 80
            to_port: 81
          - protocol: tcp
            from_port: 22
            cidr: 192.0.2.0/24
          - protocol: icmp
      - project: red
        name: database
        rules:
          - protocol: tcp
            from_port: 5432
            group: web

- name: Members reach each other, and nobody else reaches them
  novanet.network.nova_security_group:
    security_groups:
      - project: red
        name: default
        rules:
          - group: default

- name: Remove a group
  novanet.network.nova_security_group:
    security_groups:
      - project: red
        name: database
        state: absent
"""

RETURN = r"""
security_groups:
  description: The groups that are listed and present; all groups when O(security_groups) is omitted.
  returned: success
  type: list
  elements: dict
  contains:
    project:
      description: Project that it belongs to.
      type: str
    name:
      description: Name of the group.
      type: str
    description:
      description: What it is for.
      type: str
    rules:
      description: What may come in, as in O(security_groups[].rules). A value that is null stands for any.
      type: list
      elements: dict
      sample:
        - {protocol: tcp, from_port: 22, to_port: 22, cidr: 192.0.2.0/24, group: null}
    instances:
      description: Names of the instances in it.
      type: list
      elements: str
      sample: [web1, web2]
    origin:
      description: Where the group was named first, V(inventory) or V(operation).
      type: str
changes:
  description: What was changed, in order.
  returned: success
  type: list
  elements: str
  sample: ["create security group web of project red (3 rules)"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_groups import SECURITY_GROUPS_ARGUMENTS
from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_networks import PURGE_ARGUMENTS
from ansible_collections.novanet.network.plugins.module_utils.ipam.run import listed_items, run_ipam_module
from ansible_collections.novanet.network.plugins.module_utils.ipam.security_groups import (
    apply_security_groups,
    view_groups,
)
from ansible_collections.novanet.network.plugins.module_utils.wiring import ipam_module


def operate(work: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Apply the list of security groups, and return them."""
    items = listed_items(options, "security_groups")
    if items is None:
        return {"security_groups": view_groups(work)}
    apply_security_groups(work, items, options["purge"])
    return {"security_groups": view_groups(work, [(item["project"], item["name"]) for item in items])}


def main() -> None:
    """Run the module."""
    run_ipam_module(ipam_module({**SECURITY_GROUPS_ARGUMENTS, **PURGE_ARGUMENTS}), operate)


if __name__ == "__main__":
    main()
