# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything on one host: it keeps the IPAM, serves the network and runs the guests, whose bridge has no uplink."""

from __future__ import annotations

import json

from tests.lab import Lab
from tests.lab.cloud import FLOATING_RANGE, OUTSIDE, OUTSIDE_ADDRESS
from tests.lab.guest import Guest
from tests.lab.report import Report
from tests.lab.snapshot import differences, take
from tests.lab.stage import Stage
from tests.lab.topology import HostSpec, Nic, Topology, Wire

from .playbooks import passed, play

HOST, ADDRESS, FLOATING = "allinone", "192.0.2.11", "10.46.169.226"
GROUPS = ("nova_controller", "nova_network", "nova_compute")
INSTANCES = [{"name": name, "project": "red", "host": HOST} for name in ("web1", "db1")]


def topology() -> Topology:
    host = HostSpec(HOST, (Nic("eth0", "public", (f"{ADDRESS}/24",)),), (("default", OUTSIDE_ADDRESS),))
    outside = HostSpec(OUTSIDE, (Nic("eth0", "public", (f"{OUTSIDE_ADDRESS}/24",), on_link=(FLOATING_RANGE,)),))
    return Topology((host, outside), (Wire("public"),))


def boot(stage: Stage, name: str) -> Guest:
    one = stage.instances[name]
    guest = stage.lab.plug(name, HOST, port=one.port, mac=one.mac, bridge=one.bridge, hairpin=True)
    guest.serve_token(one.token)
    lease = guest.dhcp()
    assert (lease.address, lease.router) == (one.address, "10.0.0.1")
    return guest


def test_one_host_with_one_card_is_a_whole_cloud() -> None:
    with Lab(topology()) as lab:
        stage = Stage(lab, Report(), hosts=(HOST,))
        stage.use_example()
        groups = {"nova": {"children": {group: {"hosts": {HOST: None}} for group in GROUPS}}}
        (lab.state / "inventory" / "hosts.yml").write_text(json.dumps(groups))
        floating = [{"address": FLOATING, "project": "red", "instance": "web1"}]
        cloud = {"nova_flat_interface": "", "nova_instances": INSTANCES, "nova_floating_addresses": floating}
        stage.write_cloud({**stage.cloud, "nova_install_packages": False, **cloud})
        host, outside = lab.host(HOST), lab.host(OUTSIDE)
        found = take(host)
        preview = passed(play(stage, "site.yml", "--check"))
        run = passed(play(stage, "site.yml"))
        assert sorted(preview.changes()) == sorted(run.changes()) != []
        stage.read_instances()
        web, database = boot(stage, "web1"), boot(stage, "db1")
        outside.serve_token("token-of-outside")
        host.serve_metadata("instance-data", 8775, ADDRESS)
        assert web.request(stage.instances["db1"].address).token == stage.instances["db1"].token
        assert database.request(OUTSIDE_ADDRESS).peer == ADDRESS
        assert web.request(OUTSIDE_ADDRESS).peer == FLOATING
        assert outside.request(FLOATING).token == stage.instances["web1"].token
        assert not outside.request(stage.instances["db1"].address, timeout=1.5)
        assert database.request(FLOATING).token == stage.instances["web1"].token
        assert database.fetch("http://169.254.169.254/").peer == stage.instances["db1"].address
        assert not passed(play(stage, "site.yml")).changed
        for guest in (web, database):
            lab.unplug(guest)
        passed(play(stage, "teardown.yml", nova_teardown_confirm=True, nova_teardown_ipam=True))
        assert differences(found, take(host)) == []
