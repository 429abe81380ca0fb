# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host in memory, for the tests of the DHCP subsystem: files, processes, sockets, and systemd if asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.errors import CommandFailed, HostError
from ansible_collections.novanet.network.plugins.module_utils.host.runner import Completed

NETWORK_NAMESPACE = "net:[1]"


class FakeHost:
    """A runner. ``log`` has the commands that change something, in order; ``mute`` makes dhcp_release do nothing."""

    def __init__(self, addresses: dict[str, list[str]], systemd: bool = False) -> None:
        self.addresses = addresses
        self.systemd = systemd
        self.files: dict[str, str] = {"/proc/1/comm": "systemd\n"} if systemd else {}
        self.processes: dict[int, tuple[str, str]] = {}
        self.units: dict[str, dict[str, Any]] = {}
        self.programs = {"dnsmasq", "dhcp_release", "ss", "ip", "sh", "stat", "chmod", "mv", "systemctl"}
        self.log: list[str] = []
        self.mute = False
        self.closed: set[str] = set()
        self.ending = "Z"
        self._next_pid = 100

    def run(self, argv: Sequence[str], stdin: str | None = None, accept: Sequence[int] = (0,)) -> Completed:
        if argv[0] not in self.programs:
            raise HostError(f"program {argv[0]}", "is not installed on this host")
        handler: Callable[[Sequence[str]], str] = getattr(self, f"_{argv[0]}")
        return Completed(tuple(argv), 0, handler(argv), "")

    def start(self, argv: Sequence[str]) -> None:
        self.run(argv)

    def which(self, program: str) -> str | None:
        return f"/usr/sbin/{program}" if program in self.programs else None

    def read(self, path: str) -> str | None:
        if path.startswith("/proc/") and path.endswith("/cmdline"):
            process = self.processes.get(int(path.split("/")[2]))
            return process[0] if process else None
        if path.startswith("/proc/") and path.endswith("/stat"):
            return self._status(int(path.split("/")[2]))
        return self.files.get(path)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        self.log.append(f"write {path}")
        self.files[path] = text

    def remove(self, path: str) -> None:
        self.files.pop(path, None)

    def names(self, path: str) -> tuple[str, ...]:
        if path == "/run/systemd" and self.systemd:
            return ("system",)
        inside = (name[len(path) + 1 :] for name in self.files if name.startswith(f"{path}/"))
        return tuple(sorted({name.split("/")[0] for name in inside}))

    def link_target(self, path: str) -> str | None:
        pid = path.split("/")[2]
        if pid in ("self", "1"):
            return NETWORK_NAMESPACE
        process = self.processes.get(int(pid))
        return process[1] if process else None

    def _status(self, pid: int) -> str | None:
        """Return the status of a process; one without a command line is on its way out."""
        if pid not in self.processes:
            return None
        return f"{pid} (a) Z) {'S' if self.processes[pid][0] else self.ending} 1 1\n"

    def spawn(self, command_line: str, namespace: str = NETWORK_NAMESPACE) -> int:
        """Start a process and return its number."""
        self._next_pid += 1
        self.processes[self._next_pid] = (command_line.replace(" ", "\0") + "\0", namespace)
        return self._next_pid

    def _dnsmasq(self, argv: Sequence[str]) -> str:
        if "--test" in argv:
            return ""
        self.log.append("start dnsmasq")
        self._boot_dnsmasq(argv[1].partition("=")[2])
        return ""

    def _boot_dnsmasq(self, conf: str) -> int:
        pid = self.spawn(f"/usr/sbin/dnsmasq --conf-file={conf}")
        self.files[conf.replace("/conf", "/pid")] = f"{pid}\n"
        return pid

    def _ss(self, argv: Sequence[str]) -> str:
        lines = []
        for pid, (command_line, namespace) in self.processes.items():
            if "--conf-file=" in command_line and namespace == NETWORK_NAMESPACE:
                bridge = command_line.rstrip("\0").split("/")[-2]
                lines.append(f'UNCONN 0 0 0.0.0.0%{bridge}:67 0.0.0.0:* users:(("dnsmasq",pid={pid},fd=4))\n')
        return "".join(lines)

    def _ip(self, argv: Sequence[str]) -> str:
        return json.dumps(
            [
                {"ifname": name, "addr_info": [{"local": address} for address in addresses]}
                for name, addresses in self.addresses.items()
            ]
        )

    def _stat(self, argv: Sequence[str]) -> str:
        return "".join(f"{700 if path in self.closed else 755} {path}\n" for path in argv[3:])

    def _chmod(self, argv: Sequence[str]) -> str:
        return ""

    def _mv(self, argv: Sequence[str]) -> str:
        self.files[argv[2]] = self.files.pop(argv[1])
        return ""

    def _sh(self, argv: Sequence[str]) -> str:
        self.log.append(f"kill -{argv[4]}")
        if argv[4] != "HUP":
            del self.processes[int(argv[5])]
        return ""

    def _dhcp_release(self, argv: Sequence[str]) -> str:
        self.log.append(" ".join(argv))
        for path, text in self.files.items():
            if path.endswith(f"/{argv[1]}/leases") and not self.mute:
                kept = [line for line in text.splitlines(keepends=True) if f" {argv[3]} {argv[2]} " not in line]
                self.files[path] = "".join(kept)
        return ""

    def _systemctl(self, argv: Sequence[str]) -> str:
        if argv[1] == "show":
            return "\n".join(self._show(name) for name in argv[3:])
        self.log.append(" ".join(argv))
        if argv[1] == "daemon-reload":
            return ""
        name = argv[-1]
        template = self.files.get(f"/etc/systemd/system/{name.partition('@')[0]}@.service")
        if template is None:
            raise CommandFailed(tuple(argv), 5, f"Unit {name} not loaded.")
        unit = self.units.setdefault(name, {"pid": 0, "enabled": False})
        if argv[1] == "enable":
            conf = next(line for line in template.splitlines() if line.startswith("ExecStart=")).partition(
                "--conf-file="
            )
            bridge = name.partition("@")[2].removesuffix(".service").replace("\\x2d", "-")
            unit.update(enabled=True, pid=self._boot_dnsmasq(conf[2].replace("%I", bridge)))
        else:
            self.processes.pop(unit["pid"], None)
            unit.update(pid=0, enabled=unit["enabled"] and argv[1] != "disable")
        return ""

    def _show(self, name: str) -> str:
        unit = self.units.get(name, {"pid": 0, "enabled": False})
        return f"Id={name}\nMainPID={unit['pid']}\nUnitFileState={'enabled' if unit['enabled'] else 'disabled'}\n"
