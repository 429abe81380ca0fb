#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_boot
short_description: Let a host come back by itself after a reboot
version_added: 0.1.0
description:
  - Installs a copy of the code of the HOST modules and two systemd units that run it. No Ansible and no controller is
    needed then.
  - C(novanet-early.service) runs before there is a network. It closes the bridges of guests by the nftables table
    C(inet novanet_early), so that nothing is routed from or to them before their rules are in place.
  - C(novanet.service) runs before libvirt and guests. It applies what the HOST modules have applied last and remember
    under O(state_path), in the order of a normal run, turns forwarding on, and opens the bridges.
  - When a file under O(state_path) is damaged or lost, it is named in the system log, what depends on it stays down, all
    else is applied, and the unit fails. A bridge whose rules or NAT are not known is never brought up.
  - C(systemctl restart novanet) repairs what differs, and says what it repaired in the system log, one line for each
    change. The units of nftables, systemd-networkd, NetworkManager and ifupdown take C(novanet.service) along when they
    are restarted, so that what they sweep away comes back.
  - NetworkManager and systemd-networkd are told to leave O(devices) alone, where they are installed. A device that
    ifupdown configures as well is refused.
  - Does nothing on a host that systemd does not run. RV(systemd) says so.
author:
  - novanet.network contributors (@novanet)
options:
  state:
    description:
      - V(present) installs it, V(absent) removes all of it.
      - What another owner on this host needs stays until that one is gone as well.
    type: str
    choices: [present, absent]
    default: present
  devices:
    description: Bridges, VLAN interfaces and ports of this owner that no other manager of interfaces may touch.
    type: list
    elements: str
    default: []
  uplinks:
    description:
      - Interfaces that these stand on, the parents of VLAN interfaces among them. Whoever configures them goes on doing so.
      - NetworkManager makes no connection of its own for them. It would ask for an address, and take them out of their
        bridges for that.
    type: list
    elements: str
    default: []
  wait:
    description:
      - How long to wait at boot for interfaces that appear late, in seconds. What needs one that is missing then stays
        down.
    type: int
    default: 10
  interpreter:
    description: The Python that runs the program at boot, 3.9 or later.
    type: path
    default: /usr/bin/python3
  started:
    description:
      - Whether to start C(novanet.service) as well, unless it has run in this boot. It tries out at once that what is
        stored can be applied.
      - With V(false) it is only there for the next boot. Ignored with O(state=absent).
    type: bool
    default: true
  owner:
    description: Whose devices O(devices) are. All owners with the same O(state_path) come back.
    type: str
    default: nova
  state_path:
    description: Directory on the host in which it is remembered what was applied. The program lies in C(lib) below it.
    type: path
    default: /var/lib/novanet
  set_aside_damaged:
    description:
      - Go on without a state file of this owner that is damaged, and keep it in C(damaged) beside the others. By default
        that is a failure.
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in check mode and predict what would change.
    support: full
  diff_mode:
    description: Returns what differs, before and after.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
  platform:
    description: Where it runs.
    support: full
    platforms: Linux
requirements:
  - Python 3.9 or later
  - nft (nftables 1.0 or later)
notes:
  - A bridge that somebody else makes at boot, and that was adopted, is not to be listed in O(devices).
  - systemd-networkd drops addresses that it does not know when it configures an interface anew without being restarted,
    floating addresses included. C(KeepConfiguration=static) in the file of the public interface prevents that.
seealso:
  - module: novanet.network.nova_bridge
  - module: novanet.network.nova_dnsmasq
  - module: novanet.network.nova_firewall
  - module: novanet.network.nova_floating_ip
"""

EXAMPLES = r"""
- name: Let the host come back by itself
  novanet.network.nova_boot:
    devices: [br100, br101]
    uplinks: [eth1, eth2]

- name: Wait longer for a card whose firmware takes its time
  novanet.network.nova_boot:
    devices: [br100]
    wait: 60

- name: Remove it
  novanet.network.nova_boot:
    state: absent
"""

RETURN = r"""
changes:
  description: What was changed, or would be, in order.
  returned: success
  type: list
  elements: str
  sample:
    - create file /etc/systemd/system/novanet.service
    - create program novanet
    - run unit novanet.service (enable)
systemd:
  description: Whether systemd runs this host. If it does not, nothing was done.
  returned: success
  type: bool
  sample: true
files:
  description: Files outside of O(state_path) that are there afterwards.
  returned: success
  type: list
  elements: str
  sample: [/etc/systemd/system/novanet-early.service, /etc/systemd/system/novanet.service]
program:
  description: What tells the installed program from others; V(null) when there is none.
  returned: success
  type: str
  sample: 5c9d0b1f3a7e4826
units:
  description: State of the units, as far as they are enabled or active.
  returned: success
  type: dict
  sample: {novanet-early.service: [enabled], novanet.service: [active, enabled]}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.novanet.network.plugins.module_utils.errors import NovaError
from ansible_collections.novanet.network.plugins.module_utils.host.boot import Boot
from ansible_collections.novanet.network.plugins.module_utils.host.boot_copy import program_sources
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Request, reconcile
from ansible_collections.novanet.network.plugins.module_utils.host.runner import SystemRunner
from ansible_collections.novanet.network.plugins.module_utils.wiring import host_result

ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "devices": {"type": "list", "elements": "str", "default": []},
    "uplinks": {"type": "list", "elements": "str", "default": []},
    "wait": {"type": "int", "default": 10},
    "interpreter": {"type": "path", "default": "/usr/bin/python3"},
    "started": {"type": "bool", "default": True},
    "owner": {"type": "str", "default": "nova"},
    "state_path": {"type": "path", "default": "/var/lib/novanet"},
    "set_aside_damaged": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(ARGUMENTS, supports_check_mode=True)
    options = module.params
    request = Request(
        options["owner"],
        options["state_path"],
        check=module.check_mode,
        set_aside=options["set_aside_damaged"],
    )
    try:
        boot = Boot(request.owner, request.state_path, program_sources())
        wish = {key: options[key] for key in ("state", "devices", "uplinks", "wait", "interpreter", "started")}
        outcome = reconcile(boot, wish, SystemRunner(), request)
    except NovaError as error:
        module.fail_json(msg=str(error), subject=error.subject, reason=error.reason, hint=error.hint)
    result = host_result("files", outcome)
    module.exit_json(**{**result, "files": list(outcome.after["files"])})


if __name__ == "__main__":
    main()
