# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frames that tell a link where an address is."""

from __future__ import annotations

from ansible_collections.novanet.network.plugins.module_utils.host.announce import gratuitous_arp

MAC = bytes.fromhex("02000000000a")


def test_an_announcement_is_a_request_and_a_reply_about_itself():
    request, reply = gratuitous_arp(MAC, "192.0.2.1")

    ethernet = b"\xff" * 6 + MAC + bytes.fromhex("0806")
    assert request == ethernet + bytes.fromhex("0001 0800 06 04 0001") + MAC + bytes(
        (192, 0, 2, 1)
    ) + b"\0" * 6 + bytes((192, 0, 2, 1))
    assert reply == ethernet + bytes.fromhex("0001 0800 06 04 0002") + (MAC + bytes((192, 0, 2, 1))) * 2
