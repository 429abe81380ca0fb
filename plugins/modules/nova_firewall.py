#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_firewall
short_description: Outbound NAT, metadata and forwarding for the networks that a host is the gateway of
version_added: 0.1.0
description:
  - Translates what guests send to the outside, sends their requests for C(169.254.169.254:80) to the metadata service,
    and keeps guests of one network from the fixed addresses of another.
  - Works in nftables tables of its own, C(ip <owner>_firewall) and, where O(hairpin_ports), O(isolated), O(groups) or
    O(guest_ports) are given, C(bridge <owner>_firewall), with O(prefixes) also C(ip6 <owner>_firewall). Other tables are
    neither read nor changed.
    Every change is one transaction, and a host that is as it shall be gets no write at all.
  - The rules are the same for one network and for a thousand. What differs is in sets and maps.
  - To the guests of O(networks) go answers, connections whose destination was translated (floating addresses), and
    traffic of their own network. Everything else that is routed to a fixed address is dropped. What guests send is let
    through.
  - An C(accept) in one nftables table does not overrule a C(drop) in another one. Where Docker, firewalld or rules made
    by hand drop forwarded packets, they go on doing so; see the notes.
options:
  networks:
    description:
      - Networks that this host is the gateway of. Omit it to leave the firewall alone; an empty list means none.
      - Networks that are not listed stay as they are unless O(purge) is true.
    type: list
    elements: dict
    suboptions:
      label:
        description: Name of the network. It tells the items apart.
        type: str
        required: true
      cidr:
        description: Addresses of the guests, such as C(10.0.0.0/8). Required unless O(networks[].state=absent).
        type: str
      bridge:
        description:
          - Bridge that the guests are on. It need not exist yet. Several networks may share one.
          - Required unless O(networks[].state=absent).
        type: str
      public_interface:
        description: Interface by which traffic leaves for the outside. Only what leaves there is translated.
        type: str
      source_address:
        description:
          - Address that outgoing traffic of guests without a floating address carries (nova's C(routing_source_ip)).
          - Without it there is no outbound NAT. It needs O(networks[].public_interface).
        type: str
      no_snat:
        description: Destinations that see the fixed address of the guest (nova's C(dmz_cidr)).
        type: list
        elements: str
        default: []
      force_snat:
        description:
          - When not empty, only traffic to these destinations is translated (nova's C(force_snat_range), for networks
            whose gateway is another machine).
          - Guests whose default gateway is another machine need a route to these destinations by way of this host.
        type: list
        elements: str
        default: []
      state:
        description: Whether the network shall be served.
        type: str
        choices: [present, absent]
        default: present
  metadata:
    description:
      - Where requests of guests for C(169.254.169.254:80) go. The service sees the fixed address of the guest, so it
        needs a route back to it. When omitted it stays as it is, or goes with O(purge=true).
      - With a loopback address the requests go to this port on the host's own address on the bridge, and the service
        must listen there.
    type: dict
    suboptions:
      address:
        description: Address of the metadata service.
        type: str
        required: true
      port:
        description: Port of the metadata service.
        type: int
        default: 8775
  prefixes:
    description:
      - IPv6 networks that this host is the router of. Nothing is translated in IPv6. Guests are reached from their own
        network, and by answers to what they asked for themselves; everything else that is routed to them is dropped.
      - With them the host forwards IPv6. An interface that has a default route or an address by a router advertisement is
        told to heed these all the same (C(accept_ra) 2), before, so that they stay. Both are put back when the last one goes.
      - When omitted they stay as they are, or go with O(purge=true). An empty list means none.
    type: list
    elements: dict
    suboptions:
      label:
        description: Name of the network. It tells the items apart.
        type: str
        required: true
      cidr:
        description: The prefix, of 64 bits at most, such as C(fd00:1::/64).
        type: str
        required: true
      bridge:
        description: Bridge that the guests are on. It need not exist yet. Several networks may share one.
        type: str
        required: true
  hairpin_ports:
    description:
      - Ports of bridges that are in hairpin mode, see M(novanet.network.nova_bridge). They need not exist yet.
      - With the bridge calls of br_netfilter on (C(net.bridge.bridge-nf-call-iptables=1), as Docker turns them on), a
        guest reaches a floating address of itself or of a neighbour behind the same port only when that port is in
        hairpin mode. On the gateway this includes the uplink of the bridge.
      - These ports then send back nothing but frames whose destination was translated. No broadcast returns.
      - When omitted the ports stay as they are, or go with O(purge=true).
    type: list
    elements: str
  isolated:
    description:
      - Addresses that every host has for itself, as gateway and DHCP server of its own guests (nova's
        C(share_dhcp_address)). Guests on all hosts learn the same address, and each must find the one of its own host.
      - ARP that asks for such an address, or that comes from it, neither enters nor leaves by the uplink. Nor does DHCP,
        of whatever network. All else passes; guests of different hosts reach each other.
      - A host reaches its own guests from such an address, and none behind the uplink, because it cannot ask for them.
        Packets from the address that are on their way already pass. So a guest that has just moved to another host is
        served by the old one until it asks for its gateway again.
      - When omitted the addresses stay as they are, or go with O(purge=true). An empty list means none.
    type: list
    elements: dict
    suboptions:
      bridge:
        description: Bridge that has the address. It need not exist yet.
        type: str
        required: true
      uplink:
        description: Port of the bridge that leads to the other hosts, such as C(eth2) or C(vlan170). It need not exist yet.
        type: str
        required: true
      address:
        description: The address.
        type: str
        required: true
  groups:
    description:
      - Security groups. Each says what may come in to the guests that are in it; what guests send is not limited.
      - When omitted they stay as they are, or go with O(purge=true). An empty list means none.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the group. It tells the items apart, and is a part of names in the ruleset.
          - It is a lower case letter, then lower case letters, digits and underscores, at most 32 in all.
        type: str
        required: true
      title:
        description: How people call the group, for messages. When omitted it is the name.
        type: str
      rules:
        description:
          - What may come in, and nothing else. Answers to what a guest asked for always come in.
          - A connection that was let in goes on until it ends, also when its rule has gone.
        type: list
        elements: dict
        default: []
        suboptions:
          protocol:
            description: The protocol; when omitted everything. V(icmp) is ICMPv6 where the source has IPv6 addresses.
            type: str
            choices: [tcp, udp, icmp]
          from_port:
            description:
              - First port, from 1 to 65535. All ports when it and O(groups[].rules[].to_port) are omitted.
              - With V(icmp) the type; any type when it is V(-1) or omitted. With a group as the source, a type is one of IPv4 only, as
                ICMPv6 has others.
            type: int
          to_port:
            description:
              - Last port.
              - With V(icmp) the code; any code when it is V(-1) or omitted.
            type: int
          cidr:
            description: Network that it comes from, such as C(0.0.0.0/0) or C(fd00::/64). Exactly one of this and
              O(groups[].rules[].group) is needed.
            type: str
          group:
            description: Name of the group whose members it comes from. It may be the same group.
            type: str
      members:
        description: Addresses of the guests in the group, on whatever host, for rules that name it as their source.
        type: list
        elements: str
        default: []
  guest_ports:
    description:
      - Ports of bridges towards guests that are guarded by O(groups). They need not exist yet. Ports that are not listed
        are not filtered.
      - To a guest go ARP, IPv6 neighbour discovery, answers to what it asked for, DHCP as said here, and what a rule of
        one of its groups lets in. Everything else is dropped, whether it is bridged, routed or sent by this host. Frames
        that carry a VLAN tag are dropped as well.
      - They need a kernel that tracks connections of bridged frames (C(nf_conntrack_bridge), Linux 5.3 or later).
      - When omitted they stay as they are, or go with O(purge=true). An empty list means none.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the port.
        type: str
        required: true
      groups:
        description: Names of its groups. With an empty list nothing comes in but answers.
        type: list
        elements: str
        required: true
      dhcp_servers:
        description: IPv4 addresses of the servers that may answer the guest's DHCP. Without one it has no DHCP.
        type: list
        elements: str
        default: []
  forwarding:
    description:
      - Whether to turn on C(net.ipv4.ip_forward) for O(networks), and C(net.ipv6.conf.all.forwarding) for O(prefixes), once
        the rules are in. The value before is remembered, and comes back when no owner has any left. Nothing is written to
        C(/etc/sysctl.d).
    type: bool
    default: true
  phase:
    description:
      - V(make) comes before bridges change, V(remove) after. A bridge that goes is not without rules for an instant.
      - V(make) leaves out what removes, and closes the bridges whose networks go. Nothing is routed from or to them any more.
      - V(remove) takes away what goes, and leaves out all else.
    type: str
    choices: [all, make, remove]
    default: all
extends_documentation_fragment:
  - novanet.network.host
requirements:
  - nft (nftables 1.0 or later, with JSON output)
notes:
  - C(nft list chains) shows every chain hooked into C(forward); those with C(policy drop) are what to look at first.
  - To see which rule of which table drops a packet, run C(nft add table ip trace),
    C(nft 'add chain ip trace prerouting { type filter hook prerouting priority -350; meta nftrace set 1; }') and
    C(nft monitor trace), and C(nft delete table ip trace) afterwards.
  - Docker offers the chain C(DOCKER-USER), and firewalld its policies, to let the traffic of the bridges pass.
  - The bit C(0x2000) of the packet mark is used between the two tables when there are O(hairpin_ports).
seealso:
  - module: novanet.network.nova_floating_ip
  - module: novanet.network.nova_bridge
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: Gateway of one flat network
  novanet.network.nova_firewall:
    networks:
      - label: private
        cidr: 10.0.0.0/8
        bridge: br100
        public_interface: eth0
        source_address: 192.0.2.10
        no_snat:
          - 10.128.0.0/24
    metadata:
      address: 192.0.2.20
      port: 8775
    hairpin_ports:
      - eth2

- name: Exactly these networks, isolated from each other
  novanet.network.nova_firewall:
    networks:
      - label: blue
        cidr: 172.16.100.0/24
        bridge: br100
        public_interface: eth0
        source_address: 192.0.2.10
      - label: green
        cidr: 172.16.101.0/24
        bridge: br101
    purge: true

- name: Each host is the gateway of its own guests, all under the same address
  novanet.network.nova_firewall:
    networks:
      - label: blue
        cidr: 172.16.170.0/24
        bridge: br170
        public_interface: eth0
        source_address: 192.0.2.10
    isolated:
      - bridge: br170
        uplink: vlan170
        address: 172.16.170.1

- name: Router of an IPv6 network, on a bridge that has IPv4 as well
  novanet.network.nova_firewall:
    networks:
      - label: blue
        cidr: 172.16.100.0/24
        bridge: br100
    prefixes:
      - label: blue
        cidr: fd00:100::/64
        bridge: br100

- name: Two guests, of which the database is reached by the web server alone
  novanet.network.nova_firewall:
    networks: []
    groups:
      - name: group_1
        title: web of project red
        rules:
          - protocol: tcp
            from_port: 80
            to_port: 80
            cidr: 0.0.0.0/0
          - protocol: icmp
            cidr: 10.0.0.0/8
        members:
          - 10.0.0.5
          - fd00::f816:3eff:fe00:1
      - name: group_2
        title: database of project red
        rules:
          - protocol: tcp
            from_port: 5432
            to_port: 5432
            group: group_1
    guest_ports:
      - name: tap1b2c3d4e5-f6
        groups:
          - group_1
        dhcp_servers:
          - 10.0.0.1
      - name: tap2b2c3d4e5-f6
        groups:
          - group_2
        dhcp_servers:
          - 10.0.0.1

- name: Network green goes; first nothing is routed from and to its bridge any more
  novanet.network.nova_firewall:
    networks:
      - label: green
        state: absent
    phase: make

- name: Its bridge goes
  novanet.network.nova_bridge:
    bridges:
      - name: br101
        state: absent

- name: Then its rules go
  novanet.network.nova_firewall:
    networks:
      - label: green
        state: absent
    phase: remove

- name: Remove all of it and put the forwarding switch back
  novanet.network.nova_firewall:
    networks: []
    hairpin_ports: []
    isolated: []
    groups: []
    guest_ports: []
    purge: true
    allow_empty_purge: true
"""

RETURN = r"""
changes:
  description: What was changed, in order.
  returned: success
  type: list
  elements: str
  sample: ["create firewall of network private (10.0.0.0/8 on br100, SNAT to 192.0.2.10 by eth0)"]
networks:
  description: The networks that are served afterwards.
  returned: success
  type: list
  elements: dict
  sample:
    - label: private
      cidr: 10.0.0.0/8
      bridge: br100
      public_interface: eth0
      source_address: 192.0.2.10
      no_snat: []
      force_snat: []
metadata:
  description: Where metadata requests go; null for nowhere.
  returned: when O(networks) is given
  type: dict
  sample: {address: 192.0.2.20, port: 8775}
hairpin_ports:
  description: The ports that are guarded.
  returned: when O(networks) is given
  type: list
  elements: str
  sample: [eth2]
isolated:
  description: The addresses that this host has for itself.
  returned: when O(networks) is given
  type: list
  elements: dict
  sample:
    - bridge: br170
      uplink: vlan170
      address: 172.16.170.1
groups:
  description: The security groups of this host.
  returned: when O(networks) is given
  type: list
  elements: dict
  sample:
    - name: group_1
      title: web of project red
      rules:
        - {protocol: tcp, from_port: 80, to_port: 80, cidr: 0.0.0.0/0, group: null}
      members: [10.0.0.5]
guest_ports:
  description: The ports that are guarded by groups.
  returned: when O(networks) is given
  type: list
  elements: dict
  sample:
    - {name: tap1b2c3d4e5-f6, groups: [group_1], dhcp_servers: [10.0.0.1]}
closed:
  description: Bridges that are about to go; nothing is routed from or to them.
  returned: when O(networks) is given
  type: list
  elements: str
  sample: []
pending:
  description: Whether something is left to remove, so that a call with O(phase=remove) is needed.
  returned: when O(phase=make) and O(networks) is given
  type: bool
  sample: false
prefixes:
  description: The IPv6 networks that the host is the router of.
  returned: when O(networks) is given
  type: list
  elements: dict
  sample:
    - label: private
      cidr: fd00:1::/64
      bridge: br100
forwarding:
  description: Whether the host forwards IPv4.
  returned: when O(networks) is given
  type: bool
  sample: true
forwarding_v6:
  description: Whether the host forwards IPv6.
  returned: when O(networks) is given
  type: bool
  sample: false
drift:
  description: Where the rules are not what they shall be. Empty afterwards; the difference shows what it was before.
  returned: when O(networks) is given
  type: list
  elements: str
  sample: []
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.host.firewall import Firewall
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_phases import ALL, PHASES
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Request
from ansible_collections.novanet.network.plugins.module_utils.wiring import host_module, present_items, run_host_module

ARGUMENTS: dict[str, Any] = {
    "networks": {
        "type": "list",
        "elements": "dict",
        "options": {
            "label": {"type": "str", "required": True},
            "cidr": {"type": "str"},
            "bridge": {"type": "str"},
            "public_interface": {"type": "str"},
            "source_address": {"type": "str"},
            "no_snat": {"type": "list", "elements": "str", "default": []},
            "force_snat": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        "required_if": [("state", "present", ("cidr", "bridge"))],
    },
    "metadata": {
        "type": "dict",
        "options": {"address": {"type": "str", "required": True}, "port": {"type": "int", "default": 8775}},
    },
    "hairpin_ports": {"type": "list", "elements": "str"},
    "isolated": {
        "type": "list",
        "elements": "dict",
        "options": {key: {"type": "str", "required": True} for key in ("bridge", "uplink", "address")},
    },
    "prefixes": {
        "type": "list",
        "elements": "dict",
        "options": {key: {"type": "str", "required": True} for key in ("label", "cidr", "bridge")},
    },
    "groups": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "title": {"type": "str"},
            "rules": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "protocol": {"type": "str", "choices": ["tcp", "udp", "icmp"]},
                    "from_port": {"type": "int"},
                    "to_port": {"type": "int"},
                    "cidr": {"type": "str"},
                    "group": {"type": "str"},
                },
            },
            "members": {"type": "list", "elements": "str", "default": []},
        },
    },
    "guest_ports": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "groups": {"type": "list", "elements": "str", "required": True},
            "dhcp_servers": {"type": "list", "elements": "str", "default": []},
        },
    },
    "forwarding": {"type": "bool", "default": True},
    "phase": {"type": "str", "choices": list(PHASES), "default": ALL},
}


def build(options: Mapping[str, Any], request: Request) -> tuple[Firewall, Mapping[str, Any]]:
    """Return the subsystem and the slice that it shall apply."""
    others = {key: value for key, value in options.items() if key in ARGUMENTS and key not in ("networks", "phase")}
    firewall = Firewall(request.owner, request.state_path, options["phase"])
    return firewall, {**present_items(options, "networks"), **others}


def main() -> None:
    """Run the module."""
    run_host_module(host_module(ARGUMENTS), "networks", build)


if __name__ == "__main__":
    main()
