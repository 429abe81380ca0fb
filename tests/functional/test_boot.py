# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host comes back by itself: the program alone, from a plain copy, on a host that lost all but its disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.lab import Lab
from tests.lab.guest import Guest
from tests.lab.host import Host

from .boot import FLOATING, STATE, WEB, apply, build, converge, install, picture, program, reboot, write
from .bridges import addresses, exists, master, shell

RULES_OF = {"firewall": ("br100", "br101", "br102"), "floating": ("br100", "br101")}


@pytest.fixture
def lab() -> Iterator[Lab]:
    with build() as lab:
        converge(lab.host("gateway"))
        yield lab


@pytest.fixture
def gateway(lab: Lab) -> Host:
    return lab.host("gateway")


def plug(lab: Lab) -> Guest:
    return lab.plug("web", "gateway", port="tapweb", mac=WEB["mac"], bridge="br100")


def test_everything_is_back_after_a_reboot(gateway: Host) -> None:
    before = picture(gateway)
    reboot(gateway)
    assert "br100" not in shell(gateway, "ip link; nft list ruleset")
    back = program(gateway)
    assert (back.returncode, back.stderr) == (0, "")
    assert picture(gateway) == before


def test_a_guest_keeps_address_lease_and_floating_address(lab: Lab, gateway: Host) -> None:
    guest = plug(lab)
    assert guest.dhcp().address == WEB["address"]
    leases = shell(gateway, f"cat {STATE}/dnsmasq/br100/leases")
    guest.run(["sh", "-c", "kill $(pgrep -x udhcpc)"])
    reboot(gateway)
    gateway.run(["ip", "link", "set", "tapweb", "down"])
    assert program(gateway).returncode == 0
    assert shell(gateway, f"cat {STATE}/dnsmasq/br100/leases") == leases != ""
    gateway.batch(["link set tapweb master br100", "link set tapweb up"])
    assert guest.dhcp().address == WEB["address"]
    outside = lab.host("outside")
    outside.serve_token("token-of-outside")
    assert guest.request("192.0.2.1").peer == FLOATING
    guest.serve_token("token-of-web")
    assert outside.request(FLOATING).token == "token-of-web"


def test_a_host_that_is_as_it_shall_be_gets_no_change(gateway: Host) -> None:
    before = picture(gateway)
    again = program(gateway)
    assert (again.returncode, again.stdout, again.stderr) == (0, "no changes\n", "")
    assert picture(gateway) == before


def test_drift_is_repaired_and_said_one_line_for_each_change(gateway: Host) -> None:
    before = picture(gateway)
    shell(gateway, f"ip addr del {FLOATING}/32 dev eth0; ip link set br102 down; nft delete table ip nova_floating")
    shell(gateway, "nft flush set bridge nova_firewall isolated; nft add element ip nova_firewall bridges { docker0 }")
    shell(gateway, "ip link set eth1 nomaster; ip addr del 10.1.0.1/16 dev br101")
    shell(gateway, f"kill -KILL $(cat {STATE}/dnsmasq/br100/pid); echo 0 > /proc/sys/net/ipv4/ip_forward")
    repaired = program(gateway)
    assert (repaired.returncode, repaired.stderr) == (0, "")
    *lines, count = repaired.stdout.splitlines()
    said = [line.partition("nova: ")[2] for line in lines]
    for change in (
        "create element bridge nova_firewall isolated (eth2 . 10.0.0.1)",
        "delete foreign element ip nova_firewall bridges (docker0)",
        "update sysctl net.ipv4.ip_forward (0 -> 1)",
        "update bridge br102 (state down to up)",
        "run DHCP server br100 (start)",
    ):
        assert change in said, change
    for start in ("create address 10.1.0.1/16", f"create address {FLOATING}"):
        assert any(each.startswith(start) for each in said), start
    assert any("eth1" in each for each in said)
    assert count == f"{len(said)} changes"
    assert picture(gateway) == before


def test_isolation_is_back_with_the_rules_and_before_the_bridge(gateway: Host) -> None:
    reboot(gateway)
    states = watched(gateway)
    assert [tables for _forwarding, tables, links in states if "br100" in links]
    assert all("bridge.nova_firewall" in tables for _forwarding, tables, links in states if "br100" in links)
    assert '"eth2" . 10.0.0.1' in shell(gateway, "nft list set bridge nova_firewall isolated")


