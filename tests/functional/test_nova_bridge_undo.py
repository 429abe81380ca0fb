# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A batch of ``ip`` is no transaction: wherever it stops, the host is as it was afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.functional.bridges import exists, fails_after, shell, snapshot, succeeded
from tests.lab.host import Host

PREPARE = """
ip addr add 192.0.2.3/24 dev eth0 label eth0:1
ip addr add 198.51.100.3/24 dev eth0
ip addr add 2001:db8::5/64 dev eth0 nodad
ip addr add 2001:db8::6/64 dev eth0 nodad
ip route add default via 192.0.2.1 metric 9
ip route add 172.16.0.0/12 via 198.51.100.1 table 77
ip route add 172.20.0.0/16 dev eth0
ip -6 route add default via 2001:db8::1
"""
UP = [
    {"name": "br0", "interface": "eth0", "addresses": ["10.0.0.1/8", "fd00::1/64"], "mtu": 1400},
]
CASES: dict[str, tuple[list[dict[str, Any]], str, list[dict[str, Any]]]] = {
    "made": ([], "true", UP),
    "removed": (UP, "true", []),
    "uplink exchanged": (UP, "true", [{**UP[0], "interface": "eth2"}]),
    "addresses changed": (
        UP,
        "ip addr add 10.0.0.9/8 dev br0; ip addr add 10.0.0.8/8 dev br0; ip route add 172.30.0.0/16 via 10.0.0.99",
        [{**UP[0], "addresses": ["10.0.0.2/8", "172.18.0.1/24"]}],
    ),
    "adopted": (
        [],
        "ip link add name br0 type bridge stp_state 1; ip link set dev br0 up; ip addr add 172.18.0.1/24 dev br0",
        [{"name": "br0", "adopt": True, "addresses": ["10.0.0.1/8"], "interface": "eth2"}],
    ),
}


@pytest.mark.parametrize(("first", "prepare", "then"), CASES.values(), ids=CASES)
def test_wherever_a_batch_fails_everything_is_undone(
    host: Host,
    run_module: Callable[..., dict[str, Any]],
    first: list[dict[str, Any]],
    prepare: str,
    then: list[dict[str, Any]],
) -> None:
    shell(host, PREPARE)
    succeeded(run_module("nova_bridge", bridges=first))
    shell(host, prepare)
    before = _state(host)
    through = 0
    while fails_after(host, then, through):
        assert _state(host) == before, f"after {through} lines"
        through += 1
    assert through > 5
    assert exists(host, "br0") is bool(then)


def _state(host: Host) -> dict[str, list[str]]:
    """The order of IPv6 addresses cannot be told to the kernel, and says nothing; that of IPv4 does."""
    state = snapshot(host)
    ordered = shell(host, "ip -4 -o addr show | cut -d' ' -f2-").splitlines()
    return {**state, "addresses": sorted(state["addresses"]), "order": ordered}
