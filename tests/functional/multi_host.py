# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Flat DHCP cloud with multi_host on the hosts of the demo: two compute hosts, two guests on each."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from tests.lab import Lab
from tests.lab.cloud import COMPUTE, FLOATING_RANGE, METADATA_PORT, OUTSIDE, Instance, topology
from tests.lab.guest import Guest
from tests.lab.playbook import Run
from tests.lab.probes import OUTSIDE_TOKEN
from tests.lab.report import Report
from tests.lab.stage import Stage

__all__ = ["COMPUTE", "FLOATING", "ROUTERS", "SERVED_AT", "Site", "build", "play"]

FLOATING = {"web1": "10.46.169.226", "db1": "10.46.169.227"}
PLACES = {"web1": "compute1", "web2": "compute1", "db1": "compute2", "db2": "compute2"}
# Where outgoing traffic of each host comes from.
SERVED_AT = {"compute1": "192.0.2.21", "compute2": "192.0.2.22"}
# By variant, the address by which each host serves its guests: four guests come first.
ROUTERS = {
    False: {"compute1": "10.0.0.6", "compute2": "10.0.0.7"},
    True: {"compute1": "10.0.0.1", "compute2": "10.0.0.1"},
}


class Site:
    """A stage with the cloud on it, and the guests of its instances."""

    def __init__(self, stage: Stage, share: bool) -> None:
        self.stage = stage
        self.lab = stage.lab
        self.share = share
        self.guests: dict[str, Guest] = {}

    @property
    def instances(self) -> dict[str, Instance]:
        """What the IPAM held when it was last asked."""
        return self.stage.instances

    def host_of(self, name: str) -> str:
        """Return the host of an instance."""
        return self.instances[name].host

    def boot(self) -> None:
        """Boot a guest for every instance; all get their addresses by DHCP and answer with their tokens."""
        items = [(one.name, one.host, one.port, one.mac) for one in self.stage.read_instances().values()]
        self.guests = {guest.name: guest for guest in self.lab.plug_all(items, bridge="br100", hairpin=True)}
        for name, guest in self.guests.items():
            guest.serve_token(self.instances[name].token)
            guest.begin_dhcp()
        for guest in self.guests.values():
            guest.dhcp()
        self.lab.host(OUTSIDE).serve_token(OUTSIDE_TOKEN)
        for host, address in SERVED_AT.items():
            self.lab.host(host).serve_metadata(f"metadata-of-{host}", METADATA_PORT, address)

    def move(self, name: str, host: str) -> None:
        """Unplug the card of a running guest, and plug it in on another host."""
        guest, target = self.guests[name], self.lab.host(host)
        guest.host.batch([f"link set {guest.port} netns {target.pid}"])
        target.batch([f"link set {guest.port} master br100", f"link set {guest.port} up"])
        guest.host = target

    def addresses(self, host: str, interface: str) -> list[str]:
        """Return the IPv4 addresses of an interface of a host."""
        links = json.loads(self.lab.host(host).run(["ip", "-j", "-4", "address", "show", "dev", interface]).stdout)
        return [item["local"] for link in links for item in link.get("addr_info", ())]

    def bridge_mac(self, host: str) -> str:
        """Return the MAC of the bridge of a host."""
        return self.lab.host(host).path("/sys/class/net/br100/address").read_text().strip()

    def mac_of_router(self, guest: Guest, router: str) -> str:
        """Return the MAC that a guest finds its router at, asked for anew."""
        guest.run(["ip", "neigh", "flush", "all"])
        assert guest.ping(router)
        (entry,) = json.loads(guest.run(["ip", "-j", "neigh", "show", "to", router]).stdout)
        return str(entry["lladdr"])


@contextlib.contextmanager
def build(share: bool, **variables: Any) -> Iterator[Site]:
    """Bring the cloud to its hosts.

    :param share: hosts share one address, instead of one each.
    :param variables: of the cloud, in place of those of the example.
    """
    with Lab(topology()) as lab:
        stage = Stage(lab, Report())
        stage.use_example()
        addresses = [{"address": address, "instance": name, "project": "red"} for name, address in FLOATING.items()]
        cloud = {
            **stage.cloud,
            "nova_install_packages": False,
            "nova_multi_host": True,
            "nova_share_dhcp_address": share,
            "nova_floating_pools": [{"name": "nova", "ranges": [FLOATING_RANGE]}],
            "nova_instances": [{"name": name, "project": "red", "host": host} for name, host in PLACES.items()],
            "nova_floating_addresses": addresses,
            **variables,
        }
        stage.write_cloud(cloud)
        play(stage, "site.yml")
        stage.read_instances()
        yield Site(stage, share)


def play(stage: Stage, playbook: str, *arguments: str, **variables: Any) -> Run:
    """Run a playbook that must succeed."""
    extra = ("-e", json.dumps(variables)) if variables else ()
    run = stage.ansible.play(playbook, *arguments, *extra)
    assert run.code == 0, run.output[-3000:]
    return run
