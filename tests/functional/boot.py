# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the boot share: a network host with everything on it, and ways to take it all away."""

from __future__ import annotations

import subprocess
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.host.boot_copy import program_sources
from ansible_collections.novanet.network.plugins.module_utils.host.boot_files import render_copy

from tests.lab import HostSpec, Lab, Nic, Topology, Wire
from tests.lab.host import Host
from tests.lab.modules import run_module
from tests.tools.tree import link_collection

from .bridges import shell, succeeded

STATE = "/var/lib/novanet/nova"
PROGRAM = "/var/lib/novanet/lib/copy"
FLOATING = "192.0.2.225"
WEB = {"mac": "fa:16:3e:00:00:01", "address": "10.0.0.3", "hostname": "web"}
TOPOLOGY = Topology(
    (
        HostSpec("gateway", (Nic("eth0", "public", ("192.0.2.11/24",)), Nic("eth1", "back"), Nic("eth2", "data"))),
        HostSpec("outside", (Nic("eth0", "public", ("192.0.2.1/24",)),)),
    ),
    (Wire("public"), Wire("data"), Wire("back")),
)
FIREWALL: dict[str, Any] = {
    "networks": [
        {
            "label": label,
            "cidr": cidr,
            "bridge": bridge,
            "public_interface": "eth0",
            "source_address": "192.0.2.11",
        }
        for label, cidr, bridge in (("front", "10.0.0.0/16", "br100"), ("back", "10.1.0.0/16", "br101"))
    ],
    "hairpin_ports": ["eth2"],
    "isolated": [{"bridge": "br100", "uplink": "eth2", "address": "10.0.0.1"}],
}
# The kernel under these tests may lack VLANs. A host without any has a file about them as well.
VLANS: dict[str, Any] = {"vlans": []}
BRIDGES: dict[str, Any] = {
    "bridges": [
        {"name": "br100", "interface": "eth2", "addresses": ["10.0.0.1/16"], "mtu": 1450},
        {"name": "br101", "interface": "eth1", "addresses": ["10.1.0.1/16"]},
        {"name": "br102"},
    ]
}
DHCP: dict[str, Any] = {
    "servers": [
        {
            "bridge": "br100",
            "listen_addresses": ["10.0.0.1"],
            "networks": [{"label": "front", "cidr": "10.0.0.0/16", "router": "10.0.0.1", "hosts": [WEB]}],
        },
        {
            "bridge": "br101",
            "listen_addresses": ["10.1.0.1"],
            "networks": [{"label": "back", "cidr": "10.1.0.0/16", "router": "10.1.0.1", "hosts": []}],
        },
    ]
}
ADDRESSES: dict[str, Any] = {
    "addresses": [{"address": FLOATING, "fixed_address": WEB["address"], "interface": "eth0"}],
    "send_arp": True,
}
MODULES = {
    "nova_firewall": FIREWALL,
    "nova_vlan": VLANS,
    "nova_bridge": BRIDGES,
    "nova_dnsmasq": DHCP,
    "nova_floating_ip": ADDRESSES,
}
PLAN = {"purge": True, "allow_empty_purge": True, "generation": 7, "ipam_uuid": "1f0c3a52-94a5-4f57-9d1d-2b2b9a0c7a11"}


def converge(host: Host, only: int | None = None, **options: Any) -> None:
    """Bring a host to the plan, as the role does, and put the program beside it.

    :param only: index of the item that is spoken of in each list; all when None.
    """
    for name, wish in MODULES.items():
        key = next(iter(wish))
        items = wish[key] if only is None else wish[key][only : only + 1]
        apply(host, name, **{**wish, key: items, **(options or PLAN)})
    install(host)


def apply(host: Host, name: str, **options: Any) -> dict[str, Any]:
    """Run a module on a host; its failure fails the test."""
    return succeeded(run_module(host, name, options, collections=link_collection()))


def install(host: Host) -> None:
    """Put the program on a host, as a plain copy."""
    for path, text in render_copy(PROGRAM, program_sources()).items():
        host.path(path).parent.mkdir(parents=True, exist_ok=True)
        host.path(path).write_text(text)


def program(
    host: Host, action: str = "restore", wait: float = 0, path: str = "/usr/bin:/bin"
) -> subprocess.CompletedProcess[str]:
    """Run the program as its unit does: an isolated interpreter that sees nothing but the copy."""
    arguments = ["--state-path", "/var/lib/novanet", "--wait", str(wait)]
    command = ["env", "-i", f"PATH={path}", "/usr/bin/python3", "-I", "-B", PROGRAM, action, *arguments]
    return host.run(command, check=False, timeout=60)


def reboot(host: Host) -> None:
    """Take away everything that does not survive a reboot: processes, rules, links, switches, and /run."""
    shell(host, "for pid in $(cat /var/lib/novanet/nova/dnsmasq/*/pid); do kill -KILL $pid; done")
    shell(host, "nft flush ruleset; rm -rf /run/novanet; echo 0 > /proc/sys/net/ipv4/ip_forward")
    shell(host, "for link in $(ls /sys/class/net | grep '^br'); do ip link del $link; done")
    shell(host, f"ip addr del {FLOATING}/32 dev eth0 || true; ip link set eth2 down; ip link set eth1 down")


def picture(host: Host) -> dict[str, str]:
    """Return what a reboot must not change, read by other ways than the program does."""
    settings = " ".join(f"/sys/class/net/$b/{name}" for name in ("address", "mtu", "bridge/stp_state", "ifalias"))
    return {
        "rules": shell(host, "nft --stateless list ruleset"),
        "addresses": shell(host, "ip -o -4 addr show | awk '{print $2, $4}' | sort"),
        "masters": shell(host, "for d in eth1 eth2; do basename $(readlink /sys/class/net/$d/master); done"),
        "settings": shell(host, f"for b in br100 br101 br102; do cat {settings}; done"),
        "forwarding": shell(host, "cat /proc/sys/net/ipv4/ip_forward"),
        "servers": shell(host, "pgrep -a dnsmasq | cut -d' ' -f2- | sort"),
        "memory": shell(host, f"cat {STATE}/*.json"),
    }


def write(host: Host, path: str, text: str | None) -> None:
    """Replace a file, or remove it."""
    if text is None:
        host.path(path).unlink()
    else:
        host.path(path).write_text(text, errors="surrogateescape")


def build() -> Lab:
    """Return the lab, not entered yet."""
    return Lab(TOPOLOGY)
