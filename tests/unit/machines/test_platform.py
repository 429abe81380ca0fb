# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts as a scenario lists them, and what follows from that."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.machines.acceleration import SOFTWARE
from tests.machines.errors import MachineError
from tests.machines.image import Image
from tests.machines.platform import parse_platforms, tap_commands, topology
from tests.machines.qemu import kernel_words, qemu_command

CARD = {"wire": "public", "address": "192.0.2.11/24", "gateway": "192.0.2.1"}
TWO = [
    {"name": "network1", "image": "debian12", "cards": [CARD, {"wire": "data"}]},
    {"name": "compute1", "image": "debian13", "memory": 768, "groups": ["nova"], "cards": [{"wire": "data"}]},
]


def test_hosts_have_ports_taps_and_macs_of_their_own() -> None:
    platforms = parse_platforms(TWO)
    assert [platform.port for platform in platforms] == [2201, 2202]
    names = [(platform.tap(card), platform.mac(card)) for platform in platforms for card in range(3)]
    assert len(set(names)) == 6


def test_an_unknown_image_is_refused_by_the_name_of_its_host() -> None:
    with pytest.raises(MachineError, match="platform network1: image plan9 is none of debian12, debian13"):
        parse_platforms([{**TWO[0], "image": "plan9"}])


def test_every_wire_is_made_once_and_every_card_is_plugged_in() -> None:
    platforms = parse_platforms(TWO)
    assert [wire.name for wire in topology(platforms).wires] == ["public", "data"]
    lines = tap_commands(platforms)
    assert [line.split()[-2] for line in lines if "master" in line] == ["public", "data", "data"]


def test_the_kernel_is_told_who_the_host_is() -> None:
    words = kernel_words(parse_platforms(TWO)[0], "ssh-ed25519 AAAA x").split()
    assert "systemd.hostname=network1" in words
    assert "machine.address=eth1,192.0.2.11/24,192.0.2.1" in words
    assert not [word for word in words if word.startswith("machine.address=eth2")]
    key = next(word for word in words if word.startswith("machine.key="))
    assert base64.b64decode(key.partition("=")[2]) == b"ssh-ed25519 AAAA x"
    # What x86 takes.
    assert len(" ".join(words)) < 2048


def test_a_host_writes_to_its_own_disk_only() -> None:
    image = Image(Path("/images/disk.raw"), Path("/images/vmlinuz"), Path("/images/initrd"))
    words = qemu_command(parse_platforms(TWO)[0], image, SOFTWARE, Path("/state"), "key")
    assert not [word for word in words if "disk.raw" in word]
    assert [word for word in words if "file=/state/network1.qcow2" in word]
