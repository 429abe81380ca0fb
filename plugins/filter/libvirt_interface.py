# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interfaces of a guest in libvirt's own form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: libvirt_interface
short_description: The interfaces of a guest in libvirt's own form
version_added: 0.1.0
author: novanet.network contributors (@novanet)
description:
  - Makes C(<interface>) elements of the NICs of an instance as M(novanet.network.nova_instance) and
    M(novanet.network.nova_ipam_info) return it, for the definition of a domain, or for C(virsh attach-device).
  - Each is plugged into its bridge under its port name, by which rules and hairpin mode know it, and has the MAC address that
    the DHCP server knows.
options:
  _input:
    description: The instance, or one of its C(nics).
    type: dict
    required: true
  nic:
    description: Position of the NIC that is wanted, V(0) for the first. All NICs in their order when omitted.
    type: int
  model:
    description: The kind of card that the guest sees.
    type: str
    default: virtio
  bandwidth:
    description:
      - Limits of each NIC. V(inbound) is towards the guest, V(outbound) comes from it.
      - Each has C(average) and may have C(peak), both in kilobytes a second, and C(burst) in kibibytes.
    type: dict
    suboptions:
      inbound:
        description: Towards the guest.
        type: dict
        suboptions: &limits
          average:
            description: Rate in the long run, in kilobytes a second.
            type: int
            required: true
          peak:
            description: Largest rate, in kilobytes a second.
            type: int
          burst:
            description: How much may be sent at the largest rate, in kibibytes.
            type: int
      outbound:
        description: From the guest.
        type: dict
        suboptions: *limits
"""

EXAMPLES = r"""
- name: Show what libvirt needs for an instance
  ansible.builtin.debug:
    msg: "{{ nova_ipam.instances[0] | novanet.network.libvirt_interface }}"

- name: Show its second NIC, limited to 10 megabytes a second from the guest
  ansible.builtin.debug:
    msg: "{{ nova_ipam.instances[0] | novanet.network.libvirt_interface(nic=1, bandwidth={'outbound': {'average': 10000}}) }}"
"""

RETURN = r"""
_value:
  description: The elements as XML, one after the other.
  type: str
  sample: |
    <interface type="bridge">
      <mac address="fa:16:3e:00:00:01" />
      <source bridge="br100" />
      <target dev="tap7f1c3c5e54f" />
      <model type="virtio" />
      <mtu size="1500" />
    </interface>
"""

DIRECTIONS = ("inbound", "outbound")
LIMITS = ("average", "peak", "burst")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
# What libvirt takes for the name of a device, and the kernel too.
_DEVICE = re.compile(r"[A-Za-z0-9_.-]{1,15}")
_MODEL = re.compile(r"[A-Za-z0-9_.-]+")
_NUMBER = re.compile(r"[1-9][0-9]{1,4}")
# libvirt gives out such names itself and takes them for its own to change.
_LIBVIRTS_OWN = re.compile(r"(vnet|vif|macvtap|macvlan)[0-9]+")


def libvirt_interface(
    instance: Mapping[str, Any],
    nic: int | None = None,
    model: str = "virtio",
    bandwidth: Mapping[str, Mapping[str, int]] | None = None,
) -> str:
    """Return the NICs of an instance, or one of them, as elements of a domain."""
    nics = _chosen(instance, nic)
    _check(model, _MODEL, "model", "is not a kind of card")
    elements = [_element(chosen, model, _limits(bandwidth)) for chosen in nics]
    for element in elements:
        ElementTree.indent(element)
    return "".join(f"{ElementTree.tostring(element, encoding='unicode')}\n" for element in elements)


def _chosen(instance: Any, position: int | None) -> Sequence[Mapping[str, Any]]:
    if not isinstance(instance, Mapping):
        raise AnsibleFilterError(f"{instance!r} is neither an instance nor a NIC, as nova_ipam_info returns them")
    nics = instance.get("nics", [instance])
    if position is None:
        return list(nics)
    if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position < len(nics):
        raise AnsibleFilterError(f"nic {position!r} is not among the {len(nics)} NICs of the instance, from 0 on")
    return [nics[position]]


def _element(nic: Mapping[str, Any], model: str, limits: Mapping[str, Mapping[str, int]]) -> ElementTree.Element:
    missing = [key for key in ("mac", "bridge", "port_name") if not (isinstance(nic, Mapping) and nic.get(key))]
    if missing:
        raise AnsibleFilterError(f"NIC {nic!r} has no {missing[0]}; give it as nova_ipam_info returns it")
    element = ElementTree.Element("interface", {"type": "bridge"})
    mac = _check(str(nic["mac"]).lower(), _MAC, "mac", "is not a MAC address")
    bridge = _check(nic["bridge"], _DEVICE, "bridge", "is not a name that libvirt takes for a bridge")
    port = _check(nic["port_name"], _DEVICE, "port_name", "is not a name that libvirt takes for a port")
    if _LIBVIRTS_OWN.fullmatch(port):
        raise AnsibleFilterError(f"port_name {port} is of the kind that libvirt gives out itself; it would change it")
    ElementTree.SubElement(element, "mac", {"address": mac})
    ElementTree.SubElement(element, "source", {"bridge": bridge})
    ElementTree.SubElement(element, "target", {"dev": port})
    ElementTree.SubElement(element, "model", {"type": model})
    if nic.get("mtu") is not None:
        size = _check(nic["mtu"], _NUMBER, "mtu", "is not a number of bytes")
        ElementTree.SubElement(element, "mtu", {"size": size})
    if limits:
        parent = ElementTree.SubElement(element, "bandwidth")
        for direction, values in limits.items():
            ElementTree.SubElement(parent, direction, {key: str(value) for key, value in values.items()})
    return element


def _check(value: Any, form: re.Pattern[str], name: str, objection: str) -> str:
    text = str(value)
    if not form.fullmatch(text):
        raise AnsibleFilterError(f"{name} {text!r} {objection}")
    return text


def _limits(bandwidth: Mapping[str, Any] | None) -> dict[str, dict[str, int]]:
    limits: dict[str, dict[str, int]] = {}
    for direction, values in (bandwidth or {}).items():
        if direction not in DIRECTIONS or not isinstance(values, Mapping):
            raise AnsibleFilterError(f"bandwidth.{direction} is none of {', '.join(DIRECTIONS)}, each with its limits")
        if "average" not in values:
            raise AnsibleFilterError(f"bandwidth.{direction} has no average")
        for key, value in values.items():
            if key not in LIMITS or isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise AnsibleFilterError(
                    f"bandwidth.{direction}.{key} {value!r} cannot be: {', '.join(LIMITS)} are whole numbers from 1 on"
                )
        limits[direction] = {key: values[key] for key in LIMITS if key in values}
    return limits


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"libvirt_interface": libvirt_interface}
