# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of every module that changes a host."""

    DOCUMENTATION = r"""
options:
  owner:
    description:
      - Whose things these are. Two owners on one host never touch each other's.
      - It is written on what the module makes (link alias, nftables table, directory).
      - A lower case letter, then lower case letters, digits and underscores; at most 15 characters.
    type: str
    default: nova
  state_path:
    description: Directory on the host in which it is remembered what was applied and what is ours.
    type: path
    default: /var/lib/novanet
  ipam_uuid:
    description:
      - Identity of the IPAM that made the plan. A host that follows another IPAM refuses it.
      - Omit it when the module is used without an IPAM.
    type: str
  generation:
    description:
      - Generation of the plan. A host that already has a newer one refuses it.
      - Omit it when the module is used without an IPAM.
    type: int
  purge:
    description: Remove what this owner made and what is not listed. Nobody else's things are touched.
    type: bool
    default: false
  allow_empty_purge:
    description: Consent to O(purge=true) with an empty list, which removes everything of this owner.
    type: bool
    default: false
  set_aside_damaged:
    description:
      - What to do with a state file of this owner that is damaged. By default the module fails and changes nothing.
      - With V(true) it goes on as if there were none. Marks on links, tables and directories still say what is ours.
        The damaged file is kept in C(damaged) beside it.
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in check mode and predict what would change.
    support: full
  diff_mode:
    description: Returns what differs, before and after.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
  platform:
    description: Where it runs.
    support: full
    platforms: Linux
requirements:
  - Python 3.9 or later
"""
