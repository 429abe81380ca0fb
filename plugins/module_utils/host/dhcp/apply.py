# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the changes. All that can be known to be in the way is found before the first of them."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...errors import HostError, NovaError
from ..runner import Runner
from .events import Collected, collect_events
from .leases import release, without_leases
from .leases_v6 import without_leases_v6
from .model import (
    CONF_FILE,
    LEASE_FILE,
    LOADED_FILE,
    PID_FILE,
    SCRIPT_FILE,
    Have,
    Places,
    ServerStep,
    Unreleased,
    is_own,
)
from .process import read_sockets, signal_process, start_process, stop_process, strangers, wait_for_listening
from .read import render_marker
from .supervise import SYSTEMD, drop_unit, install_template, remove_template, start_unit, stop_unit, template_path
from .takeover import with_leases

# Names of half-written files that a crash may have left.
_TEMPORARY_PREFIX = ".novanet-"


@dataclass(frozen=True)
class Applied:
    """What came of the steps.

    :param unreleased: the leases that could not be ended.
    :param collected: by bridge, what servers that are gone had still to tell.
    """

    unreleased: tuple[Unreleased, ...]
    collected: Mapping[str, Collected]


def apply_steps(
    runner: Runner, places: Places, steps: Sequence[ServerStep], have: Have, recorded: Mapping[str, int]
) -> Applied:
    """Carry out steps.

    :param have: the host as it will be: it says who looks after the servers.
    :param recorded: by bridge, the highest number of an event that is recorded somewhere.
    :raises HostError: something is missing or in the way (then nothing was changed), or a step failed.
    """
    check_before(runner, places, steps)
    unreleased: list[Unreleased] = []
    collected: dict[str, Collected] = {}
    done: list[str] = []
    for step in steps:
        try:
            if step.action == "remove":
                collected[step.bridge] = _remove(runner, places, step, have, recorded.get(step.bridge, 0))
            else:
                unreleased += _serve(runner, places, step, have)
        except NovaError as error:
            before = f"Done before: {', '.join(done)}." if done else "Nothing else was changed before."
            raise HostError(
                f"DHCP server of {step.bridge}", f"could not be changed ({step.action}): {error}", before
            ) from error
        done.append(f"{step.action} of {step.bridge}")
    if not runner.names(places.base):
        runner.remove(places.base)
        if have.systemd:
            remove_template(runner, places.owner)
    return Applied(tuple(unreleased), collected)


def check_before(runner: Runner, places: Places, steps: Iterable[ServerStep]) -> None:
    """Look for everything that steps need and that may not be in their way.

    :raises HostError: it names all that is wrong.
    """
    serving = [step for step in steps if step.action != "remove"]
    if not serving:
        return
    if runner.which("dnsmasq") is None:
        raise HostError("program dnsmasq", "is not installed on this host", "Its package is dnsmasq-base, or dnsmasq.")
    starting = [step for step in serving if step.action in ("start", "restart")]
    wrong = [*_missing_addresses(runner, serving), *_closed_directories(runner, places), *_occupied(runner, starting)]
    if wrong:
        raise HostError("DHCP on this host", f"cannot work: {'; '.join(wrong)}", "Nothing was changed.")
    for step in starting:
        runner.run(("dnsmasq", "--test", "--conf-file=-"), stdin=step.texts.conf)


def _missing_addresses(runner: Runner, steps: Iterable[ServerStep]) -> list[str]:
    links = json.loads(runner.run(("ip", "-j", "addr", "show")).out or "[]")
    known = {link["ifname"]: {entry.get("local") for entry in link.get("addr_info", ())} for link in links if link}
    wrong = []
    for step in steps:
        if step.bridge not in known:
            wrong.append(f"bridge {step.bridge} does not exist")
            continue
        lacking = [address for address in step.listen_addresses if address not in known[step.bridge]]
        wrong += [f"address {address} is not on bridge {step.bridge}" for address in lacking]
    return wrong


