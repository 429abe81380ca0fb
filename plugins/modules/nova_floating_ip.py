#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_floating_ip
short_description: Floating addresses on the public interface of a host, and their translation
version_added: 0.1.0
description:
  - Puts floating addresses on an interface and translates between each of them and one fixed address, in both
    directions. What the guest sends to the outside carries its floating address. A guest reaches its own floating
    address and those of its neighbours.
  - The translation lives in an nftables table of its own, C(ip <owner>_floating). Other tables are neither read nor
    changed. Ten thousand addresses are one look into a map for a packet, and one transaction.
  - The translation is there before the address is, and goes after it, so that the host itself never answers for a
    guest.
  - Connections over an address that goes, or that moves to another fixed address, are cut. All others live on.
  - An address with 32 bits that is already on the interface counts as present, and is not removed later. An address of
    the host itself is refused.
options:
  addresses:
    description:
      - Floating addresses. Omit it to leave them alone; an empty list means none.
      - Addresses that are not listed stay as they are unless O(purge) is true.
    type: list
    elements: dict
    suboptions:
      address:
        description: The floating address.
        type: str
        required: true
      fixed_address:
        description: The fixed address that it stands for. Required unless O(addresses[].state=absent).
        type: str
      interface:
        description:
          - Interface that the address is put on, and by which the guest's traffic leaves to carry it. It must exist.
          - Required unless O(addresses[].state=absent).
        type: str
      state:
        description: Whether the address shall be here.
        type: str
        choices: [present, absent]
        default: present
  foreseen:
    description:
      - Interfaces that an earlier task of the same run makes.
      - In check mode they are not there yet, and count as if they were.
    type: list
    elements: str
    default: []
  send_arp:
    description:
      - Announce addresses that are new or moved by gratuitous ARP, so that machines which knew another host for them
        learn it at once (nova's C(send_arp_for_ha)).
    type: bool
    default: false
  send_arp_count:
    description: How often each address is announced (nova's C(send_arp_for_ha_count)).
    type: int
    default: 3
extends_documentation_fragment:
  - novanet.network.host
requirements:
  - nft (nftables 1.0 or later, with JSON output)
  - ip (iproute2, with JSON output)
  - conntrack (conntrack-tools)
notes:
  - Forwarding is turned on by M(novanet.network.nova_firewall), not by this module.
  - An C(accept) in one nftables table does not overrule a C(drop) in another one. See the notes of
    M(novanet.network.nova_firewall) for how to find the rule that drops.
seealso:
  - module: novanet.network.nova_firewall
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: One guest reachable from the outside
  novanet.network.nova_floating_ip:
    addresses:
      - address: 10.46.169.225
        fixed_address: 10.0.0.3
        interface: eth0
    send_arp: true

- name: Move the address to another guest
  novanet.network.nova_floating_ip:
    addresses:
      - address: 10.46.169.225
        fixed_address: 10.0.0.4
        interface: eth0

- name: Take it away
  novanet.network.nova_floating_ip:
    addresses:
      - address: 10.46.169.225
        state: absent
"""

RETURN = r"""
changes:
  description: What was changed, in order.
  returned: success
  type: list
  elements: str
  sample: ["create floating IP 10.46.169.225 (-> 10.0.0.3 on eth0)"]
addresses:
  description: The floating addresses that are here afterwards.
  returned: success
  type: list
  elements: dict
  sample:
    - address: 10.46.169.225
      fixed_address: 10.0.0.3
      interface: eth0
drift:
  description: Where the host is not what it shall be. Empty afterwards; the difference shows what it was before.
  returned: when O(addresses) is given
  type: list
  elements: str
  sample: []
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.host.announce import PacketAnnouncer
from ansible_collections.novanet.network.plugins.module_utils.host.floating import Floating
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Request
from ansible_collections.novanet.network.plugins.module_utils.wiring import host_module, present_items, run_host_module

ARGUMENTS: dict[str, Any] = {
    "addresses": {
        "type": "list",
        "elements": "dict",
        "options": {
            "address": {"type": "str", "required": True},
            "fixed_address": {"type": "str"},
            "interface": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        "required_if": [("state", "present", ("fixed_address", "interface"))],
    },
    "foreseen": {"type": "list", "elements": "str", "default": []},
    "send_arp": {"type": "bool", "default": False},
    "send_arp_count": {"type": "int", "default": 3},
}


def build(options: Mapping[str, Any], request: Request) -> tuple[Floating, Mapping[str, Any]]:
    """Return the subsystem and the slice that it shall apply."""
    announcing = {key: options[key] for key in ("send_arp", "send_arp_count")}
    floating = Floating(request.owner, PacketAnnouncer(), options["foreseen"])
    return floating, {**present_items(options, "addresses"), **announcing}


def main() -> None:
    """Run the module."""
    run_host_module(host_module(ARGUMENTS), "addresses", build)


if __name__ == "__main__":
    main()
