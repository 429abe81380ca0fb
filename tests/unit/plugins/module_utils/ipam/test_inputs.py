# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.ipam.acknowledge import (
    LEASE_KEYS,
    REPORT_KEYS,
    read_reports,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_networks import NETWORK_ITEM
from ansible_collections.novanet.network.plugins.module_utils.ipam.arguments_projects import PROJECT_ITEM, QUOTAS
from ansible_collections.novanet.network.plugins.module_utils.ipam.floating_inputs import (
    ADDRESS_KEYS,
    POOL_KEYS,
    read_addresses,
    read_pools,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.inputs import (
    dotted,
    read_address,
    read_hostname,
    read_interface,
    read_mac,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.instances_inputs import (
    INSTANCE_KEYS,
    NIC_KEYS,
    read_instances,
)
from ansible_collections.novanet.network.plugins.module_utils.ipam.network_wishes import read_wishes
from ansible_collections.novanet.network.plugins.module_utils.ipam.project_inputs import read_projects
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.sampled_from(["10.0.0.1", "10.0.0.0/29", "10.0.0.1-10.0.0.9", "fa:16:3e:00:00:01", "present", "absent", ""])
PROJECT_KEYS, NETWORK_KEYS = (*PROJECT_ITEM, *QUOTAS), tuple(NETWORK_ITEM)
KNOWN = {*INSTANCE_KEYS, *NIC_KEYS, *POOL_KEYS, *ADDRESS_KEYS, *REPORT_KEYS, *LEASE_KEYS, *PROJECT_KEYS, *NETWORK_KEYS}
KEYS = st.sampled_from(sorted({*KNOWN, "x"}))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12
)


@pytest.mark.parametrize("read", [read_instances, read_pools, read_addresses, read_reports, read_projects, read_wishes])
@given(items=st.lists(st.dictionaries(KEYS, ANYTHING, max_size=6), max_size=3) | ANYTHING)
def test_whatever_is_written_is_read_or_refused_with_its_position(read: Callable[[Any], Any], items: Any) -> None:
    with contextlib.suppress(InvalidInput):
        read(items)


@given(st.integers(0, (1 << 32) - 1))
def test_an_address_is_the_same_after_a_round_trip(number: int) -> None:
    assert read_address(dotted(number), "x") == number


@pytest.mark.parametrize("value", ["10.0.0.01", "10.0.0", "10.0.0.256", "::1", " 10.0.0.1", "10.0.0.1\n", "１0.0.0.1"])
def test_what_is_no_ipv4_address_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput, match="^x "):
        read_address(value, "x")


@pytest.mark.parametrize("value", ["eth 0", "a/b", "eth0:1", "..", "e" * 16, "ж" * 8, "eth\n"])
def test_what_no_interface_can_be_called_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput):
        read_interface(value, "x")


@pytest.mark.parametrize("value", ["-a", "a-", "a.b", "a_b", "a" * 64, "\u017f", "\u212a"])
def test_what_is_no_host_name_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput):
        read_hostname(value, "x")


@pytest.mark.parametrize(("value", "mac"), [("FA-16-3E-00-00-01", "fa:16:3e:00:00:01"), ("fa:16:3e:00:00:01",) * 2])
def test_a_mac_is_brought_into_one_form(value: str, mac: str) -> None:
    assert read_mac(value, "x") == mac
