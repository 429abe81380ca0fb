# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each host must have, computed from what the IPAM holds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.plan.compile import compile_plans, hosts_waited_for
from ansible_collections.novanet.network.plugins.module_utils.plan.model import (
    Device,
    FloatingIp,
    HostPlan,
    HostSettings,
    Instance,
    Lease,
    Network,
    Port,
    Settings,
    Snapshot,
    Withdrawal,
)
from hypothesis import given
from hypothesis import strategies as st

PUBLIC = Network(
    label="public",
    uuid="11111111-1111-5111-8111-111111111111",
    manager="flatdhcp",
    cidr="10.0.0.0/8",
    cidr_v6=None,
    gateway="10.0.0.1",
    gateway_v6=None,
    dhcp_server="10.0.0.1",
    dhcp_start="10.0.0.2",
    dns=("192.0.2.53",),
    vlan=None,
    bridge="br100",
    bridge_interface="eth2",
    project=None,
    host="network1",
    multi_host=False,
    mtu=None,
    enable_dhcp=True,
    share_address=False,
)


def instance(number: int, host: str = "compute1", network: str = "public") -> Instance:
    port = Port(
        network,
        0,
        f"fa:16:3e:00:{number // 256:02x}:{number % 256:02x}",
        f"tap{number:04d}",
        f"10.1.{number // 256}.{number % 256}",
    )
    return Instance(f"web{number}", f"uuid-{number}", "red", host, f"web{number}", (port,))


def floating(number: int) -> FloatingIp:
    return FloatingIp(f"203.0.113.{number}", f"10.1.0.{number}", "public", f"web{number}", "nova", None)


SNAPSHOT = Snapshot("ipam-1", 7, (PUBLIC,), (instance(1), instance(2, "compute2")), (floating(1),), ())
SETTINGS = Settings()
HOSTS = (
    HostSettings("network1", True, False, "eth0", "eth2", None, "192.0.2.10", "192.0.2.10"),
    HostSettings("compute1", False, True, "eth0", "eth2"),
    HostSettings("compute2", False, True, "eth0", "eth2"),
)


def plans(snapshot: Snapshot = SNAPSHOT, settings: Settings = SETTINGS, **options: object) -> dict[str, HostPlan]:
    hosts = options.pop("hosts", HOSTS)
    return {plan.host: plan for plan in compile_plans(snapshot, settings, hosts, **options)}


def test_only_the_serving_host_has_gateway_dhcp_nat_and_floating_ips() -> None:
    result = plans()
    assert result["network1"].bridges[0]["addresses"] == ["10.0.0.1/8"]
    assert [entry["address"] for entry in result["network1"].dhcp[0]["networks"][0]["hosts"]] == [
        "10.1.0.1",
        "10.1.0.2",
    ]
    assert result["network1"].floating == (
        {"address": "203.0.113.1", "fixed_address": "10.1.0.1", "interface": "eth0"},
    )
    assert result["network1"].firewall["networks"][0]["source_address"] == "192.0.2.10"
    assert result["network1"].firewall["metadata"] == {"address": "192.0.2.10", "port": 8775}
    for name in ("compute1", "compute2"):
        plan = result[name]
        assert [(bridge["name"], bridge["interface"], bridge["addresses"]) for bridge in plan.bridges] == [
            ("br100", "eth2", [])
        ]
        assert (plan.dhcp, plan.floating) == ((), ())
        assert plan.firewall == {
            "networks": [],
            "prefixes": [],
            "metadata": None,
            "hairpin_ports": [],
            "forwarding": False,
            "isolated": [],
            "groups": [],
            "guest_ports": [],
        }


def test_a_device_is_served_where_its_network_is_with_the_lease_that_another_host_gave() -> None:
    printer = Device("public", "printer", "00:00:5e:00:53:0a", "10.0.0.9", Lease(5000.0, "network0"))
    elsewhere = Device("other", "scanner", "00:00:5e:00:53:0b", "10.0.0.10")
    served = plans(replace(SNAPSHOT, devices=(printer, elsewhere)))
    (server,) = served["network1"].dhcp
    entry = {"mac": printer.mac, "address": "10.0.0.9", "hostname": "printer"}
    assert server["networks"][0]["hosts"][2:] == [{**entry, "default_route": True}]
    assert server["leases"] == [{**entry, "expires": 5000}]
    assert served["compute1"] == plans()["compute1"]


