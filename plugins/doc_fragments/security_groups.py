# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """A list of security groups."""

    DOCUMENTATION = r"""
options:
  security_groups:
    description:
      - Security groups as they shall be. A list that is omitted is not managed, an empty list means none.
      - An instance in groups gets what a rule of one of them lets in, answers to what it asked for itself, and DHCP and
        neighbour discovery, which it needs to have an address. Everything else that is sent to it is dropped, also what
        comes from its own network and from its own host. What it sends is not limited.
      - An instance in no group is not filtered.
    type: list
    elements: dict
    suboptions:
      project:
        description: Project that the group belongs to. A project is made when it is first named.
        type: str
        required: true
      name:
        description: Name of the group. Each project has names of its own.
        type: str
        required: true
      description:
        description: What the group is for. When omitted, it stays as it is.
        type: str
      rules:
        description:
          - All that may come in. When omitted, the rules stay as they are. A new group has none, and lets nothing in.
          - What a rule let in before goes on when the rule is taken away, until it ends.
        type: list
        elements: dict
        suboptions:
          protocol:
            description: V(tcp), V(udp) or V(icmp). When omitted, everything.
            type: str
          from_port:
            description:
              - The first port from 1 to 65535. When omitted, all ports.
              - For V(icmp) the type from 0 to 255. V(-1) for any, which it is when omitted. With a group as the source, a type
                is one of IPv4 only, as ICMPv6 has others; a rule with an IPv6 range names those.
            type: int
          to_port:
            description:
              - The last port. When omitted, it is the first one.
              - For V(icmp) the code from 0 to 255. V(-1) for any, which it is when omitted.
            type: int
          cidr:
            description:
              - Where it may come from, in IPv4 or IPv6. With IPv6, V(icmp) stands for ICMPv6.
              - Without a source it is C(0.0.0.0/0), all of IPv4.
            type: str
          group:
            description:
              - Name of a group of the same project, in place of a range. What comes from the fixed addresses of its members
                may come in, in IPv4 and IPv6. It may be the group itself.
              - A member that reaches the instance by its floating address comes from another address.
            type: str
      state:
        description: V(absent) removes the group. It is refused while an instance is in it or a rule of another group names it.
        type: str
        choices: [present, absent]
        default: present
"""
