# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """A list of instances."""

    DOCUMENTATION = r"""
options:
  instances:
    description:
      - Instances as they shall be. A list that is omitted is not managed, an empty list means none.
      - All or nothing. When one item is wrong, none of them is applied.
      - For an instance that exists, an option that is omitted is not managed.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the instance, and the key by which it is found again.
        type: str
        required: true
      uuid:
        description:
          - Identity of the instance. It cannot be changed.
          - When omitted, it follows from the name.
        type: str
      project:
        description:
          - Project that the instance belongs to. A project is made when it is first named.
          - A new instance needs it. It cannot be changed.
        type: str
      host:
        description:
          - Compute host that the instance runs on. A new instance needs it.
          - When it changes, the addresses of the instance stay, and the old host is asked to give them up. That ends
            a move to O(instances[].next_host).
        type: str
      next_host:
        description:
          - Compute host that the instance is about to move to, as by a live migration. That host gets the networks of
            the instance already, and serves those with C(multi_host). Floating addresses stay with
            O(instances[].host) until that is changed.
          - It stays as it is when it is omitted, until O(instances[].host) changes. An empty string takes it away, for
            a move that does not take place.
        type: str
      hostname:
        description:
          - Host name that the instance gets by DHCP, without a domain.
          - When omitted, it follows from the name, with hyphens for what a host name cannot have.
        type: str
      nics:
        description:
          - Network interfaces in their order. A network may be named more than once.
          - When omitted, a new instance gets the networks of its project, and an existing one keeps what it has.
          - An interface of an existing instance is found again by its MAC, by its address, or as the next one of its
            network. It keeps its MAC and its address. What is not listed is removed.
        type: list
        elements: dict
        suboptions:
          network:
            description: Label of the network.
            type: str
            required: true
          address:
            description:
              - Fixed address. When omitted, the address that has been free for the longest time.
              - An address that another instance had is refused until the hosts have confirmed to have given it up.
            type: str
          mac:
            description: MAC address. When omitted, one that follows from the names of the instance and the network.
            type: str
      security_groups:
        description:
          - Names of all the security groups of its project that the instance is in, see M(novanet.network.nova_security_group).
          - In none, nothing that is sent to it is filtered.
        type: list
        elements: str
      floating_ip:
        description:
          - A floating address for the first fixed address of the instance. It goes with the instance, and when
            another one is asked for.
          - An empty dictionary stands for any address of the default pool.
        type: dict
        suboptions:
          pool:
            description:
              - Floating pool. When omitted, the pool that O(instances[].floating_ip.address) lies in, or the default.
            type: str
          address:
            description:
              - A certain address. From another instance of the project it moves here.
              - When omitted, any address of the pool will do.
            type: str
      state:
        description:
          - V(absent) removes the instance. Its fixed addresses are free again once its hosts have confirmed to have
            given them up, and no lease is left.
          - Its floating addresses are disassociated and stay with the project. Those that were assigned automatically
            or asked for by O(instances[].floating_ip) are released.
        type: str
        choices: [present, absent]
        default: present
"""
