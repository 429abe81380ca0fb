#!/usr/bin/python
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nova_ipam_copy
short_description: Move, back up and restore the IPAM
version_added: 0.1.0
description:
  - Copies a whole IPAM from one database to another, to a document, or back. Every row is the same afterwards, with the identity of
    the IPAM, its generation and its audit, so hosts go on following it.
  - The source stays as it is. Whoever moves an IPAM sees to it that nobody uses the old database any more.
  - A document is a file of JSON with a checksum. One that is damaged, is something else or is of another release is refused.
  - A target that holds something else than an earlier state of the same IPAM is refused, and stays as it is.
options:
  source:
    description: Where the IPAM is, the SQLAlchemy URL of a database or the absolute path of a document on this host.
    type: str
    required: true
  target:
    description:
      - Where it shall be as well, in the same two forms. A database is made when there is none, with its directory when it is a file.
      - The directory of a document must be there. Only its owner can read it.
    type: str
    required: true
  replace:
    description: Consent to lose what O(target) holds and O(source) does not have.
    type: bool
    default: false
  minimum_generation:
    description:
      - The generation that the IPAM in O(target) has at least.
      - Hosts refuse plans that are older than what they have applied. When a backup is restored that is older than that, give the
        highest generation that they name.
    type: int
    default: 0
attributes:
  check_mode:
    description: Can run in check mode; what would be copied is told.
    support: full
  diff_mode:
    description: Returns which IPAM is in the target and how many rows it has, before and after.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
  platform:
    description: Where it runs.
    support: full
    platforms: posix
requirements:
  - Python 3.9 or later
  - SQLAlchemy 1.4 or later
  - psycopg2, for PostgreSQL
seealso:
  - module: novanet.network.nova_ipam_info
author:
  - novanet.network contributors (@novanet)
"""

EXAMPLES = r"""
- name: Back the IPAM up
  novanet.network.nova_ipam_copy:
    source: sqlite:////var/lib/novanet/ipam.sqlite
    target: /var/backups/ipam.json

- name: Restore it on another host
  novanet.network.nova_ipam_copy:
    source: /var/backups/ipam.json
    target: sqlite:////var/lib/novanet/ipam.sqlite

- name: Go back to an old state, and beyond the generation that hosts have seen
  novanet.network.nova_ipam_copy:
    source: /var/backups/ipam.json
    target: sqlite:////var/lib/novanet/ipam.sqlite
    replace: true
    minimum_generation: 57

- name: Move it to PostgreSQL
  novanet.network.nova_ipam_copy:
    source: sqlite:////var/lib/novanet/ipam.sqlite
    target: postgresql://nova@db.example.org/ipam?sslmode=verify-full&passfile=/etc/novanet/pgpass
"""

RETURN = r"""
ipam_uuid:
  description: Which IPAM was copied.
  returned: success
  type: str
generation:
  description: Its generation.
  returned: success
  type: int
rows:
  description: How many rows each table has.
  returned: success
  type: dict
  sample: {networks: 1, instances: 2}
changes:
  description: What was changed in the target.
  returned: success
  type: list
  elements: str
  sample: ["create IPAM 5c4fa5f8-8a43-4d7e-a0b3-0f1b8f1f5f0e (in /var/backups/ipam.json, generation 12, 345 rows)"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.novanet.network.plugins.module_utils.ipam.run import run_copy_module

ARGUMENTS = {
    "source": {"type": "str", "required": True, "no_log": True},
    "target": {"type": "str", "required": True, "no_log": True},
    "replace": {"type": "bool", "default": False},
    "minimum_generation": {"type": "int", "default": 0},
}


def main() -> None:
    """Run the module."""
    run_copy_module(AnsibleModule(ARGUMENTS, supports_check_mode=True))


if __name__ == "__main__":
    main()
