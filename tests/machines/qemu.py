# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QEMU's command line for a host. Pure."""

from __future__ import annotations

import base64
from pathlib import Path

from .image import Image
from .platform import MANAGEMENT_ADDRESS, Platform


def qemu_command(
    platform: Platform, image: Image, accelerated: tuple[str, ...], state: Path, public_key: str
) -> list[str]:
    """Return the command line that boots a host.

    It ends when the host asks for a reboot, see :func:`~.running.power_on`.

    :param state: directory with the host's own disk (``NAME.qcow2``); its console goes there (``NAME.console``), and
        the number of the process as long as that runs (``NAME.pid``).
    """
    disk, console = state / f"{platform.name}.qcow2", state / f"{platform.name}.console"
    forwarding = f"user,id=management,restrict=on,hostfwd=tcp:127.0.0.1:{platform.port}-:22"
    # fmt: off
    words = [
        "qemu-system-x86_64", "-name", platform.name, *accelerated, "-smp", "1", "-m", str(platform.memory),
        "-nodefaults", "-no-user-config", "-display", "none", "-serial", f"file:{console}",
        "-no-reboot", "-pidfile", str(state / f"{platform.name}.pid"),
        "-kernel", str(image.kernel), "-initrd", str(image.initrd), "-append", kernel_words(platform, public_key),
        "-drive", f"file={disk},format=qcow2,if=virtio,cache=unsafe", "-device", "virtio-rng-pci",
        "-netdev", forwarding, "-device", _card("management", platform.mac(0)),
    ]
    # fmt: on
    for number in range(1, len(platform.cards) + 1):
        tap = platform.tap(number)
        words += ["-netdev", f"tap,id={tap},ifname={tap},script=no,downscript=no"]
        words += ["-device", _card(tap, platform.mac(number))]
    return words


def _card(network: str, mac: str) -> str:
    return f"virtio-net-pci,netdev={network},mac={mac},romfile="


def kernel_words(platform: Platform, public_key: str) -> str:
    """Return the kernel's command line, which also says who this host is."""
    addresses = [("eth0", MANAGEMENT_ADDRESS, "")]
    for number, card in enumerate(platform.cards, 1):
        if card.address:
            addresses.append((f"eth{number}", card.address, card.gateway))
    addresses += [(vlan.name, vlan.address, vlan.gateway) for vlan in platform.vlans]
    words = [
        "console=ttyS0 root=/dev/vda rw quiet net.ifnames=0 fsck.mode=skip systemd.show_status=1",
        # What an emulated processor spends much on: a clock that is taken for unstable on a busy machine, among others.
        "mitigations=off tsc=reliable init_on_alloc=0",
        f"systemd.hostname={platform.name}",
        f"systemd.machine_id={platform.number:032x}",
        f"machine.key={base64.b64encode(public_key.encode()).decode()}",
        *(f"machine.address={interface},{address},{gateway}" for interface, address, gateway in addresses),
    ]
    return " ".join(words)
