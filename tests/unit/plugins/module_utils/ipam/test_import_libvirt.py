# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks of libvirt taken over into the IPAM."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput, NovaError
from ansible_collections.novanet.network.plugins.module_utils.ipam.import_libvirt import import_libvirt, pack
from ansible_collections.novanet.network.plugins.module_utils.ipam.import_report import Report
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.ipam import libvirt_documents as documents
from tests.unit.plugins.module_utils.ipam.libvirt_documents import DEFAULT, ODD, SILENT, TAGGED, TOP, domain, interface
from tests.unit.plugins.module_utils.ipam.nova_import import Import, Imported

WEB, OTHER = "52:54:00:00:00:05", "52:54:00:00:00:77"
DNSMASQ = "http://libvirt.org/schemas/network/dnsmasq/1.0"
NOTHING: dict[str, Any] = {
    "libvirt_networks": [],
    "libvirt_domains": [],
    "libvirt_vlan_interface": None,
    "projects": {},
    "hosts": {},
}


class LibvirtImport(Import):
    """An IPAM that takes over networks of libvirt."""

    def take(self, *networks: str, domains: tuple[str, ...] = (), check: bool = False, **options: Any) -> Imported:
        guests = [{"xml": xml, "project": options.pop("project", "red"), "host": "c1"} for xml in domains]
        with self.work(check) as work:
            given = {**NOTHING, "libvirt_networks": list(networks), "libvirt_domains": guests, **options}
            result = import_libvirt(work, given)
            left = [f"{entry['thing']}: {entry['reason']}" for entry in result["left_behind"]]
            changes = [change.describe() for change in work.changes]
            return Imported(changes, list(work.warnings), left, result["carried_over"])

    def network(self, label: str) -> dict[str, Any]:
        return {view["label"]: view for view in self.look("networks")["networks"]}[label]


@pytest.fixture
def libvirt(tmp_path: Path) -> LibvirtImport:
    return LibvirtImport(tmp_path)


def picked(view: dict[str, Any], *keys: str) -> list[Any]:
    return [view[key] for key in keys]


def test_a_network_keeps_its_name_uuid_range_gateway_and_bridge(libvirt: LibvirtImport) -> None:
    assert libvirt.take(DEFAULT).carried_over["networks"] == 1
    view = libvirt.network("default")
    assert picked(view, "uuid", "manager", "cidr", "gateway", "dhcp_server", "bridge", "enable_dhcp", "dns1") == [
        "191ddd42-2804-4c81-83a9-7837abe55fff",
        "flatdhcp",
        "192.168.122.0/24",
        "192.168.122.1",
        "192.168.122.1",
        "virbr0",
        True,
        None,
    ]


def test_mtu_and_ipv6_come_along_and_a_gateway_on_top_leaves_the_lowest_address_to_guests(
    libvirt: LibvirtImport,
) -> None:
    libvirt.take(TOP, domains=(domain("a", interface(OTHER, "top")),))
    keys = ("cidr", "gateway", "cidr_v6", "gateway_v6", "mtu")
    assert picked(libvirt.network("top"), *keys) == ["10.9.0.0/24", "10.9.0.254", "fd00:9::/64", "fd00:9::ff", 9000]
    assert libvirt.nics() == {"a": [("top", OTHER, "10.9.0.1")]}


def test_what_dhcp_did_not_give_stays_reserved_and_static_hosts_with_their_names(libvirt: LibvirtImport) -> None:
    libvirt.take(DEFAULT, TOP)
    outside = "not in a DHCP range of libvirt"
    assert libvirt.reserved() == [
        ("192.168.122.2", "192.168.122.4", outside),
        ("192.168.122.5", "192.168.122.5", f"in libvirt of web ({WEB})"),
        ("192.168.122.6", "192.168.122.6", "in libvirt of printer (52:54:00:00:00:06)"),
        ("192.168.122.7", "192.168.122.99", outside),
        ("192.168.122.150", "192.168.122.150", "in libvirt of 52:54:00:00:00:96"),
        ("192.168.122.200", "192.168.122.254", outside),
        ("10.9.0.10", "10.9.0.19", outside),
        ("10.9.0.30", "10.9.0.253", outside),
    ]


def devices(libvirt: LibvirtImport) -> list[tuple[str, str, str]]:
    fixed = libvirt.look("fixed")["fixed"]
    return [(row["address"], row["mac"], row["device"]) for row in fixed if row["state"] == "device"]


