# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Input that looks wrong: what cannot be right is refused, with nothing changed, and what is harmless works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.tag import network_tag
from ansible_collections.novanet.network.plugins.modules import nova_fixed_pool, nova_ipam_info

from tests.unit.plugins.modules.module_run import run_module
from tests.unit.plugins.modules.vlan_cloud import VlanCloud, guest

LONG = "x" * 256
SQL = "'; DROP TABLE networks; --"
EVERYTHING = ("projects", "networks", "fixed", "floating", "pools", "instances", "security_groups", "events")


@pytest.fixture
def cloud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> VlanCloud:
    return VlanCloud(tmp_path, capsys)


def network(**more: Any) -> dict[str, Any]:
    return {"label": "new", "cidr": "10.9.0.0/24", **more}


def group(name: str = "new", **more: Any) -> dict[str, Any]:
    return {"project": "red", "name": name, **more}


def pool(*ranges: str, **more: Any) -> dict[str, Any]:
    return {"name": "new", "ranges": list(ranges), **more}


@pytest.mark.parametrize(
    ("ask", "item", "message"),
    [
        # Names.
        ("networks", network(label=LONG), "networks[0].label xxx"),
        ("networks", network(label="x" * 255, num_networks=2, network_size=16), "is longer than 255 characters"),
        ("networks", network(project=LONG), "networks[0].project xxx"),
        ("networks", network(host="a\nb"), "networks[0].host 'a\\nb' has characters that cannot be printed"),
        ("networks", network(bridge="a/b"), "networks[0].bridge a/b is not a name that a network interface can have"),
        ("networks", network(label=" a"), "has spaces around it"),
        ("networks", network(label=""), "networks[0].label is empty"),
        ("pools", pool(name=LONG), "pools[0].name xxx"),
        ("pools", pool(name="a\u200bb"), "has characters that cannot be printed"),
        ("boot", guest(LONG), "instances[0].name xxx"),
        ("boot", guest("a", project=LONG), "instances[0].project xxx"),
        ("boot", guest("a", hostname="a, b"), "instances[0].hostname a, b is not a host name"),
        ("floating", {"project": LONG}, "addresses[0].project xxx"),
        ("projects", {"name": "\x00"}, "projects[0].name '\\x00' has characters that cannot be printed"),
        ("groups", group(LONG), "security_groups[0].name xxx"),
        ("groups", group(project=LONG), "security_groups[0].project xxx"),
        ("groups", group(description=LONG), "security_groups[0].description xxx"),
        ("groups", group("a\nb"), "security_groups[0].name 'a\\nb' has characters that cannot be printed"),
        ("groups", group(""), "security_groups[0].name is empty"),
        ("boot", guest("a", security_groups=[LONG]), "instances[0].security_groups[0] xxx"),
        ("boot", guest("a", security_groups=["b", "b"]), "instances[0].security_groups[1] b is listed twice"),
        # SQL where an address belongs.
        ("networks", network(cidr=SQL), f"networks[0].cidr {SQL} is not an IPv4 range"),
        ("networks", network(gateway=SQL), "is not an IPv4 address"),
        ("networks", network(uuid=SQL), "is not a UUID"),
        ("pools", pool(SQL), "is not an IPv4 address"),
        ("boot", guest("a", nics=[{"network": SQL}]), f"does not exist: no network has the label {SQL}"),
        ("boot", guest("a", nics=[{"network": "tenant_0", "mac": SQL}]), "is not a MAC address"),
        ("floating", {"address": SQL}, "is not an IPv4 address"),
        ("floating", {"instance": SQL}, f"addresses[0].instance {SQL} does not exist"),
        ("groups", group(rules=[{"cidr": SQL}]), f"security_groups[0].rules[0].cidr {SQL} is no range of addresses"),
        ("groups", group(rules=[{"group": SQL}]), f"rules[0].group {SQL} is no security group of project red"),
        ("boot", guest("a", security_groups=[SQL]), f"security_groups[0] {SQL} is no security group of project red"),
        # Ranges.
        (
            "networks",
            network(cidr="10.0.0.0/28"),
            "networks[0].cidr 10.0.0.0/28 overlaps network tenant_0 (10.0.0.0/28)",
        ),
        ("networks", network(cidr="10.0.0.4/30"), "overlaps network tenant_0 (10.0.0.0/28), which contains it"),
        ("networks", network(cidr="10.9.0.0/31"), "10.9.0.0/31 has no address left for instances"),
        ("networks", network(cidr="10.9.0.0/32"), "10.9.0.0/32 has no address left for instances"),
        ("networks", network(cidr="0.0.0.0/0"), "contains addresses without meaning (0.0.0.0/8)"),
        ("networks", network(cidr="10.9.0.0/33"), "is not an IPv4 range"),
        ("pools", pool("198.51.100.0/31"), "has no usable hosts in CIDR form"),
        ("pools", pool("198.51.100.0/32"), "has no usable hosts in CIDR form"),
        ("pools", pool("198.51.100.0/29", "198.51.100.4"), "ranges[1] 198.51.100.4 overlaps pools[0].ranges[0]"),
        ("pools", pool("192.0.2.3"), "overlaps 192.0.2.0/28 of floating pool nova"),
        ("pools", pool("198.51.100.9-198.51.100.1"), "ends before it begins"),
        # IPv4 in the form of IPv6.
        ("networks", network(cidr="::ffff:10.9.0.0/120"), "is not an IPv4 range"),
        ("networks", network(cidr_v6="::ffff:0:0/64"), "contains loopback, IPv4-mapped and reserved addresses (::/8)"),
        ("networks", network(gateway="::ffff:10.9.0.1"), "is not an IPv4 address"),
        ("networks", network(dns1="::ffff:8.8.8.8"), "is the IPv4 address 8.8.8.8 in the form of IPv6"),
        ("networks", network(cidr_v6="fe80::/64"), "contains link-local addresses (fe80::/10)"),
        ("networks", network(cidr_v6="ff02::/64"), "contains multicast addresses (ff00::/8)"),
        ("pools", pool("::ffff:198.51.100.0/120"), "is not an IPv4 range"),
        ("floating", {"project": "red", "address": "::ffff:192.0.2.1"}, "is not an IPv4 address"),
        ("boot", guest("a", nics=[{"network": "tenant_0", "address": "::ffff:10.0.0.5"}]), "is not an IPv4 address"),
        ("groups", group(rules=[{"cidr": "::ffff:10.9.0.0/120"}]), "is IPv4 written as IPv6"),
        ("groups", group(rules=[{"cidr": "10.9.0.1/24"}]), "has host bits set. The range is 10.9.0.0/24."),
        ("groups", group(rules=[{"cidr": "fe80::1%eth0"}]), "names an interface, which is another one on every host"),
        # Counts.
        ("networks", network(num_networks=0), "networks[0].num_networks 0 is not between 1 and 65536"),
        ("networks", network(num_networks=10**30), "is not between 1 and 65536"),
        ("networks", network(num_networks=5000, network_size=1), "is not big enough for 5000 networks"),
        ("networks", network(network_size=1 << 33), "is not between 1 and"),
        ("networks", network(vlan=4095), "networks[0].vlan 4095 is not between 1 and 4094"),
        ("networks", network(mtu=10**30), "networks[0].mtu"),
        ("pools", pool("10.0.0.0/8"), "has 16777214 addresses, 1000000 or more"),
        ("projects", {"name": "red", "quotas": {"networks": 10**30}}, "is not between -1 and 2147483647"),
    ],
)
def test_what_cannot_be_right_is_refused_in_words_and_changes_nothing(
    cloud: VlanCloud, ask: str, item: dict[str, Any], message: str
) -> None:
    before = cloud.info(*EVERYTHING)
    result = getattr(cloud, ask)(item)
    assert result["failed"]
    assert message in result["msg"]
    assert cloud.info(*EVERYTHING) == before


