# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first half of the demo: from the inventory down to guests that reach each other."""

from __future__ import annotations

from .cloud import BRIDGE, FLOATING_RANGE, GATEWAY, GATEWAY_ADDRESS, METADATA_PORT, OUTSIDE, Instance, first_cloud
from .probes import METADATA_TOKEN, OUTSIDE_TOKEN, plan_probes, run_probes
from .stage import Stage


def build_up(stage: Stage) -> None:
    """Run the chapter's configuration on the hosts."""
    stage.report.stage("The chapter's Flat DHCP configuration, run on them")
    stage.use_example()
    stage.write_cloud(first_cloud(stage.cloud))
    # The chapter's own ranges: legal, but worth a word.
    stage.play("site.yml", warns=f"{FLOATING_RANGE} lies inside network")
    instances = stage.read_instances().values()
    stage.report.say("\nWhat the IPAM holds:")
    rows = [(one.name, one.project, one.host, one.address, one.floating, one.mac, one.port) for one in instances]
    stage.report.table(("instance", "project", "host", "fixed", "floating", "MAC", "port"), rows)
    wanted = {item["name"] for item in stage.cloud["nova_instances"]}
    stage.report.check("every instance of the inventory is in the IPAM", {one.name for one in instances} == wanted)


def boot(stage: Stage) -> None:
    """Boot a guest for every instance, and what answers outside."""
    stage.report.stage("Guests boot, plugged in by the port names and MACs that the IPAM gave out")
    boot_guests(stage, list(stage.instances.values()))
    stage.lab.host(OUTSIDE).serve_token(OUTSIDE_TOKEN)
    stage.lab.host(GATEWAY).serve_metadata(METADATA_TOKEN, METADATA_PORT, GATEWAY_ADDRESS)
    stage.report.say(f"{len(stage.lab.guests)} guests, each on bridge {BRIDGE} of its host")


def boot_guests(stage: Stage, instances: list[Instance]) -> None:
    """Boot guests that answer with their own token."""
    guests = [(one.name, one.host, one.port, one.mac) for one in instances]
    for guest in stage.lab.plug_all(guests, bridge=BRIDGE):
        guest.serve_token(stage.instances[guest.name].token)


def use(stage: Stage, calls: bool) -> None:
    """Show that every guest gets its address and reaches what it should, bridged packets filtered or not."""
    stage.report.stage(f"Traffic, with br_netfilter's bridge calls {'on (as Docker sets them)' if calls else 'off'}")
    stage.lab.set_bridge_calls(calls)
    get_addresses(stage, list(stage.instances.values()))
    run_probes(stage.report, plan_probes(stage.instances), stage.node)


def get_addresses(stage: Stage, instances: list[Instance]) -> None:
    """Let guests ask for their address anew, and compare it with what the IPAM holds."""
    guests = [stage.lab.guests[one.name] for one in instances]
    for guest in guests:
        guest.begin_dhcp()
    rows = []
    for guest, one in zip(guests, instances):
        lease = guest.dhcp()
        matches = (lease.address, lease.router, lease.hostname) == (one.address, "10.0.0.1", one.name)
        verdict = stage.report.record(f"{one.name} gets {one.address} by DHCP", matches, str(lease))
        address, router = f"{lease.address}/{lease.prefix}", lease.router or ""
        rows.append((one.name, one.mac, one.address, address, router, lease.server, f"{lease.seconds} s", verdict))
    headings = ("guest", "asked with MAC", "IPAM holds", "got by DHCP", "router", "from server", "lease", "")
    stage.report.table(headings, rows)
    print()


def run_again(stage: Stage) -> None:
    """Run the same once more, with nothing to do."""
    stage.report.stage("The same run again")
    run = stage.play("site.yml")
    stage.report.check("the second run changes nothing on any host", not run.changed_hosts, "\n".join(run.changes()))