def test_static_hosts_that_are_no_domains_keep_getting_their_addresses_by_dhcp(libvirt: LibvirtImport) -> None:
    done = libvirt.take(DEFAULT, domains=(domain("www.example.org", interface(WEB, "default")),))
    assert devices(libvirt) == [
        ("192.168.122.6", "52:54:00:00:00:06", "printer"),
        ("192.168.122.150", "52:54:00:00:00:96", "host-192-168-122-150"),
    ]
    assert done.warnings == []
    again = libvirt.take(DEFAULT, domains=(domain("www.example.org", interface(WEB, "default")),))
    assert again.changes == []


def test_a_static_host_with_the_mac_of_a_domain_elsewhere_is_only_reserved(libvirt: LibvirtImport) -> None:
    done = libvirt.take(DEFAULT, TOP, domains=(domain("a", interface("52:54:00:00:00:06", "top")),))
    assert "192.168.122.6" not in [address for address, _mac, _name in devices(libvirt)]
    assert "192.168.122.6" in [first for first, _last, _note in libvirt.reserved()]
    assert (
        "network default: DHCP host printer (52:54:00:00:00:06) has the MAC address of another one: "
        "its address 192.168.122.6 is only reserved"
    ) in done.warnings


def test_a_static_host_whose_name_cannot_be_one_gets_another(libvirt: LibvirtImport) -> None:
    done = libvirt.take(DEFAULT.replace("'printer'", "'second.floor'"))
    assert devices(libvirt)[1] == ("192.168.122.6", "52:54:00:00:00:06", "host-192-168-122-6")
    assert done.warnings == [
        "network default: DHCP host second.floor (52:54:00:00:00:06): its name is not a host name, it gets another one"
    ]


def test_a_domain_whose_mac_is_that_of_a_static_host_keeps_its_address_and_host_name(libvirt: LibvirtImport) -> None:
    done = libvirt.take(DEFAULT, domains=(domain("www.example.org", interface(WEB, "default")),))
    assert libvirt.nics() == {"www.example.org": [("default", WEB, "192.168.122.5")]}
    (view,) = libvirt.look("instances")["instances"]
    assert picked(view, "hostname", "project", "host") == ["web", "red", "c1"]
    assert done.warnings == []
    assert "192.168.122.5" not in [first for first, _last, _note in libvirt.reserved()]


def test_a_domain_without_a_static_host_gets_an_address_of_the_range_and_that_is_said(libvirt: LibvirtImport) -> None:
    done = libvirt.take(DEFAULT, domains=(domain("new", interface(OTHER, "default")),))
    assert libvirt.nics() == {"new": [("default", OTHER, "192.168.122.100")]}
    assert done.warnings == [
        f"interface {OTHER} of domain new has no address of its own in network default: it gets one here"
    ]


def test_an_interface_is_found_by_the_bridge_of_its_network_too(libvirt: LibvirtImport) -> None:
    plugged = interface(WEB, "x").replace("type='network'", "type='bridge'").replace("network='x'", "bridge='virbr0'")
    libvirt.take(DEFAULT, domains=(domain("web", plugged),))
    assert libvirt.nics() == {"web": [("default", WEB, "192.168.122.5")]}


def test_a_preview_tells_what_the_run_does_and_a_second_run_changes_nothing(libvirt: LibvirtImport) -> None:
    everything = (DEFAULT, TOP, ODD)
    domains = (domain("web", interface(WEB, "default"), interface(OTHER, "top")),)
    preview = libvirt.take(*everything, domains=domains, check=True)
    assert preview.changes == libvirt.take(*everything, domains=domains).changes != []
    again = libvirt.take(*everything, domains=domains)
    assert again.changes == []
    assert (again.left_behind, again.carried_over) == (preview.left_behind, preview.carried_over)


def test_a_network_that_exists_and_differs_is_refused_and_nothing_is_changed(libvirt: LibvirtImport) -> None:
    libvirt.take(DEFAULT)
    before = libvirt.look("networks", "events")
    with pytest.raises(NovaError, match=r"network default exists already and differs from libvirt's: mtu"):
        libvirt.take(TOP, DEFAULT.replace("<ip ", "<mtu size='1400'/><ip ", 1))
    assert libvirt.look("networks", "events") == before


def test_a_network_with_a_vlan_belongs_to_the_project_of_its_first_domain(libvirt: LibvirtImport) -> None:
    domains = (domain("a", interface(OTHER, "top")),)
    left = libvirt.take(TAGGED, domains=domains).left_behind
    assert left[0] == "network top: it has VLAN 42, and no libvirt_vlan_interface is given"
    libvirt.take(TAGGED, domains=domains, libvirt_vlan_interface="eth1")
    view = libvirt.network("top")
    assert picked(view, "manager", "vlan", "bridge", "bridge_interface", "project") == [
        "vlan",
        42,
        "virbr1",
        "eth1",
        "red",
    ]
    assert libvirt.take(TAGGED, domains=domains, libvirt_vlan_interface="eth1").changes == []


