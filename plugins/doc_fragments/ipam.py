# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of every module that works on the IPAM database."""

    DOCUMENTATION = r"""
options:
  database:
    description:
      - SQLAlchemy URL of the IPAM database.
      - The directory of an SQLite file is created when it is missing.
      - With PostgreSQL the query takes what libpq knows, such as C(sslmode), C(sslrootcert) and C(passfile).
      - A password in it shows in no result and no log.
    type: str
    default: sqlite:////var/lib/novanet/ipam.sqlite
  actor:
    description:
      - Who asks for the change, for the audit.
      - Defaults to the login user on the host of the database.
    type: str
  origin:
    description:
      - Where the wish comes from. Rows remember it; a purge from the inventory removes only rows that came from there.
    type: str
    choices: [inventory, operation]
    default: operation
attributes:
  check_mode:
    description: Can run in check mode; the transaction is rolled back.
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
    platforms: posix
requirements:
  - Python 3.9 or later
  - SQLAlchemy 1.4 or later
  - psycopg2, for PostgreSQL
"""
