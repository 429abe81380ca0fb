# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of the cloud, from the groups of the inventory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
name: cloud_hosts
short_description: The hosts of the cloud, from the groups of the inventory
version_added: 0.1.0
author: novanet.network contributors (@novanet)
description:
  - Lists every host of the groups C(nova_network) and C(nova_compute), each once, as O(novanet.network.nova_plan#module:hosts) wants them.
  - A host that is not part of the run is listed too. A plan needs to know that it exists, not how it is set up.
options:
  _input:
    description: The groups of the inventory, that is C(groups).
    type: dict
    required: true
  described:
    description: What hosts of this run say of themselves. It takes the place of what the groups say.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Show the hosts of the cloud
  ansible.builtin.debug:
    msg: "{{ groups | novanet.network.cloud_hosts }}"

- name: Say of one host which interfaces it has
  ansible.builtin.debug:
    msg: "{{ groups | novanet.network.cloud_hosts([{'name': 'network1', 'network': true, 'public_interface': 'eth0'}]) }}"
"""

RETURN = r"""
_value:
  description: The hosts, those of C(nova_network) first.
  type: list
  elements: dict
  sample: [{name: network1, network: true, compute: false}]
"""


def cloud_hosts(
    groups: Mapping[str, Sequence[str]], described: Iterable[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Return every host of the cloud once, in the order of the inventory."""
    network, compute = groups.get("nova_network", []), groups.get("nova_compute", [])
    known = {host["name"]: dict(host) for host in described}
    return [
        known.get(name, {"name": name, "network": name in network, "compute": name in compute})
        for name in dict.fromkeys([*network, *compute])
    ]


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"cloud_hosts": cloud_hosts}
