# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A virtual machine that is a guest: Debian without systemd, which knows its network from a disk, or by DHCP."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from .acceleration import acceleration
from .image import image_of
from .recipe import RECIPES

SCRIPT = Path(__file__).parent / "guest/seeded-init"
# The one with ifupdown.
RELEASE = "debian13"
PROGRAMS = ("qemu-system-x86_64", "mmdebstrap")
SECTOR = 512
# The first process is a shell that reads the third disk.
KERNEL_WORDS = "console=ttyS0 root=/dev/vda rw quiet mitigations=off net.ifnames=0 panic=-1 init=/bin/sh -- /dev/vdc"


def missing_programs() -> list[str]:
    """Return what this machine lacks of what such a guest needs."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


def guest_command(work: Path, seed: str | None, cards: Sequence[tuple[str, str]]) -> list[str]:
    """Return the command line that boots a guest. What it says comes out on standard output.

    :param work: directory for what the guest needs beside its disks.
    :param seed: the disk that tells it of its network, as the host of the guest finds it; None for an empty one.
    :param cards: pairs of tap device and MAC address.
    """
    image = image_of(RECIPES[RELEASE])
    if seed is None:
        seed = str(work / "empty")
        Path(seed).write_bytes(bytes(SECTOR))
    # fmt: off
    words = [
        "qemu-system-x86_64", *acceleration(image), "-smp", "1", "-m", "384",
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
        "-kernel", str(image.kernel), "-initrd", str(image.initrd),
        "-append", KERNEL_WORDS,
        # What it writes is forgotten.
        "-drive", f"file={image.disk},format=raw,if=virtio,snapshot=on",
        "-drive", f"file={seed},format=raw,if=virtio,readonly=on",
        "-drive", f"file={_script_disk(work)},format=raw,if=virtio,readonly=on",
    ]
    # fmt: on
    for tap, mac in cards:
        words += ["-netdev", f"tap,id={tap},ifname={tap},script=no,downscript=no"]
        words += ["-device", f"virtio-net-pci,netdev={tap},mac={mac},romfile="]
    return words


def _script_disk(work: Path) -> Path:
    """Write the guest's script as a disk that a shell can read: nothing but text up to its end."""
    text = SCRIPT.read_text(encoding="utf-8")
    disk = work / "script"
    disk.write_text(text + "\n" * (-len(text.encode()) % SECTOR), encoding="utf-8")
    return disk
