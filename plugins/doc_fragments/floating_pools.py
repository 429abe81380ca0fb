# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

_POOLS = r"""
    description:
      - Floating pools as they shall be. A list that is omitted is not managed, an empty list means none.
      - For a pool that exists, an option that is omitted is not managed.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the pool, and the key by which it is found again.
        type: str
        required: true
      interface:
        description:
          - Interface on which hosts bind the addresses of the pool. An empty string for none.
          - Without one, each host takes its own public interface.
        type: str
      project:
        description: The only project that may have addresses of the pool. An empty string for all projects.
        type: str
      ranges:
        description:
          - Addresses of the pool. A range is written C(a.b.c.d/n), C(a.b.c.d-e.f.g.h) or C(a.b.c.d).
          - C(a.b.c.d/n) stands for its usable hosts, without the network's and the broadcast address. For C(/31) and
            C(/32) write the addresses.
          - Ranges are added. A range that is not listed goes only with a purge, and only when none of its addresses is
            allocated.
          - A range inside a fixed network is allowed, with a warning, and kept from the instances there.
        type: list
        elements: str
      release_addresses:
        description:
          - Consent to release the addresses that are still allocated of what goes, from whatever project or instance.
            The changes that are returned name each of them.
          - A purge never releases the addresses of a pool that is not listed. List such a pool as V(absent).
        type: bool
        default: false
      state:
        description:
          - V(absent) removes the ranges that are listed, and the pool with the last of them. Without ranges it
            removes the pool.
          - It is refused while one of its addresses is allocated, unless they are to be released as well.
        type: str
        choices: [present, absent]
        default: present
"""

_ADDRESSES = r"""
    description:
      - Floating addresses that projects or instances shall have. A list that is omitted is not managed, an empty list
        means none.
      - An item without an address asks for any address of the pool. One that the instance has already, or the project
        when no instance is named, satisfies it. Two items are never satisfied by the same address.
    type: list
    elements: dict
    suboptions:
      address:
        description:
          - A certain address.
          - When omitted, the address of the pool that has been free for the longest time.
        type: str
      pool:
        description: Floating pool. When omitted, the pool that the address lies in, or the default pool.
        type: str
      project:
        description:
          - Project that has the address. When omitted, the project of the instance.
          - An address that another project has is refused. It must be released first.
        type: str
      instance:
        description:
          - Name of the instance that the address leads to. An address that leads to another instance moves.
          - When omitted, the address stays where it is. An empty string disassociates it.
        type: str
      fixed_address:
        description:
          - Which fixed address of the instance. When omitted, the first one, or the one that it leads to already.
        type: str
      state:
        description:
          - V(absent) releases the address. It is free again once the host that binds it has confirmed to have given
            it up.
          - With an instance and no address, all floating addresses of the instance are released, or those of the pool.
          - An address that was assigned automatically goes with its instance and cannot be released by itself.
        type: str
        choices: [present, absent]
        default: present
"""


class ModuleDocFragment:
    """Lists of floating pools and of floating addresses."""

    # Annotated: ansible-test wants assignments in fragments to be plain strings, and passes these over.

    # For modules with many lists.
    DOCUMENTATION: str = f"options:\n  floating_pools:{_POOLS}  floating_addresses:{_ADDRESSES}"

    # For the module that has no others.
    SHORT: str = f"options:\n  pools:{_POOLS}  addresses:{_ADDRESSES}"
