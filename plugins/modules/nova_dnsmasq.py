#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_dnsmasq
short_description: Serve DHCP and DNS to the guests on bridges
version_added: 0.1.0
description:
  - Keeps one dnsmasq for each bridge, with one range for each network on it. A guest gets exactly the address that is
    listed for its MAC address. A guest that is not listed gets no answer.
  - A change of hosts or of what they learn is read by the running server. A change of ranges, domain, lease time or
    listen addresses restarts it. Leases survive that, and a reboot.
  - The servers do not read C(/etc/dnsmasq.conf) and C(/etc/hosts). They answer DNS on every address that the bridge has
    when they start.
  - All files are under C({state_path}/{owner}/dnsmasq/{bridge}/). A line in them that comes from elsewhere is removed.
  - A listen address must be on the bridge before, see M(novanet.network.nova_bridge). In check mode it need not.
author:
  - novanet.network contributors (@novanet)
extends_documentation_fragment:
  - novanet.network.host
requirements:
  - dnsmasq
  - dhcp_release (Debian package dnsmasq-utils), to end leases at once
  - ip and ss (iproute2)
options:
  servers:
    description: One server for each bridge. Omit it to leave all servers as they are.
    type: list
    elements: dict
    suboptions:
      bridge:
        description: The bridge that is served.
        type: str
        required: true
      listen_addresses:
        description:
          - Addresses of the bridge on which guests are answered.
          - At least one is needed in each of the O(servers[].networks).
        type: list
        elements: str
      domain:
        description: Domain of the guests. Empty for none.
        type: str
        default: novalocal
      lease_time:
        description: How long a lease lasts, in seconds, from 120 on.
        type: int
        default: 86400
      dns_servers:
        description: Name servers that the server asks in turn. Empty for those of the host's C(/etc/resolv.conf).
        type: list
        elements: str
      networks:
        description:
          - The networks on the bridge. They may not overlap.
          - These or O(servers[].prefixes) are required unless O(servers[].state=absent).
        type: list
        elements: dict
        suboptions:
          label:
            description: Name of the network.
            type: str
            required: true
          cidr:
            description: Addresses of the network, without host bits.
            type: str
            required: true
          dhcp_start:
            description: First address for guests; by default the first of O(servers[].networks[].cidr).
            type: str
          router:
            description: Gateway that guests learn. Omit it for none.
            type: str
          dns:
            description: Name servers that guests learn. Empty for this server.
            type: list
            elements: str
          mtu:
            description: MTU that guests learn. Omit it to say nothing about it.
            type: int
          hosts:
            description: The guests. A MAC address may appear once on a bridge.
            type: list
            elements: dict
            suboptions:
              mac:
                description: MAC address of the guest.
                type: str
                required: true
              address:
                description: Address that the guest gets.
                type: str
                required: true
              hostname:
                description:
                  - Name that the guest gets, without domain. It is also its name in DNS.
                  - Of a name with more than 63 characters the first 2 and the last 60 are kept, with a hyphen between.
                type: str
              default_route:
                description: Whether the guest learns the router. Use V(false) on all but one interface of a guest.
                type: bool
                default: true
      prefixes:
        description:
          - IPv6 networks on the bridge. The server sends router advertisements, by which guests make their addresses of
            their MACs, and gives the same addresses to listed guests that ask by DHCPv6.
          - There is one advertisement for all of them, so all have the same O(servers[].prefixes[].mtu) and
            O(servers[].prefixes[].default_route).
          - A lease by DHCPv6 is not part of RV(leases). With O(force_release=true) it is ended when its address is no longer
            listed, for which the server is restarted. As long as it lasts, a guest that has the same MAC address and calls
            itself by another client identifier, as after a new installation, gets no answer by DHCPv6.
        type: list
        elements: dict
        suboptions:
          label:
            description: Name of the network.
            type: str
            required: true
          cidr:
            description: The network, a /64.
            type: str
            required: true
          address:
            description: The bridge's own address in it. It must be there before, in check mode it need not.
            type: str
            required: true
          dns:
            description: Name servers that guests learn. Empty for this server.
            type: list
            elements: str
          mtu:
            description: MTU that guests learn, at least 1280. Omit it for that of the bridge.
            type: int
          default_route:
            description: Whether guests learn this host as their router. An advertisement cannot say that to some guests only.
            type: bool
            default: true
          hosts:
            description: The guests that get their address by DHCPv6 as well.
            type: list
            elements: dict
            suboptions:
              mac:
                description: MAC address of the guest.
                type: str
                required: true
              address:
                description: Address that the guest gets.
                type: str
                required: true
              hostname:
                description: Name that the guest gets, without domain. It is also its name in DNS.
                type: str
      leases:
        description:
          - Leases of guests that have moved here, as another host gave them. What the server lacks of them goes into its
            lease file, so that the guest's next renewal is acknowledged and its time goes on.
          - The server is restarted for that. A lease that it has already is left alone, whatever its time, and so is
            an address that is leased to another guest. Leases that are over are ignored.
          - They are not remembered for the next boot. A guest may have given its lease back until then.
        type: list
        elements: dict
        default: []
        suboptions:
          mac:
            description: MAC address of the guest. With O(servers[].leases[].address) it must be one of the listed hosts.
            type: str
            required: true
          address:
            description: The address that is leased.
            type: str
            required: true
          hostname:
            description: Name that the guest gave to itself. It counts only where the listed host has none.
            type: str
          expires:
            description: When the lease is over, in seconds since 1970; V(0) for never.
            type: int
            required: true
      state:
        description: Whether the server shall be there.
        type: str
        choices: [present, absent]
        default: present
  force_release:
    description:
      - End the lease of a guest at once when it is no longer listed, or listed with another address.
      - With V(false) such a lease lasts until its time is over.
    type: bool
    default: true
  supervisor:
    description:
      - Who looks after the servers. V(systemd) uses a template unit C(novanet-dnsmasq-{owner}@.service).
      - V(process) starts them only when this module runs. V(auto) is V(systemd) where that is running.
    type: str
    choices: [auto, systemd, process]
    default: auto
  recorded_events:
    description:
      - Up to which number the events of RV(lease_events) are recorded elsewhere, such as in the IPAM. They are forgotten here
        and not returned again; all others are returned by every call until they are recorded, or too old for the room there is.
      - It is not remembered for the next boot.
    type: list
    elements: dict
    default: []
    suboptions:
      bridge:
        description: The bridge of the server.
        type: str
        required: true
      number:
        description: The highest number that is recorded.
        type: int
        required: true
