# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends the same frames again and again. Runs in the namespace of the wires; stands alone, standard library only."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import time

PAUSE = 0.1


def main() -> None:
    """Send the frames in FILE, a list of pairs of interface and hexadecimal text, for SECONDS."""
    with open(sys.argv[1], encoding="utf-8") as file:
        frames = [(interface, bytes.fromhex(text)) for interface, text in json.load(file)]
    deadline = time.monotonic() + float(sys.argv[2])
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as card:
        while time.monotonic() < deadline:
            for interface, frame in frames:
                # A wire whose machines are all down is no failure.
                with contextlib.suppress(OSError):
                    card.sendto(frame, (interface, 0))
            time.sleep(PAUSE)


if __name__ == "__main__":
    main()