def test_every_plan_carries_whose_it_is_and_how_new() -> None:
    assert {(plan.ipam_uuid, plan.generation, plan.schema) for plan in plans().values()} == {("ipam-1", 7, 1)}


def test_a_plan_is_plain_json() -> None:
    document = plans()["network1"].to_document()
    assert json.loads(json.dumps(document))["bridges"][0]["name"] == "br100"


def test_the_interface_of_the_host_overrides_that_of_the_network() -> None:
    hosts = (replace(HOSTS[0], flat_interface="ens7"), *HOSTS[1:])
    result = plans(hosts=hosts)
    assert result["network1"].bridges[0]["interface"] == "ens7"
    assert result["compute1"].bridges[0]["interface"] == "eth2"


def test_a_moved_floating_ip_is_bound_only_after_its_old_host_has_confirmed() -> None:
    waiting = replace(SNAPSHOT, withdrawals=(Withdrawal("floating", "203.0.113.1", "network9", 6),))
    assert plans(waiting)["network1"].floating == ()
    assert plans(waiting)["network1"].waiting == ("203.0.113.1",)
    assert hosts_waited_for(waiting, SETTINGS) == ("network9",)
    assert plans(SNAPSHOT)["network1"].waiting == ()
    assert hosts_waited_for(SNAPSHOT, SETTINGS) == ()


def test_a_floating_ip_that_comes_back_to_the_same_host_waits_for_nobody() -> None:
    back = replace(SNAPSHOT, withdrawals=(Withdrawal("floating", "203.0.113.1", "network1", 6),))
    assert [ip["address"] for ip in plans(back)["network1"].floating] == ["203.0.113.1"]
    assert hosts_waited_for(back, SETTINGS) == ()


def test_only_targets_are_compiled_but_all_hosts_are_known() -> None:
    assert list(plans(targets=["compute2"])) == ["compute2"]


def test_networks_on_one_bridge_share_a_dhcp_server() -> None:
    second = replace(PUBLIC, label="second", cidr="172.20.0.0/24", gateway="172.20.0.1", dhcp_server="172.20.0.1")
    result = plans(replace(SNAPSHOT, networks=(PUBLIC, second)))["network1"]
    assert [server["listen_addresses"] for server in result.dhcp] == [["10.0.0.1", "172.20.0.1"]]
    assert [bridge["addresses"] for bridge in result.bridges] == [["10.0.0.1/8", "172.20.0.1/24"]]


def test_only_the_first_nic_of_an_instance_gets_a_default_route() -> None:
    second = replace(
        PUBLIC,
        label="second",
        cidr="172.20.0.0/24",
        gateway="172.20.0.1",
        dhcp_server="172.20.0.1",
        bridge="br101",
        bridge_interface="eth3",
    )
    two = replace(
        instance(1), ports=(*instance(1).ports, Port("second", 1, "fa:16:3e:00:00:99", "tap99", "172.20.0.9"))
    )
    snapshot = replace(SNAPSHOT, networks=(PUBLIC, second), instances=(two,))
    hosts = tuple(replace(host, flat_interface=None) for host in HOSTS)

    def routes(settings: Settings) -> list[bool]:
        servers = plans(snapshot, settings, hosts=hosts)["network1"].dhcp
        return [entry["default_route"] for server in servers for net in server["networks"] for entry in net["hosts"]]

    assert routes(Settings()) == [True, False]
    assert routes(Settings(use_single_default_gateway=False)) == [True, True]


def test_name_servers_of_a_network_reach_its_guests_only_when_asked_for() -> None:
    def dns(settings: Settings) -> list[str]:
        return plans(settings=settings)["network1"].dhcp[0]["networks"][0]["dns"]

    assert dns(Settings(use_network_dns_servers=True)) == ["192.0.2.53"]
    assert dns(Settings(use_network_dns_servers=False)) == []


def test_a_network_with_a_gateway_outside_the_cloud_is_not_translated() -> None:
    external = replace(PUBLIC, gateway="10.0.0.254")
    result = plans(replace(SNAPSHOT, networks=(external,)))["network1"]
    assert result.firewall["networks"][0]["source_address"] is None
    assert result.bridges[0]["addresses"] == ["10.0.0.1/8"]
    assert result.dhcp[0]["networks"][0]["router"] == "10.0.0.254"
    forced = plans(replace(SNAPSHOT, networks=(external,)), Settings(force_snat_range=("198.51.100.0/24",)))["network1"]
    assert forced.firewall["networks"][0]["source_address"] == "192.0.2.10"
    assert forced.firewall["networks"][0]["force_snat"] == ["198.51.100.0/24"]


