# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probes: what is sent, what must come back, and what came back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .cloud import FREE_FLOATING, GATEWAY_ADDRESS, METADATA_ADDRESS, OUTSIDE, OUTSIDE_ADDRESS, Instance
from .host import Answer, Host
from .report import Report

OUTSIDE_TOKEN, METADATA_TOKEN = "token-of-outside", "token-of-metadata"
REPLY = "reply"
NOTHING = Answer(error="no reply")


@dataclass(frozen=True)
class Probe:
    """One request.

    :param what: what it shows.
    :param sender: name of the node that asks.
    :param how: ``tcp``, ``udp``, ``http`` or ``ping``.
    :param token: what must come back; empty when nothing may.
    :param peer: source address that the other side must see; empty for a ping, which cannot tell.
    """

    what: str
    sender: str
    how: str
    target: str
    token: str = ""
    peer: str = ""

    def is_answered_by(self, answer: Answer) -> bool:
        """Tell whether an answer is the right one."""
        return (answer.token, answer.peer) == (self.token, self.peer)


def plan_probes(instances: Mapping[str, Instance]) -> list[Probe]:
    """Return all probes of a cloud, in the order in which a person reads them."""
    guests = list(instances.values())
    return [*_inside(guests), *_outward(guests), *_inward(guests), *_metadata(guests)]


def _inside(guests: Sequence[Instance]) -> Iterable[Probe]:
    pairs = [(one, other) for one in guests for other in guests if one is not other]
    for number, (one, other) in enumerate(pairs):
        what = f"guest to guest, {'on one host' if one.host == other.host else 'across hosts'}"
        yield Probe(what, one.name, ("tcp", "udp")[number % 2], other.address, other.token, one.address)


def _outward(guests: Sequence[Instance]) -> Iterable[Probe]:
    for guest in guests:
        what = "guest to outside, as its floating address" if guest.floating else "guest to outside, SNAT"
        yield Probe(what, guest.name, "tcp", OUTSIDE_ADDRESS, OUTSIDE_TOKEN, guest.floating or GATEWAY_ADDRESS)
        yield Probe("guest pings outside", guest.name, "ping", OUTSIDE_ADDRESS, REPLY)


def _inward(guests: Sequence[Instance]) -> Iterable[Probe]:
    for guest in guests:
        if guest.floating:
            yield Probe("outside to floating address", OUTSIDE, "tcp", guest.floating, guest.token, OUTSIDE_ADDRESS)
            yield Probe(
                "guest to its own floating address", guest.name, "tcp", guest.floating, guest.token, guest.floating
            )
    # The controls beside all that arrives: there is no way to what has no floating address.
    yield Probe("outside to a free floating address: nothing", OUTSIDE, "tcp", FREE_FLOATING)
    yield Probe("outside to a fixed address: nothing", OUTSIDE, "tcp", guests[0].address)


def _metadata(guests: Sequence[Instance]) -> Iterable[Probe]:
    for guest in guests:
        what = "metadata sees the fixed address"
        yield Probe(what, guest.name, "http", METADATA_ADDRESS, METADATA_TOKEN, guest.address)


def send(probe: Probe, node: Host) -> Answer:
    """Send one request."""
    if probe.how == "ping":
        return Answer(REPLY) if node.ping(probe.target) else NOTHING
    if probe.how == "http":
        return node.fetch(f"http://{probe.target}/latest/meta-data/")
    return node.request(probe.target, udp=probe.how == "udp", timeout=3.0 if probe.token else 1.0)


def run_probes(report: Report, probes: Sequence[Probe], node: Callable[[str], Host]) -> None:
    """Send all requests, print what came back as a table, and remember each as a check."""
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda probe: send(probe, node(probe.sender)), probes))
    rows = []
    for probe, answer in zip(probes, answers):
        came = f"got {answer.token or 'nothing'} {answer.peer} {answer.error}".strip()
        name = f"{probe.what}: {probe.sender} to {probe.target}"
        verdict = report.record(name, probe.is_answered_by(answer), f"expected {probe.token} {probe.peer}, {came}")
        back = answer.token or f"nothing ({answer.error})"
        rows.append((probe.what, probe.sender, f"{probe.how} {probe.target}", back, answer.peer, verdict))
    report.table(("what", "from", "sent to", "what came back", "source seen there", ""), rows)
