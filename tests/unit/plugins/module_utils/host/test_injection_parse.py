# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module for images of guests accepts, and how it says what it does not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import NovaError
from ansible_collections.novanet.network.plugins.module_utils.host.injection.model import Want
from ansible_collections.novanet.network.plugins.module_utils.host.injection.parse import parse_want

UUID = "7f1c3c5e-54f8-5b0e-9d35-6a0a5c1d9e42"
NIC = {"mac": "fa:16:3e:00:00:02", "address": "10.0.0.2/24"}
OTHER = {"mac": "fa:16:3e:00:00:03", "address": "10.0.0.3/24"}
SIXTH = {"mac": "fa:16:3e:00:00:02", "address_v6": "fd00::2/64"}


def item(*nics: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {"name": "web1", "uuid": UUID, "hostname": "web1", "nics": list(nics), **changed}


def want(*items: dict[str, Any], **changed: Any) -> Want:
    return parse_want({"instances": list(items), "path": "/srv/seeds", "images": ["nocloud"], **changed})


def test_nics_are_called_by_their_position_unless_they_have_a_name() -> None:
    (guest,) = want(item(NIC, {**OTHER, "name": "uplink"})).guests.values()
    assert [(nic.name, nic.port_name) for nic in guest.nics] == [("eth0", "eth0"), ("uplink", "uplink")]


def test_addresses_and_identities_are_normalised() -> None:
    nic = {"mac": "FA:16:3E:00:00:02", "address_v6": "FD00:0::2/64", "gateway_v6": "fe80:0::1", "dns": ["FD00::53"]}
    (guest,) = want(item(nic, uuid=UUID.upper())).guests.values()
    found = guest.nics[0]
    assert (guest.uuid, found.mac, str(found.address_v6)) == (UUID, "fa:16:3e:00:00:02", "fd00::2/64")
    assert (found.gateway_v6, found.dns) == ("fe80::1", ("fd00::53",))


@pytest.mark.parametrize(
    ("nics", "problem"),
    [
        ([{**NIC, "mac": "fa:16"}], "instances[0].nics[0].mac 'fa:16' is no MAC address"),
        ([{**NIC, "mac": "01:16:3e:00:00:02"}], "nics[0].mac 01:16:3e:00:00:02 cannot be the address of one interface"),
        ([NIC, {**OTHER, "mac": NIC["mac"]}], "nics[1].mac fa:16:3e:00:00:02 is listed twice, first as instances[0]"),
        ([NIC, {**OTHER, "name": "eth0"}], "nics[1].name eth0 is listed twice"),
        ([{**NIC, "name": "eth 0"}], "nics[0].name 'eth 0' is not a name that a network interface can have"),
        ([{**NIC, "address": "10.0.0.2"}], "'10.0.0.2' is not an IPv4 address with the length of its prefix. Write it"),
        ([{**NIC, "address": "fd00::2/64"}], "is not an IPv4 address with the length"),
        ([{**SIXTH, "address_v6": "fe80::2%eth0/64"}], "is not an IPv6 address with the length"),
        ([{**NIC, "dhcp": True}], "nics[0].address 10.0.0.2/24 cannot be, as the guest asks for one (dhcp)"),
        ([{**NIC, "gateway": "10.0.1.1"}], "nics[0].gateway 10.0.1.1 is outside 10.0.0.0/24"),
        ([{**NIC, "gateway": "10.0.0.2"}], "nics[0].gateway 10.0.0.2 is the address of the guest itself"),
        ([{**NIC, "gateway": "here"}], "nics[0].gateway 'here' is not an IP address"),
        ([{**NIC, "gateway": "fe80::1"}], "nics[0].gateway fe80::1 is outside 10.0.0.0/24"),
        ([{**NIC, "gateway_v6": "fd00::1"}], "gateway_v6 fd00::1 is of no use without an address of its kind"),
        ([{**NIC, "dns": ["ns.example"]}], "nics[0].dns 'ns.example' is not an IP address"),
        ([{**NIC, "mtu": 67}], "nics[0].mtu 67 is not between 68 and 65535"),
        ([{**SIXTH, "mtu": 1279}], "nics[0].mtu 1279 is not between 1280 and 65535"),
        ([{**NIC, "port_name": "a\nb"}], "nics[0].port_name 'a\\nb' is not a name"),
        ([{**NIC, "network_uuid": "5"}], "nics[0].network_uuid '5' is not a UUID"),
        (
            [{**NIC, "gateway": "10.0.0.1"}, {**OTHER, "gateway": "10.0.0.1"}],
            "nics[1].gateway 10.0.0.1 would be a second default route, beside instances[0].nics[0].gateway 10.0.0.1",
        ),
    ],
)
def test_a_nic_that_cannot_be_is_named_with_its_place(nics: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(NovaError) as caught:
        want(item(*nics))
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"uuid": "../../etc"}, "instances[0].uuid '../../etc' is not a UUID"),
        ({"name": "web\n1"}, "instances[0].name 'web\\n1' is not a name"),
        ({"name": ""}, "instances[0].name '' is not a name"),
        ({"hostname": "web_1"}, "instances[0].hostname 'web_1' is not a host name"),
        ({"hostname": "web1\n"}, "instances[0].hostname 'web1\\n' is not a host name"),
        ({"project": "\u2028"}, "instances[0].project '\\u2028' is not a name"),
        ({"user_data": "\ud800"}, "instances[0].user_data cannot be written as UTF-8: surrogates not allowed"),
        ({"interfaces": "auto \udc80"}, "instances[0].interfaces cannot be written as UTF-8"),
    ],
)
def test_an_instance_that_cannot_be_is_named_with_its_value(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(NovaError) as caught:
        want(item(NIC, **changed))
    assert problem in str(caught.value)


@pytest.mark.parametrize("changed", [{"name": "db1"}, {"uuid": "7f1c3c5e-54f8-5b0e-9d35-6a0a5c1d9e43"}])
def test_two_instances_share_neither_name_nor_identity_nor_mac(changed: dict[str, Any]) -> None:
    with pytest.raises(NovaError, match="is listed twice, first as instances\\[0\\]"):
        want(item(NIC), item(OTHER, **changed))
    with pytest.raises(NovaError, match="mac fa:16:3e:00:00:02 is listed twice"):
        want(item(NIC), item(NIC, name="db1", uuid="7f1c3c5e-54f8-5b0e-9d35-6a0a5c1d9e43"))


@pytest.mark.parametrize("path", ["seeds", "/srv/../etc", "/srv/my seeds", "/", "/srv/a=b", "/srv/.hidden", "/srv/"])
def test_a_path_that_could_be_misread_is_refused(path: str) -> None:
    with pytest.raises(NovaError, match="Use an absolute path without blanks"):
        want(path=path)
