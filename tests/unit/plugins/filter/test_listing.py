# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of the IPAM as people read them."""

from __future__ import annotations

import csv
import re
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.novanet.network.plugins.filter.listing import LISTS, FilterModule, listing

SERVER = {
    "uuid": "124",
    "name": "Server 124",
    "project": "red",
    "host": "compute1",
    "hostname": "server-124",
    "networks": "network2=20.20.0.3; private=20.10.0.14",
}
FIXED = {
    "network": "private",
    "address": "20.10.0.14",
    "mac": "fa:16:3e:00:00:02",
    "device": None,
    "state": "allocated",
}
RULE = {"protocol": None, "from_port": None, "to_port": None, "cidr": "0.0.0.0/0", "group": None}
FLOATING = {"address": "10.46.169.226", "pool": "nova", "project": "red", "interface": None}
IPAM: dict[str, Any] = {
    "instances": [SERVER],
    "networks": [
        {
            "label": "private",
            "cidr": "20.10.0.0/24",
            "cidr_v6": None,
            "dhcp_start": "20.10.0.2",
            "dns1": "8.8.4.4",
            "dns2": None,
            "vlan": 100,
            "project": "red",
            "uuid": "7",
        }
    ],
    "fixed": [
        {**FIXED, "instance": "Server 124", "host": "compute1"},
        {**FIXED, "address": "20.10.0.15", "instance": "gone", "host": None, "state": "released"},
        {**FIXED, "address": "20.10.0.16", "instance": None, "device": "printer", "host": None, "state": "device"},
    ],
    "floating": [
        {**FLOATING, "instance": "Server 124", "fixed_address": "20.10.0.14"},
        {**FLOATING, "address": "10.46.169.227", "instance": None, "fixed_address": None},
    ],
    "pools": [
        {
            "name": "nova",
            "ranges": ["10.46.169.224/29", "10.46.170.1"],
            "interface": None,
            "project": None,
            "total": 7,
            "allocated": 2,
            "free": 5,
        }
    ],
    "security_groups": [
        {
            "project": "red",
            "name": "web",
            "description": "",
            "rules": [
                {**RULE, "protocol": "tcp", "from_port": 80, "to_port": 81},
                {**RULE, "protocol": "icmp", "from_port": 8, "to_port": 0},
                {**RULE, "protocol": "udp", "cidr": None, "group": "web"},
            ],
            "instances": ["Server 124"],
        }
    ],
}
TABLES = {
    "instances": """\
+-----+------------+---------+----------+----------------------------------------+
| ID  | Name       | Project | Host     | Networks                               |
+-----+------------+---------+----------+----------------------------------------+
| 124 | Server 124 | red     | compute1 | network2=20.20.0.3; private=20.10.0.14 |
+-----+------------+---------+----------+----------------------------------------+
""",
    "networks": """\
+---------+--------------+------+---------------+---------+------+------+---------+------+
| Label   | IPv4         | IPv6 | Start address | DNS1    | DNS2 | VLAN | Project | UUID |
+---------+--------------+------+---------------+---------+------+------+---------+------+
| private | 20.10.0.0/24 | -    | 20.10.0.2     | 8.8.4.4 | -    | 100  | red     | 7    |
+---------+--------------+------+---------------+---------+------+------+---------+------+
""",
    "fixed": """\
+---------+------------+-------------------+------------+------------+----------+-----------+
| Network | IP address | MAC address       | Instance   | Hostname   | Host     | State     |
+---------+------------+-------------------+------------+------------+----------+-----------+
| private | 20.10.0.14 | fa:16:3e:00:00:02 | Server 124 | server-124 | compute1 | allocated |
| private | 20.10.0.15 | fa:16:3e:00:00:02 | gone       | -          | -        | released  |
| private | 20.10.0.16 | fa:16:3e:00:00:02 | -          | printer    | -        | device    |
+---------+------------+-------------------+------------+------------+----------+-----------+
""",
    "floating": """\
+---------------+------------+------------+------+---------+-----------+
| IP            | Instance   | Fixed IP   | Pool | Project | Interface |
+---------------+------------+------------+------+---------+-----------+
| 10.46.169.226 | Server 124 | 20.10.0.14 | nova | red     | -         |
| 10.46.169.227 | -          | -          | nova | red     | -         |
+---------------+------------+------------+------+---------+-----------+
""",
    "pools": """\
+------+-------------------------------+-----------+---------+-------+-----------+------+
| Name | Ranges                        | Interface | Project | Total | Allocated | Free |
+------+-------------------------------+-----------+---------+-------+-----------+------+
| nova | 10.46.169.224/29, 10.46.170.1 | -         | -       | 7     | 2         | 5    |
+------+-------------------------------+-----------+---------+-------+-----------+------+
""",
    "security_groups": """\
+---------+------+-------------+-----------------------------------------------------------------------+------------+
| Project | Name | Description | Rules                                                                 | Instances  |
+---------+------+-------------+-----------------------------------------------------------------------+------------+
| red     | web  | -           | tcp 80-81 from 0.0.0.0/0, icmp 8/0 from 0.0.0.0/0, udp from group web | Server 124 |
+---------+------+-------------+-----------------------------------------------------------------------+------------+
""",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_a_table_as_nova_printed_it(name: str) -> None:
    assert listing(IPAM, name) == TABLES[name]


def test_several_lists_have_titles_and_come_in_the_order_that_was_asked_for() -> None:
    both = listing(IPAM, ["pools", "floating"])
    assert both == f"Floating pools\n{TABLES['pools']}\nFloating addresses\n{TABLES['floating']}"
    assert [line for line in listing(IPAM).splitlines() if line and line[0] not in "+|"] == [
        title for title, _columns in LISTS.values()
    ]


def test_an_empty_list_is_its_headings() -> None:
    assert listing({"instances": []}, "instances").splitlines()[1:] == [
        "| ID | Name | Project | Host | Networks |",
        "+----+------+---------+------+----------+",
    ]


def test_wide_letters_leave_the_columns_where_they_are() -> None:
    lines = listing({"instances": [SERVER, {**SERVER, "name": "服务器一"}, {**SERVER, "name": "e\u0301"}]}, "instances")
    wide, accented = lines.splitlines()[4:6]
    assert wide.startswith("| 124 | 服务器一   | red ")
    assert accented.startswith("| 124 | e\u0301          | red ")


def test_csv_is_one_list_that_reads_back_cell_by_cell() -> None:
    awkward = 'a "b", c'
    text = listing({"instances": [SERVER, {**SERVER, "name": awkward, "host": None}]}, "instances", "csv")
    assert list(csv.reader(text.splitlines())) == [
        ["ID", "Name", "Project", "Host", "Networks"],
        ["124", "Server 124", "red", "compute1", "network2=20.20.0.3; private=20.10.0.14"],
        ["124", awkward, "red", "", "network2=20.20.0.3; private=20.10.0.14"],
    ]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_name_is_never_a_formula_of_a_spreadsheet(name: str) -> None:
    text = listing({"instances": [{**SERVER, "name": name}]}, "instances", "csv")
    assert next(csv.DictReader(text.splitlines()))["Name"] == f"'{name}"
    assert f"| {name} " in listing({"instances": [{**SERVER, "name": name}]}, "instances")


@pytest.mark.parametrize(
    ("ipam", "lists", "form", "problem"),
    [
        (IPAM, ["fixed", "ghosts"], "table", "lists ['ghosts'] cannot be: there are instances, networks, fixed"),
        (IPAM, [], "table", "lists [] cannot be"),
        (IPAM, ["fixed"], "json", "form 'json' is none of table, csv"),
        (IPAM, ["fixed", "pools"], "csv", "csv has one list at a time, not fixed, pools; name one of them"),
        ({"fixed": []}, ["fixed"], "table", "list fixed needs instances; let nova_ipam_info gather it"),
        ("text", ["pools"], "table", "list pools needs pools; let nova_ipam_info gather it"),
    ],
)
def test_what_cannot_be_listed_is_one_clear_message(ipam: Any, lists: Any, form: str, problem: str) -> None:
    with pytest.raises(AnsibleFilterError, match=re.escape(problem)):
        listing(ipam, lists, form)


def test_ansible_finds_the_filter() -> None:
    assert FilterModule().filters() == {"listing": listing}
