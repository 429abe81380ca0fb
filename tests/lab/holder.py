# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process that holds a node's namespaces. It is the first process of a PID namespace, so nothing outlives it.

Started as ``unshare ... holder.py STATE NAME``; stands alone, standard library only.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Record this process, make the node's file systems, say that it is ready, and wait for the end."""
    state, name = Path(sys.argv[1]), sys.argv[2]
    # /proc is still the one of the machine, so this is the process id that the machine knows.
    pid = int(os.readlink("/proc/self"))
    stat = Path(f"/proc/{pid}/stat").read_text()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    record = {"pid": pid, "start": int(stat.rpartition(")")[2].split()[19]), "boot": boot}
    _replace(state / f"{name}.holder", json.dumps(record))
    _mount_all(state / f"{name}.root")
    socket.sethostname(name)
    _write_identity(name)
    _write_sysctls()
    # Whatever daemon ends here is collected at once: one that lingers would look alive.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _replace(state / f"{name}.ready", "ready\n")
    while True:
        signal.pause()


def _replace(path: Path, text: str) -> None:
    temporary = path.with_suffix(path.suffix + ".new")
    temporary.write_text(text)
    temporary.replace(path)


def _mount_all(scratch: Path) -> None:
    """Give the node its own /etc, /var/lib, /run, /sys and /proc. All is in memory and ends with the namespace."""
    _mount("--make-rprivate", "/")
    scratch.mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", "mode=755", "novanet-lab", str(scratch))
    for place in ("etc", "var/lib"):
        upper, work = scratch / place / "upper", scratch / place / "work"
        upper.mkdir(parents=True)
        work.mkdir(parents=True)
        _mount("-t", "overlay", "-o", f"lowerdir=/{place},upperdir={upper},workdir={work}", "novanet-lab", f"/{place}")
    _mount("-t", "tmpfs", "-o", "mode=755", "novanet-lab", "/run")
    _mount("-t", "sysfs", "novanet-lab", "/sys")
    _mount("-t", "proc", "novanet-lab", "/proc")


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def _write_identity(name: str) -> None:
    resolver = Path("/etc/resolv.conf")
    # It may be a link into /run of the machine, which this node does not see.
    resolver.unlink(missing_ok=True)
    resolver.write_text("# no name server in the lab\n")
    Path("/etc/hostname").write_text(f"{name}\n")
    Path("/etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {name}\n")
    Path("/run/lock").mkdir()


def _write_sysctls() -> None:
    """Start every node alike: the machine's own settings must not decide whether a test passes."""
    for path, value in (
        ("net/ipv4/ip_forward", "0"),
        ("net/ipv6/conf/all/forwarding", "0"),
        ("net/bridge/bridge-nf-call-iptables", "0"),
        ("net/bridge/bridge-nf-call-ip6tables", "0"),
        ("net/bridge/bridge-nf-call-arptables", "0"),
    ):
        file = Path("/proc/sys") / path
        if file.exists():
            file.write_text(value)


if __name__ == "__main__":
    main()
