# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The change: one instance gone, its floating address at another one, one more instance."""

from __future__ import annotations

import time

from .cloud import GATEWAY, GONE, HEIR, NEW, OUTSIDE, OUTSIDE_ADDRESS, STAYS, Instance, changed_cloud
from .frames import Frame
from .node import Running
from .playbook import Run, TaskResult
from .probes import plan_probes, run_probes
from .snapshot import differences
from .stage import HOSTS, Stage
from .stages_cloud import boot_guests, get_addresses


def preview(stage: Stage) -> Run:
    """Look at the change before it is made."""
    stage.report.stage(f"A change, first looked at: {GONE} gone, its floating address to {HEIR}, {NEW} added")
    before = stage.snapshots()
    stage.write_cloud(changed_cloud(stage.cloud))
    run = stage.play("site.yml", "--check", "--diff")
    stage.report.say("\n".join(run.changes()))
    moved = [line for name in HOSTS for line in differences(before[name], stage.snapshots()[name])]
    stage.report.check("looking changes nothing on any host", not moved, "\n".join(moved))
    unchanged = stage.instances == stage.read_instances()
    stage.report.check("looking changes nothing in the IPAM", unchanged)
    return run


def change(stage: Stage, foreseen: Run) -> None:
    """Make the change, and watch it from outside."""
    stage.report.stage("The same change, made")
    old = dict(stage.instances)
    floating = old[GONE].floating
    outside = stage.lab.host(OUTSIDE)
    held = {name: outside.hold(old[name].floating, seconds=900) for name in (GONE, STAYS)}
    for name, connection in held.items():
        connection.wait_for(old[name].token)
        stage.report.say(f"The outside holds a connection to {old[name].floating}, which {name} answers.")
    # As long as the play takes, however slow the machine is.
    with stage.lab.capture(outside, "eth0", seconds=900) as capture:
        run = stage.play("site.yml", "--diff")
        time.sleep(0.3)
    new = stage.read_instances()
    _compare(stage, foreseen, run, new)
    _check_reach(stage, run, old, new)
    _check_lease(stage, old[GONE])
    _check_announcement(stage, capture.frames, floating)
    _check_connections(stage, held[GONE], held[STAYS], old)
    _reboot(stage, old, new)


def _compare(stage: Stage, foreseen: Run, run: Run, new: dict[str, Instance]) -> None:
    expected, done = list(map(_key, foreseen.changed)), list(map(_key, run.changed))
    missing = [f"foreseen, not done: {item}" for item in expected if item not in done]
    surplus = [f"done, not foreseen: {item}" for item in done if item not in expected]
    stage.report.check("--check --diff foresaw exactly what was done", expected == done, "\n".join(missing + surplus))
    shown = str([(item.changes, item.diff) for item in foreseen.changed])
    named = new[NEW].address in shown and new[NEW].mac in shown
    stage.report.check(f"and named {NEW}'s address {new[NEW].address} and MAC {new[NEW].mac}", named, shown)


def _key(result: TaskResult) -> tuple[str, str, tuple[str, ...], str]:
    return result.host, result.task, result.changes, str(result.diff)


def _check_reach(stage: Stage, run: Run, old: dict[str, Instance], new: dict[str, Instance]) -> None:
    untouched = [one for name, one in old.items() if name in new and name != HEIR]
    words = {word for one in untouched for word in (one.address, one.mac, one.floating) if word}
    strays = [line for line in run.changes() if words & set(line.replace(",", " ").replace("/", " ").split())]
    stage.report.check("nothing is changed that belongs to others", not strays, "\n".join(strays))
    same = all(new[one.name] == one for one in untouched)
    stage.report.check("the others keep their addresses, MACs and ports", same, f"{old}\n{new}")
    stage.report.check(f"{HEIR} has the floating address now", new[HEIR].floating == old[GONE].floating, str(new[HEIR]))
    stage.report.check(f"{GONE} is gone from the IPAM", GONE not in new)


def _check_lease(stage: Stage, gone: Instance) -> None:
    """See that the server forgot the lease, although the guest never said a word and still has the address."""
    leases = stage.lab.host(GATEWAY).run(["sh", "-c", "cat $(find /var/lib/novanet -name '*lease*' -type f)"]).stdout
    others = all(one.address in leases for one in stage.instances.values() if one.name != NEW)
    stage.report.check(f"the lease of {GONE} ({gone.address}) is released at once", gone.mac not in leases, leases)
    stage.report.check("the leases of the others are kept", others, leases)


def _check_announcement(stage: Stage, frames: list[Frame], floating: str) -> None:
    announced = [frame for frame in frames if frame.is_gratuitous and frame.direction == "in"]
    gateway = stage.lab.host(GATEWAY).run(["cat", "/sys/class/net/eth0/address"]).stdout.strip()
    rows = [(frame.kind, frame.source, frame.source_mac, frame.target_mac) for frame in announced]
    stage.report.say("Gratuitous ARP seen outside:")
    stage.report.table(("kind", "address", "is at", "sent to"), rows)
    right = [frame for frame in announced if (frame.source, frame.source_mac) == (floating, gateway)]
    stage.report.check("the moved address is announced by gratuitous ARP", bool(right), str(announced))
    only = all(frame.source == floating for frame in announced)
    stage.report.check("and no other address is", only, str(announced))


def _check_connections(stage: Stage, moved: Running, stays: Running, old: dict[str, Instance]) -> None:
    """The old guest still runs and would answer: only the cut keeps the old connection from it."""
    before = len(stays.output.splitlines())
    time.sleep(1.0)
    lines = moved.output.splitlines()
    cut = not moved.is_running() and lines[-1].startswith("cut: ")
    stage.report.check(f"the connection held to {GONE} is cut ({lines[-1]})", cut, "\n".join(lines[-5:]))
    strangers = [line for line in lines[:-1] if not line.startswith(old[GONE].token)]
    stage.report.check("nobody else ever answered on it", not strangers, "\n".join(strangers))
    answers = stays.output.splitlines()
    goes_on = stays.is_running() and len(answers) > before and set(answers) == {f"{old[STAYS].token} {OUTSIDE_ADDRESS}"}
    stage.report.check(f"the connection held to {STAYS} goes on", goes_on, "\n".join(answers[-5:]))
    moved.stop()
    stays.stop()


def _reboot(stage: Stage, old: dict[str, Instance], new: dict[str, Instance]) -> None:
    stage.lab.unplug(stage.lab.guests[GONE])
    added = [one for name, one in new.items() if name not in old]
    boot_guests(stage, added)
    stage.report.stage(f"Traffic after the change, {GONE} destroyed and {', '.join(one.name for one in added)} booted")
    get_addresses(stage, added)
    run_probes(stage.report, plan_probes(stage.instances), stage.node)
