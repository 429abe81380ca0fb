# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who looks after the servers: systemd through a template unit of ours, or nobody but their pid files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import HostError
from ..runner import Runner
from .model import CONF_FILE, PID_FILE, Places

SYSTEMD = "systemd"
PROCESS = "process"
UNIT_DIRECTORY = "/etc/systemd/system"
_FALLBACK_PROGRAM = "/usr/sbin/dnsmasq"
_UNIT = """\
# Written by novanet.network (owner {owner}); changes are overwritten.
[Unit]
Description=DHCP and DNS of the guests on bridge %I
After=network.target
# At boot novanet.service starts this once the bridge is there. With an order they would wait for each other.
ConditionPathExists=/sys/class/net/%I/bridge
StartLimitIntervalSec=0

[Service]
Type=forking
PIDFile={pid}
ExecStart={program} --conf-file={conf}
ExecReload=/bin/sh -c 'kill -s HUP $MAINPID'
Restart=on-failure
RestartSec=2

[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True)
class Unit:
    """What systemd knows of one server."""

    main_pid: int = 0
    enabled: bool = False


def systemd_runs(runner: Runner) -> bool:
    """Return whether systemd rules this host, rather than the machine around this network namespace."""
    return (
        "system" in runner.names("/run/systemd")
        and (runner.read("/proc/1/comm") or "").strip() == "systemd"
        and runner.link_target("/proc/1/ns/net") == runner.link_target("/proc/self/ns/net")
    )


def choose_supervisor(wanted: str, systemd: bool) -> str:
    """Return ``systemd`` or ``process``.

    :raises HostError: systemd is wanted and does not run.
    """
    if wanted == SYSTEMD and not systemd:
        raise HostError(
            "supervisor systemd", "cannot be used: systemd does not run on this host", "Use process, or auto."
        )
    if wanted == "auto":
        return SYSTEMD if systemd else PROCESS
    return wanted


def template_path(owner: str) -> str:
    """Return where the template unit of an owner lies."""
    return f"{UNIT_DIRECTORY}/novanet-dnsmasq-{owner}@.service"


def unit_name(owner: str, bridge: str) -> str:
    """Return the unit of one server; systemd reads a bare hyphen in a name as a slash."""
    escaped = re.sub(r"[^A-Za-z0-9:_.]|^\.", lambda match: f"\\x{ord(match[0]):02x}", bridge)
    return f"novanet-dnsmasq-{owner}@{escaped}.service"


def render_template(runner: Runner, places: Places) -> str:
    """Return the text of the template unit."""
    return _UNIT.format(
        owner=places.owner,
        program=runner.which("dnsmasq") or _FALLBACK_PROGRAM,
        conf=places.file("%I", CONF_FILE),
        pid=places.file("%I", PID_FILE),
    )


def parse_units(text: str) -> dict[str, Unit]:
    """Return units by name from what ``systemctl show`` printed."""
    found = {}
    for block in text.strip().split("\n\n"):
        values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if "Id" in values:
            found[values["Id"]] = Unit(int(values.get("MainPID") or 0), values.get("UnitFileState") == "enabled")
    return found


def read_units(runner: Runner, owner: str, bridges: Iterable[str]) -> dict[str, Unit]:
    """Read what systemd knows of servers; by bridge."""
    names = {bridge: unit_name(owner, bridge) for bridge in bridges}
    if not names:
        return {}
    shown = runner.run(("systemctl", "show", "--property=Id,MainPID,UnitFileState", *names.values()))
    units = parse_units(shown.out)
    return {bridge: units.get(name, Unit()) for bridge, name in names.items()}


def install_template(runner: Runner, places: Places) -> None:
    """Write the template unit if it is not as it should be."""
    path, text = template_path(places.owner), render_template(runner, places)
    if runner.read(path) != text:
        runner.write(path, text)
        runner.run(("systemctl", "daemon-reload"))


def remove_template(runner: Runner, owner: str) -> None:
    """Remove the template unit if it is there."""
    if runner.read(template_path(owner)) is not None:
        runner.remove(template_path(owner))
        runner.run(("systemctl", "daemon-reload"))


def start_unit(runner: Runner, owner: str, bridge: str) -> None:
    """Start a server now and at every boot."""
    runner.run(("systemctl", "enable", "--quiet", "--now", unit_name(owner, bridge)))


def stop_unit(runner: Runner, owner: str, bridge: str) -> None:
    """Stop a server for now."""
    runner.run(("systemctl", "stop", unit_name(owner, bridge)))


def drop_unit(runner: Runner, owner: str, bridge: str) -> None:
    """Stop a server now and at every boot."""
    runner.run(("systemctl", "disable", "--quiet", "--now", unit_name(owner, bridge)))
