#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_bridge
short_description: Bridges of a host, with their uplinks and addresses
version_added: 0.1.0
description:
  - Makes, repairs and removes bridges, all of a host in one call.
  - A bridge has the spanning tree protocol off and a forward delay of 0, so that it forwards at once, and a MAC address
    that stays whatever is plugged into it.
  - An uplink that has addresses gives them to the bridge, with its routes in all tables, without a packet being lost.
    When the bridge or its uplink is removed they go back. What a router advertised is not carried over, as the bridge
    hears the router itself; an uplink with an address from DHCP is refused.
  - Only what this owner made is changed or removed. A bridge carries the mark C(novanet:<owner>) as its alias; what has
    no place for a mark (addresses, the uplink, what moved) is remembered under O(state_path).
  - Everything is checked before the first change. When the kernel refuses a step, the steps before it are undone.
extends_documentation_fragment:
  - novanet.network.host
  - novanet.network.links
options:
  bridges:
    description:
      - The bridges. Bridges that are not listed are left alone unless O(purge=true).
      - Nothing is done when this is omitted.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the bridge, at most 15 characters.
        type: str
        required: true
      interface:
        description:
          - The uplink, an interface that exists. It is brought up and made a port of the bridge.
          - Omit it for a bridge that only guests use. An uplink that the bridge had from this module is released then.
        type: str
      addresses:
        description:
          - Addresses of the bridge with their prefix lengths, such as V(10.0.0.1/8).
          - The first IPv4 address becomes the first one of the bridge, the one that services answer from.
          - Addresses that somebody else put on the bridge stay.
        type: list
        elements: str
        default: []
      mtu:
        description:
          - MTU of the bridge and its uplink.
          - Both are left as they are when this is omitted.
        type: int
      mac:
        description:
          - MAC address of the bridge.
          - The default is that of the uplink. Without an uplink it is derived from O(owner) and the name, and always
            the same. An adopted bridge keeps its own.
        type: str
      hairpin_ports:
        description:
          - Ports that may get back what they sent, which a guest needs to reach its own floating address.
          - Other ports may not. Of an adopted bridge, what others have set is left alone.
          - A port that is not in the bridge yet is no error. Run again when it is.
        type: list
        elements: str
        default: []
      adopt:
        description:
          - Take over a bridge that this owner did not make. It keeps its name, MAC address, ports and addresses, and
            gets the settings of the others.
          - When it is removed, it is given back as it was found.
          - A bridge of another owner is never taken over.
        type: bool
        default: false
      state:
        description:
          - V(present) makes or repairs the bridge.
          - V(absent) removes it if this owner made it. A bridge that has other ports than its uplink, such as those of
            guests, or addresses of somebody else, is refused.
        type: str
        choices: [present, absent]
        default: present
  foreseen:
    description:
      - Interfaces that an earlier task of the same run makes, as RV(novanet.network.nova_vlan#module:vlans).
      - In check mode they are not there yet, and count as if they were.
    type: list
    elements: dict
    default: []
seealso:
  - module: novanet.network.nova_guard
  - module: novanet.network.nova_vlan
  - module: novanet.network.nova_dnsmasq
  - module: novanet.network.nova_floating_ip
  - module: novanet.network.nova_firewall
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: Make the bridge of a network host
  novanet.network.nova_bridge:
    bridges:
      - name: br100
        interface: eth2
        addresses:
          - 10.0.0.1/8

- name: Make exactly these bridges, one of them without uplink
  novanet.network.nova_bridge:
    bridges:
      - name: br100
        interface: eth2
        mtu: 1450
        hairpin_ports:
          - vnet0
          - vnet1
      - name: br200
        addresses:
          - 192.168.200.1/24
          - fd00:200::1/64
    purge: true

- name: Take over a bridge that is there already, with the interface that Ansible comes in by
  novanet.network.nova_bridge:
    bridges:
      - name: br0
        interface: eth0
        adopt: true
    allow_management_interface: true

- name: Put the only interface of a host into a bridge, and take that back unless the host answers within half a minute
  novanet.network.nova_bridge:
    bridges:
      - name: br100
        interface: eth0
        addresses:
          - 10.0.0.1/8
    allow_management_interface: true
    rollback_seconds: 30

- name: Remove a bridge, its uplink gets its addresses back
  novanet.network.nova_bridge:
    bridges:
      - name: br100
        state: absent
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode, in order.
  returned: success
  type: list
  elements: str
  sample:
    - create bridge br100 (mac 02:00:5e:10:00:01)
    - create address 10.0.0.1/8 (on br100)
    - update address 192.0.2.5/24 (from eth2 to br100)
    - update interface eth2 (port of br100)
bridges:
  description: The listed bridges as they are afterwards. Removed ones are left out.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the bridge.
      type: str
      sample: br100
    owner:
      description: Whose mark it carries; V(null) for nobody's.
      type: str
      sample: nova
    interface:
      description: Its uplink; V(null) when it has none.
      type: str
      sample: eth2
    uplink:
      description: State of the uplink, whether it is a port yet or not; V(null) when none is listed.
      type: dict
      contains:
        name:
          description: Name of the interface.
          type: str
          sample: eth2
        up:
          description: Whether it is up.
          type: bool
          sample: true
        mtu:
          description: Its MTU when O(bridges[].mtu) is given, else V(null).
          type: int
          sample: 1450
        addresses:
          description: Configured addresses that it has itself.
          type: list
          elements: str
          sample: []
        routes:
          description: Configured routes that lead over it.
          type: list
          elements: str
          sample: []
    mac:
      description: MAC address.
      type: str
      sample: "02:00:5e:10:00:01"
    mtu:
      description: MTU when O(bridges[].mtu) is given, else V(null).
      type: int
      sample: 1450
    up:
      description: Whether it is up.
      type: bool
      sample: true
    stp:
      description: Whether the spanning tree protocol is on.
      type: bool
      sample: false
    forward_delay:
      description: Seconds until a new port forwards.
      type: float
      sample: 0.0
    addresses:
      description: The addresses of this owner on it, in the order of O(bridges[].addresses).
      type: list
      elements: str
      sample: [10.0.0.1/8]
    first_address:
      description: Its first global IPv4 address, whoever put it there; V(null) when it has none.
      type: str
      sample: 10.0.0.1/8
    moved_addresses:
      description: Addresses that came from the uplink.
      type: list
      elements: str
      sample: [192.0.2.5/24]
    routes:
      description: Configured routes that lead over it.
      type: list
      elements: str
      sample: [default via 192.0.2.1]
    heeds_routers:
      description:
        - Whether the host heeds IPv6 router advertisements there. Never on a bridge of ours that is for guests only, as
          any guest can send them; a bridge that the host's own addresses have moved to, or an adopted one, stays as it is.
        - Where the uplink was told to heed them also while the host forwards (C(accept_ra=2)), the bridge of its network is
          told the same.
      type: bool
      sample: false
    hairpin_ports:
      description: Those of O(bridges[].hairpin_ports) that are in the bridge and may get back what they sent.
      type: list
      elements: str
      sample: [vnet0]
guarded:
  description: Whether the change was made under guard, or would be in check mode.
  returned: when O(bridges) is given
  type: bool
  sample: true
guard:
  description: What tells that guard from others; V(null) for none. The task has confirmed it.
  returned: when O(bridges) is given
  type: str
  sample: 5c9d0b1f
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.host.link.access import Access
from ansible_collections.novanet.network.plugins.module_utils.host.link.bridges import Bridges
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Request
from ansible_collections.novanet.network.plugins.module_utils.wiring import present_items
from ansible_collections.novanet.network.plugins.module_utils.wiring_links import link_module, run_link_module

BRIDGE = {
    "name": {"type": "str", "required": True},
    "interface": {"type": "str"},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "mtu": {"type": "int"},
    "mac": {"type": "str"},
    "hairpin_ports": {"type": "list", "elements": "str", "default": []},
    "adopt": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def build(options: Mapping[str, Any], request: Request, access: Access) -> tuple[Bridges, dict[str, Any]]:
    """Return the subsystem and what it shall apply. Consent is of this run only: it is not part of what is kept."""
    return Bridges(request.owner, access, options["foreseen"]), present_items(options, "bridges")


def main() -> None:
    module = link_module(
        {
            "bridges": {"type": "list", "elements": "dict", "options": BRIDGE},
            "foreseen": {"type": "list", "elements": "dict", "default": []},
        }
    )
    run_link_module(module, "bridges", build)


if __name__ == "__main__":
    main()
