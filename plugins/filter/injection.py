# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What images of guests must be told, from what the IPAM returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput, NovaError
from ansible_collections.novanet.network.plugins.module_utils.plan.guest import plan_guests, template_values
from jinja2 import Environment, StrictUndefined, Template, TemplateError

DOCUMENTATION = r"""
name: injection
short_description: What images of guests must be told, from what the IPAM returns
version_added: 0.1.0
author: novanet.network contributors (@novanet)
description:
  - Makes items for O(novanet.network.nova_injection#module:instances) of instances and networks as
    M(novanet.network.nova_ipam_info) returns them.
  - The NICs are called C(eth0), C(eth1) and so on, in their order.
  - A NIC gets its address from its image when its network has C(enable_dhcp) false, and asks for it otherwise.
  - One NIC of an instance gets a default route of each kind, the first whose network has a gateway. Of NICs that ask a DHCP
    server only the first can be it.
options:
  _input:
    description: The instances.
    type: list
    elements: dict
    required: true
  networks:
    description: The networks, at least those of the instances.
    type: list
    elements: dict
    required: true
  domain:
    description: Domain of the guests' names; empty for none.
    type: str
    default: ""
  template:
    description:
      - Text of a Jinja2 template of C(/etc/network/interfaces). Without one it is C(templates/interfaces.j2) of the role
        P(novanet.network.nova#role).
      - The template has one variable C(guest) with C(name), C(uuid), C(hostname), C(project) and C(nics). Each NIC has C(name),
        C(mac), C(port_name), C(mtu), C(dns), C(dhcp), C(address), C(prefix), C(netmask), C(broadcast), C(gateway),
        C(address_v6), C(prefix_v6), C(netmask_v6) and C(gateway_v6); what it does not have is none.
      - It is rendered by Jinja2 alone, with none of Ansible's filters and variables. Lines that hold only a statement are left out.
    type: str
  user_data:
    description: By name of the instance, what its image is told beside the network.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Look at the cloud
  novanet.network.nova_ipam_info:
    gather: [networks, instances]
  delegate_to: network1
  run_once: true
  register: nova_ipam

- name: Write seeds for the guests of this host
  novanet.network.nova_injection:
    instances: >-
      {{
        nova_ipam.instances | selectattr('host', 'equalto', inventory_hostname)
        | novanet.network.injection(nova_ipam.networks, user_data={'web1': '#cloud-config\npackages: [nginx]\n'})
      }}
"""

RETURN = r"""
_value:
  description: The items, in the order of the instances.
  type: list
  elements: dict
"""

PACKAGED = Path(__file__).parents[2] / "roles/nova/templates/interfaces.j2"


def injection(
    instances: Iterable[Mapping[str, Any]],
    networks: Iterable[Mapping[str, Any]],
    domain: str = "",
    template: str | None = None,
    user_data: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Return items of ``nova_injection`` for instances."""
    text = template or PACKAGED.read_text(encoding="utf-8")
    given = user_data or {}
    try:
        return [
            {**guest, "interfaces": _render(text, guest), "user_data": given.get(guest["name"])}
            for guest in plan_guests(instances, networks, domain)
        ]
    except NovaError as error:
        raise AnsibleFilterError(str(error)) from error


@cache
def _compiled(text: str) -> Template:
    # It makes no HTML, so nothing is escaped.
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    return environment.from_string(text)


def _render(text: str, guest: Mapping[str, Any]) -> str:
    try:
        return _compiled(text).render(guest=template_values(guest))
    except TemplateError as error:
        raise InvalidInput(
            f"instance {guest['name']}", f"cannot be written into the template of its interfaces: {error}"
        ) from error


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"injection": injection}
