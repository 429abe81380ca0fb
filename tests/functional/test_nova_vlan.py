# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nova_vlan against the real kernel, looked at by other ways than the module does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.functional.bridges import addresses, exists, master, setting, shell, snapshot, succeeded
from tests.lab.host import Host
from tests.lab.kernel import lacks, requires_kernel

Run = Callable[..., dict[str, Any]]

BOOT_FILE = "/etc/modules-load.d/novanet.conf"
VLAN169 = {"name": "vlan169", "id": 169, "parent": "eth2"}


def tag(host: Host, device: str) -> str:
    """Return the id and the parent of a VLAN device as ``ip`` prints them for people."""
    words = shell(host, f"ip -o -d link show dev {device}").split()
    return f"{words[words.index('id') + 1]} on {words[1].rstrip(':').split('@')[1]}"


@pytest.mark.skipif(not lacks("8021q"), reason="this kernel makes VLAN interfaces")
def test_a_kernel_without_vlans_is_one_clear_message_and_nothing_is_changed(host: Host, run_module: Run) -> None:
    before = snapshot(host)
    for check in (True, False):
        result = run_module("nova_vlan", vlans=[VLAN169], check=check)
        assert result["failed"]
        assert "the kernel of this host makes no VLAN interfaces: it has no module 8021q" in result["msg"]
    after = snapshot(host)
    assert {**after, "journal": []} == {**before, "journal": []}
    assert host.run(["test", "-e", BOOT_FILE], check=False).returncode != 0


def test_nothing_wanted_is_no_change_whatever_the_kernel(host: Host, run_module: Run) -> None:
    result = succeeded(run_module("nova_vlan", vlans=[], purge=True, allow_empty_purge=True))
    assert (result["changed"], result["vlans"], result["loaded_at_boot"]) == (False, [], False)
    assert host.run(["test", "-e", BOOT_FILE], check=False).returncode != 0


@requires_kernel("8021q")
def test_a_vlan_interface_comes_stays_is_repaired_and_goes(host: Host, run_module: Run) -> None:
    before = snapshot(host)
    foreseen = succeeded(run_module("nova_vlan", vlans=[{**VLAN169, "mtu": 1450}], check=True))
    assert snapshot(host) == before
    made = succeeded(run_module("nova_vlan", vlans=[{**VLAN169, "mtu": 1450}]))
    assert (foreseen["changes"], foreseen["vlans"]) == (made["changes"], made["vlans"])
    assert tag(host, "vlan169") == "169 on eth2"
    assert (setting(host, "vlan169/mtu"), setting(host, "vlan169/ifalias")) == ("1450", "novanet:nova")
    assert shell(host, f"cat {BOOT_FILE}").splitlines()[-1] == "8021q"
    assert not succeeded(run_module("nova_vlan", vlans=[{**VLAN169, "mtu": 1450}]))["changed"]
    for damage in ("ip link del vlan169", "ip link set vlan169 down", "ip link set vlan169 alias x", f"rm {BOOT_FILE}"):
        shell(host, damage)
        assert succeeded(run_module("nova_vlan", vlans=[{**VLAN169, "mtu": 1450}]))["changed"], damage
        assert tag(host, "vlan169") == "169 on eth2"
        assert setting(host, "vlan169/flags") == "0x1003"
    gone = succeeded(run_module("nova_vlan", vlans=[{"name": "vlan169", "state": "absent"}]))
    assert gone["changes"] == ["delete VLAN interface vlan169", f"delete file {BOOT_FILE} (module 8021q at boot)"]
    assert {**snapshot(host), "journal": []} == {**before, "journal": []}


@requires_kernel("8021q")
@pytest.mark.parametrize("old", ["link eth1 name vlan169 type vlan id 169", "link eth2 name vlan169 type vlan id 170"])
def test_another_parent_or_id_is_an_error_or_a_replacement(host: Host, run_module: Run, old: str) -> None:
    shell(host, f"ip link add {old}; ip link set vlan169 up; ip addr add 10.9.0.1/24 dev vlan169")
    before = snapshot(host)
    refused = run_module("nova_vlan", vlans=[VLAN169])
    assert "Set replace to true" in refused["msg"]
    assert snapshot(host) == before
    succeeded(run_module("nova_vlan", vlans=[{**VLAN169, "replace": True}]))
    assert (tag(host, "vlan169"), addresses(host, "vlan169")) == ("169 on eth2", ["10.9.0.1/24"])


@requires_kernel("8021q")
def test_all_ids_at_once(host: Host, run_module: Run) -> None:
    vlans = [{"name": f"vlan{number}", "id": number, "parent": "eth2"} for number in range(1, 4095)]
    made = succeeded(run_module("nova_vlan", vlans=vlans, limit=900))
    assert len(made["vlans"]) == 4094
    assert shell(host, "ls /sys/class/net | grep -c ^vlan").strip() == "4094"
    assert not succeeded(run_module("nova_vlan", vlans=vlans, limit=300))["changed"]
    assert (tag(host, "vlan4081"), setting(host, "vlan4081/ifalias")) == ("4081 on eth2", "novanet:nova")
    succeeded(run_module("nova_vlan", vlans=[], purge=True, allow_empty_purge=True, limit=900))
    assert shell(host, "ls /sys/class/net | grep -c ^vlan || true").strip() == "0"


