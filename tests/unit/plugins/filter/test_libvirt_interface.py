# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interfaces of guests as libvirt reads them."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.novanet.network.plugins.filter.libvirt_interface import FilterModule, libvirt_interface

FIRST = {"network": "a", "mac": "fa:16:3e:00:00:02", "bridge": "br100", "port_name": "tap1", "mtu": 1450}
SECOND = {"network": "b", "mac": "FA:16:3E:00:00:03", "bridge": "br101", "port_name": "tap2", "mtu": None}
WEB = {"name": "web1", "nics": [FIRST, SECOND]}


def parsed(text: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(f"<devices>{text}</devices>"))


def told(element: ElementTree.Element) -> dict[str, dict[str, str]]:
    return {child.tag: dict(child.attrib) for child in element}


def test_every_nic_is_an_element_in_order_with_what_the_ipam_says() -> None:
    elements = parsed(libvirt_interface(WEB))
    assert [(element.tag, element.attrib) for element in elements] == [("interface", {"type": "bridge"})] * 2
    assert told(elements[0]) == {
        "mac": {"address": "fa:16:3e:00:00:02"},
        "source": {"bridge": "br100"},
        "target": {"dev": "tap1"},
        "model": {"type": "virtio"},
        "mtu": {"size": "1450"},
    }
    assert told(elements[1])["mac"] == {"address": "fa:16:3e:00:00:03"}
    assert "mtu" not in told(elements[1])


def test_one_nic_is_chosen_by_its_position_or_given_by_itself() -> None:
    assert libvirt_interface(WEB, 1) == libvirt_interface(SECOND) == libvirt_interface({"nics": [SECOND]})
    assert told(parsed(libvirt_interface(WEB, 1))[0])["target"] == {"dev": "tap2"}


def test_model_and_bandwidth_are_as_asked_for() -> None:
    limits = {"outbound": {"burst": 512, "average": 1000}, "inbound": {"average": 2000, "peak": 3000}}
    (element,) = parsed(libvirt_interface(FIRST, model="e1000e", bandwidth=limits))
    assert told(element)["model"] == {"type": "e1000e"}
    bandwidth = element.find("bandwidth")
    assert bandwidth is not None
    assert {child.tag: dict(child.attrib) for child in bandwidth} == {
        "inbound": {"average": "2000", "peak": "3000"},
        "outbound": {"average": "1000", "burst": "512"},
    }


@pytest.mark.parametrize(
    ("nic", "options", "problem"),
    [
        ({"mac": "fa:16"}, {}, "mac 'fa:16' is not a MAC address"),
        ({"bridge": 'br"/><x'}, {}, "bridge 'br\"/><x' is not a name that libvirt takes for a bridge"),
        ({"port_name": "a" * 16}, {}, "is not a name that libvirt takes for a port"),
        ({"port_name": "vnet7"}, {}, "port_name vnet7 is of the kind that libvirt gives out itself"),
        ({"port_name": None}, {}, "has no port_name; give it as nova_ipam_info returns it"),
        ({"mtu": "big"}, {}, "mtu 'big' is not a number of bytes"),
        ({}, {"model": "<virtio>"}, "model '<virtio>' is not a kind of card"),
        ({}, {"nic": 1}, "nic 1 is not among the 1 NICs of the instance, from 0 on"),
        ({}, {"nic": -1}, "nic -1 is not among"),
        ({}, {"nic": "eth0"}, "nic 'eth0' is not among"),
        ({}, {"bandwidth": {"up": {"average": 1}}}, "bandwidth.up is none of inbound, outbound"),
        ({}, {"bandwidth": {"inbound": 5}}, "bandwidth.inbound is none of inbound, outbound, each with its limits"),
        ({}, {"bandwidth": {"inbound": {"peak": 1}}}, "bandwidth.inbound has no average"),
        ({}, {"bandwidth": {"inbound": {"average": 0}}}, "bandwidth.inbound.average 0 cannot be"),
        ({}, {"bandwidth": {"inbound": {"average": 1, "floor": 1}}}, "bandwidth.inbound.floor 1 cannot be"),
    ],
)
def test_what_libvirt_would_refuse_or_misread_is_one_clear_message(
    nic: dict[str, Any], options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(AnsibleFilterError, match=re.escape(problem)):
        libvirt_interface({"nics": [{**FIRST, **nic}]}, **options)


@pytest.mark.parametrize("given", ["web1", ["web1"], {"nics": ["eth0"]}, {"nics": "eth0"}])
def test_what_is_no_instance_is_one_clear_message(given: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="nova_ipam_info returns"):
        libvirt_interface(given)


def test_ansible_finds_the_filter() -> None:
    assert FilterModule().filters() == {"libvirt_interface": libvirt_interface}
