# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that end when their translation does."""

from __future__ import annotations

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host.floating_connections import (
    cut_connections,
    translated,
)

from .nat_host import NatHost
from .nft_samples import FIXTURES

# Connections in by a floating address and out by it, a neighbour's, one that was not translated, one without ports.
LISTING = (FIXTURES / "conntrack.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("pairs", "filters"),
    [
        (
            [("10.46.169.225", "10.0.0.3")],
            (("-d", "10.46.169.225", "-r", "10.0.0.3"), ("-s", "10.0.0.3", "-q", "10.46.169.225")),
        ),
        ([("10.46.169.226", "10.0.0.4")], (("-d", "10.46.169.226", "-r", "10.0.0.4"),)),
        ([("10.46.169.225", "10.0.0.4"), ("10.46.169.230", "10.0.0.3")], ()),
        ([], ()),
    ],
)
def test_only_connections_that_were_translated_for_the_pair_are_cut(pairs, filters):
    assert translated(LISTING, pairs) == filters


def test_ten_thousand_idle_pairs_cost_one_look():
    host = NatHost()
    host.connections = LISTING

    cut_connections(host, [(f"198.18.{n // 256}.{n % 256}", f"10.9.{n // 256}.{n % 256}") for n in range(10000)])

    assert host.log == []


def test_each_living_pair_is_cut_once():
    host = NatHost()
    host.connections = LISTING

    cut_connections(host, [("10.46.169.225", "10.0.0.3")])

    assert host.log == [
        "conntrack -D -f ipv4 -d 10.46.169.225 -r 10.0.0.3",
        "conntrack -D -f ipv4 -s 10.0.0.3 -q 10.46.169.225",
    ]
