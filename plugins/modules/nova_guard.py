#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_guard
short_description: Confirm a change that was made under guard
version_added: 0.1.0
description:
  - With O(novanet.network.nova_bridge#module:allow_management_interface=true), M(novanet.network.nova_bridge) and
    M(novanet.network.nova_vlan) change the interface of the controller's own connection under guard. A program on the
    host takes the change back when its time is over. This module tells it that the controller is still there.
  - Both modules call it themselves, over a new connection. It is only needed by who calls them in another way than as a
    task.
  - Confirming again what was confirmed is no error, as the answer may have been lost.
author:
  - novanet.network contributors (@novanet)
options:
  guard:
    description:
      - What tells the guard from others, as RV(novanet.network.nova_bridge#module:guard) has it.
      - The connection must not be the one that the change was made over, and must come to the same address of the host.
    type: str
    required: true
  owner:
    description: Whose change it is.
    type: str
    default: nova
  state_path:
    description: Directory on the host in which it is remembered what was applied.
    type: path
    default: /var/lib/novanet
attributes:
  check_mode:
    description: Can run in check mode and predict what would change.
    support: full
  diff_mode:
    description: There is nothing to show beyond the confirmation.
    support: none
  idempotent:
    description: A second run changes nothing.
    support: full
  platform:
    description: Where it runs.
    support: full
    platforms: Linux
requirements:
  - Python 3.9 or later
seealso:
  - module: novanet.network.nova_bridge
  - module: novanet.network.nova_vlan
"""

EXAMPLES = r"""
- name: Come back over a new connection
  ansible.builtin.meta: reset_connection

- name: Confirm the change
  novanet.network.nova_guard:
    guard: 5c9d0b1f
"""

RETURN = r"""
changes:
  description: What was confirmed, or would be.
  returned: success
  type: list
  elements: str
  sample: [run guard 5c9d0b1f (change of the bridges confirmed)]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.novanet.network.plugins.module_utils.errors import NovaError
from ansible_collections.novanet.network.plugins.module_utils.host.guard_confirm import confirm
from ansible_collections.novanet.network.plugins.module_utils.host.link.management import ssh_connection
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Request
from ansible_collections.novanet.network.plugins.module_utils.host.runner import SystemRunner

ARGUMENTS = {
    "guard": {"type": "str", "required": True},
    "owner": {"type": "str", "default": "nova"},
    "state_path": {"type": "path", "default": "/var/lib/novanet"},
}


def main() -> None:
    module = AnsibleModule(ARGUMENTS, supports_check_mode=True)
    options, runner = module.params, SystemRunner()
    try:
        request = Request(options["owner"], options["state_path"], check=module.check_mode)
        changes = confirm(runner, request, options["guard"], ssh_connection(runner))
    except NovaError as error:
        module.fail_json(msg=str(error), subject=error.subject, reason=error.reason, hint=error.hint)
    module.exit_json(changed=bool(changes), changes=[change.describe() for change in changes])


if __name__ == "__main__":
    main()
