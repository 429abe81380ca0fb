# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the IPAM to the texts that images read: whatever the cloud, each reader finds every NIC, once, as it is."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.novanet.network.plugins.filter.injection import FilterModule, injection
from ansible_collections.novanet.network.plugins.module_utils.host.injection.model import Guest
from ansible_collections.novanet.network.plugins.module_utils.host.injection.parse import parse_want
from ansible_collections.novanet.network.plugins.module_utils.host.injection.render import render_files
from hypothesis import given, settings

from tests.unit.plugins.filter.guest_cloud import clouds, read_interfaces

Cloud = tuple[list[dict[str, Any]], list[dict[str, Any]]]
IMAGES = ["nocloud", "config_drive"]
slow = settings(deadline=None)

NETWORK = {
    "label": "public",
    "uuid": "7f1c3c5e-54f8-5b0e-9d35-000000000001",
    "enable_dhcp": False,
    "cidr": "10.0.0.0/24",
    "gateway": "10.0.0.1",
    "cidr_v6": None,
    "gateway_v6": None,
    "dns1": "8.8.4.4",
    "dns2": None,
    "mtu": 1450,
}
NIC = {"network": "public", "mac": "fa:16:3e:00:00:02", "port_name": "tap1", "address": "10.0.0.2", "address_v6": None}
WEB = {"name": "web1", "uuid": "7f1c3c5e-54f8-5b0e-9d35-6a0a5c1d9e42", "hostname": "web1", "project": "red"}


