#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_ipam_info
short_description: Look at what the IPAM holds
version_added: 0.1.0
description:
  - Returns lists of projects, networks, addresses, instances, security groups and hosts, and the audit of what was changed.
  - Changes nothing. A database that does not exist is an error, it is not made.
options:
  database:
    description: SQLAlchemy URL of the IPAM database.
    type: str
    default: sqlite:////var/lib/novanet/ipam.sqlite
  gather:
    description: The lists that are wanted.
    type: list
    elements: str
    choices: [projects, networks, fixed, floating, pools, instances, security_groups, hosts, withdrawals, contradictions, events]
    default: [projects, networks, fixed, floating, pools, instances, security_groups, hosts, withdrawals, contradictions, events]
  events_limit:
    description: How many events are returned, the newest.
    type: int
    default: 100
  events_of:
    description: Names of things, such as addresses, whose events are wanted. Events of all things when it is empty.
    type: list
    elements: str
    default: []
  address:
    description:
      - An IPv4 address, fixed or floating, of which it is wanted who held it. They are returned in RV(holders).
      - An IPv6 address belongs to its MAC address at all times; it is not asked for here.
    type: str
  at:
    description:
      - When O(address) was held, in UTC, as the lists write times.
      - Who held it at any time is returned when it is omitted.
    type: str
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
    platforms: posix
requirements:
  - Python 3.9 or later
  - SQLAlchemy 1.4 or later
seealso:
  - module: novanet.network.nova_project
  - module: novanet.network.nova_network
  - module: novanet.network.nova_instance
  - module: novanet.network.nova_floating_pool
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: Look at everything
  novanet.network.nova_ipam_info:
  register: nova_ipam

- name: Find out who had an address, and when
  novanet.network.nova_ipam_info:
    gather: [events]
    events_of: [10.46.169.226]
    events_limit: 20
  register: nova_audit

- name: Find out whose address it was at the time of a complaint
  novanet.network.nova_ipam_info:
    gather: []
    address: 10.46.169.226
    at: "2026-03-01T12:00:00Z"
  register: nova_holders

- name: Show the addresses of all instances
  novanet.network.nova_ipam_info:
    gather: [instances]
  register: nova_list
"""

RETURN = r"""
ipam_uuid:
  description: Identity of the IPAM.
  returned: success
  type: str
  sample: 4cfaf3ed-4239-47c5-acf1-a83bc2a05ba9
generation:
  description: Generation of the last change.
  returned: success
  type: int
  sample: 7
holders:
  description:
    - Who held O(address), the earliest first. When its instance moves to another host, that is another item.
    - An address in quarantine is held by nobody.
    - More than one holds it O(at) a time if it changed hands within that second.
  returned: when O(address) is given
  type: list
  elements: dict
  contains:
    kind:
      description: V(fixed IP) or V(floating IP).
      type: str
    network:
      description: Label of the network of the fixed IP. None for a floating IP that led to no instance.
      type: str
    instance:
      description: Name of the instance. None for the address of a host or a device, and for a floating IP that led to no instance.
      type: str
    project:
      description: Project of the instance, or of the floating IP. None for the address of a host or a device.
      type: str
    host:
      description: Host that the instance was on, or whose own address it was.
      type: str
    mac:
      description: MAC address of the port of the instance, or of the device.
      type: str
    device:
      description: Host name of the device that the address was held for.
      type: str
    from:
      description: Since when.
      type: str
    until:
      description: Until when. None for who holds it still.
      type: str
projects:
  description: All projects that were ever named, with their quotas.
  returned: when O(gather) has V(projects)
  type: list
  elements: dict
  contains:
    name:
      description: Name of the project.
      type: str
    quotas:
      description:
        - How many C(networks), C(fixed_ips), C(floating_ips) and C(security_groups) it may have, and how many
          C(security_group_rules) each group. V(-1) is unlimited.
      type: dict
    own_quotas:
      description: Which of them are its own. The others are the defaults.
      type: list
      elements: str
    used:
      description:
        - How many C(networks), C(fixed_ips), C(floating_ips) and C(security_groups) it has, and how many
          C(security_group_rules) the group with the most of them.
        - Addresses in quarantine, and floating addresses that were assigned automatically, are not counted.
      type: dict
    origin:
      description: Where the project was named first, V(inventory) or V(operation).
      type: str
