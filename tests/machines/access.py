# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An access port of a switch: frames of one VLAN of a trunk go on without their tag, and come back with it.

Stands alone: it runs in the namespace of the wires, on a kernel that need not know VLANs.
"""

from __future__ import annotations

import select
import socket
import struct
import sys

SOL_PACKET, ADD_MEMBERSHIP, PROMISCUOUS = 263, 1, 1
AUXILIARY_DATA, OFFLOAD_HEADER, IGNORE_OUTGOING = 8, 15, 23
ALL_PROTOCOLS, VLAN_PROTOCOL, VLAN_IS_VALID, NEEDS_CHECKSUM = 0x0003, 0x8100, 0x10, 1
ADDRESSES, TAG = 12, 4
# Flags, kind of segmentation, length of headers, size of segments, where a checksum begins and where it is put.
OFFLOAD = struct.Struct("=BBHHHH")
# Status, lengths, offsets, and the tag that the kernel has taken off.
AUXILIARY = struct.Struct("=IIIHHHH")


def open_end(interface: str) -> socket.socket:
    """Return a socket that sees every frame that comes in."""
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    # What a sender leaves to its card stays as it is: neither checksums nor segments are made here.
    for option in (AUXILIARY_DATA, OFFLOAD_HEADER, IGNORE_OUTGOING):
        end.setsockopt(SOL_PACKET, option, 1)
    membership = struct.pack("=iHH8s", socket.if_nametoindex(interface), PROMISCUOUS, 0, b"")
    end.setsockopt(SOL_PACKET, ADD_MEMBERSHIP, membership)
    end.bind((interface, ALL_PROTOCOLS))
    return end


def receive(end: socket.socket) -> tuple[bytes, int | None]:
    """Return a frame with its offload header, without its tag, and the VLAN that the tag named."""
    data, ancillary, _flags, _address = end.recvmsg(OFFLOAD.size + 70000, socket.CMSG_SPACE(AUXILIARY.size))
    for level, kind, value in ancillary:
        if (level, kind) == (SOL_PACKET, AUXILIARY_DATA):
            status, *_unused, tag, _protocol = AUXILIARY.unpack(value[: AUXILIARY.size])
            if status & VLAN_IS_VALID:
                return data, tag & 0x0FFF
    return data, None


def with_tag(data: bytes, vlan: int) -> bytes:
    """Return a frame with its offload header and with a tag."""
    flags, kind, headers, size, start, offset = OFFLOAD.unpack_from(data)
    header = OFFLOAD.pack(
        flags, kind, headers + TAG if headers else 0, size, start + TAG if flags & NEEDS_CHECKSUM else 0, offset
    )
    frame = data[OFFLOAD.size :]
    return header + frame[:ADDRESSES] + struct.pack("!HH", VLAN_PROTOCOL, vlan) + frame[ADDRESSES:]


def main() -> None:
    """Carry frames both ways (access VLAN TRUNK-END OTHER-END)."""
    vlan = int(sys.argv[1])
    trunk, other = (open_end(interface) for interface in sys.argv[2:4])
    print("ready", flush=True)
    while True:
        for end in select.select([trunk, other], [], [])[0]:
            data, tag = receive(end)
            try:
                if end is trunk and tag == vlan:
                    other.send(data)
                elif end is other and tag is None:
                    trunk.send(with_tag(data, vlan))
            except OSError as error:
                # A wire may lose a frame; whoever sent it sends it again.
                print(f"lost a frame: {error}", flush=True)


if __name__ == "__main__":
    main()