def instance(*nics: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {**WEB, "nics": [{**NIC, **nic} for nic in nics], **changed}


def second(**changed: Any) -> dict[str, Any]:
    return {"mac": "fa:16:3e:00:00:03", "port_name": "tap2", "address": "10.0.0.3", **changed}


def guest_of(items: list[dict[str, Any]]) -> Guest:
    (guest,) = parse_want({"instances": items, "path": "/srv/seeds", "images": IMAGES}).guests.values()
    return guest


def expected_nics(cloud: Cloud) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return NICs with their networks."""
    (found,), known = cloud
    by_label = {network["label"]: network for network in known}
    return [(nic, by_label[nic["network"]]) for nic in found["nics"]]


def asks(nic: dict[str, Any], network: dict[str, Any]) -> bool:
    return bool(network["enable_dhcp"] and nic["address"])


def default_routes(cloud: Cloud, version: int) -> list[tuple[str, str]]:
    """Return the one default route that an image may have, as (MAC, next hop): said another way than the code does."""
    suffix = "" if version == 4 else "_v6"
    nics = expected_nics(cloud)
    if version == 4 and nics and asks(*nics[0]):
        return []
    able = [
        (nic["mac"], network[f"gateway{suffix}"])
        for nic, network in nics
        if network[f"gateway{suffix}"] and nic[f"address{suffix}"] and not asks(nic, network)
    ]
    return able[:1]


@slow
@given(clouds())
def test_the_interfaces_file_has_every_nic_and_one_default_route(cloud: Cloud) -> None:
    (item,) = injection(*cloud)
    found = read_interfaces(item["interfaces"])
    nics = expected_nics(cloud)
    assert found.auto == ["lo", *(f"eth{index}" for index in range(len(nics)))]
    for index, (nic, network) in enumerate(nics):
        name = f"eth{index}"
        first = found.stanzas.get((name, "inet"), found.stanzas.get((name, "inet6"), {}))
        assert (first["hwaddress"], first.get("mtu")) == (f"ether {nic['mac']}", str(network["mtu"] or "") or None)
        if asks(nic, network):
            assert found.methods[name, "inet"] == "dhcp" and (name, "inet6") not in found.methods
            continue
        servers = " ".join(server for server in (network["dns1"], network["dns2"]) if server)
        assert first.get("dns-nameservers", "") == servers
        if nic["address"]:
            own = ipaddress.IPv4Interface(f"{nic['address']}/{network['cidr'].split('/')[1]}")
            stanza = found.stanzas[name, "inet"]
            assert (stanza["address"], stanza["netmask"]) == (str(own.ip), str(own.netmask))
            assert stanza["broadcast"] == str(own.network.broadcast_address)
        if nic["address_v6"]:
            stanza = found.stanzas[name, "inet6"]
            assert (stanza["address"], stanza["netmask"], stanza["accept_ra"]) == (nic["address_v6"], "64", "0")
    for version, family in ((4, "inet"), (6, "inet6")):
        routes = [
            (nics[int(name[3:])][0]["mac"], stanza["gateway"])
            for (name, kind), stanza in found.stanzas.items()
            if kind == family and "gateway" in stanza
        ]
        assert routes == default_routes(cloud, version)


@slow
@given(clouds())
def test_cloud_init_finds_every_nic_by_its_mac_and_one_default_route(cloud: Cloud) -> None:
    texts = render_files(guest_of(injection(*cloud, "novalocal")), tuple(IMAGES))
    assert yaml.safe_load(texts["cidata/meta-data"]) == {"instance-id": WEB["uuid"], "local-hostname": "web1.novalocal"}
    assert yaml.safe_load(texts["cidata/user-data"]) == {}
    config = yaml.safe_load(texts["cidata/network-config"])
    assert "routes" not in texts["cidata/network-config"]
    assert config["version"] == 2
    nics = expected_nics(cloud)
    assert list(config["ethernets"]) == [f"eth{index}" for index in range(len(nics))]
    for (name, found), (nic, network) in zip(config["ethernets"].items(), nics):
        assert (found["match"], found["set-name"]) == ({"macaddress": nic["mac"]}, name)
        assert (found["dhcp4"], found.get("mtu")) == (asks(nic, network), network["mtu"])
        own = [] if asks(nic, network) else [text for text in (nic["address"], nic["address_v6"]) if text]
        assert [address.split("/")[0] for address in found.get("addresses", [])] == own
    for version in (4, 6):
        routes = [
            (found["match"]["macaddress"], found[f"gateway{version}"])
            for found in config["ethernets"].values()
            if f"gateway{version}" in found
        ]
        assert routes == default_routes(cloud, version)


@slow
@given(clouds())
def test_a_config_drive_has_every_nic_and_one_default_route(cloud: Cloud) -> None:
    (item,) = injection(*cloud)
    texts = render_files(guest_of([item]), tuple(IMAGES))
    meta = json.loads(texts["config-2/openstack/latest/meta_data.json"])
    assert (meta["uuid"], meta["name"], meta["hostname"]) == (WEB["uuid"], cloud[0][0]["name"], "web1")
    assert texts[f"config-2/openstack{meta['network_config']['content_path']}"] == item["interfaces"]
    data = json.loads(texts["config-2/openstack/latest/network_data.json"])
    nics = expected_nics(cloud)
    assert [(link["id"], link["ethernet_mac_address"], link["mtu"]) for link in data["links"]] == [
        (nic["port_name"], nic["mac"], network["mtu"]) for nic, network in nics
    ]
    macs = {link["id"]: link["ethernet_mac_address"] for link in data["links"]}
    told = [(macs[entry["link"]], entry["type"], entry.get("ip_address")) for entry in data["networks"]]
    wanted: list[tuple[str, str, str | None]] = []
    for nic, network in nics:
        if asks(nic, network):
            wanted.append((nic["mac"], "ipv4_dhcp", None))
            continue
        wanted += [(nic["mac"], "ipv4", nic["address"])] if nic["address"] else []
        wanted += [(nic["mac"], "ipv6", nic["address_v6"])] if nic["address_v6"] else []
    assert told == wanted
    assert len({entry["id"] for entry in data["networks"]}) == len(data["networks"])
    for version in (4, 6):
        routes = [
            (macs[entry["link"]], route["gateway"])
            for entry in data["networks"]
            if entry["type"] == f"ipv{version}"
            for route in entry["routes"]
        ]
        assert routes == default_routes(cloud, version)
    servers = [server for nic in item["nics"] for server in nic["dns"]]
    assert [service["address"] for service in data["services"]] == list(dict.fromkeys(servers))


def test_the_first_nic_with_a_gateway_gets_the_default_route() -> None:
    back = {**NETWORK, "label": "back", "gateway": None}
    (item,) = injection([instance({"network": "back"}, second(), second(mac="fa:16:3e:00:00:04"))], [NETWORK, back])
    assert [nic["gateway"] for nic in item["nics"]] == [None, "10.0.0.1", None]


def test_a_dhcp_server_gives_the_first_nic_the_default_route_and_no_other() -> None:
    asking = {**NETWORK, "label": "asking", "enable_dhcp": True}
    (item,) = injection([instance({"network": "asking"}, second())], [NETWORK, asking])
    assert [(nic["dhcp"], nic["gateway"]) for nic in item["nics"]] == [(True, None), (False, None)]
    (item,) = injection([instance({}, second(network="asking"))], [NETWORK, asking])
    assert [(nic["dhcp"], nic["gateway"]) for nic in item["nics"]] == [(False, "10.0.0.1"), (True, None)]


def test_a_template_of_the_user_takes_the_place_of_ours_and_sees_all_values() -> None:
    text = "{% for nic in guest.nics %}{{ guest.name }} {{ nic.name }} {{ nic.address }}/{{ nic.prefix }}\n{% endfor %}"
    (item,) = injection([instance({}, second())], [NETWORK], template=text)
    assert item["interfaces"] == "web1 eth0 10.0.0.2/24\nweb1 eth1 10.0.0.3/24\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ guest.colour }}", "instance web1 cannot be written into the template .* has no attribute 'colour'"),
        ("{% for nic %}", "instance web1 cannot be written into the template"),
    ],
)
def test_a_template_that_cannot_be_rendered_is_named_with_the_instance(text: str, problem: str) -> None:
    with pytest.raises(AnsibleFilterError, match=problem):
        injection([instance({})], [NETWORK], template=text)


@pytest.mark.parametrize(
    ("instances", "problem"),
    [
        ([instance({"network": "ghost"})], "instance web1 nics[0].network ghost is not among the networks"),
        ([instance({"address": "10.9.0.2"})], "instance web1 nics[0].address '10.9.0.2' is no address of its network"),
        ([instance({"address": "10.0.0.2\n    up reboot"})], "is no address of its network"),
        ([{"name": "web1"}], "instances[0] has no hostname. Give instances and networks as nova_ipam_info returns"),
        (["web1"], "instances[0] has no name"),
    ],
)
def test_what_the_ipam_would_not_return_is_one_clear_message(instances: list[Any], problem: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        injection(instances, [NETWORK])
    assert problem in str(caught.value)


TEXTS = [
    *(({}, {}, {key: "a{}b"}) for key in ("name", "hostname", "project")),
    *(({}, {key: "fa:16:3e:00:00:02{}up reboot"}, {}) for key in ("mac", "port_name")),
    *(({key: "10.0.0.1{}up reboot"}, {}, {}) for key in ("gateway", "dns1", "uuid")),
]


@pytest.mark.parametrize("end", ["\n", "\r", "\u2028", "\x85", "\0"])
@pytest.mark.parametrize(("network", "nic", "changed"), TEXTS)
def test_no_text_of_the_cloud_can_begin_a_line(
    network: dict[str, str], nic: dict[str, str], changed: dict[str, str], end: str
) -> None:
    filled = [{key: text.format(end) for key, text in each.items()} for each in (network, nic, changed)]
    with pytest.raises(AnsibleFilterError, match="has characters that cannot be printed"):
        injection([instance(filled[1], **filled[2])], [{**NETWORK, **filled[0]}])


def test_user_data_goes_to_its_instance_only() -> None:
    items = injection([instance({}), instance(second(), name="db1")], [NETWORK], user_data={"web1": "#cloud-config\n"})
    assert [item["user_data"] for item in items] == ["#cloud-config\n", None]


def test_ansible_finds_the_filter() -> None:
    assert FilterModule().filters() == {"injection": injection}
