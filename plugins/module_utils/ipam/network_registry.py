# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks that exist, read once and kept up to date while a list of networks is applied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..errors import Conflict
from . import schema
from .allocation import Occupied, Span
from .network_wishes import read_range
from .sql import select
from .store import Transaction


@dataclass
class Registry:
    """All networks by what must be unique about them. Rows are those of the table."""

    by_label: dict[str, Any] = field(default_factory=dict)
    by_uuid: dict[str, str] = field(default_factory=dict)
    occupied: dict[int, Occupied] = field(default_factory=lambda: {4: Occupied(), 6: Occupied()})
    vlans: dict[int, str] = field(default_factory=dict)
    ports: set[int] = field(default_factory=set)
    _series: dict[str, dict[int, Any]] = field(default_factory=dict)
    _bridges: dict[str, dict[str, int | None]] = field(default_factory=dict)

    def add(self, rows: Iterable[Any]) -> None:
        """Note networks that exist."""
        for row in rows:
            self.by_label[row.label] = row
            self.by_uuid[row.uuid] = row.label
            self._series.setdefault(row.series, {})[row.series_index] = row
            self._bridges.setdefault(row.bridge, {})[row.label] = row.vlan
            if row.vlan is not None:
                self.vlans[row.vlan] = row.label
            if row.vpn_public_port is not None:
                self.ports.add(row.vpn_public_port)
            for version, span, text in spans_of(row):
                self.occupied[version].add(span, f"network {row.label} ({text})")

    def remove(self, row: Any) -> None:
        """Forget a network."""
        del self.by_label[row.label], self.by_uuid[row.uuid]
        del self._series[row.series][row.series_index]
        del self._bridges[row.bridge][row.label]
        self.vlans.pop(row.vlan, None)
        self.ports.discard(row.vpn_public_port)
        for version, span, _text in spans_of(row):
            self.occupied[version].remove(span)

    def replace(self, old: Any, new: Any) -> None:
        """Note that a network was changed."""
        self.remove(old)
        self.add([new])

    def named(self, label: str) -> list[Any]:
        """Return the networks that a label stands for: a whole series, or one network of it."""
        series = self._series.get(label)
        if series:
            return [series[index] for index in sorted(series)]
        return [self.by_label[label]] if label in self.by_label else []

    def series(self) -> dict[str, list[Any]]:
        """Return all networks by series."""
        return {name: self.named(name) for name, rows in self._series.items() if rows}

    def check_bridge(self, subject: str, bridge: str, vlan: int | None, label: str) -> None:
        """Refuse a bridge that would join two VLANs: their tenants would see each other's traffic."""
        for other, other_vlan in self._bridges.get(bridge, {}).items():
            if other != label and other_vlan != vlan:
                tag = f"VLAN {other_vlan}" if other_vlan is not None else "no VLAN"
                hint = "Give another bridge, or in VLAN mode another vlan_start."
                raise Conflict(f"{subject} {bridge}", f"is the bridge of network {other}, which has {tag}", hint)


def load_registry(work: Transaction) -> Registry:
    """Read all networks."""
    registry = Registry()
    registry.add(work.connection.execute(select(schema.networks).order_by(schema.networks.c.id)).all())
    return registry


def spans_of(row: Any) -> list[tuple[int, Span, str]]:
    """Return the ranges of a network: (IP version, range, text)."""
    spans = []
    if row.cidr is not None:
        spans.append((4, Span(row.first, row.last), row.cidr))
    if row.cidr_v6 is not None:
        spans.append((6, read_range(row.cidr_v6, "cidr_v6", 6)[0], row.cidr_v6))
    return spans
