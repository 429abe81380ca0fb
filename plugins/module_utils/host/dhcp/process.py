# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes and sockets of DHCP servers: which one is ours, and who else is on its ports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import HostError
from ..runner import Runner
from .leases import wait_until

DHCP_PORT = 67
DHCP_V6_PORT = 547
DNS_PORT = 53
# Before it ends, a server waits for its script: a restart or reload just before asked for one run a lease.
STOP_TIMEOUT = 30.0
START_TIMEOUT = 5.0
_WILDCARDS = ("0.0.0.0", "*", "::")
_HOLDER = re.compile(r'\("(?P<program>[^"]*)",pid=(?P<pid>\d+)')


@dataclass(frozen=True)
class Socket:
    """A UDP socket. ``device`` is the interface it is bound to; ``holders`` are (program, process id)."""

    address: str
    device: str | None
    port: int
    holders: tuple[tuple[str, int], ...]


def parse_sockets(text: str) -> tuple[Socket, ...]:
    """Return the sockets that ``ss -Hanup`` lists."""
    found = []
    for line in text.splitlines():
        fields = line.split(None, 5)
        if len(fields) < 5:
            continue
        place, _unused, port = fields[3].rpartition(":")
        address, _unused, device = place.partition("%")
        holders = tuple(
            (match["program"], int(match["pid"])) for match in _HOLDER.finditer(fields[5] if fields[5:] else "")
        )
        found.append(Socket(address, device or None, int(port), holders))
    return tuple(found)


def read_sockets(runner: Runner) -> tuple[Socket, ...]:
    """Read the sockets on the ports of DHCP and DNS in this network namespace."""
    ports = " or ".join(f"sport = :{port}" for port in (DHCP_PORT, DNS_PORT, DHCP_V6_PORT))
    return parse_sockets(runner.run(("ss", "-Hanup", f"( {ports} )")).out)


def listens(sockets: Iterable[Socket], pid: int, bridge: str) -> bool:
    """Return whether a process hears the DHCP requests on a bridge."""
    return any(
        socket.port in (DHCP_PORT, DHCP_V6_PORT)
        and socket.device in (bridge, None)
        and pid in [holder for _unused, holder in socket.holders]
        for socket in sockets
    )


def strangers(sockets: Iterable[Socket], bridge: str, addresses: Iterable[str], own_pid: int | None) -> tuple[str, ...]:
    """Return who keeps a server of ours from its ports, in words."""
    in_the_way = (*_WILDCARDS, *addresses)
    found = []
    for socket in sockets:
        if own_pid in [pid for _unused, pid in socket.holders] or socket.device not in (bridge, None):
            continue
        if socket.port == DHCP_V6_PORT:
            continue  # Servers of several bridges share it.
        if socket.address.strip("[]") in in_the_way:
            holders = ", ".join(f"{program} (process {pid})" for program, pid in socket.holders) or "an unknown process"
            found.append(f"UDP port {socket.port} is taken by {holders}")
    return tuple(dict.fromkeys(found))


def is_ours(runner: Runner, pid: int, conf: str) -> bool:
    """Return whether a process is the dnsmasq with this configuration file, in this network namespace.

    A pid file proves nothing: after a crash its number belongs to anybody, and hosts made of namespaces share numbers.
    """
    return _serves(_command_line(runner, pid), conf) and _namespace(runner, str(pid)) == _namespace(runner, "self")


def _command_line(runner: Runner, pid: int) -> list[str]:
    return (runner.read(f"/proc/{pid}/cmdline") or "").split("\0")


def _serves(words: list[str], conf: str) -> bool:
    return words[0].rpartition("/")[2] == "dnsmasq" and f"--conf-file={conf}" in words


def _namespace(runner: Runner, process: str) -> str | None:
    return runner.link_target(f"/proc/{process}/ns/net")


def find_process(runner: Runner, pid_file: str, conf: str, sockets: Iterable[Socket]) -> int | None:
    """Return our process, by its pid file or, where that is lost, by the sockets it holds."""
    text = (runner.read(pid_file) or "").strip()
    named = [int(text)] if text.isascii() and text.isdigit() else []
    holding = sorted({pid for socket in sockets for _unused, pid in socket.holders})
    return next((pid for pid in (*named, *holding) if is_ours(runner, pid, conf)), None)


def served_bridges(runner: Runner, base: str, conf_name: str, sockets: Iterable[Socket]) -> frozenset[str]:
    """Return the bridges that a process of ours serves, also when its files are lost."""
    found = set()
    for pid in {pid for socket in sockets for _unused, pid in socket.holders}:
        for word in _command_line(runner, pid):
            place, _unused, name = word.removeprefix(f"--conf-file={base}/").partition("/")
            if word.startswith(f"--conf-file={base}/") and name == conf_name:
                found.add(place)
    return frozenset(found)


def start_process(runner: Runner, conf: str) -> None:
    """Start a server; it goes to the background once its sockets are bound."""
    runner.start(("dnsmasq", f"--conf-file={conf}"))


def signal_process(runner: Runner, pid: int, conf: str, name: str) -> None:
    """Send a signal, if the process is still ours at this moment."""
    if is_ours(runner, pid, conf):
        # The kill of the shell: the program of that name is not part of a minimal system. A process may end by itself.
        runner.run(("sh", "-c", 'kill -s "$1" "$2"', "sh", name, str(pid)), accept=(0, 1))


def stop_process(runner: Runner, pid: int, conf: str) -> None:
    """End a server and wait until it is gone, and with it what runs its script."""
    helpers = _children(runner, pid)
    for name in ("TERM", "KILL"):
        signal_process(runner, pid, conf, name)
        if wait_until(lambda: is_gone(runner, pid, conf), STOP_TIMEOUT):
            # What the server left for it to do ends by itself.
            wait_until(lambda: all(is_gone(runner, helper, conf) for helper in helpers), STOP_TIMEOUT)
            return
    raise HostError(f"DHCP server process {pid}", "does not end, not even when killed")


def _children(runner: Runner, pid: int) -> list[int]:
    """Return the processes that a process has started; none where the kernel does not say."""
    return [int(word) for word in (runner.read(f"/proc/{pid}/task/{pid}/children") or "").split()]


def is_gone(runner: Runner, pid: int, conf: str) -> bool:
    """Return whether a process of ours has ended, and its sockets with it.

    On its way out it loses its command line first, then its sockets, then its namespace, and becomes a zombie. So one
    look at the command line decides who it is: a second look could take what is just ending for somebody else.
    """
    words = _command_line(runner, pid)
    if any(words):
        return not _serves(words, conf) or _namespace(runner, str(pid)) not in (None, _namespace(runner, "self"))
    state = (runner.read(f"/proc/{pid}/stat") or "").rpartition(")")[2].split()
    return not state or state[0] in ("Z", "X")


def wait_for_listening(runner: Runner, bridge: str, pid_file: str, conf: str) -> None:
    """Wait until a server that was started hears requests on its bridge."""

    def ready() -> bool:
        sockets = read_sockets(runner)
        pid = find_process(runner, pid_file, conf, sockets)
        return pid is not None and listens(sockets, pid, bridge)

    if not wait_until(ready, START_TIMEOUT):
        raise HostError(
            f"DHCP server of {bridge}",
            f"was started, but does not listen on UDP port {DHCP_PORT} or {DHCP_V6_PORT} after {START_TIMEOUT:.0f} s",
            "The system log has what dnsmasq says about it.",
        )
