# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans of some hosts, made of what they depend on: the same as if all had been read, and all is not read."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import NovaError
from ansible_collections.novanet.network.plugins.module_utils.ipam import schema
from ansible_collections.novanet.network.plugins.module_utils.ipam.acknowledge import acknowledge
from ansible_collections.novanet.network.plugins.module_utils.ipam.fixed_pool import apply_reservations
from ansible_collections.novanet.network.plugins.module_utils.ipam.security_groups import apply_security_groups
from ansible_collections.novanet.network.plugins.module_utils.ipam.snapshot import read_snapshot
from ansible_collections.novanet.network.plugins.module_utils.ipam.snapshot_scope import plan_scope
from ansible_collections.novanet.network.plugins.module_utils.plan.compile import (
    compile_plans,
    hosts_waited_for,
    unconfirmed,
)
from ansible_collections.novanet.network.plugins.module_utils.plan.model import HostSettings, Settings, Snapshot
from sqlalchemy import update

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, gone, web

NAMES = [f"h{number}" for number in range(5)]
NETWORKS = [
    {"label": "multi", "cidr": "10.1.0.0/24", "bridge": "br101", "multi_host": True},
    {"label": "shared", "cidr": "10.2.0.0/24", "bridge": "br102", "multi_host": True, "share_address": True},
    {"label": "single", "cidr": "10.3.0.0/24", "bridge": "br103", "host": "h2"},
]
DEVICES = [
    {"network": "single", "address": "10.3.0.9", "mac": "00:00:5e:00:53:09"},
    {"network": "private", "address": "10.0.0.9", "mac": "00:00:5e:00:53:0a"},
    {"network": "plain", "address": "10.4.0.9", "mac": "00:00:5e:00:53:0b"},
]
LEASE = {"bridge": "br103", "address": "10.3.0.9", "mac": "00:00:5e:00:53:09", "hostname": "host-10-3-0-9"}
GROUPS: list[dict[str, Any]] = [
    {"project": "red", "name": "web", "rules": [{"protocol": "tcp", "from_port": 80}]},
    {"project": "red", "name": "database", "rules": [{"group": "web"}, {"group": "nobody"}]},
    {"project": "red", "name": "default", "rules": [{"group": "default"}]},
    {"project": "red", "name": "nobody"},
]
MEMBERSHIPS: list[list[str]] = [["web"], [], ["database"], ["default", "web"], ["default"]]
FLAT = {"label": "plain", "cidr": "10.4.0.0/24", "bridge": "br104"}


def host_settings(names: Sequence[str]) -> list[HostSettings]:
    uplinks = {f"br{number}": f"eth{number}" for number in range(100, 106)}
    address = "192.0.2.1"
    return [
        HostSettings(name, True, True, "eth0", my_ip=address, routing_source_ip=address, bridge_interfaces=uplinks)
        for name in names
    ]


class RandomCloud(SmallCloud):
    """A cloud that has been through a lot."""

    def __init__(self, directory: Path, seed: int) -> None:
        super().__init__(directory)
        self.chance = random.Random(seed)
        self.apply({"label": "private", "host": "h0"}, *NETWORKS)
        self.apply(FLAT, manager="flat")
        self._hold()
        with self.work() as work:
            apply_security_groups(work, GROUPS)
        self.pools({"name": "nova", "ranges": ["192.0.2.0/24"]})
        self.names: set[str] = set()
        for _unused in range(25):
            self.chance.choice([self._boot, self._boot, self._move, self._remove, self._serve, self._confirm])()
        if seed % 4 == 0:
            # A network that one host served and that all hosts serve now, each with the gateway that it had.
            turned = {"label": "turned", "cidr": "10.5.0.0/24", "bridge": "br105", "host": "h2"}
            self.apply(turned)
            self.apply({"label": "turned", "multi_host": True, "share_address": True})
            self.boot(web("guest", host="h3", nics=[{"network": "turned"}]))
        if seed % 3 == 1:
            # A floating address whose new host waits for the old one.
            self.boot(web("mover", host="h3", nics=[{"network": "multi"}], floating_ip={}))
            self.boot({"name": "mover", "host": "h4"})
        if seed % 5 == 0:
            self.boot(web("lost", host="nowhere"))
        if seed % 7 == 0:
            self._float_in_flat_network()

    def _boot(self) -> None:
        name = f"i{len(self.names)}"
        labels = self.chance.sample(["private", "multi", "shared", "single"], self.chance.randint(1, 3))
        floating = {"floating_ip": {}} if self.chance.random() < 0.5 else {}
        host = self.chance.choice(NAMES)
        groups = MEMBERSHIPS[len(self.names) % len(MEMBERSHIPS)]
        nics = [{"network": label} for label in labels]
        self.boot(web(name, host=host, nics=nics, security_groups=groups, **floating))
        self.names.add(name)

    def _move(self) -> None:
        for name in self._some():
            if self.chance.random() < 0.5:
                self.boot({"name": name, "host": self.chance.choice(NAMES)})
            else:
                rows = {row["name"]: row["host"] for row in self.rows(schema.instances)}
                self.boot({"name": name, "next_host": self.chance.choice([n for n in NAMES if n != rows[name]])})

    def _remove(self) -> None:
        for name in self._some():
            self.boot(gone(name))
            self.names.discard(name)
            self.names.add(f"gone-{name}")

    def _hold(self) -> None:
        with self.work() as work:
            apply_reservations(work, DEVICES)
            reports = [{"host": "h2", "generation": 0, "leases": [{**LEASE, "expires": 32503680000}]}]
            acknowledge(work, reports)

    def _serve(self) -> None:
        self.apply({"label": self.chance.choice(["private", "single"]), "host": self.chance.choice(NAMES)})

    def _confirm(self) -> None:
        self.confirm(*self.chance.sample(NAMES, 2))

    def _some(self) -> list[str]:
        alive = sorted(name for name in self.names if not name.startswith("gone-"))
        return [self.chance.choice(alive)] if alive else []

    def _float_in_flat_network(self) -> None:
        self.boot(web("flat", host="h4", nics=[{"network": "plain"}], floating_ip={}))

    def outcome(self, targets: Sequence[str], everything: bool, flat_gateway: bool) -> Any:
        """Return all that comes of a plan, or the error that does."""
        hosts, settings = host_settings(NAMES), Settings(flat_gateway=flat_gateway, metadata_host="192.0.2.1")
        with self.work(check=True) as work:
            scope = None if everything else plan_scope(hosts, targets, settings)
            snapshot = read_snapshot(work, scope)
        try:
            plans = compile_plans(snapshot, settings, hosts, targets)
        except NovaError as error:
            return str(error)
        return plans, hosts_waited_for(snapshot, settings), unconfirmed(snapshot)


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_of_some_hosts_comes_out_as_if_everything_had_been_read(tmp_path: Path, seed: int) -> None:
    cloud = RandomCloud(tmp_path, seed)
    for targets in ([], *([name] for name in NAMES), ["h1", "h3"], NAMES):
        for flat_gateway in (False, True):
            expected = cloud.outcome(targets, True, flat_gateway)
            assert cloud.outcome(targets, False, flat_gateway) == expected, targets


