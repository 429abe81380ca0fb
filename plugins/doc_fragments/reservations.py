# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """A list of reservations in the pools of fixed addresses."""

    DOCUMENTATION = r"""
options:
  reservations:
    description:
      - Addresses that no instance shall get, and devices they are held for. A list that is omitted is not managed, an empty list means none.
      - Each item gives its addresses in one of three ways, as O(reservations[].address), as O(reservations[].cidr),
        or as O(reservations[].start) and O(reservations[].end).
    type: list
    elements: dict
    suboptions:
      network:
        description: Label of the network.
        type: str
        required: true
      address:
        description: One address.
        type: str
      cidr:
        description: A range in CIDR form, all of its addresses.
        type: str
      start:
        description: First address of a range.
        type: str
      end:
        description: Last address of a range.
        type: str
      mac:
        description:
          - MAC address of a device that is no instance, and that O(reservations[].address) is held for. No instance gets
            that MAC address.
          - The host that serves the network gives the device its address by DHCP, and with it all that guests learn that
            way. IPv6 is not meant.
          - The address must be nobody else's, such as the gateway's or that of a floating pool.
          - A network with O(novanet.network.nova_network#module:networks[].multi_host) cannot have any.
          - Another device can have the address once the hosts have confirmed that the one before it is gone from
            their DHCP servers, with its lease.
        type: str
      hostname:
        description:
          - Host name of the device with O(reservations[].mac), without a domain.
          - When it is omitted, it follows from the address, such as V(host-10-0-0-9).
        type: str
      note:
        description: Why. It is shown wherever the reservation is.
        type: str
        default: ""
      state:
        description:
          - V(absent) gives the addresses back, as far as they were reserved by a reservation.
          - What a network keeps for itself (gateway, DHCP server and so on) and what floating pools hold stays
            reserved.
        type: str
        choices: [present, absent]
        default: present
"""
