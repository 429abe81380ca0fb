# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts have told of leases beyond those that there are: which came and went, and which nobody should have.

The audit keeps both: one event for each lease that came or went, and one for each report that differs from the host's
last one. The newest report of a host says up to where its events are recorded, and which of its leases are wrong now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..change import Change
from ..errors import InvalidInput
from . import schema
from .inputs import dotted, read_address, read_items, read_mac, read_text, shown
from .network_views import chunks
from .sql import and_, func, select
from .store import Transaction

EVENT_KEYS = ("bridge", "number", "at", "action", "address", "mac", "hostname")
LEASE, REPORT = "DHCP lease", "lease report"
_ACTIONS = {"add": "create", "del": "delete"}
# A host full of leases that nobody should have must not fill the audit.
MOST_CONTRADICTIONS = 100


@dataclass(frozen=True)
class LeaseEvent:
    """A lease that came or went.

    :param number: greater than those of all earlier events of the same bridge of the host.
    :param at: when, in seconds since 1970; None when the host does not know.
    """

    bridge: str
    number: int
    at: float | None
    action: str
    address: int
    mac: str
    hostname: str | None


@dataclass(frozen=True)
class Contradiction:
    """A lease that the IPAM has otherwise.

    :param reason: what it has, in words.
    """

    address: str
    mac: str
    expires: float
    reason: str

    def document(self) -> dict[str, Any]:
        """Return it as the audit keeps it."""
        return {"address": self.address, "mac": self.mac, "expires": self.expires, "reason": self.reason}


def read_lease_events(items: Any, where: str) -> tuple[LeaseEvent, ...]:
    """Check and normalise what a host tells of leases that came and went.

    :raises InvalidInput: a value is wrong.
    """
    return tuple(_read_event(item, position) for position, item in read_items(items, where, EVENT_KEYS))


def _read_event(item: Mapping[str, Any], where: str) -> LeaseEvent:
    at, number, hostname = item.get("at"), item.get("number"), item.get("hostname")
    if item.get("action") not in _ACTIONS:
        raise InvalidInput(f"{where}.action {shown(item.get('action'))}", f"is none of {', '.join(_ACTIONS)}")
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise InvalidInput(f"{where}.number {shown(number)}", "is not the number of an event")
    if at is not None and (isinstance(at, bool) or not isinstance(at, (int, float)) or at < 0):
        raise InvalidInput(f"{where}.at {shown(at)}", "is not a time in seconds since 1970")
    return LeaseEvent(
        bridge=read_text(item.get("bridge"), f"{where}.bridge"),
        number=number,
        at=None if at is None else float(at),
        action=str(item["action"]),
        address=read_address(item.get("address"), f"{where}.address"),
        mac=read_mac(item.get("mac"), f"{where}.mac"),
        hostname=None if hostname is None else read_text(hostname, f"{where}.hostname"),
    )


def note_report(
    work: Transaction, host: str, events: Sequence[LeaseEvent], contradictions: Sequence[Contradiction] | None
) -> None:
    """Record what a host tells; what it has told before is not recorded twice.

    :param contradictions: the wrong leases that it has now; None when it does not say.
    """
    before = _latest_reports(work, [host]).get(host, {"recorded": {}, "contradictions": []})
    recorded = dict(before["recorded"])
    news = [event for event in events if event.number > recorded.get(event.bridge, -1)]
    _record_events(work, host, news)
    for event in news:
        recorded[event.bridge] = max(event.number, recorded.get(event.bridge, 0))
    wrong = before["contradictions"]
    if contradictions is not None:
        wrong = [item.document() for item in contradictions[:MOST_CONTRADICTIONS]]
    after = {"recorded": recorded, "contradictions": wrong}
    if after != before:
        work.observe(Change("update", REPORT, host), before, after)


def recorded_events(work: Transaction, hosts: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Return, by host, up to which number the lease events of each bridge are recorded."""
    reports = _latest_reports(work, sorted(set(hosts)))
    return {
        host: [{"bridge": bridge, "number": number} for bridge, number in sorted(report["recorded"].items())]
        for host, report in sorted(reports.items())
        if report["recorded"]
    }


def view_contradictions(work: Transaction) -> list[dict[str, Any]]:
    """Return the leases that hosts have and that the IPAM has otherwise, as far as they are not over."""
    return [
        {"host": host, **item}
        for host, report in sorted(_latest_reports(work, None).items())
        for item in report["contradictions"]
        if item["expires"] > work.now
    ]


def _latest_reports(work: Transaction, hosts: Sequence[str] | None) -> dict[str, dict[str, Any]]:
    """Return the newest report of each host; of all when no hosts are given."""
    work.write_events()
    columns = schema.events.c
    newest = select(func.max(columns.id)).where(columns.kind == REPORT).group_by(columns.name)
    parts = [newest] if hosts is None else [newest.where(columns.name.in_(part)) for part in chunks(hosts)]
    numbers = [number for part in parts for number in work.connection.execute(part).scalars()]
    found: dict[str, dict[str, Any]] = {}
    for part in chunks(numbers):
        rows = work.connection.execute(select(columns.name, columns.after).where(columns.id.in_(part)))
        found.update((name, after) for name, after in rows)
    return found


def _record_events(work: Transaction, host: str, events: Sequence[LeaseEvent]) -> None:
    owners = _owners(work, events)
    for event in events:
        document = {
            "mac": event.mac,
            "hostname": event.hostname,
            "instance": owners.get((event.address, event.mac)),
            "host": host,
            "bridge": event.bridge,
        }
        before, after = (None, document) if event.action == "add" else (document, None)
        change = Change(_ACTIONS[event.action], LEASE, dotted(event.address))
        work.observe(change, before, after, event.at)


def _owners(work: Transaction, events: Sequence[LeaseEvent]) -> dict[tuple[int, str], str]:
    """Return the instances that have an address with a MAC, or had it last."""
    columns = schema.fixed_ips.c
    owners: dict[tuple[int, str], str] = {}
    for part in chunks(sorted({event.address for event in events})):
        query = select(columns.address, columns.mac, columns.instance)
        rows = work.connection.execute(query.where(and_(columns.address.in_(part), columns.instance.is_not(None))))
        owners.update(((address, mac), instance) for address, mac, instance in rows)
    return owners