networks:
  description: All networks, by label.
  returned: when O(gather) has V(networks)
  type: list
  elements: dict
  contains:
    label:
      description: Label of the network.
      type: str
    series:
      description: Label that was asked for; a series of networks shares it.
      type: str
    uuid:
      description: Its identity.
      type: str
    manager:
      description: Manager that it belongs to.
      type: str
    cidr:
      description: IPv4 range.
      type: str
    netmask:
      description: IPv4 netmask.
      type: str
    broadcast:
      description: IPv4 broadcast address.
      type: str
    cidr_v6:
      description: IPv6 range.
      type: str
    netmask_v6:
      description: IPv6 netmask.
      type: str
    gateway:
      description: IPv4 gateway.
      type: str
    gateway_v6:
      description: IPv6 gateway.
      type: str
    dhcp_server:
      description: Address of the DHCP server.
      type: str
    dhcp_start:
      description: First address of the DHCP range.
      type: str
    fixed_cidr:
      description: Part of the range that instances get addresses from.
      type: str
    allowed_start:
      description: First address for instances.
      type: str
    allowed_end:
      description: Last address for instances.
      type: str
    dns1:
      description: First name server of the guests.
      type: str
    dns2:
      description: Second name server of the guests.
      type: str
    vlan:
      description: VLAN id.
      type: int
    bridge:
      description: Bridge.
      type: str
    bridge_interface:
      description: Uplink of the bridge.
      type: str
    project:
      description: Project that it belongs to; none for all.
      type: str
    host:
      description: Host that serves it.
      type: str
    multi_host:
      description: Every compute host serves its own guests.
      type: bool
    mtu:
      description: MTU; none when it does not say.
      type: int
    enable_dhcp:
      description: Guests get their addresses by DHCP.
      type: bool
    share_address:
      description: All hosts have the same gateway address.
      type: bool
    vpn_private_address:
      description: Address of the VPN gateway in the network.
      type: str
    vpn_public_address:
      description: Public address of the VPN.
      type: str
    vpn_public_port:
      description: Public port of the VPN.
      type: int
    priority:
      description: Position among the networks of an instance.
      type: int
    origin:
      description: Where the wish for it came from.
      type: str
    generation:
      description: Generation in which it was last changed.
      type: int
    utilisation:
      description:
        - How many addresses it has (C(size)), and how many are C(free), C(reserved), C(allocated) to instances,
          C(hosts) (of hosts that serve it, each with one of its own) and C(quarantined).
      type: dict
fixed:
  description: Fixed addresses that instances, hosts and devices have, or had and may still use.
  returned: when O(gather) has V(fixed)
  type: list
  elements: dict
  contains:
    address:
      description: The address.
      type: str
    network:
      description: Label of its network.
      type: str
    instance:
      description: Instance that has it or had it; none when it is an address of a host or a device.
      type: str
    device:
      description: Host name of the device that it is or was held for; none of the others.
      type: str
    host:
      description:
        - Compute host of the instance; none when the instance is gone.
        - Without an instance, the host that has the address, or had it, to serve a multi_host network.
      type: str
    mac:
      description: MAC address that has it or had it.
      type: str
    state:
      description: V(allocated) to an instance, of a V(host), held for a V(device), or V(released) while it is in quarantine.
      type: str
    lease_expires:
      description: When its DHCP lease ends, in seconds since 1970; none without a lease.
      type: float
    lease_host:
      description: Host that told of the lease.
      type: str
    leased_until:
      description: When its DHCP lease ends, as people read it; none without a lease and when it is over.
      type: str
    released_at:
      description: When it was released.
      type: str
    origin:
      description: Where the wish for it came from.
      type: str
floating:
  description: Floating addresses that projects have.
  returned: when O(gather) has V(floating)
  type: list
  elements: dict
  contains:
    address:
      description: The address.
      type: str
    pool:
      description: Pool that it lies in.
      type: str
    interface:
      description: Interface that the pool asks for.
      type: str
    project:
      description: Project that has it.
      type: str
    instance:
      description: Instance that it leads to; none when it is not associated.
      type: str
    fixed_address:
      description: Fixed address that it leads to.
      type: str
    network:
      description: Label of the network of the fixed address.
      type: str
    host:
      description: Host that binds it.
      type: str
    auto_assigned:
      description: It was assigned with its instance and goes with it.
      type: bool
    origin:
      description: Where the wish for it came from.
      type: str
pools:
  description: Floating pools, by name.
  returned: when O(gather) has V(pools)
  type: list
  elements: dict
  contains:
    name:
      description: Name of the pool.
      type: str
    interface:
      description: Interface that its addresses are bound on.
      type: str
    project:
      description: The only project that may have its addresses; none for all.
      type: str
    ranges:
      description: Its ranges as they were written.
      type: list
      elements: str
    total:
      description: How many addresses it has.
      type: int
    free:
      description: How many can be handed out at once.
      type: int
    allocated:
      description: How many projects have.
      type: int
    waiting:
      description: How many have been released, and are not yet given up by a host.
      type: int
    origin:
      description: Where the wish for it came from.
      type: str
instances:
  description: Instances, by name.
  returned: when O(gather) has V(instances)
  type: list
  elements: dict
  contains:
    name:
      description: Name of the instance.
      type: str
    uuid:
      description: Its identity.
      type: str
    project:
      description: Project that it belongs to.
      type: str
    host:
      description: Compute host that it runs on.
      type: str
    next_host:
      description: Compute host that it is about to move to; none when it is not.
      type: str
    hostname:
      description: Host name that it gets by DHCP.
      type: str
    nics:
      description: Its network interfaces, in order.
      type: list
      elements: dict
      contains:
        network:
          description: Label of the network.
          type: str
        mac:
          description: MAC address.
          type: str
        address:
          description: Fixed address.
          type: str
        address_v6:
          description: Address that it gives itself in a network with IPv6.
          type: str
        port_name:
          description: Name of the host's end of the interface.
          type: str
        bridge:
          description: Bridge that it is plugged into.
          type: str
        mtu:
          description: MTU of the network; none when the network does not say.
          type: int
    floating_ips:
      description: Floating addresses that lead to it.
      type: list
      elements: str
    security_groups:
      description: Names of the security groups that it is in.
      type: list
      elements: str
    networks:
      description: Its addresses by network in one line, floating ones after fixed ones.
      type: str
    origin:
      description: Where the wish for it came from.
      type: str
