# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node that takes part in traffic."""

from __future__ import annotations

from dataclasses import dataclass

from .node import Node, Running

TOKEN_PORT = 7000


@dataclass(frozen=True)
class Answer:
    """What came back for a request.

    :param token: what only the right server can say; empty when nothing came back.
    :param peer: source address that the server saw.
    :param error: why nothing came back.
    """

    token: str = ""
    peer: str = ""
    error: str = ""

    def __bool__(self) -> bool:
        return bool(self.token)


class Host(Node):
    """A node that sends requests and can answer them: a host, a guest, the world outside."""

    def request(self, address: str, port: int = TOKEN_PORT, *, udp: bool = False, timeout: float = 10.0) -> Answer:
        """Ask the token server at an address who it is and whom it sees."""
        flags = ["--udp"] if udp else []
        answer = self.ask("request", address, str(port), *flags, "--timeout", str(timeout), timeout=timeout + 10)
        return Answer(str(answer["token"]), str(answer["peer"]), str(answer["error"]))

    def fetch(self, url: str, *, timeout: float = 10.0) -> Answer:
        """Ask an HTTP server of the lab (the metadata service) who it is and whom it sees."""
        answer = self.ask("fetch", url, "--timeout", str(timeout), timeout=timeout + 10)
        return Answer(str(answer["token"]), str(answer["peer"]), str(answer["error"]))

    def serve_token(self, token: str, port: int = TOKEN_PORT, address: str = "0.0.0.0") -> Running:
        """Answer every request (TCP and UDP) with a token and the address that asked."""
        server = self.traffic("serve-token", token, str(port), "--address", address)
        server.wait_for("ready")
        return server

    def serve_metadata(self, token: str, port: int, address: str) -> Running:
        """Answer HTTP as a metadata service, on one address. Its output has one line a request."""
        server = self.traffic("serve-metadata", token, str(port), "--address", address)
        server.wait_for("ready")
        return server

    def hold(self, address: str, port: int = TOKEN_PORT, *, seconds: float = 60.0) -> Running:
        """Open one connection and keep using it. Its output has one line an answer, and at last why it ended."""
        return self.traffic("hold", address, str(port), "--seconds", str(seconds))
