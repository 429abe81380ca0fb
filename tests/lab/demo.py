# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo: a small cloud on hosts made of namespaces, used, changed, damaged, repaired and taken down again."""

from __future__ import annotations

import os
import signal
import sys

from .cloud import FIGURE, topology
from .errors import LabError
from .lab import Lab
from .report import Report
from .stage import Stage
from .stages_change import change, preview
from .stages_cloud import boot, build_up, run_again, use
from .stages_end import damage_and_repair, look_around, tear_down
from .stages_nics import two_cards


def main() -> int:
    """Run everything and return the exit code: 0 only if every check passed."""
    # A shell that starts this in the background would have it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    keep = os.environ.get("KEEP", "") not in ("", "0")
    report = Report()
    report.stage("Four hosts out of namespaces, with wires between them")
    try:
        with Lab(topology(), keep=keep) as lab:
            report.say(FIGURE)
            report.say(f"\nlab {lab.id}, everything of it below {lab.state}")
            _play_through(Stage(lab, report), keep)
    except LabError as error:
        report.check("the demo comes to its end", False, str(error))
    except KeyboardInterrupt:
        print("\ninterrupted; the lab is taken away", file=sys.stderr)
        return 130
    return report.close()


def _play_through(stage: Stage, keep: bool) -> None:
    found = stage.snapshots()
    build_up(stage)
    boot(stage)
    for calls in (False, True):
        use(stage, calls)
    run_again(stage)
    foreseen = preview(stage)
    change(stage, foreseen)
    damage_and_repair(stage)
    two_cards(stage)
    if keep:
        look_around(stage)
    else:
        tear_down(stage, found)


if __name__ == "__main__":
    sys.exit(main())
