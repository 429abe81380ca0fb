#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_ipam_import
short_description: Take over networks, instances and addresses of nova or libvirt
version_added: 0.1.0
description:
  - Reads the database of nova, or documents of libvirt, and puts what they say of networks into the IPAM. Addresses, MAC addresses and the
    UUIDs of networks and instances stay what they are.
  - The database of nova must have the schema of the last releases with nova-network (Juno to Rocky have all that is needed). It is read only.
  - Of libvirt's networks those are carried over that lead through NAT or a router. Their DHCP ranges are what instances get addresses of,
    all else stays reserved.
  - It creates and never changes. What is there already and is just so is left alone, so that a second run changes nothing; what is there and
    differs is an error, and then nothing is carried over.
  - RV(left_behind) lists all that has no place here. Run it in check mode first, and look at that list.
  - An address that somebody of nova has who cannot be carried over stays reserved, with a note that says who it is. So does the address of
    a static host of libvirt that is no domain of O(libvirt_domains).
  - It touches no host. Stop nova-network, or the networks of libvirt, before hosts are converged, or two of them will serve the same guests.
options:
  nova_database:
    description:
      - SQLAlchemy URL of the database of nova. The driver that it names must be installed.
      - A password in it shows in no result and no log. It is better left to a file of the driver, such as C(~/.pgpass), or
        C(?read_default_file=/root/.my.cnf) in the URL of MySQL.
      - One of this and O(libvirt_networks) is needed.
    type: str
  libvirt_networks:
    description:
      - What C(virsh net-dumpxml --inactive) prints, the text of one document for each network. They are networks of one host, as each
        name can be taken over once.
      - Documents with a document type are refused, so that nothing in them refers to files or grows.
    type: list
    elements: str
  libvirt_domains:
    description:
      - Domains whose interfaces are in these networks, directly or by the name of the bridge. They become instances.
      - An interface whose MAC address is that of a static host of its network keeps that address. Another one gets an address here, with
        a warning.
    type: list
    elements: dict
    default: []
    suboptions:
      xml:
        description: What C(virsh dumpxml --inactive) prints.
        type: str
        required: true
      project:
        description: Project that the instance belongs to.
        type: str
        required: true
      host:
        description: Compute host that it runs on.
        type: str
        required: true
  libvirt_vlan_interface:
    description:
      - Parent of the VLAN devices of networks of libvirt that have a VLAN tag. Without it they are left behind.
      - Such a network belongs to the project of its first domain.
    type: str
  manager:
    description:
      - Manager of the networks of nova that have no VLAN, which nova did not write down. Those with a VLAN belong to V(vlan).
    type: str
    choices: [flat, flatdhcp]
    default: flatdhcp
  projects:
    description:
      - With O(nova_database), what projects are called here, by the identities that nova knows.
      - When it is given it names all projects that there are. What belongs to others, such as deleted ones, is left behind.
    type: dict
    default: {}
  hosts:
    description:
      - With O(nova_database), what hosts are called here, by the names that nova knows.
      - When it is given it names all hosts that there are. Instances on others are left behind.
    type: dict
    default: {}
extends_documentation_fragment:
  - novanet.network.ipam
seealso:
  - module: novanet.network.nova_ipam_info
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: See what would be taken over from nova, and what not
  novanet.network.nova_ipam_import:
    nova_database: mysql+pymysql://nova@db.example.org/nova?read_default_file=/root/.my.cnf
  check_mode: true
  diff: true
  register: nova_import

- name: Take it over, with the names that projects and hosts have here
  novanet.network.nova_ipam_import:
    nova_database: postgresql+psycopg2://nova@db.example.org/nova
    manager: flatdhcp
    projects:
      a421ae28356b4cc3a25e1429a0b02e98: red
      5f705771f3e94b7aa0b0ddcd0a4a33a6: blue
    hosts:
      compute1.example.org: compute1
      compute2.example.org: compute2

- name: See what would be taken over from libvirt on a host, and what not
  novanet.network.nova_ipam_import:
    libvirt_networks:
      - "{{ lookup('ansible.builtin.file', 'default.xml') }}"
    libvirt_domains:
      - xml: "{{ lookup('ansible.builtin.file', 'web1.xml') }}"
        project: red
        host: compute1
  check_mode: true
  diff: true
  register: libvirt_import
"""

RETURN = r"""
left_behind:
  description: What nova or libvirt knows and the IPAM does not, in the order of networks, instances, addresses and security groups.
  returned: success
  type: list
  elements: dict
  contains:
    thing:
      description: What it is.
      type: str
      sample: fixed IP 10.0.0.7
    reason:
      description: Why it was not carried over, and what becomes of it.
      type: str
      sample: it is allocated to no instance; it stays reserved
carried_over:
  description:
    - How many C(networks), C(reservations), C(security_groups), C(instances), C(nics), C(host_addresses), C(floating_pools)
      and C(floating_addresses) nova or libvirt has that are in the IPAM now.
  returned: success
  type: dict
  sample: {networks: 2, reservations: 3, security_groups: 2, instances: 40, nics: 55, host_addresses: 0, floating_pools: 1, floating_addresses: 12}
changes:
  description: What was changed, in order.
  returned: success
  type: list
  elements: str
  sample: ["create network public (10.0.0.0/24, bridge br100)"]
"""

from ansible_collections.novanet.network.plugins.module_utils.ipam.import_libvirt import import_libvirt
from ansible_collections.novanet.network.plugins.module_utils.ipam.import_nova import import_nova
from ansible_collections.novanet.network.plugins.module_utils.ipam.run import database_url, run_ipam_module
from ansible_collections.novanet.network.plugins.module_utils.wiring import ipam_module

DOMAIN = {key: {"type": "str", "required": True} for key in ("xml", "project", "host")}


def main() -> None:
    """Run the module."""
    arguments = {
        "nova_database": {"type": "str", "no_log": True},
        "libvirt_networks": {"type": "list", "elements": "str"},
        "libvirt_domains": {"type": "list", "elements": "dict", "default": [], "options": DOMAIN},
        "libvirt_vlan_interface": {"type": "str"},
        "manager": {"type": "str", "choices": ["flat", "flatdhcp"], "default": "flatdhcp"},
        "projects": {"type": "dict", "default": {}},
        "hosts": {"type": "dict", "default": {}},
    }
    source = ("nova_database", "libvirt_networks")
    needs = {"libvirt_vlan_interface": "libvirt_networks"}
    module = ipam_module(arguments, required_one_of=[source], mutually_exclusive=[source], required_by=needs)
    if module.params["nova_database"] is None:
        run_ipam_module(module, import_libvirt)
    else:
        url = database_url(module, "nova_database")
        run_ipam_module(module, lambda work, options: import_nova(work, {**options, "nova_database": url}))


if __name__ == "__main__":
    main()
