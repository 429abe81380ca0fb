# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends frames to everybody and to nobody in particular. Runs inside a guest; stands alone, standard library only."""

from __future__ import annotations

import socket
import sys
import time

# An EtherType for local experiments: nothing else on the wires uses it.
ETHERTYPE = 0x88B5


def main() -> None:
    """Send COUNT rounds of frames that carry MARKER to broadcast, to a MAC that nobody has, and to the given MACs."""
    marker, count, targets = sys.argv[1].encode(), int(sys.argv[2]), sys.argv[3:]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as card:
        card.bind(("eth0", 0))
        source = card.getsockname()[4]
        macs = ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:fb", "02:de:ad:be:ef:01", *targets]
        for _round in range(count):
            for mac in macs:
                card.send(
                    bytes.fromhex(mac.replace(":", "")) + source + ETHERTYPE.to_bytes(2, "big") + marker.ljust(50)
                )
            time.sleep(0.02)


if __name__ == "__main__":
    main()
