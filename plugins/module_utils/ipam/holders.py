# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who held an address, from when until when: read from the audit, which outlives instances and projects."""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import InvalidInput
from . import schema
from .fixed_views import moment
from .inputs import dotted, read_address, shown
from .network_views import chunks
from .sql import select
from .store import Transaction

FIXED, FLOATING, INSTANCE = "fixed IP", "floating IP", "instance"


@dataclass(frozen=True)
class Holder:
    """Who holds an address, as long as nothing of it changes.

    :param kind: ``fixed IP`` or ``floating IP``.
    :param network: label of the network of the fixed IP; None for a floating IP that leads nowhere.
    :param instance: None for the address of a host or a device, and for a floating IP that leads nowhere.
    :param device: the host name of the device that has the address, and is no instance.
    :param host: where the instance is, or the host that has the address itself.
    :param since: in seconds since 1970, as ``until``, which is None for who holds it still.
    """

    kind: str
    network: str | None
    instance: str | None
    project: str | None
    host: str | None
    mac: str | None
    device: str | None
    since: float
    until: float | None = None

    def holds_at(self, at: int) -> bool:
        """Tell whether it is held within a second: times are shown in whole seconds, and found as they are shown."""
        return self.since < at + 1 and (self.until is None or self.until >= at)

    def view(self) -> dict[str, Any]:
        """Return it as people know it."""
        return {
            "kind": self.kind,
            "network": self.network,
            "instance": self.instance,
            "project": self.project,
            "host": self.host,
            "mac": self.mac,
            "device": self.device,
            "from": moment(self.since),
            "until": None if self.until is None else moment(self.until),
        }


def view_holders(work: Transaction, address: Any, at: Any = None) -> list[dict[str, Any]]:
    """Return who held an address, the earliest first.

    :param at: a time such as ``2026-03-01T12:00:00Z``; None for all times.
    :raises InvalidInput: it is no IPv4 address, or no time.
    """
    number = read_address(address, "address")
    second = None if at is None else read_moment(at, "at")
    found = trace(_events_about(work, dotted(number)), dotted(number))
    return [holder.view() for holder in found if second is None or holder.holds_at(second)]


def read_moment(value: Any, where: str) -> int:
    """Return the seconds since 1970 of a time that is written as the lists of the IPAM write it.

    :raises InvalidInput: it is written otherwise.
    """
    try:
        return calendar.timegm(time.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError as error:
        hint = "Write it in UTC, such as 2026-03-01T12:00:00Z."
        raise InvalidInput(f"{where} {shown(value)}", "is not a time in UTC", hint) from error


def trace(events: Iterable[Any], address: str) -> list[Holder]:
    """Return who held an address, by what the audit says of it and of the instances that had it, in order."""
    story = _Story(address)
    for event in events:
        story.tell(event)
    return story.holders()


class _Story:
    """What is known after each event; whatever changes who holds the address begins a new period."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._instances: dict[str, Mapping[str, Any]] = {}
        # How each fixed address was held last. Who takes it back from quarantine is told without its network.
        self._fixed: dict[str, Mapping[str, Any]] = {}
        # What holds the address now, by its kind. No two networks have an address in common.
        self._claims: dict[str, Mapping[str, Any]] = {}
        self._open: dict[str, Holder] = {}
        self._closed: list[Holder] = []

    def holders(self) -> list[Holder]:
        """Return all periods. One without length was only a step within one transaction."""
        periods = [*self._closed, *self._open.values()]
        lasting = [period for period in periods if period.until is None or period.until > period.since]
        return sorted(lasting, key=lambda period: period.since)

    def tell(self, event: Any) -> None:
        """Go on by one event."""
        if event.kind == INSTANCE:
            self._instances[event.name] = event.after or event.before
        elif event.kind == FIXED:
            self._tell_fixed(event)
        else:
            self._claim(FLOATING, event.after)
        self._turn_over(event.at)

    def _tell_fixed(self, event: Any) -> None:
        held = None if event.after is None or event.after["state"] == "released" else event.after
        if held is not None:
            held = self._fixed[event.name] = {"network": self._fixed.get(event.name, {}).get("network"), **held}
        if event.name == self._address:
            self._claim(FIXED, held)

    def _claim(self, kind: str, after: Mapping[str, Any] | None) -> None:
        if after is None:
            self._claims.pop(kind, None)
        else:
            self._claims[kind] = {**self._claims.get(kind, {}), **after}

    def _turn_over(self, now: float) -> None:
        for kind in (FIXED, FLOATING):
            claim, held = self._claims.get(kind), self._open.get(kind)
            holder = None if claim is None else self._holder(kind, claim, held.since if held else now)
            if holder == held:
                continue
            if held is not None:
                self._closed.append(replace(held, until=now))
                del self._open[kind]
            if holder is not None:
                self._open[kind] = replace(holder, since=now)

    def _holder(self, kind: str, claim: Mapping[str, Any], since: float) -> Holder:
        network, instance = claim.get("network"), claim.get("instance")
        about = self._instances.get(instance, {}) if instance else {}
        target = self._address if kind == FIXED else claim.get("fixed_address")
        return Holder(
            kind=kind,
            network=network,
            instance=instance,
            project=claim["project"] if kind == FLOATING else about.get("project"),
            # The host of an address that a host has itself; that of a floating IP follows from its instance.
            host=about.get("host") if instance else (claim.get("host") if kind == FIXED else None),
            mac=self._fixed.get(target, {}).get("mac") if target else None,
            device=claim.get("device") if kind == FIXED else None,
            since=since,
        )


def _events_about(work: Transaction, address: str) -> list[Any]:
    """Return the events of an address, of the fixed addresses that it led to, and of the instances that had it."""
    own = _events(work, FIXED, [address]) + _events(work, FLOATING, [address])
    documents = [document for event in own for document in (event.before, event.after) if document]
    targets = {document.get("fixed_address") for document in documents} - {None, address}
    instances = {document.get("instance") for document in documents} - {None}
    others = _events(work, FIXED, sorted(targets)) + _events(work, INSTANCE, sorted(instances))
    return sorted(own + others, key=lambda event: event.id)


def _events(work: Transaction, kind: str, names: Sequence[str]) -> list[Any]:
    columns = schema.events.c
    query = select(columns.id, columns.at, columns.kind, columns.name, columns.before, columns.after)
    parts = [query.where(columns.kind == kind, columns.name.in_(part)) for part in chunks(names)]
    return [row for part in parts for row in work.connection.execute(part)]
