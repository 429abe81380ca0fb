# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host in memory, for the tests of NAT: nftables, addresses, connections and files, and a log of what was done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ansible_collections.novanet.network.plugins.module_utils.errors import CommandFailed
from ansible_collections.novanet.network.plugins.module_utils.host.nft import Table, parse_table
from ansible_collections.novanet.network.plugins.module_utils.host.nft_diff import commands
from ansible_collections.novanet.network.plugins.module_utils.host.runner import Completed

from .nft_samples import load

FORWARD = "/proc/sys/net/ipv4/ip_forward"


class NatHost:
    """A runner. ``log`` has what changed the host, in order; ``broken`` names a program that refuses from now on.

    ``tracks_bridges`` says whether its kernel knows the connections of bridged frames, ``modules`` what it could load.
    """

    def __init__(self, **addresses: list[str]) -> None:
        self.addresses = {name: list(listed) for name, listed in addresses.items()}
        self.tables: dict[tuple[str, str], Table] = {}
        self.connections = ""
        self.files = {FORWARD: "0\n"}
        self.programs = {"nft", "ip", "conntrack"}
        self.log: list[str] = []
        self.broken = ""
        self.broken_line = 0
        self.tracks_bridges = True
        self.modules: set[str] = set()

    def run(self, argv: Sequence[str], stdin: str | None = None, accept: Sequence[int] = (0,)) -> Completed:
        command = tuple(argv)
        code, out = getattr(self, f"_{command[0]}")(command, stdin or "")
        if code not in accept:
            raise CommandFailed(command, code, out)
        return Completed(command, code, "" if code else out, out if code else "")

    def start(self, argv: Sequence[str]) -> None:
        self.run(argv)

    def which(self, program: str) -> str | None:
        return f"/usr/sbin/{program}" if program in self.programs else None

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        if path.startswith("/proc/"):
            self.log.append(f"write {path} {text.strip()}")
        self.files[path] = text

    def remove(self, path: str) -> None:
        self.files.pop(path, None)

    def names(self, path: str) -> tuple[str, ...]:
        inside = (file[len(path) + 1 :] for file in self.files if file.startswith(f"{path}/"))
        return tuple(sorted({name.split("/")[0] for name in inside}))

    def link_target(self, path: str) -> str | None:
        return None

    def _nft(self, argv: Sequence[str], stdin: str) -> tuple[int, str]:
        if argv[2] == "list":
            table = self.tables.get((argv[4], argv[5]))
            if table is None:
                return 1, "Error: No such file or directory"
            return 0, json.dumps({"nftables": [{"metainfo": {}}, *(each["add"] for each in commands(table, None))]})
        if argv[1] == "-c":
            return (0, "") if self.tracks_bridges else (1, "Error: Could not process rule: Protocol error")
        if self.broken == "nft":
            return 1, "Error: Could not process rule: Operation not supported"
        self.log.append("nft")
        for command in json.loads(stdin)["nftables"]:
            self._load(command)
        return 0, ""

    def _load(self, command: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
        ((_action, content),) = command.items()
        ((kind, thing),) = content.items()
        key = (thing["family"], thing["name"] if kind == "table" else thing["table"])
        table = load(self.tables.get(key), [command])
        if table is None:
            del self.tables[key]
        else:
            # What comes out of the kernel was parsed once: a table made by hand here would be too kind to the parser.
            listing = {"nftables": [each["add"] for each in commands(table, None)]}
            self.tables[key] = parse_table(json.dumps(listing), *key)

    def _ip(self, argv: Sequence[str], stdin: str) -> tuple[int, str]:
        if "-j" in argv:
            return 0, json.dumps([_link(name, listed) for name, listed in self.addresses.items()])
        for number, line in enumerate(stdin.splitlines(), 1):
            if self.broken == "ip" and number == self.broken_line:
                self.broken = ""
                return 1, f"Error: ipv4: Address already assigned.\nCommand failed -:{number}"
            _word, action, address, _dev, interface = line.split()
            self.log.append(f"{action} {address} {interface}")
            listed = self.addresses[interface]
            listed.append(address) if action == "add" else listed.remove(address)
        return 0, ""

    def _modprobe(self, argv: Sequence[str], stdin: str) -> tuple[int, str]:
        assert "-n" in argv, "the kernel loads what it needs by itself"
        return (0 if argv[-1] in self.modules else 1), ""

    def _conntrack(self, argv: Sequence[str], stdin: str) -> tuple[int, str]:
        if "-L" in argv:
            return 0, self.connections
        self.log.append(" ".join(argv))
        return 0, ""


def _link(name: str, listed: Sequence[str]) -> dict[str, object]:
    places = [address.split("/") for address in listed]
    entries = [{"family": "inet", "local": address, "prefixlen": int(length)} for address, length in places]
    return {"ifname": name, "addr_info": entries}
