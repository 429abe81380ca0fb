# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds what would be published, into ``.build/artefact``."""

from __future__ import annotations

import sys

from tests.tools.gates import artefact
from tests.tools.tree import ROOT


def main() -> int:
    """Build and name the file."""
    verdict, archive = artefact()
    print(archive.relative_to(ROOT) if verdict.status == "passed" else verdict.text)
    return 0 if verdict.status == "passed" else 1


if __name__ == "__main__":
    sys.exit(main())