# Each in some way; that every file is named whatever it has become is shown where files are read.
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("firewall", ""),
        ("firewall", None),
        ("vlans", "\udcff\udc80"),
        ("bridges", '{"schema": 1, '),
        ("dhcp", '{"schema": 1, "slice": {}, "owned": {}}'),
        ("floating", None),
        ("floating", '{"schema": 1, "slice": {}, "owned": {}}'),
    ],
)
def test_a_damaged_file_is_named_and_all_else_is_applied(gateway: Host, name: str, text: str | None) -> None:
    path = f"{STATE}/{name}.json"
    sound = shell(gateway, f"cat {path}")
    before = picture(gateway)
    reboot(gateway)
    write(gateway, path, text)
    back = program(gateway)
    assert back.returncode == 1
    assert f"state file {path} is {'missing' if text is None else 'damaged'}" in back.stderr
    down = RULES_OF.get(name, ("br100", "br101", "br102") if name == "bridges" else ())
    for bridge in ("br100", "br101", "br102"):
        assert exists(gateway, bridge) == (bridge not in down), bridge
    tables = shell(gateway, "nft list tables")
    assert ("ip nova_firewall" in tables) == (name != "firewall")
    assert ("bridge nova_firewall" in tables) == (name != "firewall")
    assert ("ip nova_floating" in tables) == (name in ("dhcp", "vlans"))
    assert ("inet novanet_early" in tables) == (name in RULES_OF)
    assert (gateway.run(["pgrep", "dnsmasq"], check=False).returncode == 0) == (name == "vlans")
    write(gateway, path, sound)
    assert program(gateway).returncode == 0
    assert picture(gateway) == before


def test_rules_that_the_kernel_refuses_keep_their_networks_down(gateway: Host) -> None:
    before = picture(gateway)
    reboot(gateway)
    real = shell(gateway, "command -v nft").strip()
    refusing = f'#!/bin/sh\ncase "$*" in "-j -f -") echo refused >&2; exit 1;; esac\nexec {real} "$@"\n'
    gateway.path("/run/refusing").mkdir()
    gateway.path("/run/refusing/nft").write_text(refusing)
    shell(gateway, "chmod +x /run/refusing/nft")
    back = program(gateway, path="/run/refusing:/usr/sbin:/usr/bin:/sbin:/bin")
    assert back.returncode == 1
    assert "nova: nftables transaction was refused, the rules are as they were: refused" in back.stderr
    for bridge in ("br100", "br101", "br102"):
        assert f"nova: bridge {bridge} stays down: nftables transaction was refused" in back.stderr
        assert not exists(gateway, bridge)
    assert "inet novanet_early" in shell(gateway, "nft list tables")
    assert shell(gateway, "cat /proc/sys/net/ipv4/ip_forward") == "0\n"
    assert program(gateway).returncode == 0
    assert picture(gateway) == before


def test_a_running_network_with_its_rules_survives_a_damaged_file(gateway: Host) -> None:
    before = picture(gateway)
    write(gateway, f"{STATE}/firewall.json", "x")
    assert program(gateway).returncode == 1
    now = picture(gateway)
    assert {key: now[key] for key in ("rules", "masters", "forwarding")} == {
        key: before[key] for key in ("rules", "masters", "forwarding")
    }


def test_another_owner_is_not_drawn_in(gateway: Host) -> None:
    shell(gateway, "mkdir /var/lib/novanet/other && echo x > /var/lib/novanet/other/firewall.json")
    before = picture(gateway)
    reboot(gateway)
    back = program(gateway)
    assert back.returncode == 1
    assert "other: state file /var/lib/novanet/other/firewall.json is damaged" in back.stderr
    assert picture(gateway) == before


def test_an_uplink_that_is_missing_keeps_its_bridge_down_and_no_other(gateway: Host) -> None:
    before = picture(gateway)
    reboot(gateway)
    gateway.run(["ip", "link", "set", "eth2", "name", "away"])
    back = program(gateway, wait=0.3)
    assert back.returncode == 1
    assert "nova: bridge br100 stays down: interface eth2 does not exist" in back.stderr
    assert "nova: DHCP server of br100 stays down: bridge br100 is down" in back.stderr
    assert f"nova: floating IP {FLOATING} stays down: bridge br100 is down" in back.stderr
    assert not exists(gateway, "br100") and master(gateway, "eth1") == "br101"
    gateway.run(["ip", "link", "set", "away", "name", "eth2"])
    assert program(gateway).returncode == 0
    assert picture(gateway) == before


def test_an_uplink_that_appears_late_is_waited_for(gateway: Host) -> None:
    before = picture(gateway)
    reboot(gateway)
    gateway.run(["ip", "link", "set", "eth2", "name", "away"])
    late = threading.Timer(1.0, gateway.run, (["ip", "link", "set", "away", "name", "eth2"],))
    late.start()
    back = program(gateway, wait=10)
    late.join()
    assert (back.returncode, back.stderr) == (0, "")
    assert picture(gateway) == before


