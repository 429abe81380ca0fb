# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nova_host_info on a host: what is there, what is not, and no trace of having looked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.lab import Lab
from tests.lab.host import Host

Run = Callable[..., dict[str, Any]]
IPAM = "1f0c3a52-94a5-4f57-9d1d-2b2b9a0c7a11"


def hide(host: Host, *programs: str) -> None:
    for program in programs:
        path = host.run(["sh", "-c", f"command -v {program}"]).stdout.strip()
        host.run(["mount", "--bind", "/dev/null", path])


def test_a_host_that_has_everything_lacks_nothing(host: Host, run_module: Run) -> None:
    found = run_module("nova_host_info", features=["bridge", "dhcp", "nat"], interfaces=["eth0", "eth2"])
    assert (found["changed"], found["missing"]) == (False, [])
    assert found["interfaces"][0]["addresses"][0] == "192.0.2.2/24"
    assert [(item["name"], item["exists"], item["up"]) for item in found["interfaces"]] == [
        ("eth0", True, True),
        ("eth2", True, True),
    ]
    assert found["source_address"] is None
    host.run(["ip", "route", "add", "default", "via", "192.0.2.1"])
    assert run_module("nova_host_info")["source_address"] == "192.0.2.2"
    said = host.run(["dnsmasq", "--version"]).stdout
    assert f"version {found['tools']['dnsmasq']['version']} " in said
    assert found["generation"] is None and found["ipam_uuid"] is None and found["leases"] == []


def test_everything_missing_is_named_at_once(host: Host, run_module: Run) -> None:
    hide(host, "nft", "dhcp_release")
    host.path("/var/lib/novanet/nova").mkdir(parents=True)
    host.path("/var/lib/novanet/nova/link.json").write_text('{"schema": 1, ')
    wish = {"features": ["bridge", "dhcp", "nat"], "interfaces": ["eth0", "eth8", "eth9"]}
    result = run_module("nova_host_info", **wish)
    assert result["failed"]
    for missing in (
        "program nft (package nftables)",
        "program dhcp_release (package dnsmasq-utils)",
        "interface eth8",
        "interface eth9",
        "a sound state file /var/lib/novanet/nova/link.json (it is damaged",
    ):
        assert missing in result["msg"]
    assert "eth0" not in result["msg"] and "dnsmasq-base" not in result["msg"]
    told = run_module("nova_host_info", **wish, required=False)
    assert "failed" not in told and told["missing"] == result["missing"] and len(told["missing"]) == 5


def test_vlan_support_is_what_the_kernel_does(host: Host, run_module: Run) -> None:
    made = host.run(["ip", "link", "add", "link", "eth2", "name", "v2", "type", "vlan", "id", "2"], check=False)
    if made.returncode == 0:
        host.batch(["link del v2"])
    found = run_module("nova_host_info", features=["vlan"], required=False)
    expected = [] if made.returncode == 0 else ["kernel support for 802.1Q VLAN interfaces (module 8021q)"]
    assert found["missing"] == expected


def test_looking_leaves_no_trace(host: Host, run_module: Run) -> None:
    def picture() -> list[str]:
        commands = (
            ["ip", "-j", "link"],
            ["nft", "list", "ruleset"],
            ["find", "/etc", "/var/lib", "-newer", "/run/mark"],
        )
        return [host.run(command).stdout for command in commands]

    host.run(["touch", "/run/mark"])
    before = picture()
    run_module("nova_host_info", features=["bridge", "dhcp", "groups", "nat", "vlan"], required=False, check=True)
    assert picture() == before


def test_the_plan_and_the_leases_of_a_host_are_told(one_host: Lab, host: Host, run_module: Run) -> None:
    host.batch(["link add br100 type bridge forward_delay 0", "address add 10.0.0.1/8 dev br100", "link set br100 up"])
    guest = {"mac": "fa:16:3e:00:00:01", "address": "10.0.0.2", "hostname": "web"}
    network = {"label": "a", "cidr": "10.0.0.0/8", "hosts": [guest]}
    server = {"bridge": "br100", "listen_addresses": ["10.0.0.1"], "networks": [network]}
    run_module("nova_dnsmasq", servers=[server], generation=5, ipam_uuid=IPAM)
    one_host.plug("web", "host1", port="tap1", mac=guest["mac"], bridge="br100").dhcp()
    found = run_module("nova_host_info")
    assert (found["generation"], found["ipam_uuid"]) == (5, IPAM)
    assert [(lease["bridge"], lease["address"], lease["hostname"]) for lease in found["leases"]] == [
        ("br100", "10.0.0.2", "web")
    ]
    journal = json.loads(host.path("/var/lib/novanet/nova/dhcp.json").read_text())
    host.path("/var/lib/novanet/nova/zz.json").write_text(json.dumps({**journal, "generation": 3}))
    assert run_module("nova_host_info")["generation"] == 3
    assert run_module("nova_host_info", owner="other")["generation"] is None