def test_hairpin_ports_are_those_of_gateway_bridges() -> None:
    hosts = (replace(HOSTS[0], compute=True), *HOSTS[1:])
    result = plans(replace(SNAPSHOT, instances=(instance(1, "network1"), instance(2, "compute2"))), hosts=hosts)
    assert result["network1"].firewall["hairpin_ports"] == ["eth2", "tap0001"]
    assert result["network1"].bridges[0]["hairpin_ports"] == ["eth2", "tap0001"]
    assert result["compute2"].bridges[0]["hairpin_ports"] == []


def on_networks(*networks: Network) -> Snapshot:
    return replace(SNAPSHOT, networks=networks)


def first_host(**values: object) -> tuple[HostSettings, ...]:
    return (replace(HOSTS[0], **values), *HOSTS[1:])


OTHER_UPLINK = replace(PUBLIC, label="b", cidr="172.20.0.0/24", bridge_interface="eth3")
NO_FLAT_INTERFACE = tuple(replace(host, flat_interface=None) for host in HOSTS)


@pytest.mark.parametrize(
    ("snapshot", "hosts", "message"),
    [
        (replace(SNAPSHOT, instances=(instance(1, "compute9"),)), HOSTS, "web1 runs on host compute9, which is not"),
        (on_networks(replace(PUBLIC, host="network9")), HOSTS, "network public is served by host network9"),
        (on_networks(replace(PUBLIC, manager="vlan")), HOSTS, "network public has no VLAN, which vlan networks need"),
        (on_networks(replace(PUBLIC, vlan=100)), HOSTS, "network public has VLAN 100"),
        (SNAPSHOT, first_host(my_ip=None), "host network1 has no metadata address"),
        (SNAPSHOT, first_host(public_interface=None), "floating IP 203.0.113.1 has no public interface"),
        (on_networks(PUBLIC, OTHER_UPLINK), NO_FLAT_INTERFACE, "network1 would get several uplinks: eth2, eth3"),
    ],
)
def test_what_no_plan_can_be_made_of_is_named(
    snapshot: Snapshot, hosts: tuple[HostSettings, ...], message: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        plans(snapshot, hosts=hosts)
    assert message in str(caught.value)


def test_two_bridges_on_one_uplink_are_refused() -> None:
    second = replace(PUBLIC, label="second", uuid="2", cidr="172.16.0.0/24", gateway="172.16.0.1", bridge="br200")
    with pytest.raises(InvalidInput, match="would get uplink eth2, which bridge br100 has"):
        plans(replace(SNAPSHOT, networks=(PUBLIC, second)))


def test_a_target_that_is_no_host_is_named() -> None:
    with pytest.raises(InvalidInput, match="targets nowhere are not among the hosts"):
        plans(targets=["nowhere"])


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    placed = draw(st.lists(st.sampled_from(["compute1", "compute2"]), max_size=8))
    guests = tuple(instance(number, host) for number, host in enumerate(placed, start=1))
    chosen = draw(st.lists(st.integers(1, len(guests)), unique=True)) if guests else []
    ips = tuple(floating(number) for number in chosen)
    holders = draw(
        st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["network1", "network8", "network9"])), unique=True)
    )
    withdrawals = tuple(Withdrawal("floating", f"203.0.113.{number}", host, 3) for number, host in holders)
    return Snapshot("ipam-1", 7, (PUBLIC,), guests, ips, withdrawals)


@given(snapshots())
def test_no_address_is_ever_bound_while_another_host_may_have_it(snapshot: Snapshot) -> None:
    for plan in plans(snapshot).values():
        held = {w.address for w in snapshot.withdrawals if w.host != plan.host}
        bound = {ip["address"] for ip in plan.floating}
        assert not bound & held
        assert bound.isdisjoint(plan.waiting)
        if plan.host == "network1":
            assert bound | set(plan.waiting) == {ip.address for ip in snapshot.floating_ips}


@given(snapshots())
def test_every_guest_is_served_by_exactly_one_dhcp_server(snapshot: Snapshot) -> None:
    entries = [
        (entry["mac"], entry["address"])
        for plan in plans(snapshot).values()
        for server in plan.dhcp
        for net in server["networks"]
        for entry in net["hosts"]
    ]
    assert sorted(entries) == sorted((port.mac, port.address) for guest in snapshot.instances for port in guest.ports)