@pytest.mark.parametrize("name", ["a, b", "a b", "ä ö", "名前", SQL, "x" * 255, "{{ label }}", "a=b:c/d%s"])
def test_names_are_texts_that_nothing_reads_anything_into(cloud: VlanCloud, name: str) -> None:
    cloud.networks(network(label=name, project=name))
    cloud.pools(pool("198.51.100.0/29", name=name, project=name))
    cloud.projects({"name": name, "quotas": {"networks": 1}})
    cloud.groups({"project": name, "name": name, "description": name, "rules": [{"group": name}]})
    booted = cloud.boot(guest(name, project=name, floating_ip={"pool": name}, security_groups=[name]))["instances"][0]
    assert (booted["name"], booted["nics"][0]["network"]) == (name, name)
    assert cloud.project(name)["used"] == {
        "networks": 1,
        "fixed_ips": 1,
        "floating_ips": 1,
        "security_groups": 1,
        "security_group_rules": 1,
    }
    planned = cloud.plan()
    server = next(server for server in planned["plans"]["net1"]["dhcp"] if server["networks"][0]["label"] == name)
    (entry,) = server["networks"][0]["hosts"]
    # What reaches a DHCP server of a name is letters, digits and hyphens.
    assert re.fullmatch(r"[a-z0-9-]{1,63}", entry["hostname"])
    assert re.fullmatch(r"[A-Za-z0-9-]+", network_tag(name))


def test_host_bits_of_a_network_are_dropped_with_a_warning_and_those_of_a_pool_mean_its_range(cloud: VlanCloud) -> None:
    made = cloud.networks(network(cidr="10.9.0.5/24"))
    assert "networks[0].cidr 10.9.0.5/24 has host bits, 10.9.0.0/24 is used" in str(made["warnings"])
    assert made["networks"][0]["cidr"] == "10.9.0.0/24"
    cloud.pools(pool("198.51.100.5/29"))
    assert cloud.pools(pool("198.51.100.0/29"))["changed"] is False


def test_who_asks_and_what_is_looked_for_are_checked_as_well(
    cloud: VlanCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "actor xxx" in cloud.projects({"name": "red"}, actor=LONG)["msg"]
    assert "failed" not in cloud.projects({"name": "red"}, actor=SQL)
    assert cloud.info("events")["events"][0]["actor"] == SQL

    def look(**options: Any) -> dict[str, Any]:
        return run_module(nova_ipam_info, capsys, database=cloud.database, **options)

    assert look(events_limit=10**30)["msg"] == f"events_limit {10**30} is not between 0 and 2147483647"
    assert "events_limit -1" in look(events_limit=-1)["msg"]
    assert "events_of[1] is empty" in look(events_of=["red", ""])["msg"]
    assert look(gather=["events"], events_of=[SQL])["events"] == []


def test_a_note_is_kept_as_it_was_written(cloud: VlanCloud, capsys: pytest.CaptureFixture[str]) -> None:
    item = {"network": "tenant_0", "address": "10.0.0.9", "note": f"ü, {SQL}"}
    kept = run_module(nova_fixed_pool, capsys, database=cloud.database, reservations=[item])["reservations"]
    assert [row["note"] for row in kept if row["reason"] == "operator"] == [item["note"]]
    wrong = {**item, "address": "::ffff:10.0.0.9"}
    refused = run_module(nova_fixed_pool, capsys, database=cloud.database, reservations=[wrong])
    assert refused["msg"] == "reservations[0].address ::ffff:10.0.0.9 is not an IPv4 address"
