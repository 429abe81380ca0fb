# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes over the wires, and who answers. Runs inside a node; stands alone, standard library only.

A server answers every line or datagram with ``TOKEN PEER``: only the node that was given the token can send it, and
the peer is the source address that this node saw. Everything ends by itself.
"""

from __future__ import annotations

import argparse
import http.server
import json
import select
import socket
import sys
import time
import urllib.request

ETH_P_ALL = 0x0003
PACKET_OUTGOING = 4


def serve_token(options: argparse.Namespace) -> None:
    """Answer on TCP and UDP until the time is over."""
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    listener = socket.create_server((options.address, options.port), family=family, backlog=64)
    datagrams = socket.socket(family, socket.SOCK_DGRAM)
    datagrams.bind((options.address, options.port))
    print("ready", flush=True)
    clients: dict[socket.socket, str] = {}
    deadline = time.monotonic() + options.seconds
    while time.monotonic() < deadline:
        for ready in select.select([listener, datagrams, *clients], [], [], 0.5)[0]:
            if ready is listener:
                client, peer = listener.accept()
                clients[client] = peer[0]
            elif ready is datagrams:
                _unused, peer = datagrams.recvfrom(2048)
                datagrams.sendto(f"{options.token} {peer[0]}\n".encode(), peer)
            else:
                _answer_line(ready, clients, options.token)


def _answer_line(client: socket.socket, clients: dict[socket.socket, str], token: str) -> None:
    try:
        if client.recv(2048):
            client.sendall(f"{token} {clients[client]}\n".encode())
            return
    except OSError:
        # A connection that was cut is what some tests are about.
        pass
    del clients[client]
    client.close()


class MetadataHandler(http.server.BaseHTTPRequestHandler):
    """Answers who asked, as the metadata service would have to know it."""

    token = ""

    def do_GET(self) -> None:
        """Answer with the token, the address that asked and the path."""
        answer = {"token": self.token, "peer": self.client_address[0], "path": self.path}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Write one line a request: the address that asked, and what."""
        print(self.client_address[0], format % arguments, flush=True)


def serve_metadata(options: argparse.Namespace) -> None:
    """Answer HTTP until the time is over."""
    MetadataHandler.token = options.token
    with http.server.ThreadingHTTPServer((options.address, options.port), MetadataHandler) as server:
        server.timeout = 0.5
        print("ready", flush=True)
        deadline = time.monotonic() + options.seconds
        while time.monotonic() < deadline:
            server.handle_request()


def request(options: argparse.Namespace) -> None:
    """Ask a token server once and print the answer, or why there is none."""
    kind = socket.SOCK_DGRAM if options.udp else socket.SOCK_STREAM
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    answer = {"token": "", "peer": "", "local": "", "error": ""}
    with socket.socket(family, kind) as client:
        client.settimeout(options.timeout)
        try:
            client.connect((options.address, options.port))
            client.sendall(b"who are you?\n")
            words = client.recv(2048).decode().split()
            answer["local"] = client.getsockname()[0]
            answer["token"], answer["peer"] = words if len(words) == 2 else ("", "")
        except OSError as error:
            answer["error"] = error.strerror or str(error)
    print(json.dumps(answer))


def fetch(options: argparse.Namespace) -> None:
    """Ask by HTTP once and print the answer, or why there is none."""
    try:
        with urllib.request.urlopen(options.url, timeout=options.timeout) as reply:
            print(json.dumps({**json.loads(reply.read()), "error": ""}))
    except (OSError, ValueError) as error:
        print(json.dumps({"token": "", "peer": "", "path": "", "error": str(error)}))


def hold(options: argparse.Namespace) -> None:
    """Keep one connection open and use it; print each answer, and at last why it ended."""
    deadline = time.monotonic() + options.seconds
    with socket.create_connection((options.address, options.port), timeout=options.timeout) as client:
        try:
            while time.monotonic() < deadline:
                client.sendall(b"still there?\n")
                answer = client.recv(2048).decode().strip()
                if not answer:
                    print("ended by the other side", flush=True)
                    return
                print(answer, flush=True)
                time.sleep(options.interval)
        except OSError as error:
            print(f"cut: {error.strerror or error}", flush=True)
            return
    print("time is over", flush=True)


def capture(options: argparse.Namespace) -> None:
    """Print every frame on an interface: the time, in or out, and the bytes."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as tap:
        tap.bind((options.interface, ETH_P_ALL))
        tap.settimeout(0.5)
        print("ready", flush=True)
        deadline, count = time.monotonic() + options.seconds, 0
        while time.monotonic() < deadline and count < options.count:
            try:
                frame, origin = tap.recvfrom(65535)
            except TimeoutError:
                continue
            count += 1
            direction = "out" if origin[2] == PACKET_OUTGOING else "in"
            print(f"{time.time():.6f} {direction} {frame.hex()}", flush=True)


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Return what to do."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, function in (("serve-token", serve_token), ("serve-metadata", serve_metadata)):
        command = commands.add_parser(name)
        command.set_defaults(function=function)
        command.add_argument("token")
        command.add_argument("port", type=int)
        command.add_argument("--address", default="0.0.0.0")
        command.add_argument("--seconds", type=float, default=3600.0)
    for name, function in (("request", request), ("hold", hold)):
        command = commands.add_parser(name)
        command.set_defaults(function=function)
        command.add_argument("address")
        command.add_argument("port", type=int)
        command.add_argument("--udp", action="store_true")
        command.add_argument("--timeout", type=float, default=3.0)
        command.add_argument("--seconds", type=float, default=60.0)
        command.add_argument("--interval", type=float, default=0.2)
    command = commands.add_parser("fetch")
    command.set_defaults(function=fetch)
    command.add_argument("url")
    command.add_argument("--timeout", type=float, default=3.0)
    command = commands.add_parser("capture")
    command.set_defaults(function=capture)
    command.add_argument("interface")
    command.add_argument("--seconds", type=float, default=60.0)
    command.add_argument("--count", type=int, default=100000)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    chosen = parse_arguments(sys.argv[1:])
    chosen.function(chosen)
