# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nova_boot against a systemd in memory: what is written, enabled, started, kept for others, and removed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import (
    CommandFailed,
    Conflict,
    HostError,
    NovaError,
)
from ansible_collections.novanet.network.plugins.module_utils.host.boot import Boot
from ansible_collections.novanet.network.plugins.module_utils.host.boot_runner import HELD, HoldingRunner
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Outcome, Request, reconcile
from ansible_collections.novanet.network.plugins.module_utils.host.runner import Completed

SOURCES = {"errors.py": "# errors\n", "host/restore.py": "# program\n", "host/link/bridges.py": "# bridges\n"}
UNIT = "/etc/systemd/system/novanet.service"
WISH = {
    "state": "present",
    "devices": ["br100"],
    "uplinks": ["eth2"],
    "wait": 10,
    "interpreter": "/usr/bin/python3",
    "started": True,
}


class Systemd:
    """A runner with a systemd. ``log`` has what it was told."""

    def __init__(self, runs: bool = True, broken: bool = False) -> None:
        self.files = {"/proc/1/comm": "systemd\n", "/run/systemd/system/x": "", "/lib/systemd/systemd-networkd": ""}
        self.files["/etc/NetworkManager/NetworkManager.conf"] = ""
        if not runs:
            del self.files["/run/systemd/system/x"]
        self.words: dict[str, set[str]] = {"novanet-early.service": set(), "novanet.service": set()}
        self.broken = broken
        self.log: list[str] = []

    def run(self, argv: Sequence[str], stdin: str | None = None, accept: Sequence[int] = (0,)) -> Completed:
        command = tuple(argv)
        if command[:2] == ("systemctl", "show"):
            words = self.words[command[-1]]
            enabled = "enabled" if "enabled" in words else ""
            active = "active" if "active" in words else "inactive"
            return Completed(command, 0, f"UnitFileState={enabled}\nActiveState={active}\n", "")
        if command[:2] == ("systemctl", "is-active"):
            return Completed(command, 0 if "networkd" in command[-1] else 3, "", "")
        if command[0] == "journalctl":
            return Completed(command, 0, "nova: state file x is damaged\n", "")
        self.log.append(" ".join(command))
        if command[:2] == ("systemctl", "start") and self.broken:
            raise CommandFailed(command, 1, "failed")
        self._obey(command)
        return Completed(command, 0, "", "")

    def _obey(self, command: tuple[str, ...]) -> None:
        if command[1] == "enable":
            self.words[command[-1]].add("enabled")
        elif command[1] == "start":
            self.words[command[-1]].add("active")
        elif command[1] == "disable":
            self.words[command[-1]].clear()

    def start(self, argv: Sequence[str]) -> None:
        self.run(argv)

    def which(self, program: str) -> str | None:
        return program if program.startswith("/usr/bin/") or program in ("networkctl", "nmcli") else None

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        self.files[path] = text

    def remove(self, path: str) -> None:
        self.files.pop(path, None)

    def names(self, path: str) -> tuple[str, ...]:
        inside = (file[len(path) + 1 :] for file in self.files if file.startswith(f"{path}/"))
        return tuple(sorted({name.split("/")[0] for name in inside}))

    def link_target(self, path: str) -> str | None:
        return None


def run(
    host: Systemd,
    place: Path,
    owner: str = "nova",
    sources: dict[str, str] | None = None,
    check: bool = False,
    **wish: Any,
) -> Outcome:
    boot = Boot(owner, str(place), SOURCES if sources is None else sources)
    return reconcile(boot, {**WISH, **wish}, host, Request(owner, str(place), check=check))


def said(outcome: Outcome) -> list[str]:
    return [change.describe() for change in outcome.changes]


def ours(host: Systemd) -> list[str]:
    return [
        path for path in host.files if "novanet" in path.rpartition("/")[2] or "/lib/" in path and "systemd" not in path
    ]


def test_a_host_gets_program_units_and_drop_ins_once(tmp_path: Path) -> None:
    host = Systemd()
    first = run(host, tmp_path)
    assert said(first) == [
        "create file /etc/NetworkManager/conf.d/90-novanet.conf",
        "create file /etc/systemd/network/00-novanet.network",
        "create file /etc/systemd/system/novanet-early.service",
        "create file /etc/systemd/system/novanet.service",
        "create program novanet",
        "run unit novanet-early.service (enable)",
        "run unit novanet.service (enable)",
        "run unit novanet.service (start)",
    ]
    assert "br100" in host.files["/etc/systemd/network/00-novanet.network"]
    program = host.files[UNIT].split("-I ")[1].split()[0]
    assert host.files[f"{program}/novanet/host/link/bridges.py"] == "# bridges\n"
    assert host.files[f"{program}/novanet/host/link/__init__.py"] == ""
    assert said(run(host, tmp_path)) == []