security_groups:
  description: Security groups, by project and name.
  returned: when O(gather) has V(security_groups)
  type: list
  elements: dict
  contains:
    project:
      description: Project that it belongs to.
      type: str
    name:
      description: Name of the group.
      type: str
    description:
      description: What it is for.
      type: str
    rules:
      description: What may come in, as in the module C(nova_security_group). A value that is null stands for any.
      type: list
      elements: dict
      contains:
        protocol:
          description: Protocol.
          type: str
        from_port:
          description: First port, or type of ICMP.
          type: int
        to_port:
          description: Last port, or code of ICMP.
          type: int
        cidr:
          description: Where it may come from; none when it is from members of a group.
          type: str
        group:
          description: Name of that group.
          type: str
    instances:
      description: Names of the instances in it.
      type: list
      elements: str
    origin:
      description: Where the wish for it came from.
      type: str
hosts:
  description: Hosts that have confirmed a plan, or are to give something up.
  returned: when O(gather) has V(hosts)
  type: list
  elements: dict
  contains:
    name:
      description: Name of the host.
      type: str
    generation:
      description: Generation of the plan that it confirmed last.
      type: int
    acknowledged_at:
      description: When it did so.
      type: str
    withdrawals:
      description: How many addresses it is still to give up.
      type: int
withdrawals:
  description: Addresses that hosts had and have not yet confirmed to have given up.
  returned: when O(gather) has V(withdrawals)
  type: list
  elements: dict
  contains:
    kind:
      description: V(fixed), V(floating), V(gateway), or V(member) where a host lets an address in as that of a member of a security group.
      type: str
    address:
      description: The address.
      type: str
    host:
      description: Host that had it.
      type: str
    generation:
      description: The first generation without it.
      type: int
contradictions:
  description:
    - DHCP leases that hosts have and that the IPAM has otherwise, as far as they are not over. At most 100 of each host.
    - Each was a warning when the host told of it.
  returned: when O(gather) has V(contradictions)
  type: list
  elements: dict
  contains:
    host:
      description: Host that has the lease.
      type: str
    address:
      description: The address that is leased.
      type: str
    mac:
      description: MAC address of the guest that has the lease.
      type: str
    reason:
      description: What the IPAM has.
      type: str
      sample: in the IPAM it is of instance web1 with fa:16:3e:00:00:0a
    leased_until:
      description: When the lease ends.
      type: str
events:
  description: What was changed, the newest first; and which DHCP leases came and went.
  returned: when O(gather) has V(events)
  type: list
  elements: dict
  contains:
    at:
      description: When.
      type: str
    actor:
      description: Who asked for it.
      type: str
    origin:
      description: Where the wish came from.
      type: str
    generation:
      description: Generation that it belongs to.
      type: int
    action:
      description: V(create), V(update) or V(delete).
      type: str
    kind:
      description: What kind of thing.
      type: str
    name:
      description: Which one.
      type: str
    before:
      description: The thing before; none when it did not exist.
      type: dict
    after:
      description: The thing after; none when it is gone.
      type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.ipam.holders import view_holders
from ansible_collections.novanet.network.plugins.module_utils.ipam.information import gather
from ansible_collections.novanet.network.plugins.module_utils.ipam.run import run_ipam_info_module
from ansible_collections.novanet.network.plugins.module_utils.wiring import IPAM_ARGUMENTS

KINDS = [
    "projects",
    "networks",
    "fixed",
    "floating",
    "pools",
    "instances",
    "security_groups",
    "hosts",
    "withdrawals",
    "contradictions",
    "events",
]


def look(work: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the lists that were asked for, and of which IPAM and generation they are."""
    lists = gather(work, options["gather"], options["events_limit"], options["events_of"])
    if options["address"] is not None:
        lists["holders"] = view_holders(work, options["address"], options["at"])
    elif options["at"] is not None:
        raise InvalidInput("at", "is given without an address", "Name the address whose holder is wanted.")
    return {**lists, "ipam_uuid": work.ipam_uuid, "generation": work.plan_generation}


def main() -> None:
    """Run the module."""
    arguments = {
        "database": IPAM_ARGUMENTS["database"],
        "gather": {"type": "list", "elements": "str", "choices": KINDS, "default": KINDS},
        "events_limit": {"type": "int", "default": 100},
        "events_of": {"type": "list", "elements": "str", "default": []},
        "address": {"type": "str"},
        "at": {"type": "str"},
    }
    run_ipam_info_module(AnsibleModule(arguments, supports_check_mode=True), look)


if __name__ == "__main__":
    main()
