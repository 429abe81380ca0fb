# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that may change the link of the controller's own connection."""

    DOCUMENTATION = r"""
options:
  allow_management_interface:
    description:
      - Consent to change the interface that carries the controller's own connection. It is refused otherwise.
      - Such a change is made under guard. The host takes it back by itself unless the controller comes back over a new
        connection within O(rollback_seconds). The task sees to that. When it fails, the host has what it had before.
      - Until then the host remembers what was before. A host that is booted in between does not bring the change back.
      - While a change waits to be confirmed, all other runs that would change links of this host are refused.
    type: bool
    default: false
  rollback_seconds:
    description:
      - How long the host waits for the controller to come back before it takes the change back, in seconds from the
        beginning of the change. From 5 to 3600.
      - Longer than what the network between needs to find the host again, such as a switch that blocks new ports at first.
    type: int
    default: 60
  management_address:
    description:
      - Address of this host that the controller is connected to.
      - By default it is found in E(SSH_CONNECTION) of the module or of the processes above it. There is none with a
        local connection. Where it is given and the connection is none of SSH, the host cannot tell a new connection
        from an old one, and takes any.
    type: str
attributes:
  async:
    description: Can run in the background.
    support: none
"""
