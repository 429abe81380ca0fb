# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the IPAM holds as lists for people: tables to look at, and CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.novanet.network.plugins.module_utils.ipam.group_inputs import Rule

DOCUMENTATION = r"""
name: listing
short_description: What the IPAM holds, as tables or CSV
version_added: 0.1.0
author: novanet.network contributors (@novanet)
description:
  - Makes text of what M(novanet.network.nova_ipam_info) returns, in the form in which nova and nova-manage printed their lists.
options:
  _input:
    description: The result of M(novanet.network.nova_ipam_info). It must have gathered what the lists are made of.
    type: dict
    required: true
  lists:
    description:
      - The lists that are wanted, in order, or the name of one. V(instances), V(networks), V(floating), V(pools) and V(security_groups) are
        made of what has these names, V(fixed) of V(fixed) and V(instances).
    type: list
    elements: str
    choices: [instances, networks, fixed, floating, pools, security_groups]
    default: [instances, networks, fixed, floating, pools, security_groups]
  form:
    description:
      - With V(table), several lists come one after the other, each below its title.
      - With V(csv) there can be one list only. What is missing is an empty cell. A cell that begins like a formula (C(=), C(+), C(-), C(@), or a
        tab) gets an apostrophe in front, since whoever chooses the name of an instance is not who opens the list in a spreadsheet. Programs
        should read M(novanet.network.nova_ipam_info) instead.
    type: str
    choices: [table, csv]
    default: table
"""

EXAMPLES = r"""
- name: Look at the cloud
  novanet.network.nova_ipam_info:
    gather: [instances, fixed]
  register: nova_ipam

- name: Print who has which address
  ansible.builtin.debug:
    msg: "{{ (nova_ipam | novanet.network.listing(['instances', 'fixed'])).splitlines() }}"

- name: Keep it for a spreadsheet
  ansible.builtin.copy:
    content: "{{ nova_ipam | novanet.network.listing('fixed', 'csv') }}"
    dest: /root/fixed.csv
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The lists as text that ends with a newline.
  type: str
  sample: |
    +------------+------+---------+----------+----------------------------------------+
    | ID         | Name | Project | Host     | Networks                               |
    +------------+------+---------+----------+----------------------------------------+
    | 5f70577191 | web1 | red     | compute1 | network2=20.20.0.3; private=20.10.0.14 |
    +------------+------+---------+----------+----------------------------------------+
"""

# Title of the list, and its columns: the heading, and the key of what stands below it.
LISTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "instances": (
        "Instances",
        {"ID": "uuid", "Name": "name", "Project": "project", "Host": "host", "Networks": "networks"},
    ),
    "networks": (
        "Networks",
        {
            "Label": "label",
            "IPv4": "cidr",
            "IPv6": "cidr_v6",
            "Start address": "dhcp_start",
            "DNS1": "dns1",
            "DNS2": "dns2",
            "VLAN": "vlan",
            "Project": "project",
            "UUID": "uuid",
        },
    ),
    "fixed": (
        "Fixed addresses",
        {
            "Network": "network",
            "IP address": "address",
            "MAC address": "mac",
            "Instance": "instance",
            "Hostname": "hostname",
            "Host": "host",
            "State": "state",
        },
    ),
    "floating": (
        "Floating addresses",
        {
            "IP": "address",
            "Instance": "instance",
            "Fixed IP": "fixed_address",
            "Pool": "pool",
            "Project": "project",
            "Interface": "interface",
        },
    ),
    "pools": (
        "Floating pools",
        {
            "Name": "name",
            "Ranges": "ranges",
            "Interface": "interface",
            "Project": "project",
            "Total": "total",
            "Allocated": "allocated",
            "Free": "free",
        },
    ),
    "security_groups": (
        "Security groups",
        {
            "Project": "project",
            "Name": "name",
            "Description": "description",
            "Rules": "sentences",
            "Instances": "instances",
        },
    ),
}
FORMS = ("table", "csv")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def listing(ipam: Mapping[str, Any], lists: str | Sequence[str] = tuple(LISTS), form: str = "table") -> str:
    """Return lists of what an IPAM holds, as text."""
    names = [lists] if isinstance(lists, str) else list(lists)
    unknown = [name for name in names if name not in LISTS]
    if unknown or not names:
        raise AnsibleFilterError(f"lists {unknown or names} cannot be: there are {', '.join(LISTS)}")
    if form not in FORMS:
        raise AnsibleFilterError(f"form {form!r} is none of {', '.join(FORMS)}")
    if form == "csv":
        if len(names) > 1:
            raise AnsibleFilterError(f"csv has one list at a time, not {', '.join(names)}; name one of them")
        return _csv(list(LISTS[names[0]][1]), _rows(ipam, names[0]))
    tables = [_table(list(LISTS[name][1]), _rows(ipam, name)) for name in names]
    if len(names) == 1:
        return tables[0]
    return "\n".join(f"{LISTS[name][0]}\n{table}" for name, table in zip(names, tables))


def _rows(ipam: Any, name: str) -> list[list[str]]:
    needed = (name, "instances") if name == "fixed" else (name,)
    missing = [key for key in needed if not (isinstance(ipam, Mapping) and isinstance(ipam.get(key), Sequence))]
    if missing:
        raise AnsibleFilterError(f"list {name} needs {missing[0]}; let nova_ipam_info gather it")
    items = ipam[name]
    if name == "fixed":
        hostnames = {instance["name"]: instance["hostname"] for instance in ipam["instances"]}
        items = [{**item, "hostname": hostnames.get(item["instance"], item["device"])} for item in items]
    if name == "security_groups":
        items = [{**item, "sentences": [Rule(**rule).describe() for rule in item["rules"]]} for item in items]
    return [[_cell(item[key]) for key in LISTS[name][1].values()] for item in items]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    return ", ".join(map(str, value)) if isinstance(value, Sequence) else str(value)


def _table(headings: list[str], rows: list[list[str]]) -> str:
    widths = [max(map(_width, column)) for column in zip(headings, *rows)]
    rule = "+".join(["", *("-" * (width + 2) for width in widths), ""])
    lines = [rule, _line(headings, widths), rule, *(_line([cell or "-" for cell in row], widths) for row in rows)]
    return "".join(f"{line}\n" for line in [*lines, *([rule] if rows else [])])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "|".join(["", *_padded(cells, widths), ""])


def _padded(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for cell, width in zip(cells, widths):
        yield f" {cell}{' ' * (width - _width(cell))} "


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _csv(headings: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows)
    return text.getvalue()


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"listing": listing}
