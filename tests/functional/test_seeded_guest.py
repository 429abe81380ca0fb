# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real guests, with a kernel of their own, that know their network from an image alone, or by DHCP alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.filter.injection import injection

from tests.functional.bridges import succeeded
from tests.lab.host import TOKEN_PORT, Host
from tests.lab.node import PYTHON
from tests.machines.seeded import guest_command, missing_programs

UUID = "7f1c3c5e-54f8-5b0e-9d35-6a0a5c1d9e42"
TOKEN = "token-out-of-the-seed"
NETWORK = {"enable_dhcp": False, "cidr_v6": None, "gateway_v6": None, "dns2": None}
NETWORKS = [
    {**NETWORK, "label": "front", "cidr": "10.0.0.0/24", "gateway": "10.0.0.1", "dns1": "9.9.9.9", "mtu": 1450},
    {**NETWORK, "label": "back", "cidr": "10.1.0.0/16", "gateway": "10.1.0.1", "dns1": None, "mtu": None},
]
NIC = {"address_v6": None}
NICS = [
    {**NIC, "network": "front", "mac": "fa:16:3e:00:00:02", "address": "10.0.0.2", "port_name": "tapfront"},
    {**NIC, "network": "back", "mac": "fa:16:3e:00:00:03", "address": "10.1.0.3", "port_name": "tapback"},
]
INSTANCE = {"name": "web1", "uuid": UUID, "hostname": "web1", "nics": NICS}
BRIDGES = [{"name": "br100", "addresses": ["10.0.0.1/24"]}, {"name": "br101", "addresses": ["10.1.0.1/16"]}]
# What a guest says to whoever asks: it alone has read it on its disk.
ASK = """
import socket, sys, time
for attempt in range(40):
    try:
        print(socket.create_connection((sys.argv[1], int(sys.argv[2])), 10).makefile().read())
        break
    except ConnectionRefusedError:
        time.sleep(0.25)
"""

needs_machines = pytest.mark.skipif(
    bool(missing_programs()), reason=f"lacks {', '.join(missing_programs())} (tests/requirements/machines-system.txt)"
)


def plug_in(host: Host) -> None:
    """Make the ends of the guest's cards as libvirt would, in their bridges."""
    for nic, bridge in zip(NICS, BRIDGES):
        host.run(["ip", "tuntap", "add", "dev", str(nic["port_name"]), "mode", "tap"])
        host.run(["ip", "link", "set", str(nic["port_name"]), "master", str(bridge["name"]), "up"])


@needs_machines
@pytest.mark.parametrize(("kind", "label"), [("nocloud", "cidata"), ("config_drive", "config-2")])
def test_a_guest_comes_up_with_its_addresses_from_its_image_alone(
    host: Host, run_module: Callable[..., dict[str, Any]], tmp_path: Path, kind: str, label: str
) -> None:
    succeeded(run_module("nova_bridge", bridges=BRIDGES))
    items = injection([INSTANCE], NETWORKS, "novalocal", user_data={"web1": TOKEN})
    made = succeeded(run_module("nova_injection", instances=items, images=[kind]))
    plug_in(host)
    assert not host.ping("10.0.0.2", timeout=2) and not host.ping("10.1.0.3", timeout=2)
    # The cards are plugged in the other way round, so only a look at the MAC addresses finds the right ones.
    cards = [(str(nic["port_name"]), str(nic["mac"])) for nic in (NICS[::-1] if kind == "nocloud" else NICS)]
    seed = f"{made['instances'][0]['directory']}/{label}.iso"
    with host.start(guest_command(tmp_path, seed, cards)) as guest:
        said = [line.split() for line in guest.wait_for("guest is up", timeout=240).splitlines()]
        assert ["name", "web1.novalocal"] in said
        names = {words[2]: words[1] for words in said if words[:1] == ["card"]}
        mtus = {words[2]: words[3] for words in said if words[:1] == ["card"]}
        front, back = names["fa:16:3e:00:00:02"], names["fa:16:3e:00:00:03"]
        assert sorted(words[1:] for words in said if words[:1] == ["address"]) == sorted(
            [[front, "10.0.0.2/24"], [back, "10.1.0.3/16"]]
        )
        routes = [words[1:] for words in said if words[:1] == ["route"]]
        assert [words[:5] for words in routes] == [["default", "via", "10.0.0.1", "dev", front]]
        assert mtus == {"fa:16:3e:00:00:02": "1450", "fa:16:3e:00:00:03": "1500"}
        for address in ("10.0.0.2", "10.1.0.3"):
            assert host.ping(address, count=3, timeout=5)
            assert host.run([PYTHON, "-c", ASK, address, str(TOKEN_PORT)]).stdout.strip() == TOKEN
    assert not host.ping("10.0.0.2", timeout=2)


@needs_machines
def test_a_guest_that_nobody_told_anything_comes_up_by_dhcp_and_fetches_its_metadata(
    host: Host, run_module: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    nic, bridge = NICS[0], BRIDGES[0]
    network = {"label": "front", "cidr": "10.0.0.0/24"}
    told = {"mac": nic["mac"], "address": nic["address"], "hostname": "web1"}
    served = {**network, "router": "10.0.0.1", "mtu": 1450, "hosts": [told]}
    rules = {"networks": [{**network, "bridge": "br100"}], "metadata": {"address": "127.0.0.1", "port": 8775}}
    succeeded(run_module("nova_firewall", **rules))
    succeeded(run_module("nova_bridge", bridges=[bridge]))
    server = {"bridge": "br100", "listen_addresses": ["10.0.0.1"], "networks": [served]}
    succeeded(run_module("nova_dnsmasq", servers=[server]))
    host.serve_metadata(TOKEN, 8775, "0.0.0.0")
    host.run(["ip", "tuntap", "add", "dev", str(nic["port_name"]), "mode", "tap"])
    host.run(["ip", "link", "set", str(nic["port_name"]), "master", "br100", "up"])
    with host.start(guest_command(tmp_path, None, [(str(nic["port_name"]), str(nic["mac"]))])) as guest:
        said = [line.split() for line in guest.wait_for("guest is up", timeout=240).splitlines()]
        for words in (
            ["name", "web1.novalocal"],
            ["address", "eth0", "10.0.0.2/24"],
            ["card", "eth0", str(nic["mac"]), "1450"],
        ):
            assert words in said
        assert [words[1:6] for words in said if words[:1] == ["route"]] == [
            ["default", "via", "10.0.0.1", "dev", "eth0"]
        ]
        assert host.ping("10.0.0.2", count=3, timeout=5)
        assert TOKEN in host.run([PYTHON, "-c", ASK, "10.0.0.2", str(TOKEN_PORT)]).stdout
