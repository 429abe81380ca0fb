# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that let a host come back by itself: a copy of the program, two units, and what keeps others away. Pure."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable, Mapping

UNIT_DIRECTORY = "/etc/systemd/system"
EARLY, SERVICE = "novanet-early.service", "novanet.service"
UNITS = (EARLY, SERVICE)
NETWORK_MANAGER = "/etc/NetworkManager/conf.d/90-novanet.conf"
NETWORKD = "/etc/systemd/network/00-novanet.network"
INTERFACES = "/etc/network/interfaces"
DROP_INS = (NETWORK_MANAGER, NETWORKD)

_NOTE = "# Written by novanet.network; changes are overwritten.\n"
_MAIN = """\
import sys

if sys.argv[1:2] == ["early"]:
    from novanet.host.early import main
elif sys.argv[1:2] == ["guard"]:
    from novanet.host.guard_watch import main
else:
    from novanet.host.restore import main

sys.exit(main())
"""
_EARLY = """\
[Unit]
Description=No traffic for guests before their rules are in place
DefaultDependencies=no
RequiresMountsFor={state_path}
Wants=network-pre.target
# nftables.service begins with an empty ruleset.
After=local-fs.target nftables.service
Before=network-pre.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={command} early --state-path {state_path}

[Install]
WantedBy=multi-user.target
"""
_SERVICE = """\
[Unit]
Description=Bridges, rules, DHCP and floating addresses of guests
RequiresMountsFor={state_path}
# Whoever configures the uplinks goes first, so that their addresses can move to the bridges.
After=network-pre.target novanet-early.service nftables.service
After=networking.service systemd-networkd.service NetworkManager.service
After=ifupdown-wait-online.service systemd-networkd-wait-online.service NetworkManager-wait-online.service
# Guests come last.
Before=libvirtd.service virtqemud.service virtnetworkd.service libvirt-guests.service
Before=machines.target nova-compute.service
# When one of these starts anew, what it swept away is put back.
PartOf=nftables.service networking.service systemd-networkd.service NetworkManager.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
# DHCP servers that systemd does not look after outlive a restart.
KillMode=process
ExecStart={command} restore --state-path {state_path} --wait {wait}
ExecReload={command} restore --state-path {state_path} --wait {wait}

[Install]
WantedBy=multi-user.target
"""


def copy_directory(state_path: str, sources: Mapping[str, str]) -> str:
    """Return where a copy of the program lies. Another program lies elsewhere, so that none is ever half replaced."""
    digest = hashlib.sha256()
    for name, text in sorted(sources.items()):
        digest.update(f"{name}\0{text}\0".encode())
    return f"{state_path}/lib/{digest.hexdigest()[:16]}"


def render_copy(directory: str, sources: Mapping[str, str]) -> dict[str, str]:
    """Return the files of a copy of the program, by path.

    :param sources: text by path below ``module_utils``.
    """
    files = {f"{directory}/novanet/{name}": text for name, text in sources.items()}
    for path in list(files):
        parent = posixpath.dirname(path)
        while parent != directory:
            files.setdefault(f"{parent}/__init__.py", "")
            parent = posixpath.dirname(parent)
    return {**files, f"{directory}/__main__.py": _MAIN}


def render_units(state_path: str, directory: str, interpreter: str, wait: int) -> dict[str, str]:
    """Return the units, by path."""
    values = {"state_path": state_path, "wait": wait, "command": f"{interpreter} -I {directory}"}
    texts = {EARLY: _EARLY, SERVICE: _SERVICE}
    return {f"{UNIT_DIRECTORY}/{name}": _NOTE + text.format(**values) for name, text in texts.items()}


def render_network_manager(devices: Iterable[str], uplinks: Iterable[str] = ()) -> str:
    """Return what keeps NetworkManager away from devices.

    Uplinks stay with whoever configures them. Only that it asks for an address by itself, where nobody has told it
    anything, must not be: it would take the port out of its bridge for that.
    """
    ours = ",".join(f"interface-name:{name}" for name in sorted(set(devices)))
    below = ",".join(f"interface-name:{name}" for name in sorted(set(uplinks) - set(devices)))
    # With the plus it adds to what other files say. The key managed of a section device would not do: it does not count
    # for what NetworkManager has seen before.
    parts = [f"[main]\nno-auto-default+={below}\n"] if below else []
    parts += [f"[keyfile]\nunmanaged-devices+={ours}\n"] if ours else []
    return _NOTE + "\n".join(parts) if parts else ""


def render_networkd(devices: Iterable[str]) -> str:
    """Return what keeps systemd-networkd away from devices. Of several files that match, the first by name counts."""
    names = " ".join(sorted(set(devices)))
    return f"{_NOTE}[Match]\nName={names}\n\n[Link]\nUnmanaged=yes\n" if names else ""


def interfaces_in(text: str) -> frozenset[str]:
    """Return the interfaces that a file of ifupdown configures."""
    return frozenset(re.findall(r"^[ \t]*iface[ \t]+(\S+)", text, flags=re.MULTILINE))