def watched(gateway: Host) -> list[tuple[str, set[str], set[str]]]:
    """Run the program, and return forwarding, tables and links after each of its commands."""
    for name in ("ip", "nft"):
        real = shell(gateway, f"command -v {name}").strip()
        lines = [
            "#!/bin/sh",
            f'{real} "$@"',
            "code=$?",
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
            "forwarding=$(cat /proc/sys/net/ipv4/ip_forward)",
            "tables=$(nft list tables | cut -d' ' -f2,3 | tr ' ' . | xargs)",
            'echo "$forwarding|$tables|$(ls /sys/class/net | xargs)" >> /run/spy/log',
            "exit $code",
        ]
        text = "\n".join([*lines, ""])
        gateway.path("/run/spy").mkdir(exist_ok=True)
        gateway.path(f"/run/spy/{name}").write_text(text)
    shell(gateway, "chmod +x /run/spy/*")
    assert program(gateway, path="/run/spy:/usr/sbin:/usr/bin:/sbin:/bin").returncode == 0
    lines = [line.split("|") for line in shell(gateway, "cat /run/spy/log").splitlines()]
    return [(forwarding, {*tables.split()}, {*links.split()}) for forwarding, tables, links in lines]


def test_nothing_is_routed_until_all_is_applied(gateway: Host) -> None:
    reboot(gateway)
    assert program(gateway, "early").returncode == 0
    closed = shell(gateway, "nft list table inet novanet_early")
    assert [name for name in ("br100", "br101", "br102") if f'"{name}"' in closed] == ["br100", "br101", "br102"]
    states = watched(gateway)
    assert len(states) > 10
    for forwarding, tables, links in states:
        assert "br100" not in links or "ip.nova_firewall" in tables, "a link without its rules"
        assert forwarding == "0" or {"ip.nova_firewall", "ip.nova_floating"} <= tables, "forwarding before all rules"
        assert "inet.novanet_early" in tables or forwarding == "1", "opened before the end"
    assert states[-1][0] == "1" and "inet.novanet_early" not in states[-1][1] and "br100" in states[-1][2]
    assert program(gateway, "early").returncode == 0
    assert "novanet_early" not in shell(gateway, "nft list tables"), "what was opened in this boot stays open"


def test_what_was_made_by_hand_one_by_one_comes_back_whole() -> None:
    with build() as lab:
        gateway = lab.host("gateway")
        converge(gateway, purge=False)
        converge(gateway, only=1, purge=False)
        before = picture(gateway)
        reboot(gateway)
        back = program(gateway)
        assert (back.returncode, back.stderr) == (0, "")
        assert picture(gateway) == before


def test_bridges_are_closed_from_early_on_until_their_rules_are_there(lab: Lab, gateway: Host) -> None:
    guest = plug(lab)
    guest.dhcp()
    lab.host("outside").serve_token("token-of-outside")
    assert guest.request("192.0.2.1").token == "token-of-outside"
    # The worst start: somebody else has turned forwarding on and made the bridge, and no rule is there yet.
    shell(gateway, "nft flush ruleset; rm -rf /run/novanet")
    assert program(gateway, "early").returncode == 0
    assert not guest.request("192.0.2.1", timeout=1)
    assert shell(gateway, "cat /proc/sys/net/ipv4/ip_forward") == "1\n"
    assert program(gateway).returncode == 0
    assert guest.request("192.0.2.1").token == "token-of-outside"


@pytest.mark.parametrize("configured", [True, False], ids=["by-its-manager", "by-nobody"])
def test_an_uplink_gives_its_addresses_to_the_bridge_again(configured: bool) -> None:
    with build() as lab:
        host = lab.host("outside")
        wish = {"bridges": [{"name": "br0", "interface": "eth0"}], "allow_management_interface": True}
        install(host)
        apply(host, "nova_bridge", **wish)
        assert addresses(host, "br0") == ["192.0.2.1/24"] and addresses(host, "eth0") == []
        shell(host, "ip link del br0; rm -rf /run/novanet")
        if configured:
            shell(host, "ip addr add 192.0.2.1/24 brd + dev eth0")
        back = program(host, wait=0.3)
        assert (back.returncode, back.stderr) == (0, "")
        assert addresses(host, "br0") == ["192.0.2.1/24"] and addresses(host, "eth0") == []
        assert program(host).stdout == "no changes\n"