seealso:
  - module: novanet.network.nova_bridge
  - module: novanet.network.nova_host_info
"""

EXAMPLES = r"""
- name: Serve two guests on br100
  novanet.network.nova_dnsmasq:
    servers:
      - bridge: br100
        listen_addresses: [10.0.0.1]
        networks:
          - label: private
            cidr: 10.0.0.0/8
            dhcp_start: 10.0.0.2
            router: 10.0.0.1
            dns: [8.8.4.4]
            hosts:
              - mac: "fa:16:3e:00:00:01"
                address: 10.0.0.2
                hostname: web
              - mac: "fa:16:3e:00:00:02"
                address: 10.0.0.3
                hostname: database

- name: Two networks on one bridge; the guest has its default route through the first
  novanet.network.nova_dnsmasq:
    servers:
      - bridge: br100
        listen_addresses: [10.0.0.1, 192.168.0.1]
        domain: example.org
        lease_time: 3600
        dns_servers: [9.9.9.9]
        networks:
          - label: front
            cidr: 10.0.0.0/24
            router: 10.0.0.1
            hosts:
              - mac: "fa:16:3e:00:00:01"
                address: 10.0.0.2
                hostname: web
          - label: back
            cidr: 192.168.0.0/24
            router: 192.168.0.1
            mtu: 1450
            hosts:
              - mac: "fa:16:3e:00:00:11"
                address: 192.168.0.2
                hostname: web
                default_route: false

- name: Router and DHCPv6 server of an IPv6 network
  novanet.network.nova_dnsmasq:
    servers:
      - bridge: br100
        prefixes:
          - label: private
            cidr: fd00:1::/64
            address: fd00:1::1
            hosts:
              - mac: "fa:16:3e:00:00:01"
                address: fd00:1::f816:3eff:fe00:1
                hostname: web

- name: Go on with the lease of a guest that has moved here from another host
  novanet.network.nova_dnsmasq:
    servers:
      - bridge: br100
        listen_addresses: [10.0.0.1]
        networks:
          - label: private
            cidr: 10.0.0.0/8
            router: 10.0.0.1
            hosts:
              - mac: "fa:16:3e:00:00:01"
                address: 10.0.0.2
                hostname: web
        leases:
          - mac: "fa:16:3e:00:00:01"
            address: 10.0.0.2
            expires: 4102444800

- name: Stop serving br100
  novanet.network.nova_dnsmasq:
    servers:
      - bridge: br100
        state: absent

- name: Stop all servers of this owner
  novanet.network.nova_dnsmasq:
    servers: []
    purge: true
    allow_empty_purge: true
"""

RETURN = r"""
changes:
  description: What was changed, or would be, in this order.
  returned: success
  type: list
  elements: str
  sample: ["create DHCP host fa:16:3e:00:00:01 (10.0.0.2,web.novalocal on br100)", "run DHCP server br100 (reload)"]
servers:
  description: The listed servers afterwards, and with O(purge=true) all of the owner. Empty when O(servers) is omitted.
  returned: success
  type: list
  elements: dict
  contains:
    bridge:
      description: The bridge.
      type: str
    running:
      description: Whether the server listens on the bridge.
      type: bool
    current:
      description: Whether the server has read its files as they are now.
      type: bool
    supervisor:
      description: Who looks after it.
      type: str
    configuration:
      description: Lines of its configuration file.
      type: list
      elements: str
    hosts:
      description: Lines of its hosts file.
      type: list
      elements: str
    options:
      description: Lines of its options file.
      type: list
      elements: str
    stale_leases:
      description: Address and MAC address of leases that are to be ended; by DHCPv6, address and client identifier.
      type: list
      elements: str
    missing_leases:
      description: Address and MAC address of leases that are to be taken over.
      type: list
      elements: str
