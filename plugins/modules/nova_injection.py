#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_injection
short_description: What images of guests need to come up with their addresses
version_added: 0.1.0
description:
  - Writes on a compute host, for each instance, what its image needs to come up with its addresses where no DHCP server gives
    them. The guest must find it before it starts; an instance whose files cannot be written fails the run.
  - Each instance has the directory O(path)C(/UUID). There is C(interfaces), an C(/etc/network/interfaces) to be copied into an
    image, and for each of O(images) the image itself, with its files in a directory beside it.
  - V(nocloud) is C(cidata.iso), a seed for cloud-init's data source NoCloud, with C(meta-data), C(user-data) and C(network-config)
    (version 2, NICs found by their MAC addresses).
  - V(config_drive) is C(config-2.iso), OpenStack's config drive, with C(openstack/latest/meta_data.json), C(network_data.json),
    C(user_data) and, as C(openstack/content/0000), the interfaces file.
  - Attach the image to the guest as a CD-ROM or a disk. A changed image takes the place of the old one at once; a guest that
    runs keeps the one it has opened.
  - Only root may read the files, as user data may hold secrets. libvirt lets its guests read what they have attached.
  - The same content gives the same image, byte for byte.
options:
  instances:
    description:
      - The instances. Make them of what the IPAM returns with the filter P(novanet.network.injection#filter), or write them by hand.
      - Not managed when omitted.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the instance.
        type: str
        required: true
      uuid:
        description: Its identity. It names the directory, and a guest that finds another one sets itself up anew.
        type: str
        required: true
      hostname:
        description: Host name of the guest, with its domain if it shall know that. Needed unless O(instances[].state=absent).
        type: str
      project:
        description: Project of the instance, for its config drive.
        type: str
      nics:
        description: Its network interfaces, in order.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: What the guest calls it. C(eth0), C(eth1) and so on by its position when omitted.
            type: str
          mac:
            description: Its MAC address.
            type: str
            required: true
          port_name:
            description: What the host calls its end. It names the NIC on a config drive. Defaults to its name.
            type: str
          network_uuid:
            description: Identity of its network, for a config drive.
            type: str
          mtu:
            description: MTU; that of the guest when omitted.
            type: int
          dns:
            description: Name servers.
            type: list
            elements: str
            default: []
          dhcp:
            description: The guest asks for its IPv4 address.
            type: bool
            default: false
          address:
            description: IPv4 address with the length of its prefix, such as V(10.0.0.2/24).
            type: str
          gateway:
            description: Next hop of the IPv4 default route. One NIC of an instance may have it.
            type: str
          address_v6:
            description: IPv6 address with the length of its prefix. The guest then takes no routes from advertisements on this NIC.
            type: str
          gateway_v6:
            description: Next hop of the IPv6 default route. One NIC of an instance may have it.
            type: str
      interfaces:
        description: Text of its C(/etc/network/interfaces). There is none when omitted.
        type: str
      user_data:
        description: What the image is told beside the network, such as a cloud-config. Neither shown nor logged.
        type: str
      state:
        description: V(absent) takes away what was written for it.
        type: str
        choices: [present, absent]
        default: present
  path:
    description:
      - Directory that has the directories of the instances. An absolute path without blanks, in which no part begins with a dot.
        It is made if it is missing.
      - C(injection) in the directory of the owner below O(state_path) when omitted.
      - When it changes, what is listed moves.
    type: str
  images:
    description: Images to make. With V([]) only C(interfaces) is written.
    type: list
    elements: str
    choices: [nocloud, config_drive]
    default: [nocloud]
extends_documentation_fragment:
  - novanet.network.host
requirements:
  - xorriso, unless O(images=[])
notes:
  - A directory that is there and does not carry the mark of this owner (C(novanet.json)) is refused. What somebody else puts
    into a directory of ours is kept, and does not get into an image.
seealso:
  - plugin: novanet.network.injection
    plugin_type: filter
  - plugin: novanet.network.libvirt_interface
    plugin_type: filter
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: A seed for a guest with two NICs and one default route
  novanet.network.nova_injection:
    instances:
      - name: web1
        uuid: 7f1c3c5e-54f8-5b0e-9d35-6a0a5c1d9e42
        hostname: web1.example.org
        nics:
          - mac: "fa:16:3e:00:00:02"
            address: 10.0.0.2/24
            gateway: 10.0.0.1
            dns: [9.9.9.9]
          - mac: "fa:16:3e:00:00:12"
            address: 192.168.0.2/24
            mtu: 1450
        user_data: |
          #cloud-config
          ssh_authorized_keys:
            - ssh-ed25519 AAAAC3Nz admin

- name: A config drive instead, in a directory of your own
  novanet.network.nova_injection:
    path: /var/lib/seeds
    images: [config_drive]
    instances:
      - name: web1
        uuid: 7f1c3c5e-54f8-5b0e-9d35-6a0a5c1d9e42
        hostname: web1
        nics:
          - mac: "fa:16:3e:00:00:02"
            address: 10.0.0.2/24
            gateway: 10.0.0.1
        interfaces: |
          auto eth0
          iface eth0 inet static
              address 10.0.0.2
              netmask 255.255.255.0
              gateway 10.0.0.1

- name: Take everything away that this owner has written
  novanet.network.nova_injection:
    instances: []
    purge: true
    allow_empty_purge: true
"""

RETURN = r"""
changes:
  description: What was changed, or would be, in order.
  returned: success
  type: list
  elements: str
  sample: ["create injection web1 (cidata/meta-data, cidata/network-config, cidata/user-data, cidata.iso)"]
instances:
  description: The listed instances afterwards, and with O(purge=true) all of the owner. Empty when O(instances) is omitted.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the instance.
      type: str
    uuid:
      description: Its identity.
      type: str
    directory:
      description: Where its files are.
      type: str
    files:
      description: SHA-256 digests of its files, by their path in the directory.
      type: dict
    texts:
      description: Lines of those files that hold no user data.
      type: dict
    images:
      description: By file, a digest of what an image was made of. Empty for an image that has changed since.
      type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.host.injection.subsystem import Injection
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Request
from ansible_collections.novanet.network.plugins.module_utils.wiring import host_module, present_items, run_host_module

NICS = {
    "name": {"type": "str"},
    "mac": {"type": "str", "required": True},
    "port_name": {"type": "str"},
    "network_uuid": {"type": "str"},
    "mtu": {"type": "int"},
    "dns": {"type": "list", "elements": "str", "default": []},
    "dhcp": {"type": "bool", "default": False},
    "address": {"type": "str"},
    "gateway": {"type": "str"},
    "address_v6": {"type": "str"},
    "gateway_v6": {"type": "str"},
}
INSTANCES = {
    "name": {"type": "str", "required": True},
    "uuid": {"type": "str", "required": True},
    "hostname": {"type": "str"},
    "project": {"type": "str"},
    "nics": {"type": "list", "elements": "dict", "default": [], "options": NICS},
    "interfaces": {"type": "str"},
    "user_data": {"type": "str", "no_log": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
ARGUMENTS = {
    "instances": {"type": "list", "elements": "dict", "options": INSTANCES},
    "path": {"type": "str"},
    "images": {"type": "list", "elements": "str", "choices": ["nocloud", "config_drive"], "default": ["nocloud"]},
}


def build(options: Mapping[str, Any], request: Request) -> tuple[Injection, dict[str, Any]]:
    """Return the subsystem and what it shall bring about."""
    path = options["path"] or f"{request.state_path}/{request.owner}/injection"
    return Injection(request.owner), {**present_items(options, "instances"), "path": path, "images": options["images"]}


def main() -> None:
    """Run the module."""
    run_host_module(host_module(ARGUMENTS), "instances", build)


if __name__ == "__main__":
    main()
