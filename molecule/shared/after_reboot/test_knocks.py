# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts let through while they went down and came up again: somebody knocked all the time, all was recorded."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

import pytest

from tests.lab.cloud import FLOATING_RANGE
from tests.lab.frames import Frame
from tests.machines.knocks import ACROSS, FLOATING, IN, KNOCKER, OUT, Knock, parse_file
from tests.machines.platform import PUBLIC
from tests.machines.reboot import KNOCKS, recording


class Record:
    """The frames of a reboot that somebody else than the one who knocked has sent."""

    def __init__(self, state: Path) -> None:
        document = json.loads((state / KNOCKS).read_text())
        self.began: float = document["began"]
        self.ended: float = document["ended"]
        self.networks = [ipaddress.ip_network(network) for network in document["networks"]]
        self.knocks = [Knock(**knock) for knock in document["knocks"]]
        self.frames: dict[str, list[tuple[Frame, bytes]]] = {}
        for wire in {PUBLIC, *(knock.wire for knock in self.knocks)}:
            recorded = parse_file((state / recording(wire)).read_bytes())
            self.frames[wire] = [(frame, raw) for frame, raw in recorded if frame.source_mac != KNOCKER]

    def passed(self, knock: Knock, wire: str) -> list[Frame]:
        """Return what came of a knock on a wire."""
        return [frame for frame, raw in self.frames[wire] if knock.text.encode() in raw and frame.kind == "udp"]

    def of_kind(self, *kinds: str) -> list[Knock]:
        """Return the knocks of some kinds."""
        return [knock for knock in self.knocks if knock.kind in kinds]


@pytest.fixture(scope="module")
def record(state: Path) -> Record:
    return Record(state)


def test_no_fixed_address_was_ever_seen_outside(record: Record) -> None:
    def is_fixed(address: str) -> bool:
        # The chapter's floating range lies inside its fixed range.
        if not address or ipaddress.ip_address(address) in ipaddress.ip_network(FLOATING_RANGE):
            return False
        return any(ipaddress.ip_address(address) in network for network in record.networks)

    assert record.networks
    assert [frame for frame, _raw in record.frames[PUBLIC] if is_fixed(frame.source) or is_fixed(frame.target)] == []


def test_what_came_out_was_translated(record: Record) -> None:
    assert record.of_kind(OUT)
    for knock in record.of_kind(OUT):
        frames = record.passed(knock, PUBLIC)
        # The control: it did come out, before all went down and after all was up.
        assert min(frame.time for frame in frames) < record.began < record.ended < max(frame.time for frame in frames)
        assert knock.source not in {frame.source for frame in frames}


def test_nothing_came_in_but_by_a_floating_address(record: Record) -> None:
    wires = {knock.wire for knock in record.of_kind(OUT)}
    assert record.of_kind(IN)
    for knock in record.of_kind(IN, ACROSS):
        assert [frame for wire in wires for frame in record.passed(knock, wire)] == [], knock
    for knock in record.of_kind(FLOATING):
        assert [frame for wire in wires for frame in record.passed(knock, wire)], knock
