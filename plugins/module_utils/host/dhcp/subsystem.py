# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DHCP and DNS for guests: one dnsmasq a bridge, with one range for each network on it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ...errors import InvalidInput
from ..journal import Journal
from ..reconcile import Plan, Request, locked
from ..runner import Runner
from .apply import apply_steps
from .diff import describe_lease, diff_servers
from .events import Collected, collect_events
from .model import Have, Lease, Places, ServerState, Unreleased, Want
from .parse import parse_want
from .read import read_have

_OWNER = re.compile(r"[a-z][a-z0-9_]{0,14}")
# The path becomes part of dnsmasq's configuration and of a systemd unit, where blanks, '#' and '%' mean something.
_PATH = re.compile(r"/[A-Za-z0-9._/-]*[A-Za-z0-9._-]")


class DhcpServers:
    """The subsystem ``dhcp`` of a host.

    :param recorded: by bridge, the highest number of a lease event that is recorded somewhere.
    """

    name = "dhcp"

    def __init__(self, owner: str, state_path: str, recorded: Mapping[str, int] | None = None) -> None:
        self._places = Places(state_path, owner)
        self._recorded = dict(recorded or {})
        self._collected: dict[str, Collected] = {}
        self._seen = Have({}, "process")
        self._served: frozenset[str] = frozenset()
        self._unreleased: tuple[Unreleased, ...] = ()

    def parse(self, applied: Mapping[str, Any]) -> Want:
        """Return what the options ask for; see :func:`~.parse.parse_want`."""
        if not _OWNER.fullmatch(self._places.owner):
            raise InvalidInput(
                f"owner {self._places.owner!r}",
                "is no name of an owner",
                "Use a lower case letter, then at most 14 lower case letters, digits and underscores.",
            )
        if not _PATH.fullmatch(self._places.state_path):
            raise InvalidInput(
                f"state_path {self._places.state_path!r}",
                "cannot be used",
                "Use an absolute path of letters, digits, dots, hyphens and underscores.",
            )
        return parse_want(applied)

    def read(self, runner: Runner, want: Want, journal: Journal) -> Have:
        """Read the servers; remember them for :meth:`results`."""
        self._served = frozenset(server.bridge for server in want.servers)
        self._seen = read_have(runner, self._places, want)
        return self._seen

    def diff(self, want: Want, have: Have, journal: Journal) -> Plan[Have]:
        """Compare; see :func:`~.diff.diff_servers`."""
        return diff_servers(want, have, self._places)

    def apply(self, runner: Runner, plan: Plan[Have]) -> None:
        """Make the changes; remember which leases could not be ended."""
        applied = apply_steps(runner, self._places, plan.steps, plan.after, self._recorded)
        self._unreleased = applied.unreleased
        self._collected.update(applied.collected)

    def collect(self, runner: Runner, request: Request) -> None:
        """Fetch what servers have written down, for :meth:`results`. Not a change: it is told, and nothing else."""
        with locked(request, self.name):
            for bridge in sorted(self._served):
                recorded = self._recorded.get(bridge, 0)
                self._collected[bridge] = collect_events(runner, self._places, bridge, recorded, request.check)

    def warnings(self) -> list[str]:
        """Return what people should know after a run, although nothing is wrong with the servers."""
        stay = [
            f"lease {item.lease.address} of {item.lease.mac} on {item.bridge} stays: {item.reason}"
            for item in self._unreleased
        ]
        full = [bridge for bridge, collected in sorted(self._collected.items()) if collected.full]
        return stay + [
            f"lease events of {bridge} are incomplete: more came and went than there is room for between two runs"
            for bridge in full
        ]

    def view(self, have: Have) -> list[dict[str, Any]]:
        """Return the servers with their files, line by line. Leases come and go by themselves and are not part of it.

        Leases that just resisted a release are no longer expected to go.
        """
        return [
            self._view_server(have.servers[bridge]) for bridge in sorted(have.servers) if have.servers[bridge].exists
        ]

    def _view_server(self, state: ServerState) -> dict[str, Any]:
        kept = {(item.bridge, item.lease.mac, item.lease.address) for item in self._unreleased}
        return {
            "bridge": state.bridge,
            "running": state.running,
            "current": state.conf_loaded and state.files_loaded,
            "supervisor": state.supervisor,
            "configuration": _lines(state.texts.conf),
            "hosts": _lines(state.texts.hosts),
            "options": _lines(state.texts.options),
            "stale_leases": [
                *(describe_lease(item) for item in state.stale if (state.bridge, item.mac, item.address) not in kept),
                *(f"{lease.address} {lease.client}" for lease in state.stale_v6),
            ],
            "missing_leases": [describe_lease(lease) for lease in state.missing],
        }

    def results(self) -> dict[str, list[dict[str, Any]]]:
        """Return the leases after the run, those that could not be ended, and what came and went.

        In check mode what would be ended counts as ended, and what would be taken over as taken over.
        """
        kept = {(item.bridge, item.lease.address) for item in self._unreleased}
        leases = [
            _lease(bridge, lease)
            for bridge, state in sorted(self._seen.servers.items())
            for lease in sorted((*state.leases, *state.missing), key=lambda lease: ipaddress.IPv4Address(lease.address))
            if bridge in self._served and (lease not in state.stale or (bridge, lease.address) in kept)
        ]
        unreleased = [{**_lease(item.bridge, item.lease), "reason": item.reason} for item in self._unreleased]
        events = [
            {"bridge": bridge, **asdict(event)}
            for bridge, collected in sorted(self._collected.items())
            for event in collected.events
        ]
        return {"leases": leases, "unreleased": unreleased, "lease_events": events}


def _lease(bridge: str, lease: Lease) -> dict[str, Any]:
    return {
        "bridge": bridge,
        "address": lease.address,
        "mac": lease.mac,
        "hostname": lease.hostname,
        "expires": lease.expires,
    }


def _lines(text: str | None) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []
