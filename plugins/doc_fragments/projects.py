# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """A list of projects, and the quotas of all others."""

    DOCUMENTATION = r"""
options:
  projects:
    description:
      - Projects as they shall be. A list that is omitted is not managed, an empty list means none.
      - What would leave a project with more than it has now and more than its quota is refused, and nothing of the run
        happens.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the project.
        type: str
        required: true
      quotas:
        description:
          - All quotas that the project has of its own. What is not named here has the default, see O(default_quotas).
            When omitted, its quotas stay as they are.
          - A quota can be lowered below what the project has, with a warning. What it has stays, it gets no more.
        type: dict
        suboptions:
          networks:
            description: How many networks it may have, claimed ones included. V(-1) for any number.
            type: int
          fixed_ips:
            description: How many fixed addresses its instances may have. V(-1) for any number.
            type: int
          floating_ips:
            description:
              - How many floating addresses it may have. V(-1) for any number.
              - Those that are assigned automatically do not count.
            type: int
          security_groups:
            description: How many security groups it may have. V(-1) for any number.
            type: int
          security_group_rules:
            description: How many rules each of its security groups may have. V(-1) for any number.
            type: int
      state:
        description:
          - V(scrubbed) releases the floating addresses of the project, disassociates its networks and removes its security
            groups. A VLAN network can be claimed by another project then, other networks are everybody's.
          - It is refused while the project has instances, see O(projects[].remove_instances).
          - Quotas stay, and so does a floating pool that only this project may use.
        type: str
        choices: [present, scrubbed]
        default: present
      remove_instances:
        description:
          - Consent to remove the instances of a project that is scrubbed. RV(changes) names each of them, its fixed
            addresses go into quarantine.
          - The guests themselves are not touched.
        type: bool
        default: false
  default_quotas:
    description:
      - Quotas of projects that have none of their own. They are kept in the IPAM, so they hold for every module.
      - What is not named stays as it is. It is unlimited in a new IPAM.
    type: dict
    suboptions:
      networks:
        description: How many networks. V(-1) for any number.
        type: int
      fixed_ips:
        description: How many fixed addresses. V(-1) for any number.
        type: int
      floating_ips:
        description: How many floating addresses. V(-1) for any number.
        type: int
      security_groups:
        description: How many security groups. V(-1) for any number.
        type: int
      security_group_rules:
        description: How many rules in each security group. V(-1) for any number.
        type: int
"""
