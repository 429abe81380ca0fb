# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries one connection between standard input and output and a port. Stands alone: it runs inside a namespace."""

from __future__ import annotations

import os
import select
import socket
import sys


def main() -> None:
    """Copy both ways until either side ends."""
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10) as connection:
        connection.settimeout(None)
        while True:
            ready = select.select([connection.fileno(), 0], [], [])[0]
            if connection.fileno() in ready:
                data = connection.recv(65536)
                if not data:
                    return
                while data:
                    data = data[os.write(1, data) :]
            if 0 in ready:
                data = os.read(0, 65536)
                if not data:
                    return
                connection.sendall(data)


if __name__ == "__main__":
    main()
