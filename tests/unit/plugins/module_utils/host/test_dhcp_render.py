# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that dnsmasq gets. The reader of the hosts file here follows dnsmasq's own rules, not the renderer's."""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.errors import NovaError
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.events import render_script
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.model import DhcpServer, Places
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.parse import parse_want
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.render import (
    network_tag,
    render_conf,
    render_hosts,
    render_options,
    render_texts,
)
from hypothesis import given
from hypothesis import strategies as st

PLACES = Places("/var/lib/novanet", "nova")


def parsed(**changed: Any) -> DhcpServer:
    server = {
        "bridge": "br100",
        "listen_addresses": ["10.0.0.1"],
        "networks": [{"label": "private", "cidr": "10.0.0.0/8", "dhcp_start": "10.0.0.2", "router": "10.0.0.1"}],
        **changed,
    }
    return parse_want({"servers": [server]}).servers[0]


def read_as_dnsmasq(line: str) -> dict[str, str]:
    """Return what dnsmasq takes from a line of a hosts file: each field is judged by its look alone."""
    found: dict[str, str] = {}
    for field in line.split(","):
        if field.startswith("set:"):
            found["tag"] = field[4:]
        elif re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", field):
            found["mac"] = field
        elif re.fullmatch(r"\d+(\.\d+){3}", field):
            found["address"] = field
        elif field in ("ignore", "infinite") or re.fullmatch(r"\d+[smhdw]?", field):
            found["order"] = field
        else:
            found["name"] = field
    return found


def test_the_configuration_is_complete() -> None:
    tag = network_tag("private")
    assert render_conf(parsed(dns_servers=["9.9.9.9", "2001:db8::1"], lease_time=3600), PLACES) == (
        "strict-order\n"
        "bind-interfaces\n"
        "except-interface=lo\n"
        "interface=br100\n"
        "listen-address=10.0.0.1\n"
        "no-hosts\n"
        "domain=novalocal\n"
        "no-resolv\n"
        "server=9.9.9.9\n"
        "server=2001:db8::1\n"
        f"dhcp-range=set:{tag},10.0.0.2,static,255.0.0.0,3600s\n"
        "dhcp-lease-max=16777216\n"
        "dhcp-authoritative\n"
        "dhcp-ignore=tag:!known\n"
        "dhcp-hostsfile=/var/lib/novanet/nova/dnsmasq/br100/hosts\n"
        "dhcp-optsfile=/var/lib/novanet/nova/dnsmasq/br100/opts\n"
        "dhcp-leasefile=/var/lib/novanet/nova/dnsmasq/br100/leases\n"
        "dhcp-script=/var/lib/novanet/nova/dnsmasq/br100/script\n"
        "pid-file=/var/lib/novanet/nova/dnsmasq/br100/pid\n"
    )


def test_empty_values_are_left_out() -> None:
    text = render_conf(parsed(domain=""), PLACES)
    assert "domain" not in text and "server=" not in text and "no-resolv" not in text


def test_options_are_one_line_a_network_and_kind() -> None:
    networks = [
        {"label": "a", "cidr": "10.0.0.0/24", "router": "10.0.0.1", "dns": ["8.8.4.4", "8.8.8.8"], "mtu": 1450},
        {"label": "b", "cidr": "10.1.0.0/24"},
    ]
    text = render_options(parsed(networks=networks, listen_addresses=["10.0.0.1", "10.1.0.1"]))
    first, second = network_tag("a"), network_tag("b")
    assert text.splitlines() == [
        f"tag:{first},option:router,10.0.0.1",
        f"tag:{first},option:dns-server,8.8.4.4,8.8.8.8",
        f"tag:{first},option:mtu,1450",
        f"tag:{second},option:router",
        f"tag:{second},option:dns-server,10.1.0.1",
        "tag:no-router,option:router",
    ]