def test_the_early_unit_is_never_started_on_a_host_that_runs(tmp_path: Path) -> None:
    host = Systemd()
    run(host, tmp_path)
    assert host.log == [
        "systemctl daemon-reload",
        "networkctl reload",
        "systemctl enable --quiet novanet-early.service",
        "systemctl enable --quiet novanet.service",
        "systemctl start novanet.service",
    ]


def test_a_manager_that_does_not_run_is_not_asked(tmp_path: Path) -> None:
    host = Systemd()
    run(host, tmp_path)
    assert not any("nmcli" in line for line in host.log)


def test_a_new_program_replaces_the_old_one(tmp_path: Path) -> None:
    host = Systemd()
    run(host, tmp_path)
    assert said(run(host, tmp_path, sources={"host/restore.py": "# newer\n"})) == [
        "update file /etc/systemd/system/novanet-early.service",
        "update file /etc/systemd/system/novanet.service",
        "update program novanet",
    ]
    assert [text for path, text in host.files.items() if path.endswith("restore.py")] == ["# newer\n"]


def test_a_preview_changes_nothing(tmp_path: Path) -> None:
    host = Systemd()
    before = dict(host.files)
    assert len(said(run(host, tmp_path, check=True))) == 8
    assert (host.files, host.log) == (before, [])


def test_without_systemd_nothing_is_done_and_it_is_said(tmp_path: Path) -> None:
    host = Systemd(runs=False)
    outcome = run(host, tmp_path)
    assert (said(outcome), outcome.after["systemd"], host.log) == ([], False, [])


def test_absent_leaves_nothing(tmp_path: Path) -> None:
    host = Systemd()
    before = set(host.files)
    run(host, tmp_path)
    assert "delete program novanet" in said(run(host, tmp_path, state="absent"))
    assert set(host.files) - before == {f"{tmp_path}/nova/boot.json"}
    assert not any(host.words.values())
    assert said(run(host, tmp_path, state="absent")) == []


def test_another_owner_keeps_what_it_needs(tmp_path: Path) -> None:
    host = Systemd()
    run(host, tmp_path)
    run(host, tmp_path, owner="other", devices=["br7"], uplinks=["eth3"])
    manager = "/etc/NetworkManager/conf.d/90-novanet.conf"
    assert "no-auto-default+=interface-name:eth2,interface-name:eth3\n" in host.files[manager]
    assert "Name=br100 br7" in host.files["/etc/systemd/network/00-novanet.network"]
    assert said(run(host, tmp_path, state="absent")) == [
        "update file /etc/NetworkManager/conf.d/90-novanet.conf",
        "update file /etc/systemd/network/00-novanet.network",
    ]
    assert "no-auto-default+=interface-name:eth3\n" in host.files[manager]
    assert "Name=br7\n" in host.files["/etc/systemd/network/00-novanet.network"] and UNIT in host.files


def test_a_device_that_ifupdown_configures_is_refused(tmp_path: Path) -> None:
    host = Systemd()
    host.files["/etc/network/interfaces.d/guests"] = "iface br100 inet manual\n"
    with pytest.raises(Conflict, match="device br100 is configured in /etc/network/interfaces.d/guests as well"):
        run(host, tmp_path)
    assert not ours(host)


def test_a_service_that_fails_fails_the_run_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="unit novanet.service fails: nova: state file x is damaged"):
        run(Systemd(broken=True), tmp_path)


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"wait": -1}, "wait -1 is not between 0 and 600 seconds"),
        ({"interpreter": "python3"}, "interpreter 'python3' cannot be used"),
        ({"interpreter": "/opt/python"}, "interpreter /opt/python does not exist"),
        ({"devices": ["a b"]}, r"devices\[0\] a b is no name of an interface"),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, wish: dict[str, Any], reason: str) -> None:
    with pytest.raises(NovaError, match=reason):
        run(Systemd(), tmp_path, **wish)


def test_forwarding_is_held_until_the_end_and_damaged_files_are_not_there() -> None:
    host = Systemd()
    host.files.update({HELD[0]: "0\n", "/s/other/firewall.json": "x"})
    holding = HoldingRunner(host, ["/s/other/firewall.json"])
    holding.write(HELD[0], "1\n")
    holding.write("/s/file", "text")
    assert (holding.read(HELD[0]), host.files[HELD[0]], host.files["/s/file"]) == ("1\n", "0\n", "text")
    assert holding.read("/s/other/firewall.json") is None
    holding.release()
    assert host.files[HELD[0]] == "1\n"
