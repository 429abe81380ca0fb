#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_host_info
short_description: Look whether a host has what the other modules need, and what it remembers
version_added: 0.1.0
description:
  - Looks for tools, kernel features and interfaces, and names everything that is missing in one message.
  - Returns which plan the host has, and the leases of its guests.
  - Changes nothing. What the kernel can do is tried in a network namespace that is gone afterwards, and with rules that
    are only checked.
author:
  - novanet.network contributors (@novanet)
options:
  features:
    description:
      - What the host is to be used for.
      - V(bridge) is for M(novanet.network.nova_bridge), V(dhcp) for M(novanet.network.nova_dnsmasq), V(groups) for
        O(novanet.network.nova_firewall#module:guest_ports), V(injection) for images by M(novanet.network.nova_injection),
        V(nat) for M(novanet.network.nova_floating_ip) and M(novanet.network.nova_firewall), V(vlan) for VLAN interfaces.
    type: list
    elements: str
    choices: [bridge, dhcp, groups, injection, nat, vlan]
    default: []
  interfaces:
    description: Interfaces that must exist.
    type: list
    elements: str
    default: []
  required:
    description:
      - Fail when something is missing. With V(false) it is only returned.
      - A damaged state file counts as missing, see O(set_aside_damaged).
    type: bool
    default: true
  owner:
    description: Whose plan and leases are returned.
    type: str
    default: nova
  state_path:
    description: Directory on the host in which it is remembered what was applied.
    type: path
    default: /var/lib/novanet
  set_aside_damaged:
    description: A damaged state file does not count as missing, as the other modules are told to go on without it.
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in check mode; it changes nothing.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  idempotent:
    description: It changes nothing.
    support: full
  platform:
    description: Where it runs.
    support: full
    platforms: Linux
requirements:
  - Python 3.9 or later
seealso:
  - module: novanet.network.nova_bridge
  - module: novanet.network.nova_dnsmasq
  - module: novanet.network.nova_firewall
  - module: novanet.network.nova_floating_ip
"""

EXAMPLES = r"""
- name: Stop here unless the host can serve networks
  novanet.network.nova_host_info:
    features: [bridge, dhcp, nat]
    interfaces: [eth0, eth2]

- name: Look which plan the host has, whatever it lacks
  novanet.network.nova_host_info:
    required: false
  register: host

- name: Show the leases of its guests
  ansible.builtin.debug:
    var: host.leases
"""

RETURN = r"""
missing:
  description: Everything that is needed and not there, in words.
  returned: always
  type: list
  elements: str
  sample: ["program nft (package nftables)", "interface eth2"]
damaged:
  description: State files that cannot be used.
  returned: always
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      type: str
    reason:
      description: What is wrong with it.
      type: str
tools:
  description: Tools by name, needed or not.
  returned: always
  type: dict
  contains:
    path:
      description: Where the tool is; none when the host lacks it.
      type: str
    version:
      description: Its version; none when it does not tell.
      type: str
  sample: {"dnsmasq": {"path": "/usr/sbin/dnsmasq", "version": "2.90"}}
interfaces:
  description: The interfaces that were asked for.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    exists:
      description: Whether it exists.
      type: bool
    up:
      description: Whether it is switched on.
      returned: when it exists
      type: bool
    mac:
      description: Its MAC address.
      returned: when it exists
      type: str
    mtu:
      description: Its MTU.
      returned: when it exists
      type: int
    addresses:
      description: Its addresses with prefix lengths.
      returned: when it exists
      type: list
      elements: str
source_address:
  description: The IPv4 address from which the host reaches the world; none when it has no way there.
  returned: always
  type: str
  sample: 192.0.2.10
remembered:
  description: The parts of the host that remember what was applied, by the names of their state files.
  returned: always
  type: list
  elements: str
  sample: [bridges, dhcp, firewall, floating]
generation:
  description: The smallest generation of the plan that a part of this host has; none when it has no plan.
  returned: always
  type: int
  sample: 17
ipam_uuid:
  description: Identity of the IPAM that the host follows; none when it follows none.
  returned: always
  type: str
leases:
  description: The leases of guests on this host.
  returned: always
  type: list
  elements: dict
  contains:
    bridge:
      description: The bridge.
      type: str
    address:
      description: The address.
      type: str
    mac:
      description: MAC address of the guest.
      type: str
    hostname:
      description: Name of the guest; none when it has no name.
      type: str
    expires:
      description: When the lease is over, in seconds since 1970; V(0) for never.
      type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.novanet.network.plugins.module_utils.errors import NovaError
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.model import Places
from ansible_collections.novanet.network.plugins.module_utils.host.inspection import (
    FEATURES,
    describe_missing,
    inspect_host,
)
from ansible_collections.novanet.network.plugins.module_utils.host.runner import SystemRunner

ARGUMENTS = {
    "features": {"type": "list", "elements": "str", "choices": list(FEATURES), "default": []},
    "interfaces": {"type": "list", "elements": "str", "default": []},
    "required": {"type": "bool", "default": True},
    "owner": {"type": "str", "default": "nova"},
    "state_path": {"type": "path", "default": "/var/lib/novanet"},
    "set_aside_damaged": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(ARGUMENTS, supports_check_mode=True)
    options = module.params
    places = Places(options["state_path"], options["owner"])
    try:
        report = inspect_host(
            SystemRunner(), places, options["features"], options["interfaces"], not options["set_aside_damaged"]
        )
    except NovaError as error:
        module.fail_json(msg=str(error), subject=error.subject, reason=error.reason, hint=error.hint)
    if report.missing and options["required"]:
        lack = describe_missing(report.missing)
        module.fail_json(msg=str(lack), subject=lack.subject, reason=lack.reason, hint=lack.hint, **report.to_result())
    module.exit_json(changed=False, **report.to_result())


if __name__ == "__main__":
    main()
