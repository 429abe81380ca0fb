# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of nova_dnsmasq have in common: networks, hosts, and ways to look."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.lab import Lab
from tests.lab.errors import LabError
from tests.lab.guest import Guest
from tests.lab.host import Host

from .waiting import until

Run = Callable[..., dict[str, Any]]

DIRECTORY = "/var/lib/novanet/nova/dnsmasq"
WEB = {"mac": "fa:16:3e:00:00:01", "address": "10.0.0.2", "hostname": "web"}
DATABASE = {"mac": "fa:16:3e:00:00:02", "address": "10.0.7.9", "hostname": "database"}
THIRD = {"mac": "fa:16:3e:00:00:03", "address": "10.0.0.3", "hostname": "third"}
UNKNOWN_MAC = "fa:16:3e:00:00:ff"
PRIVATE = {
    "label": "private, the first",
    "cidr": "10.0.0.0/8",
    "dhcp_start": "10.0.0.2",
    "router": "10.0.0.1",
    "dns": ["8.8.4.4"],
    "mtu": 1450,
    "hosts": [WEB, DATABASE],
}
BACK = {
    "label": "back",
    "cidr": "192.168.7.0/24",
    "router": "192.168.7.1",
    "hosts": [{"mac": "fa:16:3e:00:00:11", "address": "192.168.7.20", "hostname": "web", "default_route": False}],
}
SERVER = {"bridge": "br100", "listen_addresses": ["10.0.0.1"], "networks": [PRIVATE]}


def server(*hosts: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return the usual server with other hosts or other options."""
    made = copy.deepcopy(SERVER)
    if hosts:
        made["networks"][0]["hosts"] = list(hosts)  # type: ignore[index]
    return {**made, **changed}


def add_bridge(host: Host, name: str, *addresses: str) -> None:
    host.batch(
        [
            f"link add {name} type bridge forward_delay 0",
            *(f"address add {address} dev {name}" for address in addresses),
            f"link set {name} up",
        ]
    )


def plug(lab: Lab, name: str, mac: str, bridge: str = "br100") -> Guest:
    return lab.plug(name, "host1", port=f"tap{mac[-2:]}{bridge[-3:]}", mac=mac, bridge=bridge)


def pid_of(host: Host, bridge: str = "br100") -> int:
    return int(host.path(f"{DIRECTORY}/{bridge}/pid").read_text())


def runs(host: Host, pid: int) -> bool:
    return host.run(["kill", "-0", str(pid)], check=False).returncode == 0


def leases_of(host: Host, bridge: str = "br100") -> dict[str, str]:
    """Return the leases that dnsmasq wrote down: address to MAC."""
    lines = host.path(f"{DIRECTORY}/{bridge}/leases").read_text().splitlines()
    return {fields[2]: fields[1] for fields in map(str.split, lines)}


def gets_nothing(guest: Guest) -> bool:
    try:
        guest.dhcp(timeout=4)
    except LabError:
        return True
    return False


def renew(guest: Guest) -> dict[str, str]:
    """Let a client ask its server again, and return what it was told."""
    record = guest.path("/run/dhcp.lease")
    record.unlink()
    guest.run(["sh", "-c", "kill -USR1 $(pgrep -x udhcpc)"])
    until(record.exists, "what the client is told")
    return dict(line.split("=", 1) for line in record.read_text().splitlines() if "=" in line)


def reboot_with(guest: Guest, address: str) -> str:
    """Let a guest that remembers an address ask for it, as after a reboot; return what its client says."""
    times = "".join(f"  {name} 4 2037/01/01 00:00:00;\n" for name in ("renew", "rebind", "expire"))
    given = f'interface "eth0";\n  fixed-address {address};\n  option subnet-mask 255.0.0.0;\n'
    remembered = f"lease {{\n  {given}  option dhcp-server-identifier 10.0.0.1;\n{times}}}\n"
    guest.run(["sh", "-c", 'echo "$1" > /run/dhclient.leases', "sh", remembered])
    files = ["-lf", "/run/dhclient.leases", "-pf", "/run/dhclient.pid", "-cf", "/dev/null", "-sf", "/bin/true"]
    guest.run(["ip", "link", "set", "eth0", "up"])
    return guest.run(["timeout", "4", "dhclient", "-d", "-v", *files, "eth0"], check=False).stderr