@given(st.text(), st.text())
def test_a_tag_is_safe_and_tells_labels_apart(label: str, other: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", network_tag(label), re.ASCII)
    assert (network_tag(label) == network_tag(other)) == (label == other)


MACS = st.integers(0, 0xFFFF).map(lambda number: f"fa:16:3e:00:{number >> 8:02x}:{number & 255:02x}")
ADDRESSES = st.integers(2, 2**24 - 2).map(lambda number: str(IPv4Address("10.0.0.0") + number))
HOSTNAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,80}[A-Za-z0-9])?", fullmatch=True)
HOSTS = st.lists(
    st.fixed_dictionaries(
        {
            "mac": MACS,
            "address": ADDRESSES,
            "hostname": st.none() | HOSTNAMES | st.sampled_from(["10h", "ignore", "infinite", "1"]),
            "default_route": st.booleans(),
        }
    ),
    max_size=20,
    unique_by=(lambda host: host["mac"], lambda host: host["address"]),
)


@given(HOSTS)
def test_dnsmasq_reads_exactly_the_hosts_that_were_meant(hosts: list[dict[str, Any]]) -> None:
    network = {"label": "private", "cidr": "10.0.0.0/8", "hosts": hosts}
    server = parsed(networks=[network])
    text = render_hosts(server)
    assert text == "" or text.endswith("\n") and "\n\n" not in text
    expected = []
    for host in server.networks[0].hosts:
        line = {"mac": host.mac, "address": host.address}
        if host.hostname:
            line["name"] = f"{host.hostname}.novalocal"
        if not host.default_route:
            line["tag"] = "no-router"
        expected.append(line)
    assert [read_as_dnsmasq(line) for line in text.splitlines()] == expected
    assert {(line["mac"], line["address"]) for line in expected} == {(host["mac"], host["address"]) for host in hosts}


@given(st.data())
def test_no_text_of_an_option_becomes_a_line_of_a_file(data: st.DataObject) -> None:
    anything = st.text(max_size=40) | st.sampled_from(["a\nb", "a,b", "a#b", "x\r", "*", "\x00", "a\x85b", "a\u2028b"])
    host = {"mac": "fa:16:3e:00:00:01", "address": "10.0.0.5", "hostname": data.draw(anything)}
    network = {"label": data.draw(anything), "cidr": "10.0.0.0/8", "router": "10.0.0.1", "hosts": [host]}
    odd = data.draw(st.sampled_from(["mac", "address", "router", "cidr", "bridge", "domain", "listen", "dns", "none"]))
    server: dict[str, Any] = {"bridge": "br100", "listen_addresses": ["10.0.0.1"], "networks": [network]}
    places: dict[str, tuple[Any, str]] = {
        "mac": (host, "mac"),
        "address": (host, "address"),
        "router": (network, "router"),
        "cidr": (network, "cidr"),
        "bridge": (server, "bridge"),
        "domain": (server, "domain"),
    }
    if odd in places:
        thing, key = places[odd]
        thing[key] = data.draw(anything)
    elif odd == "listen":
        server["listen_addresses"].append(data.draw(anything))
    elif odd == "dns":
        server["dns_servers"] = [data.draw(anything)]
    try:
        (want,) = parse_want({"servers": [server]}).servers
    except NovaError:
        return
    texts = render_texts(want, PLACES)
    assert texts.hosts is not None and texts.options is not None and texts.conf is not None
    assert len(texts.hosts.splitlines()) == 1
    assert len(texts.options.splitlines()) == 3
    # Domain, own name servers and further listen addresses are the only lines that may be there or not.
    optional = bool(want.domain) + len(want.dns_servers) + bool(want.dns_servers) + len(want.listen_addresses)
    assert len(texts.conf.splitlines()) == 14 + optional
    assert texts.script is not None
    # A bridge is the only text of an option in it.
    assert texts.script.replace(f"/{want.bridge}/", "/br100/") == render_script(PLACES, "br100")
    for text in (texts.conf, texts.hosts, texts.options):
        assert re.fullmatch(r"[\x20-\x7e\n]*", text) and "#" not in text and " " not in text
