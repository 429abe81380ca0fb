# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of a host as they are: files, processes, leases."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace

from ..runner import Runner
from .leases import parse_leases, stale_leases
from .leases_v6 import stale_leases_v6
from .model import (
    CONF_FILE,
    HOSTS_FILE,
    LEASE_FILE,
    LOADED_FILE,
    OPTIONS_FILE,
    PID_FILE,
    SCRIPT_FILE,
    Have,
    Places,
    ServerState,
    Texts,
    Want,
    is_own,
)
from .process import Socket, find_process, listens, read_sockets, served_bridges
from .supervise import (
    PROCESS,
    SYSTEMD,
    Unit,
    choose_supervisor,
    read_units,
    render_template,
    systemd_runs,
    template_path,
)
from .takeover import missing_leases


def render_marker(texts: Texts) -> str:
    """Return what is written down once a server has read its files.

    A run that ends between writing a file and telling the server leaves the old text here, and the next run sees it.
    """
    return f"conf {_digest(texts.conf)}\nfiles {_digest(texts.hosts, texts.options)}\n"


def _digest(*texts: str | None) -> str:
    joined = "\0".join(text or "" for text in texts)
    return hashlib.sha256(joined.encode("utf-8", "surrogateescape")).hexdigest()


def read_have(runner: Runner, places: Places, want: Want) -> Have:
    """Read all servers that a wish is about."""
    systemd = systemd_runs(runner)
    supervisor = choose_supervisor(want.supervisor, systemd)
    owned = own_bridges(runner, places)
    wanted = {server.bridge: server for server in want.servers}
    sockets = read_sockets(runner) if wanted or want.absent or want.purge else ()
    left = {*owned, *served_bridges(runner, places.base, CONF_FILE, sockets)} if want.purge else set()
    bridges = sorted({*wanted, *want.absent, *left})
    units = read_units(runner, places.owner, bridges) if systemd else {}
    template_current = systemd and runner.read(template_path(places.owner)) == render_template(runner, places)
    states = {}
    for bridge in bridges:
        state = _read_server(runner, places, bridge, sockets)
        server = wanted.get(bridge)
        ends = server if want.force_release else None
        stale = stale_leases(state.leases, ends) if ends else ()
        kept = [lease for lease in state.leases if lease not in stale]
        states[bridge] = replace(
            state,
            exists=bridge in owned or state.pid is not None,
            supervisor=_supervisor(state.pid, units.get(bridge, Unit()), template_current),
            stale=stale,
            stale_v6=stale_leases_v6(runner.read(places.file(bridge, LEASE_FILE)), ends) if ends else (),
            missing=missing_leases(server.leases, kept, time.time()) if server else (),
        )
    return Have(states, supervisor, systemd)


def own_bridges(runner: Runner, places: Places) -> tuple[str, ...]:
    """Return the bridges that have a directory of this owner with something of a server in it, or nothing at all."""
    found = []
    for bridge in runner.names(places.base):
        names = runner.names(places.directory(bridge))
        if not names or any(map(is_own, names)):
            found.append(bridge)
    return tuple(found)


def _read_server(runner: Runner, places: Places, bridge: str, sockets: Sequence[Socket]) -> ServerState:
    def text(name: str) -> str | None:
        return runner.read(places.file(bridge, name))

    texts = Texts(text(CONF_FILE), text(HOSTS_FILE), text(OPTIONS_FILE), text(SCRIPT_FILE))
    marker = (text(LOADED_FILE) or "").splitlines()
    conf_mark, files_mark = render_marker(texts).splitlines()
    pid = find_process(runner, places.file(bridge, PID_FILE), places.file(bridge, CONF_FILE), sockets)
    return ServerState(
        bridge=bridge,
        texts=texts,
        conf_loaded=conf_mark in marker,
        files_loaded=files_mark in marker,
        pid=pid,
        running=pid is not None and listens(sockets, pid, bridge),
        leases=parse_leases(text(LEASE_FILE)),
    )


def _supervisor(pid: int | None, unit: Unit, template_current: bool) -> str | None:
    """Return who looks after a process, in words that equal a wish only when all of it is as wished."""
    if pid is None:
        return None
    if unit.main_pid == pid:
        return SYSTEMD if unit.enabled and template_current else "systemd, with an outdated unit"
    return PROCESS if not unit.enabled else "process, beside an enabled unit"
