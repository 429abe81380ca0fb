# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the filter that lists the hosts of the cloud."""

from __future__ import annotations

from ansible_collections.novanet.network.plugins.filter.cloud_hosts import FilterModule, cloud_hosts


def test_hosts_of_both_groups_are_listed_once() -> None:
    groups = {"nova_network": ["one", "two"], "nova_compute": ["two", "three"], "others": ["four"]}
    assert cloud_hosts(groups) == [
        {"name": "one", "network": True, "compute": False},
        {"name": "two", "network": True, "compute": True},
        {"name": "three", "network": False, "compute": True},
    ]


def test_a_host_of_the_run_speaks_for_itself() -> None:
    described = [{"name": "two", "network": False, "compute": True, "my_ip": "192.0.2.2"}]
    hosts = cloud_hosts({"nova_network": ["one"], "nova_compute": ["two"]}, described)
    assert hosts == [{"name": "one", "network": True, "compute": False}, *described]


def test_a_described_host_outside_the_groups_is_none_of_the_cloud() -> None:
    assert cloud_hosts({"nova_network": ["one"]}, [{"name": "stranger"}]) == [
        {"name": "one", "network": True, "compute": False}
    ]


def test_an_inventory_without_the_groups_has_no_hosts() -> None:
    assert cloud_hosts({}) == []


def test_ansible_finds_the_filter() -> None:
    assert FilterModule().filters() == {"cloud_hosts": cloud_hosts}
