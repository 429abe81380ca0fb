# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interfaces of guests against libvirt's own schema of a domain."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.filter.libvirt_interface import libvirt_interface

DOMAIN = """<domain type="kvm">
  <name>web1</name>
  <memory unit="MiB">256</memory>
  <os><type arch="x86_64">hvm</type></os>
  <devices>{interfaces}</devices>
</domain>
"""
NIC = {"mac": "fa:16:3e:00:00:02", "bridge": "br100", "port_name": "tap7f1c3c5e54f", "mtu": 1450}
OTHER = {"mac": "fa:16:3e:00:00:03", "bridge": "br_2.1-x", "port_name": "tap7f1c3c5e540", "mtu": None}
LIMITS = {"inbound": {"average": 1000, "peak": 2000, "burst": 512}, "outbound": {"average": 1}}


def complaint(directory: Path, interfaces: str) -> str:
    """Return what libvirt's checker has against interfaces; empty for nothing."""
    path = directory / "domain.xml"
    path.write_text(DOMAIN.format(interfaces=interfaces))
    done = subprocess.run(["virt-xml-validate", str(path), "domain"], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize(
    "options",
    [{}, {"nic": 1}, {"model": "e1000e"}, {"bandwidth": LIMITS}, {"bandwidth": {"inbound": LIMITS["inbound"]}}],
)
def test_libvirt_takes_the_interfaces_for_what_it_knows(tmp_path: Path, options: dict[str, Any]) -> None:
    assert complaint(tmp_path, libvirt_interface({"nics": [NIC, OTHER]}, **options)) == ""


@pytest.mark.parametrize(("ours", "wrong"), [("bridge=", "bride="), ("fa:16:3e", "fa:16:xx"), ("1450", "big")])
def test_the_schema_sees_an_interface_that_is_wrong(tmp_path: Path, ours: str, wrong: str) -> None:
    assert "Extra element devices" in complaint(tmp_path, libvirt_interface(NIC).replace(ours, wrong))
