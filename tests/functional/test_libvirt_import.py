# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks and domains that libvirt itself has taken and printed again, by its test driver."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.ipam.import_haul import Haul
from ansible_collections.novanet.network.plugins.module_utils.ipam.import_libvirt import pack
from ansible_collections.novanet.network.plugins.module_utils.ipam.import_report import Report

from tests.unit.plugins.module_utils.ipam.libvirt_documents import (
    BRIDGED,
    DEFAULT,
    ISOLATED,
    ODD,
    SILENT,
    TAGGED,
    TOP,
    domain,
    interface,
)

NETWORKS = {"default": DEFAULT, "top": TOP, "odd": ODD, "isolated": ISOLATED, "bridged": BRIDGED, "silent": SILENT}
WEB = domain("web", interface("52:54:00:00:00:05", "default"), interface("52:54:00:00:00:07", "top"))


def virsh(*commands: str) -> str:
    """Run commands one after the other in one session of libvirt's test driver, which forgets everything at its end."""
    words = ["virsh", "-q", "-c", "test:///default", "; ".join(commands)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def printed(directory: Path, name: str, document: str, kind: str = "net-") -> str:
    """Return a document as libvirt prints it after it has read it."""
    path = directory / "document.xml"
    path.write_text(document)
    # The driver starts with a network of that name.
    room = ["net-destroy default", "net-undefine default"] if name == "default" else []
    text = virsh(*room, f"{kind}define --validate {path}", f"{kind}dumpxml {name}")
    return text[text.index("<") :]


def taken(networks: list[str], guest: str) -> tuple[Haul, list[dict[str, str]]]:
    report = Report()
    options: dict[str, Any] = {"libvirt_networks": networks, "libvirt_vlan_interface": "eth1"}
    options["libvirt_domains"] = [{"xml": guest, "project": "red", "host": "c1"}]
    return pack(options, report), report.left_behind


def test_what_libvirt_prints_is_taken_over_as_what_was_written(tmp_path: Path) -> None:
    networks = [printed(tmp_path, name, document) for name, document in NETWORKS.items()]
    haul, left = taken(networks, printed(tmp_path, "web", WEB, kind=""))
    expected, expected_left = taken(list(NETWORKS.values()), WEB)
    assert haul == expected
    assert [network["label"] for network in haul.networks["flatdhcp"]] == ["default", "top", "odd", "silent"]
    assert [nic.get("address") for nic in haul.instances[0]["nics"]] == ["192.168.122.5", None]
    # libvirt adds what it has by default, such as the spanning tree of its bridges.
    added = [entry["thing"] for entry in left if entry not in expected_left]
    assert set(added) <= {"network top: bridge stp=on", "network silent: bridge stp=on"}
    assert [entry for entry in expected_left if entry not in left] == []


@pytest.mark.parametrize("document", [*NETWORKS.values(), TAGGED])
def test_libvirts_own_schema_knows_the_documents_of_the_tests(tmp_path: Path, document: str) -> None:
    path = tmp_path / "network.xml"
    path.write_text(document)
    done = subprocess.run(["virt-xml-validate", str(path), "network"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    path.write_text(document.replace("<forward", "<froward").replace("<bridge", "<bride"))
    assert subprocess.run(["virt-xml-validate", str(path), "network"], capture_output=True, check=False).returncode