def test_all_of_it_is_tried_by_these_clouds(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for seed in range(12):
        directory = tmp_path / str(seed)
        directory.mkdir()
        found = RandomCloud(directory, seed).outcome(NAMES, True, False)
        if isinstance(found, str):
            seen["not a compute host"] += "not a compute host" in found
            seen["no gateway to bind it"] += "no gateway to bind it" in found
        else:
            seen["waited for"] += bool(found[1])
            seen["unconfirmed"] += bool(found[2])
            seen["floating"] += any(plan.floating for plan in found[0])
            groups = [group for plan in found[0] for group in plan.firewall["groups"]]
            seen["members of groups"] += any(group["members"] for group in groups)
    # Each of it, and not only errors.
    whole = {"waited for", "unconfirmed", "floating", "members of groups"}
    assert set(seen) == {"not a compute host", "no gateway to bind it", *whole}
    assert all(seen.values()), seen


def many_hosts(directory: Path, others: int) -> SmallCloud:
    """Return a cloud of a network host, a compute host, and some others with two instances each."""
    cloud = SmallCloud(directory)
    cloud.apply({"label": "private", "host": "net1"}, {**NETWORKS[0], "cidr": "10.1.0.0/16"})
    cloud.pools({"name": "nova", "ranges": ["192.0.2.0/24"]})
    names = ["c1", *(f"other{number}" for number in range(others))]
    nics = {"nics": [{"network": "multi"}], "floating_ip": {}}
    cloud.boot(*(web(f"{name}-{number}", host=name, **nics) for name in names for number in range(2)))
    return cloud


def rows_read(cloud: SmallCloud, names: Sequence[str], targets: Sequence[str] | None) -> tuple[int, Snapshot]:
    """Return how many rows the database hands out for a snapshot, and the snapshot."""
    counted = 0

    def count(cursor: Any, row: tuple[Any, ...]) -> tuple[Any, ...]:
        nonlocal counted
        counted += 1
        return row

    with cloud.work(check=True) as work:
        work.connection.execute(update(schema.meta).values(generation=99))
        raw: Any = work.connection.connection.cursor().connection
        raw.row_factory = count
        snapshot = read_snapshot(work, plan_scope(host_settings(names), targets, Settings()))
    return counted, snapshot


def test_what_is_read_for_one_host_does_not_grow_with_the_number_of_other_hosts(tmp_path: Path) -> None:
    found = {}
    for others in (2, 20):
        directory = tmp_path / str(others)
        directory.mkdir()
        cloud = many_hosts(directory, others)
        names = ["net1", "c1", *(f"other{number}" for number in range(others))]
        count, snapshot = rows_read(cloud, names, ["c1"])
        found[others] = (count, len(snapshot.instances), len(snapshot.floating_ips), len(snapshot.host_addresses))
        everything, _unused = rows_read(cloud, names, None)
        assert everything > count + others * 6
    assert found[2] == found[20] and found[2][1:] == (2, 2, 1)
