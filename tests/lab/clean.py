# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take away what killed labs left behind. Labs whose maker still runs are not touched."""

from __future__ import annotations

import os
import sys

from .errors import LabError
from .state import has_owner, lab_states, remove


def main() -> int:
    """Remove every lab without an owner; tell about each."""
    failed = 0
    for state in lab_states():
        if state.stat().st_uid != os.getuid():
            print(f"{state}: belongs to somebody else, left alone")
        elif has_owner(state):
            print(f"{state}: in use, left alone")
        else:
            try:
                print(f"{state}: removed, {remove(state)} processes ended")
            except (LabError, OSError) as error:
                print(f"{state}: {error}", file=sys.stderr)
                failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
