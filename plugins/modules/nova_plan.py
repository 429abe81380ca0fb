#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_plan
short_description: Reconcile the whole cloud in the IPAM and compute what each host must have
version_added: 0.1.0
description:
  - Applies the lists of projects, networks, reservations, floating pools, security groups, instances and floating
    addresses to the IPAM database and computes the plan of every host from the result, all in one transaction.
  - In check mode the transaction is rolled back, so a preview shows the new cloud, with the addresses and MACs that the
    run will choose.
  - A list that is omitted is not managed. An empty list means none, see O(purge).
  - A plan carries the identity of the IPAM and a generation that grows with every change, so that hosts can refuse a
    plan that is foreign or out of date.
  - What moves between hosts is planned for the new host only after the old one has confirmed to have given it up, see
    RV(awaiting) and O(acknowledgements).
options:
  manager:
    description: Network manager of networks and instances that do not say otherwise (C(network_manager) of nova.conf).
    type: str
    choices: [flat, flatdhcp, vlan]
    default: vlan
  auto_assign_floating_ip:
    description:
      - Every new instance gets a floating address of O(default_floating_pool), which goes with it.
      - When the pool has not enough of them, nothing is created.
    type: bool
    default: false
  default_floating_pool:
    description: Floating pool that is meant when none is named.
    type: str
    default: nova
  hosts:
    description: Every host of the cloud, also those that no plan is asked for now.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the host, as instances and networks refer to it.
        type: str
        required: true
      network:
        description:
          - It may serve networks, that is be gateway, DHCP server and NAT for them.
          - Networks with C(multi_host) are served by the compute hosts of their instances.
        type: bool
        default: false
      compute:
        description: It runs instances.
        type: bool
        default: false
      public_interface:
        description: Interface towards the outside, for outbound NAT and floating addresses.
        type: str
      flat_interface:
        description: Uplink of flat bridges on this host. It overrides the C(bridge_interface) of a network.
        type: str
      bridge_interfaces:
        description:
          - Uplinks of flat bridges on this host, by name of the bridge. They override O(hosts[].flat_interface).
          - An empty name means that no uplink is added, and that a bridge of somebody else is used as found.
        type: dict
        default: {}
      vlan_interface:
        description: Parent of VLAN devices on this host. It overrides the C(bridge_interface) of a network.
        type: str
      routing_source_ip:
        description: Source address of outbound NAT. Without it the host does not translate outgoing traffic.
        type: str
      my_ip:
        description:
          - Address of the host itself.
          - The metadata service is looked for there unless O(settings.metadata_host) says otherwise.
        type: str
      public_vlan_interface:
        description:
          - Parent of O(hosts[].public_interface) where that is a VLAN interface that is to be made, such as V(vlan100).
          - Leave it out where the public interface exists already.
        type: str
      replace_vlans:
        description: Consent to make a VLAN interface of somebody else anew that has another parent or id than it shall have.
        type: bool
        default: false
  targets:
    description: Names of the hosts to compute plans for. All of O(hosts) when omitted.
    type: list
    elements: str
  settings:
    description: What nova.conf said for the whole cloud about DHCP, DNS, metadata and NAT.
    type: dict
    default: {}
    suboptions:
      dhcp_domain:
        description: Domain of the guests' names.
        type: str
        default: novalocal
      dhcp_lease_time:
        description: Length of a lease in seconds.
        type: int
        default: 86400
      dns_servers:
        description: Name servers that the DHCP servers forward to. Those of the host when empty.
        type: list
        elements: str
        default: []
      use_network_dns_servers:
        description: Hand C(dns1) and C(dns2) of a network to its guests instead of the DHCP server's own address.
        type: bool
        default: false
      use_single_default_gateway:
        description: Only the first NIC of an instance gets a default route.
        type: bool
        default: true
      flat_gateway:
        description:
          - Networks of manager V(flat) get a gateway with outbound NAT, metadata and floating addresses, on the host that
            serves them, or on each compute host with C(multi_host).
          - Without it nobody serves them. Then a floating address of a guest there is an error.
        type: bool
        default: false
      metadata_host:
        description:
          - Address that requests to 169.254.169.254 port 80 are sent to.
          - Defaults to C(my_ip) of the serving host.
        type: str
      metadata_port:
        description: Port that these requests are sent to.
        type: int
        default: 8775
      dmz_cidr:
        description: Destinations that see the fixed address, without NAT.
        type: list
        elements: str
        default: []
      force_snat_range:
        description: Destinations that are translated even in networks whose gateway is not ours.
        type: list
        elements: str
        default: []
  acknowledgements:
    description:
      - What hosts have confirmed. Usually the results of the HOST modules of a run.
      - They release addresses from quarantine. They never count as a change.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Name of the host.
        type: str
        required: true
      generation:
        description: Generation of the plan that it applied.
        type: int
        required: true
      leases:
        description:
          - The DHCP leases it has, as RV(novanet.network.nova_dnsmasq#module:leases).
          - Omit it when they are not known.
          - One that contradicts the IPAM, because the address has another MAC address there or nobody has it, is a warning and
            is shown by M(novanet.network.nova_ipam_info). It is never adopted.
        type: list
        elements: dict
      lease_events:
        description:
          - The leases that came and went, as RV(novanet.network.nova_dnsmasq#module:lease_events). They go into the audit, with
            the time at which it happened.
          - Those that are recorded already are ignored, so they may be told again.
        type: list
        elements: dict
        default: []
  forget_hosts:
    description:
      - Hosts that are gone for good. What they had counts as given up without their word.
      - Name a host only when it can never come back with its old addresses.
    type: list
    elements: str
    default: []
  gather:
    description:
      - Lists to return as M(novanet.network.nova_ipam_info) does. They are those of the new cloud, in check mode too.
    type: list
    elements: str
    choices: [networks, instances]
    default: []
  purge:
    description:
      - Remove rows that came from the inventory and are no longer in the lists that are given.
      - What operations made is never removed.
    type: bool
    default: false
  allow_empty_purge:
    description: Consent to O(purge=true) with an empty list, which removes all that came from the inventory.
    type: bool
    default: false
extends_documentation_fragment:
  - novanet.network.ipam
  - novanet.network.projects
  - novanet.network.networks
  - novanet.network.reservations
  - novanet.network.security_groups
  - novanet.network.instances
  - novanet.network.floating_pools
seealso:
  - module: novanet.network.nova_bridge
  - module: novanet.network.nova_dnsmasq
  - module: novanet.network.nova_firewall
  - module: novanet.network.nova_floating_ip
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: Reconcile the cloud and compute all plans
  novanet.network.nova_plan:
    origin: inventory
    manager: flatdhcp
    defaults:
      flat_network_bridge: br100
      flat_interface: eth2
    settings:
      dns_servers: [192.0.2.53]
      metadata_host: 192.0.2.10
    hosts:
      - name: network1
        network: true
        public_interface: eth0
        routing_source_ip: 192.0.2.10
      - name: compute1
        compute: true
    networks:
      - label: public
        cidr: 10.0.0.0/8
        dhcp_start: 10.0.0.2
    floating_pools:
      - name: nova
        ranges: [10.46.169.224/29]
    instances:
      - name: web1
        project: red
        host: compute1
    floating_addresses:
      - instance: web1
        project: red
    purge: true
  delegate_to: network1
  run_once: true
  register: nova_cloud

- name: Put the bridges of this host's plan in place
  novanet.network.nova_bridge:
    bridges: "{{ nova_cloud.plans[inventory_hostname].bridges }}"
    ipam_uuid: "{{ nova_cloud.ipam_uuid }}"
    generation: "{{ nova_cloud.generation }}"
    purge: true
    allow_empty_purge: true
"""

RETURN = r"""
plans:
  description: By name of the host, what it must have.
  returned: success
  type: dict
  contains:
    schema:
      description: Version of the form of this document.
      type: int
    ipam_uuid:
      description: Identity of the IPAM.
      type: str
    generation:
      description: Generation of the plan.
      type: int
    host:
      description: Name of the host.
      type: str
    vlans:
      description: Items for M(novanet.network.nova_vlan).
      type: list
      elements: dict
    bridges:
      description: Items for M(novanet.network.nova_bridge).
      type: list
      elements: dict
    dhcp:
      description: Items for M(novanet.network.nova_dnsmasq).
      type: list
      elements: dict
    floating:
      description: Items for M(novanet.network.nova_floating_ip).
      type: list
      elements: dict
    firewall:
      description: Options for M(novanet.network.nova_firewall).
      type: dict
    waiting:
      description:
        - Floating addresses and gateways of networks that this host gets once another host has confirmed to have given
          them up.
      type: list
      elements: str
ipam_uuid:
  description: Identity of the IPAM.
  returned: success
  type: str
  sample: 4cfaf3ed-4239-47c5-acf1-a83bc2a05ba9
generation:
  description: Generation of the plans.
  returned: success
  type: int
  sample: 7
awaiting:
  description: Hosts that must confirm this generation before others get what they have now.
  returned: success
  type: list
  elements: str
  sample: []
unconfirmed:
  description: What hosts had and have not yet confirmed to have given up, by host. Nobody else gets it until then.
  returned: success
  type: dict
  sample: {compute1: [fixed 10.0.0.2, floating 10.46.169.226]}
released:
  description: Fixed addresses that came out of quarantine.
  returned: success
  type: list
  elements: str
  sample: [10.0.0.3]
recorded_events:
  description:
    - By name of the host, up to which number the lease events of each bridge are recorded, for
      O(novanet.network.nova_dnsmasq#module:recorded_events). Of the hosts of O(targets) only.
  returned: success
  type: dict
  sample: {network1: [{bridge: br100, number: 1767225600000000}]}
networks:
  description: All networks, as RV(novanet.network.nova_ipam_info#module:networks).
  returned: when O(gather) has V(networks)
  type: list
  elements: dict
instances:
  description: All instances, as RV(novanet.network.nova_ipam_info#module:instances).
  returned: when O(gather) has V(instances)
  type: list
  elements: dict
changes:
  description: What was changed in the IPAM, in order.
  returned: success
  type: list
  elements: str
  sample: [create network public (10.0.0.0/8)]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_cloud import PLAN_ARGUMENTS
from ansible_collections.novanet.network.plugins.module_utils.ipam.cloud import reconcile_cloud
from ansible_collections.novanet.network.plugins.module_utils.ipam.information import gather
from ansible_collections.novanet.network.plugins.module_utils.ipam.lease_reports import recorded_events
from ansible_collections.novanet.network.plugins.module_utils.ipam.run import listed_items, run_ipam_module
from ansible_collections.novanet.network.plugins.module_utils.ipam.snapshot import read_snapshot
from ansible_collections.novanet.network.plugins.module_utils.ipam.snapshot_scope import plan_scope
from ansible_collections.novanet.network.plugins.module_utils.ipam.store import Transaction
from ansible_collections.novanet.network.plugins.module_utils.plan.compile import (
    compile_plans,
    hosts_waited_for,
    unconfirmed,
)
from ansible_collections.novanet.network.plugins.module_utils.plan.inputs import read_hosts, read_settings
from ansible_collections.novanet.network.plugins.module_utils.wiring import ipam_module

LISTS = ("projects", "networks", "reservations", "floating_pools", "security_groups", "instances", "floating_addresses")


def operate(work: Transaction, options: Mapping[str, Any]) -> dict[str, Any]:
    """Reconcile, then plan from the result, in the same transaction."""
    settings, hosts = read_settings(options["settings"]), read_hosts(options["hosts"])
    released = reconcile_cloud(work, options, {key: listed_items(options, key) for key in LISTS})
    snapshot = read_snapshot(work, plan_scope(hosts, options["targets"], settings))
    plans = compile_plans(snapshot, settings, hosts, options["targets"])
    return {
        "plans": {plan.host: plan.to_document() for plan in plans},
        "ipam_uuid": snapshot.ipam_uuid,
        "generation": snapshot.generation,
        "awaiting": list(hosts_waited_for(snapshot, settings)),
        "unconfirmed": unconfirmed(snapshot),
        "released": released,
        "recorded_events": recorded_events(work, (plan.host for plan in plans)),
        **gather(work, options["gather"]),
    }


def main() -> None:
    """Run the module."""
    run_ipam_module(ipam_module(PLAN_ARGUMENTS), operate)


if __name__ == "__main__":
    main()
