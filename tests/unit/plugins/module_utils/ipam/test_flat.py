# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Flat networks in the IPAM: what they have, and what would do nothing there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput

from .scratch import Scratch
from .test_cloud import CLOUD, Ipam

PUBLIC = {"label": "public", "cidr": "10.0.0.0/24"}
FLAT: dict[str, Any] = {
    **{key: CLOUD[key] for key in ("instances", "purge")},
    "manager": "flat",
    "defaults": CLOUD["defaults"],
    "hosts": [host for host in CLOUD["hosts"] if host.get("compute")],
    "networks": [PUBLIC],
}


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


@pytest.fixture
def ipam(tmp_path: Path) -> Ipam:
    return Ipam(tmp_path)


def test_a_flat_network_has_no_dhcp_and_goes_on_without_change(scratch: Scratch) -> None:
    assert scratch.apply(PUBLIC, manager="flat").views[0]["enable_dhcp"] is False
    assert scratch.apply({**PUBLIC, "enable_dhcp": False}, manager="flat").changes == []


@pytest.mark.parametrize(
    ("field", "value"), [("enable_dhcp", True), ("dhcp_server", "10.0.0.5"), ("dhcp_start", "10.0.0.9")]
)
def test_what_only_a_dhcp_server_would_heed_is_refused_at_first_and_later(
    scratch: Scratch, field: str, value: object
) -> None:
    for _unused in ("new", "existing"):
        with pytest.raises(InvalidInput, match=rf"networks\[0\].{field} .* has no meaning with manager flat"):
            scratch.apply({**PUBLIC, field: value}, manager="flat")
        assert scratch.apply(PUBLIC, manager="flat").views[0]["label"] == "public"


def test_hosts_of_a_flat_network_share_one_address_or_none(scratch: Scratch) -> None:
    with pytest.raises(InvalidInput, match="multi_host needs share_address with manager flat"):
        scratch.apply({**PUBLIC, "multi_host": True}, manager="flat")
    assert scratch.apply({**PUBLIC, "multi_host": True, "share_address": True}, manager="flat").views[0]["multi_host"]


def test_a_flat_cloud_needs_no_network_host(ipam: Ipam) -> None:
    result = ipam.plan(FLAT)
    assert [plan["bridges"][0]["name"] for plan in result["plans"].values()] == ["br100", "br100"]
    assert ipam.plan(FLAT)["changes"] == []


def test_a_floating_address_in_a_flat_cloud_is_refused_as_a_whole_until_there_is_a_gateway(ipam: Ipam) -> None:
    ipam.plan(FLAT)
    wish = {
        **FLAT,
        "floating_pools": CLOUD["floating_pools"],
        "floating_addresses": CLOUD["floating_addresses"],
        "hosts": CLOUD["hosts"],
    }
    with pytest.raises(InvalidInput, match="floating IP 10.46.169.225 belongs to instance web1 in flat network public"):
        ipam.plan(wish)
    assert ipam.plan(FLAT)["changes"] == []
    settings = {"flat_gateway": True, "metadata_host": "192.0.2.10"}
    served = ipam.plan({**wish, "settings": settings})["plans"]["network1"]
    assert (served["floating"][0]["address"], served["bridges"][0]["addresses"]) == ("10.46.169.225", ["10.0.0.1/24"])