def _closed_directories(runner: Runner, places: Places) -> list[str]:
    """Name the directories above ours that dnsmasq cannot enter: it reads hosts as an unprivileged user."""
    parents = [places.state_path]
    while parents[-1] != "/":
        parents.append(posixpath.dirname(parents[-1]))
    shown = runner.run(("stat", "-c", "%a %n", *parents[1:])).out.splitlines()
    entries = (line.split(" ", 1) for line in shown)
    return [
        f"directory {name} may not be entered by others, so dnsmasq cannot read its hosts below it"
        for mode, name in entries
        if not int(mode, 8) & 1
    ]


def _occupied(runner: Runner, steps: Sequence[ServerStep]) -> list[str]:
    sockets = read_sockets(runner) if steps else ()
    return [
        f"{reason} on bridge {step.bridge}"
        for step in steps
        for reason in strangers(sockets, step.bridge, step.listen_addresses, step.before.pid)
    ]


def _serve(runner: Runner, places: Places, step: ServerStep, have: Have) -> tuple[Unreleased, ...]:
    conf = places.file(step.bridge, CONF_FILE)
    lease_file = places.file(step.bridge, LEASE_FILE)
    if step.action in ("start", "restart"):
        _stop(runner, places, step, have)
        leases = runner.read(lease_file) or ""
        kept = without_leases_v6(without_leases(leases, step.releases), step.before.stale_v6)
        wanted = with_leases(kept, step.takeovers)
        if wanted != leases:
            runner.write(lease_file, wanted)
        _write(runner, places, step)
        _start(runner, places, step.bridge, have)
    elif step.action in ("reload", "rewrite") and step.before.pid is not None:
        _write(runner, places, step)
        if step.action == "reload":
            signal_process(runner, step.before.pid, conf, "HUP")
    runner.write(places.file(step.bridge, LOADED_FILE), render_marker(step.texts))
    if step.action in ("reload", "rewrite", "release"):
        return release(runner, step.bridge, lease_file, step.releases)
    return ()


def _write(runner: Runner, places: Places, step: ServerStep) -> None:
    before = step.before.texts.by_name()
    for name, text in step.texts.by_name().items():
        if text is not None and text != before[name]:
            runner.write(places.file(step.bridge, name), text, 0o755 if name == SCRIPT_FILE else 0o644)
    # Whatever the umask of this run: dnsmasq must get to its files, and only to what it knows the name of.
    owner_directory = posixpath.dirname(places.base)
    runner.run(("chmod", "o+x", places.state_path, owner_directory, places.base, places.directory(step.bridge)))


def _start(runner: Runner, places: Places, bridge: str, have: Have) -> None:
    conf = places.file(bridge, CONF_FILE)
    if have.supervisor == SYSTEMD:
        install_template(runner, places)
        start_unit(runner, places.owner, bridge)
    else:
        start_process(runner, conf)
    wait_for_listening(runner, bridge, places.file(bridge, PID_FILE), conf)


def _stop(runner: Runner, places: Places, step: ServerStep, have: Have) -> None:
    """End our process. Only ours: a stale pid file may name anybody's."""
    if have.systemd and runner.read(template_path(places.owner)) is not None:
        keep = have.supervisor == SYSTEMD and step.action != "remove"
        (stop_unit if keep else drop_unit)(runner, places.owner, step.bridge)
    if step.before.pid is not None:
        stop_process(runner, step.before.pid, places.file(step.bridge, CONF_FILE))


def _remove(runner: Runner, places: Places, step: ServerStep, have: Have, recorded: int) -> Collected:
    _stop(runner, places, step, have)
    collected = collect_events(runner, places, step.bridge, recorded, check=True)
    directory = places.directory(step.bridge)
    # Without it nothing can be written down any more.
    runner.remove(places.file(step.bridge, SCRIPT_FILE))
    for name in runner.names(directory):
        if is_own(name) or name.startswith(_TEMPORARY_PREFIX):
            runner.remove(f"{directory}/{name}")
    if not runner.names(directory):
        runner.remove(directory)
    return collected
