# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """A list of networks, and what nova.conf said about new ones."""

    DOCUMENTATION = r"""
options:
  networks:
    description:
      - Networks as they shall be. A list that is omitted is not managed, an empty list means none.
      - All or nothing. When one item is wrong, none of them is applied.
      - For a network that exists, an option that is omitted is not managed. The defaults are for new networks only.
      - What a network is made of (O(networks[].cidr), O(networks[].cidr_v6), O(networks[].network_size),
        O(networks[].vlan), O(networks[].uuid) and its manager) never changes. Name servers, MTU,
        O(networks[].priority), O(networks[].enable_dhcp), O(networks[].bridge_interface), O(networks[].host) and
        O(networks[].project) can be changed at any time, everything else only while no instance uses the network.
    type: list
    elements: dict
    suboptions:
      label:
        description:
          - Name of the network, and the key by which it is found again.
          - With O(networks[].num_networks) above V(1) the networks are named C(label_0), C(label_1) and so on. The
            label itself then stands for all of them, and each of them can be named by its own label too.
        type: str
        required: true
      cidr:
        description:
          - IPv4 range that the networks are carved from. Host bits are ignored, with a warning.
          - What exists already is stepped over. To lie inside an existing network is an error.
          - When the range is just one network and O(networks[].num_networks) asks for more, they go on upward from
            it, inside O(defaults.fixed_range) where that is given.
        type: str
      cidr_v6:
        description: IPv6 range that the networks are carved from, each of them a /64.
        type: str
      num_networks:
        description:
          - How many networks, at most 65536. Defaults to O(defaults.num_networks).
          - When it is raised later, networks are added. A lower number removes the last ones, together with purge only.
        type: int
      network_size:
        description:
          - Addresses of each network, rounded up to a power of two.
          - One network of the managers V(flat) and V(flatdhcp) defaults to the whole range. All others default to
            O(defaults.network_size), or to the whole range where that is smaller.
        type: int
      vlan:
        description:
          - VLAN id of the one network. Without it, the first free ids from O(networks[].vlan_start) on are taken.
        type: int
      vlan_start:
        description: First VLAN id that is tried. Defaults to O(defaults.vlan_start).
        type: int
      bridge:
        description:
          - Bridge that the guests are plugged into. Defaults to O(defaults.flat_network_bridge), with the manager
            V(vlan) to C(br) and the VLAN id.
        type: str
      bridge_interface:
        description:
          - Uplink of the bridge, with the manager V(vlan) the parent of the VLAN device.
          - Defaults to O(defaults.flat_interface) or O(defaults.vlan_interface). What a host says about itself
            overrides it.
        type: str
      project:
        description: Project that the network belongs to. An empty string takes it away from its project.
        type: str
      host:
        description:
          - Host that serves the network (gateway, DHCP, NAT). Chosen when it is first needed, and then kept.
          - An empty string lets it be chosen anew. It cannot be given with O(networks[].multi_host).
          - When it changes, the old host gives up the gateway before the new one gets it.
        type: str
      multi_host:
        description:
          - Each compute host serves its own guests. It is their gateway, DHCP server, NAT and way to the metadata, and
            binds their floating addresses. Nothing else of the network is on any host.
          - Each of these hosts takes one address of the network, as router of its guests, unless
            O(networks[].share_address) is true.
          - Defaults to O(defaults.multi_host).
        type: bool
      gateway:
        description:
          - IPv4 gateway. Defaults to O(networks[].allowed_start), or to the first address after the network address.
          - With O(networks[].multi_host) and without O(networks[].share_address) it is kept free and nobody has it.
        type: str
      gateway_v6:
        description:
          - IPv6 gateway, inside the network or link-local. Defaults to the first address after the network address.
          - The host that serves a network with a link-local gateway has that first address as well.
        type: str
      dhcp_server:
        description:
          - Address of the DHCP server. Defaults to the gateway. Another one means that the gateway is not ours.
          - It cannot be given for a network in which each host has an address of its own.
        type: str
      dhcp_start:
        description:
          - First address that DHCP gives. What lies below is kept from instances.
          - Defaults to the first address that is neither gateway nor DHCP server nor VPN instance.
        type: str
      dns1:
        description:
          - First name server of the guests. Defaults to O(defaults.flat_network_dns). An empty string takes it away.
        type: str
      dns2:
        description: Second name server of the guests. An empty string takes it away.
        type: str
      allowed_start:
        description: First address that the network may use. What lies below is kept from instances.
        type: str
      allowed_end:
        description: Last address that the network may use. What lies above is kept from instances.
        type: str
      fixed_cidr:
        description: Part of the network that instances get addresses of.
        type: str
      vpn_start:
        description: First public port that is tried for the VPN of the network. Defaults to O(defaults.vpn_start).
        type: int
      uuid:
        description: UUID of the one network. Made up when omitted.
        type: str
      priority:
        description:
          - Order of the NICs of an instance in several networks, the lowest first. Those without one come last.
        type: int
      mtu:
        description: MTU of the bridge and of the guests. That of the uplink when omitted.
        type: int
      enable_dhcp:
        description: Guests get their addresses by DHCP. New networks do.
        type: bool
      share_address:
        description:
          - With O(networks[].multi_host), all hosts have the same gateway address instead of one each. It is kept from
            the wire between hosts, and so is DHCP, of every network on the bridge.
          - Defaults to O(defaults.share_dhcp_address).
        type: bool
      state:
        description:
          - V(absent) deletes the network, or the whole series.
          - A network of a project, or with addresses that are allocated or in quarantine, is not deleted.
        type: str
        choices: [present, absent]
        default: present
  defaults:
    description: What nova.conf said about new networks, under the names it had there.
    type: dict
    default: {}
    suboptions:
      flat_network_bridge:
        description: Bridge of networks of the managers V(flat) and V(flatdhcp).
        type: str
      flat_interface:
        description: Uplink of that bridge.
        type: str
      vlan_interface:
        description: Parent of the VLAN devices.
        type: str
      network_size:
        description: Addresses of each network.
        type: int
        default: 256
      num_networks:
        description: How many networks.
        type: int
        default: 1
      vlan_start:
        description: First VLAN id that is tried. The last one, start + count - 1, is at most 4094.
        type: int
        default: 100
      reserved_vlans:
        description: VLAN ids that no network gets, such as that of the public interface.
        type: list
        elements: int
        default: []
      vpn_start:
        description: First public port that is tried for the VPN of a network.
        type: int
        default: 1000
      multi_host:
        description: Every compute host serves its own guests.
        type: bool
        default: false
      flat_network_dns:
        description: First name server of the guests. An empty string for none.
        type: str
        default: 8.8.4.4
      fixed_range:
        description: Range that networks stay inside which go on upward from a range that is just one of them.
        type: str
      cnt_vpn_clients:
        description: Addresses at the top of each VLAN network that are kept for VPN clients.
        type: int
        default: 0
      share_dhcp_address:
        description: Networks with O(networks[].multi_host) have one gateway address on all hosts.
        type: bool
        default: false
"""
