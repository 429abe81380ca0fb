# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Molecule's playbooks call: ``python -m tests.machines create|prepare|reboot|destroy SCENARIO``,
and make's clean (machines of this checkout) and clear (images).

The list of platforms is read from standard input, as JSON.
"""

from __future__ import annotations

import json
import sys

from tests.lab.errors import LabError

from .errors import MachineError
from .guests import install
from .image import clear
from .platform import parse_platforms
from .reboot import reboot
from .running import clean, create, destroy, state_of


def main(arguments: list[str]) -> int:
    """Do it and return the exit code."""
    command, scenario = arguments[0], arguments[1] if len(arguments) > 1 else ""
    try:
        if command == "destroy":
            print(f"{destroy(scenario)} processes ended")
        elif command == "clean":
            print(f"machines of {clean()} scenarios removed")
        elif command == "clear":
            clear()
        else:
            platforms = parse_platforms(json.load(sys.stdin))
            hosts = [platform.name for platform in platforms]
            if command == "create":
                create(scenario, platforms)
            elif command == "prepare":
                install(state_of(scenario), hosts)
            elif command == "reboot":
                reboot(state_of(scenario), platforms)
            else:
                raise MachineError(f"unknown command {command}")
    except (MachineError, LabError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
