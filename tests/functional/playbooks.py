# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of playbooks share: the hosts of the demo, and runs on them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.lab import Lab
from tests.lab.cloud import first_cloud, topology
from tests.lab.playbook import Run
from tests.lab.report import Report
from tests.lab.stage import Stage


@contextmanager
def build_stage() -> Iterator[Stage]:
    """Build the hosts of the demo, with its inventory."""
    with Lab(topology()) as lab:
        made = Stage(lab, Report())
        made.use_example()
        made.write_cloud(first_cloud(made.cloud))
        yield made


def play(stage: Stage, playbook: str, *arguments: str, **variables: Any) -> Run:
    """Run a playbook of the collection."""
    extra = ("-e", json.dumps(variables)) if variables else ()
    return stage.ansible.play(playbook, *arguments, *extra)


def passed(run: Run) -> Run:
    """Return a run that did not fail."""
    assert run.code == 0, f"{messages(run)}\n{run.output[-3000:]}"
    return run


def messages(run: Run) -> str:
    """Return what failed tasks said."""
    return "\n".join(result.message for result in run.results if result.failed)
