# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in the image of a host. Pure: the same recipe is the same image, found again by its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

PACKAGES = (
    # What makes it a machine that boots:
    "linux-image-cloud-amd64", "systemd-sysv", "udev", "kmod", "dbus", "openssh-server", "procps",
    # What a host of the cloud needs:
    "python3", "python3-sqlalchemy", "iproute2", "nftables", "conntrack", "dnsmasq-base", "dnsmasq-utils",
    # What guests and probes in it need:
    "udhcpc", "iputils-ping", "iputils-arping", "tcpdump",
)  # fmt: skip

# Nothing of this is needed, and each costs a slow machine some of its boot.
MASKED = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service",
    "fstrim.timer", "systemd-timesyncd.service", "systemd-networkd-wait-online.service", "getty@tty1.service",
    "networkd-dispatcher.service", "systemd-pstore.service",
)  # fmt: skip

# The disk of the machine as it was found: nobody has written anything into its root but the files below.
INITRAMFS = {
    "etc/initramfs-tools/conf.d/machine": "MODULES=list\nCOMPRESS=gzip\n",
    "etc/initramfs-tools/hooks/machine": """#!/bin/sh
[ "$1" != prereqs ] || exit 0
. /usr/share/initramfs-tools/hook-functions
manual_add_modules virtio_pci virtio_blk ext4
""",
}

SETUP_UNIT = """[Unit]
Description=Names and addresses of this machine, from the kernel's command line
DefaultDependencies=no
After=systemd-remount-fs.service
Before=network-pre.target networking.service systemd-networkd.service
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/machine-setup

[Install]
WantedBy=sysinit.target
"""

# Who may come in is said on the command line: the key is made anew for each run, the image is not.
SSH = """AuthorizedKeysCommand /usr/local/sbin/machine-setup --key
AuthorizedKeysCommandUser root
PermitRootLogin prohibit-password
PasswordAuthentication no
UseDNS no
MaxStartups 100
MaxSessions 100
"""

FILES = {
    "etc/machine-id": "5f8c2b8e6d0a4c0f9a1d3c7b2e4f6a80\n",
    "etc/hostname": "machine\n",
    "etc/hosts": "127.0.0.1 localhost\n",
    "etc/resolv.conf": "# no name server here\n",
    "etc/fstab": "",
    "etc/ssh/sshd_config.d/machine.conf": SSH,
    "etc/systemd/system/machine-setup.service": SETUP_UNIT,
}

# How each manager of interfaces is told of one: its address, and the next hop of the default route.
NETWORKD = """write() {
    file=/etc/systemd/network/10-$1.network
    printf '[Match]\\nName=%s\\n[Network]\\nAddress=%s\\nLinkLocalAddressing=no\\nIPv6AcceptRA=no\\n' "$1" "$2" >"$file"
    [ -z "$3" ] || printf 'Gateway=%s\\n' "$3" >>"$file"
}
"""
IFUPDOWN = """write() {
    file=/etc/network/interfaces.d/$1
    printf 'auto %s\\niface %s inet static\\n    address %s\\n' "$1" "$1" "$2" >"$file"
    [ -z "$3" ] || printf '    gateway %s\\n' "$3" >>"$file"
}
"""

SETUP = """#!/bin/sh
# Reads machine.key=BASE64 and machine.address=INTERFACE,ADDRESS,GATEWAY (several) from the kernel's command line.
set -eu
# ifupdown gives up on a card that a busy machine has not found yet.
appear() {
    case $1 in eth*) for second in $(seq 120); do [ ! -e "/sys/class/net/$1" ] || break; sleep 1; done ;; esac
}
%s
for word in $(cat /proc/cmdline); do
    case $word in
    machine.key=*) if [ "${1:-}" = --key ]; then printf '%%s' "${word#machine.key=}" | base64 -d; fi ;;
    machine.address=*)
        if [ "${1:-}" != --key ]; then
            value=${word#machine.address=}
            rest=${value#*,}
            appear "${value%%%%,*}"
            write "${value%%%%,*}" "${rest%%%%,*}" "${rest#*,}"
        fi
        ;;
    systemd.hostname=*) if [ "${1:-}" != --key ]; then printf '%%s\\n' "${word#systemd.hostname=}" >/etc/hostname; fi ;;
    esac
done
"""


@dataclass(frozen=True)
class Recipe:
    """One image.

    :param suite: release of Debian.
    :param files: path in the image to content; scripts are those below a ``sbin`` or ``hooks``.
    """

    name: str
    suite: str
    packages: tuple[str, ...]
    masked: tuple[str, ...]
    enabled: tuple[str, ...]
    before: Mapping[str, str]
    files: Mapping[str, str]
    megabytes: int = 2048

    @property
    def digest(self) -> str:
        """What tells this recipe from every other."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def _recipe(name: str, suite: str, manager: str) -> Recipe:
    networkd = manager == "networkd"
    script = SETUP % (NETWORKD if networkd else IFUPDOWN)
    files = {**FILES, "usr/local/sbin/machine-setup": script.replace("\\\\", "\\")}
    if not networkd:
        files["etc/network/interfaces"] = "source /etc/network/interfaces.d/*\nauto lo\niface lo inet loopback\n"
    packages = PACKAGES if networkd else (*PACKAGES, "ifupdown")
    service = "systemd-networkd.service" if networkd else "networking.service"
    return Recipe(name, suite, packages, MASKED, (service, "ssh.service", "machine-setup.service"), INITRAMFS, files)


# Both managers of interfaces that Debian uses, one on each release.
RECIPES = {
    recipe.name: recipe
    for recipe in (_recipe("debian12", "bookworm", "networkd"), _recipe("debian13", "trixie", "ifupdown"))
}
