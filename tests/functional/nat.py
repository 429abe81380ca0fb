# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small cloud for the tests of NAT: a gateway, a compute host behind a wire, the world outside, and guests on both.

    outside 192.0.2.1   api 192.0.2.20
       |                   |
    ===+===================+===== public
       | eth0 192.0.2.11
    gateway   br100 10.0.0.1/16: near1 near2 near3    br101 10.1.0.1/24: stranger
       | eth2 (in br100)
    ===+=================== data
       | eth2 (in br100)
    compute   br100: far1 far2 far3

Guests near3 and far3 have no floating address. The floating range lies inside the fixed range, as in the chapter, so
guests ask for floating addresses on their own link. Bridges and ports are made by hand: nothing but NAT is tested here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.lab import HostSpec, Lab, Nic, Topology, Wire
from tests.lab.guest import Guest
from tests.lab.host import Host
from tests.lab.modules import run_module
from tests.tools.tree import link_collection

GATEWAY_ADDRESS, OUTSIDE_ADDRESS, API_ADDRESS = "192.0.2.11", "192.0.2.1", "192.0.2.20"
FLOATING_RANGE = "10.0.169.224/28"
METADATA_URL = "http://169.254.169.254/latest/meta-data"
FIXED = {
    "near1": "10.0.0.3",
    "near2": "10.0.0.4",
    "near3": "10.0.0.5",
    "far1": "10.0.0.6",
    "far2": "10.0.0.7",
    "far3": "10.0.0.8",
    "stranger": "10.1.0.3",
}
FLOATING = {
    "near1": "10.0.169.225",
    "near2": "10.0.169.226",
    "far1": "10.0.169.227",
    "far2": "10.0.169.228",
    "stranger": "10.0.169.229",
}
# What the outside sees of a guest: its floating address, or that of the gateway.
SEEN = {name: FLOATING.get(name, GATEWAY_ADDRESS) for name in FIXED}

PRIVATE = {
    "label": "private",
    "cidr": "10.0.0.0/16",
    "bridge": "br100",
    "public_interface": "eth0",
    "source_address": GATEWAY_ADDRESS,
}
OTHER = {**PRIVATE, "label": "other", "cidr": "10.1.0.0/24", "bridge": "br101"}
HAIRPIN_PORTS = ["eth2", "near1", "near2", "near3", "stranger"]
FIREWALL: dict[str, Any] = {
    "networks": [PRIVATE, OTHER],
    "metadata": {"address": API_ADDRESS, "port": 8775},
    "hairpin_ports": HAIRPIN_PORTS,
}
NO_FIREWALL: dict[str, Any] = {"networks": [], "purge": True, "allow_empty_purge": True}
NO_FLOATING: dict[str, Any] = {"addresses": [], "purge": True, "allow_empty_purge": True}

TOPOLOGY = Topology(
    (
        HostSpec(
            "gateway",
            (Nic("eth0", "public", (f"{GATEWAY_ADDRESS}/24",)), Nic("eth2", "data")),
            (("default", OUTSIDE_ADDRESS),),
        ),
        HostSpec("compute", (Nic("eth2", "data"),)),
        HostSpec(
            "api",
            (Nic("eth0", "public", (f"{API_ADDRESS}/24",)),),
            (("10.0.0.0/16", GATEWAY_ADDRESS), ("10.1.0.0/24", GATEWAY_ADDRESS)),
        ),
        HostSpec("outside", (Nic("eth0", "public", (f"{OUTSIDE_ADDRESS}/24",), on_link=(FLOATING_RANGE,)),)),
    ),
    (Wire("public"), Wire("data")),
)


def floating(**moved: str) -> dict[str, Any]:
    """Return the options that give every guest its floating address; ``near1="near3"`` gives one to another guest."""
    owners = {name: moved.get(name, name) for name in FLOATING}
    return {
        "addresses": [
            {"address": FLOATING[name], "fixed_address": FIXED[owner], "interface": "eth0"}
            for name, owner in owners.items()
        ]
    }


@dataclass
class Cloud:
    """The hosts and the guests, and a way to run modules on the gateway."""

    lab: Lab
    guests: dict[str, Guest] = field(default_factory=dict)

    @property
    def gateway(self) -> Host:
        """Where the modules run."""
        return self.lab.host("gateway")

    @property
    def outside(self) -> Host:
        """The internet: it knows nothing of fixed addresses."""
        return self.lab.host("outside")

    def run(self, module: str, check: bool = False, **options: Any) -> dict[str, Any]:
        """Run a module on the gateway; its failure fails the test."""
        result = self.try_run(module, check, **options)
        assert not result.get("failed"), result["msg"]
        return result

    def try_run(self, module: str, check: bool = False, **options: Any) -> dict[str, Any]:
        """Run a module on the gateway, where it may fail."""
        return run_module(self.gateway, module, options, collections=link_collection(), check=check, diff=True)

    def ruleset(self) -> str:
        """Return all rules of the gateway as nft writes them, without what counts packets."""
        return self.gateway.run(["nft", "--stateless", "list", "ruleset"]).stdout

    def nft(self, *words: str) -> str:
        """Change rules by hand."""
        return self.gateway.run(["nft", *words]).stdout


@contextmanager
def build(bridge_calls: bool, *names: str) -> Iterator[Cloud]:
    """Build the cloud with some of its guests, all when none are named; each answers with ``token-of-<name>``."""
    with Lab(TOPOLOGY) as lab:
        lab.set_bridge_calls(bridge_calls)
        cloud = Cloud(lab)
        _make_bridges(cloud)
        for name in names or FIXED:
            _plug(cloud, name)
        cloud.outside.serve_token("token-of-outside")
        lab.host("api").serve_token("token-of-api")
        lab.host("api").serve_metadata("token-of-metadata", 8775, API_ADDRESS)
        yield cloud


def _make_bridges(cloud: Cloud) -> None:
    for host, addresses in ((cloud.gateway, ["10.0.0.1/16"]), (cloud.lab.host("compute"), [])):
        host.batch(
            [
                "link add br100 type bridge forward_delay 0",
                *(f"address add {address} dev br100" for address in addresses),
                "link set br100 up",
                "link set eth2 master br100",
            ]
        )
    cloud.gateway.batch(
        [
            "link set eth2 type bridge_slave hairpin on",
            "link add br101 type bridge forward_delay 0",
            "address add 10.1.0.1/24 dev br101",
            "link set br101 up",
        ]
    )


def _plug(cloud: Cloud, name: str) -> None:
    host = "compute" if name.startswith("far") else "gateway"
    bridge, prefix, router = ("br101", 24, "10.1.0.1") if name == "stranger" else ("br100", 16, "10.0.0.1")
    mac = f"fa:16:3e:00:{len(cloud.guests):02x}:01"
    guest = cloud.lab.plug(name, host, port=name, mac=mac, bridge=bridge, hairpin=host == "gateway")
    guest.configure(f"{FIXED[name]}/{prefix}", router)
    guest.serve_token(f"token-of-{name}")
    cloud.guests[name] = guest
