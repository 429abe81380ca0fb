# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cloud of the demo: the chapter's own Flat DHCP configuration on four hosts, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .topology import HostSpec, Nic, Topology, Wire

GATEWAY, OUTSIDE = "network1", "outside"
COMPUTE = ("compute1", "compute2")
GATEWAY_ADDRESS, OUTSIDE_ADDRESS = "192.0.2.11", "192.0.2.1"
BRIDGE, FLOATING_RANGE, METADATA_PORT = "br100", "10.46.169.224/29", 8775
STAYING_FLOATING, FREE_FLOATING, METADATA_ADDRESS = "10.46.169.227", "10.46.169.230", "169.254.169.254"
SECOND_NETWORK, SECOND_BRIDGE, TWINS = "storage", "br200", ("two1", "two2")
GONE, HEIR, NEW, STAYS = "web1", "db1", "web3", "db2"

FIGURE = f"""\
                 outside (the internet)  {OUTSIDE_ADDRESS}
                    | eth0
  ==================+=========================================== public, admin
     | eth0 {GATEWAY_ADDRESS}      | eth0 192.0.2.21      | eth0 192.0.2.22
  network1               compute1               compute2
  gateway, DHCP, NAT,    web1, web2             db1, db2
  IPAM, metadata
     | eth2                 | eth2                 | eth2
  ============================================================== data ({BRIDGE} on every host)
     | eth3                 | eth3                 | eth3
  ============================================================== storage (idle at first)"""


@dataclass(frozen=True)
class Instance:
    """An instance as the IPAM holds it.

    :param port: name of its card's end on its host.
    :param floating: its floating address, or empty.
    """

    name: str
    project: str
    host: str
    address: str
    mac: str
    port: str
    bridge: str
    floating: str = ""

    @property
    def token(self) -> str:
        """What only this instance can say."""
        return f"token-of-{self.name}"


def topology() -> Topology:
    """Return the hosts and wires of the chapter's figure with several interfaces, and the world outside."""
    hosts = [_host(GATEWAY, "11"), *(_host(name, f"2{number}") for number, name in enumerate(COMPUTE, 1))]
    # What the outside knows of the cloud: its floating range lies on the public wire. Nothing of 10.0.0.0/8.
    nic = Nic("eth0", "public", (f"{OUTSIDE_ADDRESS}/24",), on_link=(FLOATING_RANGE,))
    return Topology((*hosts, HostSpec(OUTSIDE, (nic,))), (Wire("public"), Wire("data"), Wire("storage")))


def _host(name: str, last: str) -> HostSpec:
    cards = (Nic("eth0", "public", (f"192.0.2.{last}/24",)), Nic("eth2", "data"), Nic("eth3", "storage"))
    return HostSpec(name, cards, (("default", OUTSIDE_ADDRESS),))


def first_cloud(example: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables of the first run: the example's, and one more floating address that stays where it is.

    :param example: the variables of the example inventory.
    """
    stays = {"address": STAYING_FLOATING, "project": "blue", "instance": STAYS}
    addresses = [*example["nova_floating_addresses"], stays]
    # What hosts need is on this machine already, and they have no way to a mirror.
    return {**example, "nova_install_packages": False, "nova_floating_addresses": addresses}


def changed_cloud(first: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables after the change: one instance gone, its floating address elsewhere, one more instance."""
    instances = [item for item in first["nova_instances"] if item["name"] != GONE]
    added = {"name": NEW, "project": "red", "host": COMPUTE[0]}
    addresses = [
        {**item, "instance": HEIR} if item["instance"] == GONE else item for item in first["nova_floating_addresses"]
    ]
    return {**first, "nova_instances": [*instances, added], "nova_floating_addresses": addresses}


def with_second_network(cloud: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables with one more network on a wire of its own, and an instance on each host in both."""
    network = {"label": SECOND_NETWORK, "cidr": "172.20.0.0/24", "bridge": SECOND_BRIDGE, "mtu": 1450}
    nics = [{"network": "public"}, {"network": SECOND_NETWORK}]
    twins = [{"name": name, "project": "red", "host": host, "nics": nics} for name, host in zip(TWINS, COMPUTE)]
    return {
        **cloud,
        "nova_bridge_interfaces": {SECOND_BRIDGE: "eth3"},
        "nova_networks": [*cloud["nova_networks"], network],
        "nova_instances": [*cloud["nova_instances"], *twins],
    }


def parse_instances(
    instances: Sequence[Mapping[str, Any]], addresses: Sequence[Mapping[str, Any]]
) -> dict[str, Instance]:
    """Return the instances in what ``nova_ipam_info`` returned, by name."""
    floating = {address["fixed_address"]: address["address"] for address in addresses if address.get("fixed_address")}
    parsed = {}
    for item in instances:
        nic = item["nics"][0]
        parsed[item["name"]] = Instance(
            name=item["name"],
            project=item["project"],
            host=item["host"],
            address=nic["address"],
            mac=nic["mac"],
            port=nic["port_name"],
            bridge=nic["bridge"],
            floating=floating.get(nic["address"], ""),
        )
    return parsed
