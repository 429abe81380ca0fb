# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.novanet.network.plugins.module_utils.ipam.eui64 import eui64_address
from ansible_collections.novanet.network.plugins.module_utils.ipam.snapshot import read_snapshot
from ansible_collections.novanet.network.plugins.module_utils.plan.model import FloatingIp, Port, Snapshot, Withdrawal
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, gone, web


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    return SmallCloud(tmp_path)


def snapshot(cloud: SmallCloud) -> Snapshot:
    with cloud.work(check=True) as work:
        return read_snapshot(work)


def test_a_snapshot_has_everything_that_plans_need(cloud: SmallCloud) -> None:
    cloud.boot(web("b", floating_ip={}, nics=[{"network": "private", "mac": "fa:16:3e:00:00:01"}]), web("a"))
    cloud.boot(gone("a"))
    taken = snapshot(cloud)
    assert [(network.label, network.host, network.dns) for network in taken.networks] == [
        ("private", "net1", ("8.8.4.4",))
    ]
    (instance,) = taken.instances
    (port,) = instance.ports
    assert (instance.name, instance.project, instance.host, instance.hostname) == ("b", "red", "c1", "b")
    assert port == Port("private", 0, "fa:16:3e:00:00:01", port.name, "10.0.0.2", None)
    assert taken.floating_ips == (FloatingIp("192.0.2.1", "10.0.0.2", "private", "b", "nova", None),)
    generation = taken.generation
    assert taken.withdrawals == (
        Withdrawal("fixed", "10.0.0.3", "c1", generation),
        Withdrawal("fixed", "10.0.0.3", "net1", generation),
    )


def test_a_floating_address_that_leads_nowhere_is_in_no_plan(cloud: SmallCloud) -> None:
    cloud.floating({"project": "red"})
    assert snapshot(cloud).floating_ips == ()


def test_the_order_depends_on_names_and_not_on_history(cloud: SmallCloud) -> None:
    for name in "cab":
        cloud.boot(web(name))
    assert [instance.name for instance in snapshot(cloud).instances] == ["a", "b", "c"]
    cloud.apply({"label": "first", "cidr": "10.9.0.0/24", "bridge": "br9"})
    assert [network.label for network in snapshot(cloud).networks] == ["first", "private"]


def test_ports_are_in_the_order_of_the_nics(cloud: SmallCloud) -> None:
    wanted = ["10.0.0.9", "10.0.0.4", "10.0.0.7"]
    cloud.boot(web("a", nics=[{"network": "private", "address": address} for address in wanted]))
    ports = snapshot(cloud).instances[0].ports
    assert [(port.position, port.address) for port in ports] == list(enumerate(wanted))


def test_the_generation_is_the_one_that_a_plan_of_this_moment_has(cloud: SmallCloud) -> None:
    stored = snapshot(cloud).generation
    cloud.boot(web("a"))
    assert snapshot(cloud).generation == stored + 1
    cloud.boot(web("a"))
    assert snapshot(cloud).generation == stored + 1


def test_the_number_of_queries_does_not_depend_on_the_size(cloud: SmallCloud) -> None:
    def queries() -> int:
        counted: list[str] = []
        with cloud.work(check=True) as work:
            event.listen(
                work.connection,
                "before_cursor_execute",
                lambda conn, cursor, statement, *rest: counted.append(statement),
            )
            read_snapshot(work)
        return len(counted)

    few = queries()
    cloud.boot(*[web(f"n{number}", floating_ip={}) for number in range(6)])
    assert queries() == few <= 9


@pytest.mark.parametrize(
    ("cidr", "mac", "address"),
    [
        ("fd00::/64", "fa:16:3e:00:00:01", "fd00::f816:3eff:fe00:1"),
        ("2001:db8:0:1::/64", "02:00:00:00:00:00", "2001:db8:0:1:0:ff:fe00:0"),
        (None, "fa:16:3e:00:00:01", None),
    ],
)
def test_an_ipv6_address_follows_from_the_mac(cidr: str | None, mac: str, address: str | None) -> None:
    assert eui64_address(cidr, mac) == address


@given(st.integers(0, (1 << 48) - 1), st.integers(0, (1 << 48) - 1))
def test_two_macs_never_give_one_ipv6_address(one: int, two: int) -> None:
    first, second = (":".join(f"{number:012x}"[i : i + 2] for i in range(0, 12, 2)) for number in (one, two))
    assert (eui64_address("fd00::/64", first) == eui64_address("fd00::/64", second)) == (one == two)
