#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_vlan
short_description: VLAN interfaces of a host
version_added: 0.1.0
description:
  - Makes, repairs and removes 802.1Q VLAN interfaces, up to 4094 of a parent in one call.
  - Loads the kernel's module C(8021q) when it is needed, and has it loaded at boot by
    C(/etc/modules-load.d/novanet.conf), which goes with the last VLAN interface.
  - A VLAN interface of the wanted name, parent and id that somebody else made is taken over. When it is removed, it is
    given back as it was found. One of the wanted name with another parent or id is an error, see O(vlans[].replace).
  - Only what this owner made is changed or removed. A VLAN interface carries the mark C(novanet:<owner>) as its alias.
  - A parent that is down is brought up, and taken down again with its last VLAN interface.
  - Everything is checked before the first change. When the kernel refuses a step, the steps before it are undone.
extends_documentation_fragment:
  - novanet.network.host
  - novanet.network.links
options:
  vlans:
    description:
      - The VLAN interfaces. Those that are not listed are left alone unless O(purge=true).
      - Nothing is done when this is omitted.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the VLAN interface, at most 15 characters.
        type: str
        required: true
      id:
        description: Id of the VLAN, from 1 to 4094. Required with O(vlans[].state=present).
        type: int
      parent:
        description:
          - The interface whose tagged frames it takes part in. It must exist.
          - Required with O(vlans[].state=present).
        type: str
      mac:
        description:
          - MAC address.
          - It is left as it is when this is omitted. A new VLAN interface has that of its parent.
        type: str
      mtu:
        description:
          - MTU, at most that of the parent.
          - It is left as it is when this is omitted. A new VLAN interface has that of its parent.
        type: int
      replace:
        description:
          - Consent to remove a VLAN interface of this name that has another parent or id, and to make it anew.
          - Its addresses, its routes and its place in a bridge go over to the new one. Without consent it is an error.
        type: bool
        default: false
      state:
        description:
          - V(present) makes or repairs the VLAN interface.
          - V(absent) removes it if this owner made it. One that has addresses, or that is a port of a bridge in use, is
            refused.
        type: str
        choices: [present, absent]
        default: present
  replace_own:
    description:
      - Consent to O(vlans[].replace) for those that this owner made. They are left over from another plan or a crash.
    type: bool
    default: false
  phase:
    description:
      - V(make) leaves out what removes, V(remove) leaves out all else.
      - Bridges come in between. They need their VLAN interfaces first, and give them up before these can go.
    type: str
    choices: [all, make, remove]
    default: all
seealso:
  - module: novanet.network.nova_guard
  - module: novanet.network.nova_bridge
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: Make the VLAN interfaces of two projects
  novanet.network.nova_vlan:
    vlans:
      - name: vlan169
        id: 169
        parent: eth0
      - name: vlan170
        id: 170
        parent: eth0
        mtu: 1450

- name: Make exactly these, and let one change its parent
  novanet.network.nova_vlan:
    vlans:
      - name: vlan169
        id: 169
        parent: eth2
        replace: true
    purge: true

- name: Remove one
  novanet.network.nova_vlan:
    vlans:
      - name: vlan170
        state: absent
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode, in order.
  returned: success
  type: list
  elements: str
  sample:
    - create VLAN interface vlan169 (id 169 on eth0)
    - create file /etc/modules-load.d/novanet.conf (module 8021q at boot)
vlans:
  description: The listed VLAN interfaces as they are afterwards. Removed ones are left out.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the VLAN interface.
      type: str
      sample: vlan169
    owner:
      description: Whose mark it carries; V(null) for nobody's.
      type: str
      sample: nova
    adopted:
      description: Whether it was there before this owner.
      type: bool
      sample: false
    id:
      description: Id of the VLAN.
      type: int
      sample: 169
    parent:
      description: The interface it stands on; V(null) for one in another network namespace.
      type: str
      sample: eth0
    mac:
      description: MAC address.
      type: str
      sample: "02:00:5e:10:00:01"
    mtu:
      description: MTU when O(vlans[].mtu) is given, else V(null).
      type: int
      sample: 1450
    up:
      description: Whether it is up.
      type: bool
      sample: true
loaded_at_boot:
  description: Whether this owner has the kernel's module loaded at boot.
  returned: when O(vlans) is given
  type: bool
  sample: true
pending:
  description: Whether something is left to remove, so that a call with O(phase=remove) is needed.
  returned: when O(phase=make) and O(vlans) is given
  type: bool
  sample: false
guarded:
  description: Whether the change was made under guard, or would be in check mode.
  returned: when O(vlans) is given
  type: bool
  sample: false
guard:
  description: What tells that guard from others; V(null) for none. The task has confirmed it.
  returned: when O(vlans) is given
  type: str
  sample: 5c9d0b1f
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.host.link.access import Access
from ansible_collections.novanet.network.plugins.module_utils.host.link.vlans import PHASES, Vlans
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Request
from ansible_collections.novanet.network.plugins.module_utils.wiring import present_items
from ansible_collections.novanet.network.plugins.module_utils.wiring_links import link_module, run_link_module

VLAN = {
    "name": {"type": "str", "required": True},
    "id": {"type": "int"},
    "parent": {"type": "str"},
    "mac": {"type": "str"},
    "mtu": {"type": "int"},
    "replace": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def build(options: Mapping[str, Any], request: Request, access: Access) -> tuple[Vlans, dict[str, Any]]:
    """Return the subsystem and what it shall apply."""
    vlans = Vlans(request.owner, options["phase"], access, options["replace_own"])
    return vlans, present_items(options, "vlans")


def main() -> None:
    """Run the module."""
    module = link_module(
        {
            "vlans": {"type": "list", "elements": "dict", "options": VLAN},
            "replace_own": {"type": "bool", "default": False},
            "phase": {"type": "str", "choices": list(PHASES), "default": "all"},
        }
    )
    run_link_module(module, "vlans", build)


if __name__ == "__main__":
    main()
