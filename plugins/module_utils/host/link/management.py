# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The link that carries the controller's own connection: found, and not touched without consent."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ...errors import InUse
from ..runner import Runner
from .draft import Draft, disturbed_link
from .model import Host
from .operations import DeleteAddress

# A module is a handful of processes away from its SSH session; the bound only ends a loop that should not be.
_MOST_ANCESTORS = 64


def ssh_connection(runner: Runner) -> str:
    """Return the connection of the controller as ``SSH_CONNECTION`` has it, empty when there is none.

    sudo drops the variable that says so, therefore the processes above are asked too.
    """
    found = os.environ.get("SSH_CONNECTION", "")
    process = str(os.getpid())
    for _unused in range(_MOST_ANCESTORS):
        if server_address(found) or process in ("", "0", "1"):
            break
        process = _parent(runner, process)
        found = _variable(runner, process, "SSH_CONNECTION")
    return found if server_address(found) else ""


def server_address(connection: str) -> str:
    """Return the third word of ``SSH_CONNECTION`` (client, its port, server, its port), without a zone."""
    words = connection.split()
    return words[2].split("%")[0] if len(words) == 4 else ""


def _parent(runner: Runner, process: str) -> str:
    text = runner.read(f"/proc/{process}/stat") or ""
    # The name of the program is in parentheses and may hold anything, also spaces and parentheses.
    words = text.rpartition(")")[2].split()
    return words[1] if len(words) > 1 else ""


def _variable(runner: Runner, process: str, name: str) -> str:
    text = (runner.read(f"/proc/{process}/environ") or "") if process not in ("", "0") else ""
    return next((item[len(name) + 1 :] for item in text.split("\0") if item.startswith(f"{name}=")), "")


def carriers(host: Host, address: str) -> frozenset[str]:
    """Return the links that an address is on, and with a bridge the ports that lead to it."""
    links = [link for link in host.links.values() if any(item.local == address for item in link.addresses)]
    bridges = {link.name for link in links if link.kind == "bridge"}
    ports = {link.name for link in host.links.values() if link.master in bridges}
    return frozenset({link.name for link in links} | ports)


@dataclass(frozen=True)
class Management:
    """How the controller is connected to this host.

    :param address: the address of this host; empty when there is no connection, or none that matters.
    :param connection: the connection as ``SSH_CONNECTION`` has it; empty where it is none of SSH.
    """

    address: str = ""
    connection: str = ""


def read_management(runner: Runner, given: str) -> Management:
    """Return how the controller is connected.

    :param given: the address, when it is known.
    """
    connection = ssh_connection(runner)
    return Management(given or server_address(connection), connection)


def disturbed_carrier(draft: Draft, before: Host, address: str) -> str:
    """Return the link of the controller's connection that a plan takes something off, empty for none."""
    carrying = carriers(before, address) if address else frozenset()
    for operation in draft.operations:
        link = disturbed_link(operation)
        if isinstance(operation, DeleteAddress) and operation.address.local != address:
            continue
        if link in carrying:
            return link
    return ""


def refuse_disturbance(position: str, address: str) -> InUse:
    """Return the refusal of a plan that takes something off the link of the controller's connection."""
    return InUse(
        position,
        f"carries the controller's own connection to {address}",
        "Set allow_management_interface to true if that connection may be lost.",
    )