@requires_kernel("8021q")
def test_a_failure_half_way_leaves_the_host_as_it_was(host: Host, run_module: Run) -> None:
    # The kernel refuses a MAC address of all zeros only when it is asked, so a limit is provoked with a name instead.
    shell(host, "ip link add name altered type veth peer name other; ip link property add dev altered altname vlan390")
    before = snapshot(host)
    # So many that several processes have done their part before.
    vlans = [{"name": f"vlan{number}", "id": number, "parent": "eth2"} for number in range(1, 401)]
    result = run_module("nova_vlan", vlans=vlans)
    assert "the host is as it was" in result["msg"]
    assert {**snapshot(host), "journal": []} == {**before, "journal": []}


@requires_kernel("8021q")
def test_mac_and_mtu_are_set_and_repaired_and_too_much_is_refused(host: Host, run_module: Run) -> None:
    wish = {**VLAN169, "mac": "02:00:5e:10:00:01", "mtu": 1400}
    succeeded(run_module("nova_vlan", vlans=[wish]))
    shell(host, "ip link set vlan169 address 02:00:5e:10:00:02 mtu 1300")
    repaired = succeeded(run_module("nova_vlan", vlans=[wish]))
    detail = "mac 02:00:5e:10:00:02 to 02:00:5e:10:00:01, mtu 1300 to 1400"
    assert repaired["changes"] == [f"update VLAN interface vlan169 ({detail})"]
    assert (setting(host, "vlan169/address"), setting(host, "vlan169/mtu")) == ("02:00:5e:10:00:01", "1400")
    before = snapshot(host)
    refused = run_module("nova_vlan", vlans=[{**wish, "mtu": 9000}])
    assert "vlans[0].mtu 9000 is more than the 1500 of its parent eth2" in refused["msg"]
    taken = run_module("nova_vlan", vlans=[wish, {**VLAN169, "name": "other"}])
    assert "vlans[1].id 169" in taken["msg"]
    assert snapshot(host) == before


@requires_kernel("8021q")
def test_what_carries_the_controllers_connection_is_touched_with_consent_only(host: Host, run_module: Run) -> None:
    succeeded(run_module("nova_vlan", vlans=[VLAN169]))
    shell(host, "ip addr add 10.9.0.1/24 dev vlan169")
    before = snapshot(host)
    for wish in ({**VLAN169, "mtu": 1400}, {**VLAN169, "id": 170, "replace": True}):
        refused = run_module("nova_vlan", vlans=[wish], management_address="10.9.0.1")
        assert "allow_management_interface" in refused["msg"]
        assert snapshot(host) == before
    wish = {**VLAN169, "id": 170, "replace": True}
    consent = {"management_address": "10.9.0.1", "allow_management_interface": True}
    assert succeeded(run_module("nova_vlan", vlans=[wish], **consent))["changed"]
    assert (tag(host, "vlan169"), addresses(host, "vlan169")) == ("170 on eth2", ["10.9.0.1/24"])


@requires_kernel("8021q")
def test_bridges_take_and_give_up_vlan_interfaces_in_between(host: Host, run_module: Run) -> None:
    before = snapshot(host)
    bridge = {"name": "br169", "interface": "vlan169", "addresses": ["172.16.169.1/24"]}

    def converge(vlans: list[dict[str, Any]], bridges: list[dict[str, Any]], check: bool) -> list[str]:
        consent = {"purge": True, "allow_empty_purge": True, "check": check}
        first = succeeded(run_module("nova_vlan", vlans=vlans, phase="make", **consent))
        second = succeeded(run_module("nova_bridge", bridges=bridges, foreseen=first["vlans"], **consent))
        third = succeeded(run_module("nova_vlan", vlans=vlans, phase="remove", **consent))
        return [*first["changes"], *second["changes"], *third["changes"]]

    assert converge([VLAN169], [bridge], True) == converge([VLAN169], [bridge], False)
    assert master(host, "vlan169") == "br169"
    assert converge([VLAN169], [bridge], False) == []
    going = converge([], [], True)
    assert exists(host, "vlan169")
    assert going == converge([], [], False)
    assert {**snapshot(host), "journal": []} == {**before, "journal": []}


@requires_kernel("8021q")
def test_two_owners_leave_each_other_alone(host: Host, run_module: Run) -> None:
    succeeded(run_module("nova_vlan", vlans=[VLAN169]))
    succeeded(run_module("nova_vlan", owner="lab", vlans=[{"name": "vlan5", "id": 5, "parent": "eth2"}]))
    succeeded(run_module("nova_vlan", owner="lab", vlans=[], purge=True, allow_empty_purge=True))
    assert (exists(host, "vlan169"), exists(host, "vlan5")) == (True, False)
    assert shell(host, f"cat {BOOT_FILE}").splitlines()[-1] == "8021q"
