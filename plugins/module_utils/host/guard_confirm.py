# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A controller that is still there says so, over a connection that did not exist before the change."""

from __future__ import annotations

from ..change import Change
from ..errors import Conflict, HostError, NotFound
from .guard import Guard, Place, clock, guarded_places, read_boot, read_guard, read_taken_back
from .guard_end import is_confirmed, let_stay
from .link.management import server_address
from .reconcile import Request, locked
from .runner import Runner


def confirm(runner: Runner, request: Request, guard_id: str, connection: str) -> tuple[Change, ...]:
    """Let a change stay, and let the host remember it; return what was done.

    :param connection: the connection of the one who confirms as ``SSH_CONNECTION`` has it, empty for none of SSH.
    :raises NovaError: there is no such guard any more, or the connection shows nothing.
    """
    place = _find(runner, request, guard_id)
    if place is None:
        _explain(runner, request, guard_id)
        return ()
    with locked(request, place.subsystem):
        guard = read_guard(runner, place)
        if guard is None or guard.id != guard_id:
            _explain(runner, request, guard_id)
            return ()
        _check_time(runner, guard)
        _check_connection(guard, connection)
        if not request.check:
            let_stay(runner, place, guard)
    return (Change("run", "guard", guard_id, f"change of the {place.subsystem} confirmed"),)


def _find(runner: Runner, request: Request, guard_id: str) -> Place | None:
    for place in guarded_places(runner, request.state_path):
        guard = read_guard(runner, place) if place.owner == request.owner else None
        if guard and guard.id == guard_id:
            return place
    return None


def _explain(runner: Runner, request: Request, guard_id: str) -> None:
    """Raise what became of a guard that is gone, unless it was confirmed: the answer to that may have been lost."""
    names = {name.partition(".")[0] for name in runner.names(f"{request.state_path}/{request.owner}")}
    places = [Place(request.state_path, request.owner, name) for name in sorted(names)]
    for place in places:
        told = read_taken_back(runner, place)
        if told and told["id"] == guard_id:
            raise HostError(
                f"change {guard_id}",
                f"is taken back: {told['reason']}",
                "This host is as it was before. Find out what cut the connection, then run again.",
            )
    if not any(is_confirmed(runner, place, guard_id) for place in places):
        raise NotFound(f"guard {guard_id}", f"is not known on this host for owner {request.owner}")


def _check_time(runner: Runner, guard: Guard) -> None:
    if guard.boot != read_boot(runner):
        reason = "cannot be confirmed: the host was booted since, and has what was before it"
        raise HostError(f"change {guard.id}", reason, "Run again.")
    if clock() >= guard.deadline:
        raise HostError(f"change {guard.id}", "is confirmed too late: this host takes it back", "Run again after that.")


def _check_connection(guard: Guard, connection: str) -> None:
    subject = f"change {guard.id}"
    if not guard.connection:
        return
    if not connection:
        raise Conflict(subject, "cannot be confirmed: this is no connection by SSH, and it was made over one")
    if connection == guard.connection:
        reason = "cannot be confirmed over the connection that it was made over, which may outlive the way to this host"
        raise Conflict(subject, reason, "Reset the connection first (ansible.builtin.meta: reset_connection).")
    if server_address(connection) != guard.address:
        reason = f"cannot be confirmed: this connection came to {server_address(connection)}, not to {guard.address}"
        raise Conflict(subject, reason)