def test_all_that_has_no_place_here_is_said_with_its_reason() -> None:
    report = Report()
    pack({**NOTHING, "libvirt_networks": [ODD]}, report)
    said = {entry["thing"].removeprefix("network odd: "): entry["reason"] for entry in report.left_behind}
    assert list(said) == [
        "forward mode=route",
        "forward dev=eth0",
        "forward/interface dev=eth0",
        "bridge stp=on",
        "mac address=52:54:00:aa:00:01",
        "domain name=example.org localOnly=yes",
        "dns/forwarder addr=8.8.8.8",
        "dns/host ip=10.8.0.2: hostname gate, hostname wall",
        "bandwidth: inbound average=1000 peak=5000 burst=5120",
        "ip/tftp root=/srv/tftp",
        "ip/dhcp/range/lease expiry=24 unit=hours",
        "ip/dhcp/bootp file=pxelinux.0",
        "ip address=10.8.1.1 netmask=255.255.255.0",
        "ip family=ipv6 address=fd00:8::1 prefix=80",
        "route address=10.7.0.0 prefix=16 gateway=10.8.0.2",
        "portgroup name=fast default=yes: bandwidth, inbound average=9000",
        "DHCP host 52:54:00:00:08:01",
    ]
    assert said["domain name=example.org localOnly=yes"] == "the domain is that of all networks: nova_dhcp_domain"
    assert said["ip/dhcp/range/lease expiry=24 unit=hours"].endswith("nova_dhcp_lease_time")
    assert said["DHCP host 52:54:00:00:08:01"] == "its address 10.8.0.1 cannot be had by a guest of the network"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<network>", "<network ipv6='yes'>", "ipv6=yes: guests speak IPv6 where the network has an IPv6 range"),
        ("name='virbr0'", "name='virbr0' zone='lab'", "bridge zone=lab: there is nothing like it here"),
        (
            "<ip ",
            "<virtualport type='openvswitch'/><ip ",
            "virtualport type=openvswitch: there is nothing like it here",
        ),
        (
            "</network>",
            f"<d:options xmlns:d='{DNSMASQ}'><d:option value='x'/></d:options></network>",
            "dnsmasq:options: dnsmasq:option value=x: our DHCP servers are not those of libvirt",
        ),
    ],
)
def test_what_is_not_known_is_said_as_well(libvirt: LibvirtImport, old: str, new: str, said: str) -> None:
    assert f"network default: {said}" in libvirt.take(DEFAULT.replace(old, new, 1)).left_behind


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (documents.ISOLATED, "network isolated: it is isolated; here its guests would get out through NAT"),
        (
            documents.BRIDGED,
            "network bridged: its forward mode is bridge; only nat, route, open are between guests and",
        ),
        (SILENT.replace(" netmask='255.255.255.0'", ""), "network silent: it has no IPv4 address with a prefix"),
        (SILENT.replace("name='virbr4' ", ""), "network silent: it has no bridge"),
        (TAGGED.replace("<tag id='42'/>", "<tag id='42'/><tag id='43'/>"), "network top: it carries several VLANs"),
    ],
)
def test_a_network_of_another_kind_is_left_behind_as_a_whole(
    libvirt: LibvirtImport, document: str, reason: str
) -> None:
    done = libvirt.take(document)
    assert (done.changes, len(done.left_behind)) == ([], 1)
    assert done.left_behind[0].startswith(reason)


def test_a_network_without_dhcp_has_none_here_and_its_guests_are_left_behind(libvirt: LibvirtImport) -> None:
    left = libvirt.take(SILENT, domains=(domain("a", interface(OTHER, "silent")),)).left_behind
    assert not libvirt.network("silent")["enable_dhcp"]
    assert libvirt.reserved() == []
    assert left[-2:] == [
        f"interface {OTHER} of domain a: network silent has no DHCP: its address is known to its guest only",
        "domain a: none of its interfaces is in a network that is carried over",
    ]


def test_interfaces_elsewhere_and_what_they_say_beyond_the_network_are_left_behind(libvirt: LibvirtImport) -> None:
    rich = interface(WEB, "default").replace("type='virtio'/>", "type='e1000'/><filterref filter='clean-traffic'/>")
    elsewhere = interface(OTHER, "lost")
    left = libvirt.take(DEFAULT, domains=(domain("web", rich, elsewhere),)).left_behind[1:]
    assert left == [
        f"interface {OTHER} of domain web: it is plugged into network lost, which is not carried over",
        f"interface {WEB} of domain web: model type=e1000: the option model of the filter libvirt_interface says it",
        f"interface {WEB} of domain web: filterref filter=clean-traffic: "
        "it is not of the network; keep it in the domain when its interface is replaced",
    ]


