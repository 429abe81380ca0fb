# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program's copy, the units, and what keeps other managers away."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host.boot_copy import program_sources
from ansible_collections.novanet.network.plugins.module_utils.host.boot_early import render_closed
from ansible_collections.novanet.network.plugins.module_utils.host.boot_files import (
    copy_directory,
    interfaces_in,
    render_copy,
    render_network_manager,
    render_networkd,
    render_units,
)

UNITS = render_units("/var/lib/novanet", "/var/lib/novanet/lib/0123", "/usr/bin/python3", 10)
EARLY, SERVICE = (UNITS[f"/etc/systemd/system/{name}.service"] for name in ("novanet-early", "novanet"))


def test_the_copy_runs_without_ansible_and_without_the_collection(tmp_path: Path) -> None:
    for path, text in render_copy(str(tmp_path / "copy"), program_sources()).items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    argv = ["/usr/bin/python3", "-I", "-B", str(tmp_path / "copy"), "--help"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--state-path" in done.stdout


def test_the_source_is_found_in_an_archive_as_ansible_brings_it(tmp_path: Path) -> None:
    utils = Path(sys.modules[program_sources.__module__].__file__ or "").parents[1]
    with zipfile.ZipFile(tmp_path / "payload.zip", "w") as archive:
        for path in sorted(utils.rglob("*.py")):
            archive.write(path, f"some/module_utils/{path.relative_to(utils)}")
        archive.writestr("some/__init__.py", "")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from some.module_utils.host.boot_copy import program_sources\n"
        "print(*program_sources(), sep='\\n')"
    )
    argv = ["/usr/bin/python3", "-I", "-c", code, str(tmp_path / "payload.zip")]
    names = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    assert {"errors.py", "change.py", "host/__init__.py", "host/restore.py", "host/link/bridges.py"} <= set(names)


def test_another_program_lies_elsewhere() -> None:
    one, two = ({"host/restore.py": text} for text in ("a", "b"))
    assert copy_directory("/s", one) != copy_directory("/s", two)
    assert copy_directory("/s", one) == copy_directory("/s", dict(one))


def test_early_comes_before_any_network_and_after_what_flushes() -> None:
    assert "Before=network-pre.target" in EARLY
    assert "After=local-fs.target nftables.service" in EARLY
    # sysinit.target would pull it in whenever anything is started on a running host.
    assert "WantedBy=multi-user.target" in EARLY


def test_guests_come_after_their_networks() -> None:
    before = " ".join(line for line in SERVICE.splitlines() if line.startswith("Before="))
    assert {"libvirtd.service", "libvirt-guests.service"} <= set(before.removeprefix("Before=").split())
    assert "Type=oneshot\nRemainAfterExit=yes" in SERVICE
    # DHCP units wait for network.target and are started from here: this must not come before it.
    assert "network.target" not in before.split()
    assert "restore --state-path /var/lib/novanet --wait 10" in SERVICE


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    paths = [tmp_path / path.rpartition("/")[2] for path in UNITS]
    for path, text in zip(paths, UNITS.values()):
        path.write_text(text, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", *map(str, paths)], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "novanet" in line and "lib/0123" not in line] == []


def test_each_manager_is_told_the_devices_in_its_own_words() -> None:
    manager = render_network_manager(["br101", "br100"])
    assert manager.endswith("[keyfile]\nunmanaged-devices+=interface-name:br100,interface-name:br101\n")
    assert "Name=br100 br101\n\n[Link]\nUnmanaged=yes" in render_networkd(["br101", "br100"])
    assert render_network_manager([]) == "" == render_networkd([])


def test_networkmanager_asks_for_no_address_by_itself_on_uplinks_and_they_stay_with_it_otherwise() -> None:
    text = render_network_manager(["br100", "vlan5"], ["eth2", "eth1", "vlan5"])
    assert "[main]\nno-auto-default+=interface-name:eth1,interface-name:eth2\n" in text
    assert "unmanaged-devices+=interface-name:br100,interface-name:vlan5\n" in text
    assert "[keyfile]" not in render_network_manager([], ["eth2"])


def test_what_ifupdown_configures_is_known() -> None:
    text = "auto lo br9\niface lo inet loopback\n# iface br7 inet manual\n  iface br100 inet static\n"
    assert interfaces_in(text) == {"lo", "br100"}


def test_closing_no_bridge_takes_the_table_away() -> None:
    assert render_closed([]) == "add table inet novanet_early\ndelete table inet novanet_early\n"
    assert 'elements = { "br1", "br2" }' in render_closed(["br2", "br1"])
