# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be done so that the servers become as wanted. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from ...change import Change
from ..reconcile import Plan
from .model import DhcpServer, Have, Lease, Places, ServerState, ServerStep, Texts, Want
from .render import render_texts

_MAC_FIELD = re.compile(r"(?P<mac>[0-9a-f]{2}(?::[0-9a-f]{2}){5}),(?P<rest>.*)")


def diff_servers(want: Want, have: Have, places: Places) -> Plan[Have]:
    """Compare what is with what shall be. What goes, goes first."""
    wanted = {server.bridge for server in want.servers}
    changes: list[Change] = []
    steps: list[ServerStep] = []
    after: dict[str, ServerState] = {}
    for bridge, state in have.servers.items():
        if bridge not in wanted:
            after[bridge] = ServerState(bridge)
            if state.exists:
                changes.append(Change("delete", "DHCP server", bridge))
                steps.append(ServerStep(bridge, "remove", state))
    for server in want.servers:
        state = have.servers[server.bridge]
        texts = render_texts(server, places)
        action = _action(texts, state, have.supervisor)
        after[server.bridge] = _after(state, texts, have.supervisor)
        if action:
            changes.extend(_changes(server, texts, state, action))
            steps.append(
                ServerStep(server.bridge, action, state, texts, server.own_addresses, state.stale, state.missing)
            )
    return Plan(tuple(changes), replace(have, servers=after), tuple(steps), {})


def _action(texts: Texts, state: ServerState, supervisor: str) -> str | None:
    """Return what the process needs. It reads hosts and options again when told so; all else only at its start."""
    if state.pid is None:
        return "start"
    if texts.conf != state.texts.conf or not (state.conf_loaded and state.running) or state.supervisor != supervisor:
        return "restart"
    if state.missing or state.stale_v6:
        # It keeps its leases to itself while it runs.
        return "restart"
    if replace(texts, script=None) != replace(state.texts, script=None) or not state.files_loaded:
        return "reload"
    if texts != state.texts:
        return "rewrite"
    return "release" if state.stale else None


def _after(state: ServerState, texts: Texts, supervisor: str) -> ServerState:
    return ServerState(
        bridge=state.bridge,
        exists=True,
        texts=texts,
        conf_loaded=True,
        files_loaded=True,
        running=True,
        supervisor=supervisor,
        leases=(*(lease for lease in state.leases if lease not in state.stale), *state.missing),
    )


def _changes(server: DhcpServer, texts: Texts, state: ServerState, action: str) -> list[Change]:
    bridge = server.bridge
    changes = []
    if not state.exists:
        served = [*(network.cidr for network in server.networks), *(prefix.cidr for prefix in server.prefixes)]
        changes.append(Change("create", "DHCP server", bridge, f"serves {', '.join(served)}"))
    else:
        changes += _file_changes("DHCP server", bridge, state.texts.conf, texts.conf)
    changes += _host_changes(bridge, state.texts.hosts, texts.hosts)
    if state.exists:
        changes += _file_changes("DHCP options of", bridge, state.texts.options, texts.options)
        if state.texts.script != texts.script:
            changes.append(Change("update", "DHCP lease script of", bridge))
    for lease in state.missing:
        changes.append(Change("create", "DHCP lease", lease.address, f"of {lease.mac} on {bridge}, taken over"))
    if action not in ("rewrite", "release"):
        changes.append(Change("run", "DHCP server", bridge, _reason(action, state)))
    changes += [Change("delete", "DHCP lease", lease.address, f"of {lease.mac} on {bridge}") for lease in state.stale]
    changes += [Change("delete", "DHCP lease", lease.address, f"on {bridge}") for lease in state.stale_v6]
    return changes


def _reason(action: str, state: ServerState) -> str:
    """Return the action, and the reason for it when no other change shows it."""
    if action == "restart" and not state.running:
        return "restart, it does not listen on the bridge"
    if action == "restart" and not state.conf_loaded:
        return "restart, it was started with another configuration"
    if action == "reload" and not state.files_loaded:
        return "reload, it has not read its files since they changed"
    return action


def _file_changes(kind: str, bridge: str, before: str | None, after: str | None) -> list[Change]:
    if before == after:
        return []
    gone, new = _line_difference(before, after)
    detail = " ".join([*(f"-{line}" for line in gone), *(f"+{line}" for line in new)])
    return [Change("update", kind, bridge, detail or "order or ends of lines")]


def _host_changes(bridge: str, before: str | None, after: str | None) -> list[Change]:
    """Return one change for each host that differs, and one for each line that is none of ours."""
    gone, new = _line_difference(before, after)
    changes = []
    added = dict(map(_split_host, new))
    for line in gone:
        name, rest = _split_host(line)
        if name in added:
            changes.append(Change("update", "DHCP host", name, f"{rest} to {added.pop(name)} on {bridge}"))
        else:
            changes.append(Change("delete", "DHCP host", name, f"{rest} on {bridge}" if rest else f"on {bridge}"))
    changes += [Change("create", "DHCP host", name, f"{rest} on {bridge}") for name, rest in added.items()]
    if not changes and before is not None and before != after:
        changes.append(Change("update", "DHCP hosts of", bridge, "order or ends of lines"))
    return changes


def _split_host(line: str) -> tuple[str, str]:
    """Return the MAC address and the rest of a line; for a line that has none, the line as it is.

    A guest has a line for each kind of address.
    """
    match = _MAC_FIELD.fullmatch(line)
    if match is None:
        return repr(line), ""
    return f"{match['mac']} (IPv6)" if match["rest"].startswith("[") else match["mac"], match["rest"]


def _line_difference(before: str | None, after: str | None) -> tuple[list[str], list[str]]:
    """Return the lines that go and the lines that come, each in its file's order, counting repetitions."""
    old, new = (before or "").split("\n"), (after or "").split("\n")
    return _without(old, Counter(new)), _without(new, Counter(old))


def _without(lines: list[str], others: Counter[str]) -> list[str]:
    left = []
    for line in lines:
        if others[line]:
            others[line] -= 1
        elif line:
            left.append(line)
    return left


def describe_lease(lease: Lease) -> str:
    """Return a lease as the view shows it. Without its time, which changes by itself."""
    return f"{lease.address} {lease.mac}"
