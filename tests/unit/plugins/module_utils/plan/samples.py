# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks for tests that care about a few of their fields."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.novanet.network.plugins.module_utils.plan.model import Network


def network(number: int, **values: Any) -> Network:
    """Return a VLAN network that one host serves; its number is in all that it has."""
    made = Network(
        label=f"net{number}",
        uuid=f"uuid-{number}",
        manager="vlan",
        cidr=f"172.16.{number}.0/24",
        cidr_v6=None,
        gateway=f"172.16.{number}.1",
        gateway_v6=None,
        dhcp_server=f"172.16.{number}.1",
        dhcp_start=f"172.16.{number}.3",
        dns=(),
        vlan=number,
        bridge=f"br{number}",
        bridge_interface="eth0",
        project=f"project{number}",
        host="network1",
        multi_host=False,
        mtu=None,
        enable_dhcp=True,
        share_address=False,
    )
    return replace(made, **values)
