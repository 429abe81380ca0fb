# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the machine's processor runs guests, or QEMU must translate: asked by booting a kernel once."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.lab.process import boot_id

from .image import Image, cache

DEVICE = Path("/dev/kvm")
HARDWARE = ("-accel", "kvm", "-cpu", "host")
# A processor with nothing that is dear to translate: libraries choose wide instructions where there are some.
SOFTWARE = ("-accel", "tcg,thread=multi", "-cpu", "Nehalem")
PATIENCE_SECONDS = 15
# Without a disk a kernel gets as far as this. The device alone proves nothing: there are guests that hang.
FINISH = b"Unable to mount root fs"


def acceleration(image: Image) -> tuple[str, ...]:
    """Return the words of QEMU's command line that make guests as fast as they get here."""
    answer = cache() / "acceleration"
    try:
        boot, word = answer.read_text().split()
    except (FileNotFoundError, ValueError):
        boot, word = "", ""
    if boot != boot_id():
        word = "kvm" if DEVICE.exists() and _runs_guests(image) else "tcg"
        answer.write_text(f"{boot_id()} {word}\n")
        print(f"acceleration: {word}", flush=True)
    return HARDWARE if word == "kvm" else SOFTWARE


def _runs_guests(image: Image) -> bool:
    bare = ("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio", "-m", "256")
    kernel = ("-kernel", str(image.kernel), "-append", "console=ttyS0 panic=-1")
    argv = ("qemu-system-x86_64", *HARDWARE, *bare, *kernel)
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return FINISH in done.stdout
