# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What VLAN devices need of the kernel: module 8021q, loaded now and at every boot."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...errors import HostError, RolledBack
from ..runner import Runner

MODULE = "8021q"
LOADED_AT_BOOT = "/etc/modules-load.d/novanet.conf"
# It is there, also in a network namespace, as soon as the kernel can make VLAN devices.
_PRESENT = "/proc/net/vlan"
_OWNERS = re.compile(r"^# For the VLAN interfaces of: (.*)$", re.MULTILINE)
# What iproute2 and the kernel say of a type of device that they do not know.
_UNKNOWN_TYPE = ("Unknown device type", "Operation not supported")


def is_supported(runner: Runner) -> bool:
    """Return whether the kernel can make VLAN devices, at once or after loading its module. Changes nothing."""
    if runner.names(_PRESENT) or runner.which("modprobe") is None:
        return True
    # On a kernel that has it built in this succeeds as well.
    return runner.run(("modprobe", "--dry-run", "--quiet", MODULE), accept=(0, 1)).code == 0


def load(runner: Runner) -> None:
    """Load the module unless that is not needed. In a container the host has to."""
    if not runner.names(_PRESENT) and runner.which("modprobe") is not None:
        runner.run(("modprobe", "--quiet", MODULE), accept=(0, 1))


def unsupported() -> HostError:
    """Return the one error that says that the kernel makes no VLAN devices."""
    return HostError(
        "the kernel of this host",
        f"makes no VLAN interfaces: it has no module {MODULE}",
        "Install the modules that belong to the running kernel, or boot a kernel that has them.",
    )


def explained(error: RolledBack) -> RolledBack:
    """Return a failure as it is best understood: a missing module has one message, however it shows."""
    if not any(text in str(error) for text in _UNKNOWN_TYPE):
        return error
    known = unsupported()
    return RolledBack(known.subject, known.reason, known.hint)


def boot_owners(text: str | None) -> frozenset[str]:
    """Return the owners that need the module at boot, out of the text of the file that says so."""
    found = _OWNERS.search(text or "")
    return frozenset(found.group(1).split()) if found else frozenset()


def boot_text(owners: Iterable[str]) -> str:
    """Return the text of that file; empty when nobody needs the module."""
    names = " ".join(sorted(owners))
    lines = ("# Written by novanet.network; changes are overwritten.", f"# For the VLAN interfaces of: {names}", MODULE)
    return "\n".join((*lines, "")) if names else ""


def write_boot_file(runner: Runner, text: str) -> None:
    """Let the module be loaded at boot, or no longer."""
    if text:
        runner.write(LOADED_AT_BOOT, text)
    else:
        runner.remove(LOADED_AT_BOOT)