EVIL = "<!DOCTYPE network [<!ENTITY name SYSTEM 'file:///etc/hostname'>]>" + DEFAULT.replace("default", "&name;")


@pytest.mark.parametrize(
    ("documents", "problem"),
    [
        ([EVIL], "libvirt_networks[0] has a document type"),
        (["/etc/libvirt/qemu/networks/default.xml"], "Give the text that virsh prints for a network, not the name"),
        ([""], "is not XML (no element found"),
        (["\ud800"], "is not XML"),
        (["<network>&name;</network>"], "is not XML (undefined entity"),
        (["<" + "a" * (1 << 20) + "/>"], "libvirt_networks[0] is longer than 1048576 characters"),
        ([domain("a")], "libvirt_networks[0] <domain> is not a network of libvirt"),
        ([DEFAULT.replace("<name>default</name>", "")], "libvirt_networks[0].name None is missing"),
        ([DEFAULT, DEFAULT], "libvirt_networks[1].name default is given twice"),
        ([DEFAULT.replace("255.255.255.0", "255.0.255.0")], "network default: ip 192.168.122.1/255.0.255.0 is not an"),
        ([DEFAULT.replace("'192.168.122.1'", "'fd00::1'")], "network default: ip fd00::1/255.255.255.0 is not an"),
        ([DEFAULT.replace("'192.168.122.1'", "'192.168.122.0'")], "is the network address of 192.168.122.0/24"),
        ([DEFAULT.replace("122.199", "122.99")], "DHCP range 192.168.122.100-192.168.122.99 is outside the network"),
        ([DEFAULT.replace("end='192", "end='193")], "DHCP range 192.168.122.100-193.168.122.199 is outside"),
        ([DEFAULT.replace("52:54:00:00:00:05", "53:54:00:00:00:05")], "is not the MAC address of a single interface"),
        ([TOP.replace("9000", "big")], "network top: mtu big is not a whole number"),
        ([DEFAULT.replace("virbr0", "a/b")], "network default: bridge a/b is not a name that a network interface can"),
        ([DEFAULT.replace("191ddd42", "x")], "is not a UUID"),
        ([DEFAULT, TOP.replace("virbr1", "virbr0").replace("10.9.0", "192.168.122")], "overlaps"),
    ],
)
def test_what_cannot_be_is_one_clear_message_and_changes_nothing(
    libvirt: LibvirtImport, documents: list[str], problem: str
) -> None:
    libvirt.take(SILENT)
    before = libvirt.look("networks", "events")
    with pytest.raises(NovaError, match=re.escape(problem)):
        libvirt.take(*documents)
    assert libvirt.look("networks", "events") == before


@pytest.mark.parametrize(
    ("guest", "problem"),
    [
        ({"xml": DEFAULT}, "libvirt_domains[0].xml <network> is not a domain of libvirt"),
        ({"project": ""}, "libvirt_domains[0].project is empty"),
        ({"host": None}, "libvirt_domains[0].host None is missing"),
    ],
)
def test_a_domain_that_cannot_be_is_named(libvirt: LibvirtImport, guest: dict[str, Any], problem: str) -> None:
    whole = {"xml": domain("a", interface(WEB, "default")), "project": "red", "host": "c1", **guest}
    with pytest.raises(InvalidInput, match=re.escape(problem)):
        libvirt.take(DEFAULT, libvirt_domains=[whole])


@pytest.mark.parametrize("option", ["projects", "hosts"])
def test_names_of_nova_go_with_nova_only(libvirt: LibvirtImport, option: str) -> None:
    with pytest.raises(InvalidInput, match=f"{option} goes with nova_database only"):
        libvirt.take(DEFAULT, **{option: {"a": "b"}})


@given(st.data())
def test_whatever_a_document_says_it_is_read_or_refused_in_words(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from([DEFAULT, TOP, TAGGED, ODD]))
    values = [match.span(1) for match in re.finditer(r"[='>]([^'<>=\n]+)['<]", document)]
    start, end = data.draw(st.sampled_from(values))
    word = data.draw(st.text(max_size=20) | st.sampled_from(["0", "-1", "4294967296", "::1", "0.0.0.0", "1" * 5000]))
    texts = [document[:start] + word + document[end:]]
    try:
        pack({**NOTHING, "libvirt_networks": texts, "libvirt_vlan_interface": "eth1"}, Report())
    except NovaError as error:
        assert str(error).isprintable()