leases:
  description: The leases of the listed servers afterwards.
  returned: when O(servers) is given
  type: list
  elements: dict
  contains:
    bridge:
      description: The bridge.
      type: str
    address:
      description: The address.
      type: str
    mac:
      description: MAC address of the guest.
      type: str
    hostname:
      description: Name of the guest; none when it has no name.
      type: str
    expires:
      description: When the lease is over, in seconds since 1970; V(0) for never.
      type: int
lease_events:
  description:
    - The leases that came and went, in the order in which they did, as far as they are not in O(recorded_events).
    - Each server writes them down as they happen, and does not wait for it; a renewal is no event. About 10,000 of each server
      are kept. What a server that is removed had to tell is returned once.
  returned: when O(servers) is given
  type: list
  elements: dict
  contains:
    bridge:
      description: The bridge.
      type: str
    number:
      description: Greater than those of all earlier events of the same bridge.
      type: int
    at:
      description: When, in seconds since 1970; none when nothing tells.
      type: int
    action:
      description: V(add) when the lease was given, V(del) when it was given back, ended or over.
      type: str
    address:
      description: The address.
      type: str
    mac:
      description: MAC address of the guest.
      type: str
    hostname:
      description: Name of the guest; none when it has no name.
      type: str
unreleased:
  description: Leases that could not be ended. They last until their time is over, and the next run tries again.
  returned: when O(servers) is given
  type: list
  elements: dict
  contains:
    bridge:
      description: The bridge.
      type: str
    address:
      description: The address.
      type: str
    mac:
      description: MAC address of the guest.
      type: str
    hostname:
      description: Name of the guest; none when it has no name.
      type: str
    expires:
      description: When the lease is over, in seconds since 1970; V(0) for never.
      type: int
    reason:
      description: Why it could not be ended.
      type: str
"""

from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.subsystem import DhcpServers
from ansible_collections.novanet.network.plugins.module_utils.host.runner import SystemRunner
from ansible_collections.novanet.network.plugins.module_utils.wiring import (
    host_module,
    host_request,
    present_items,
    run_host_module,
)

HOSTS = {
    "mac": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "hostname": {"type": "str"},
    "default_route": {"type": "bool", "default": True},
}
NETWORKS = {
    "label": {"type": "str", "required": True},
    "cidr": {"type": "str", "required": True},
    "dhcp_start": {"type": "str"},
    "router": {"type": "str"},
    "dns": {"type": "list", "elements": "str"},
    "mtu": {"type": "int"},
    "hosts": {"type": "list", "elements": "dict", "options": HOSTS},
}
PREFIXES = {
    "label": {"type": "str", "required": True},
    "cidr": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "dns": {"type": "list", "elements": "str"},
    "mtu": {"type": "int"},
    "default_route": {"type": "bool", "default": True},
    "hosts": {
        "type": "list",
        "elements": "dict",
        "options": {key: HOSTS[key] for key in ("mac", "address", "hostname")},
    },
}
LEASES = {
    "mac": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "hostname": {"type": "str"},
    "expires": {"type": "int", "required": True},
}
SERVERS = {
    "bridge": {"type": "str", "required": True},
    "listen_addresses": {"type": "list", "elements": "str"},
    "domain": {"type": "str", "default": "novalocal"},
    "lease_time": {"type": "int", "default": 86400},
    "dns_servers": {"type": "list", "elements": "str"},
    "networks": {"type": "list", "elements": "dict", "options": NETWORKS},
    "prefixes": {"type": "list", "elements": "dict", "options": PREFIXES},
    "leases": {"type": "list", "elements": "dict", "default": [], "options": LEASES},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
RECORDED = {"bridge": {"type": "str", "required": True}, "number": {"type": "int", "required": True}}
ARGUMENTS = {
    "servers": {"type": "list", "elements": "dict", "options": SERVERS},
    "force_release": {"type": "bool", "default": True},
    "supervisor": {"type": "str", "choices": ["auto", "systemd", "process"], "default": "auto"},
    "recorded_events": {"type": "list", "elements": "dict", "default": [], "options": RECORDED},
}


def main() -> None:
    module = host_module(ARGUMENTS)
    recorded = {item["bridge"]: item["number"] for item in module.params["recorded_events"]}
    subsystem = DhcpServers(module.params["owner"], module.params["state_path"], recorded)

    def build(options: Any, request: Any) -> tuple[DhcpServers, dict[str, Any]]:
        chosen = {key: options[key] for key in ("force_release", "supervisor")}
        return subsystem, {**present_items(options, "servers"), **chosen}

    def results(after: Any) -> dict[str, Any]:
        subsystem.collect(SystemRunner(), host_request(module))
        for text in subsystem.warnings():
            module.warn(text)
        return subsystem.results()

    run_host_module(module, "servers", build, results)


if __name__ == "__main__":
    main()
