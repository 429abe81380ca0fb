# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The subsystem behind nova_firewall, on a host in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import RolledBack
from ansible_collections.novanet.network.plugins.module_utils.host.firewall import Firewall
from ansible_collections.novanet.network.plugins.module_utils.host.nft_build import ACCEPT, rule
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Outcome, Request, reconcile

from .nat_host import FORWARD, NatHost
from .nft_samples import listed

NETWORKS = [
    {
        "label": "blue",
        "cidr": "10.0.0.0/24",
        "bridge": "br100",
        "public_interface": "eth0",
        "source_address": "192.0.2.1",
    },
    {"label": "red", "cidr": "10.0.2.0/24", "bridge": "br101"},
]
OPTIONS = {
    "networks": NETWORKS,
    "metadata": {"address": "192.0.2.20", "port": 8775},
    "hairpin_ports": ["eth2"],
    "forwarding": True,
    "purge": True,
}
NOTHING: dict[str, Any] = {"networks": [], "purge": True}


class Site:
    """A host and a memory for it."""

    def __init__(self, path: Path) -> None:
        self.host = NatHost()
        self.path = str(path)

    def apply(self, options: dict[str, Any], check: bool = False, owner: str = "nova") -> Outcome:
        self.host.log.clear()
        return reconcile(Firewall(owner, self.path), options, self.host, Request(owner, self.path, check=check))

    def changes(self, options: dict[str, Any], check: bool = False) -> list[str]:
        return [change.describe() for change in self.apply(options, check).changes]

    @property
    def table(self) -> Any:
        return self.host.tables["ip", "nova_firewall"]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_check_mode_predicts_what_the_run_does_and_the_next_run_does_nothing(site):
    predicted = site.apply(OPTIONS, check=True)
    assert site.host.log == []

    assert site.apply(OPTIONS) == predicted
    assert site.host.log == ["nft", f"write {FORWARD} 1"]

    assert site.changes(OPTIONS) == []
    assert site.host.log == []
    assert site.changes(OPTIONS, check=True) == []


def test_changes_are_told_in_the_words_of_the_options(site):
    assert site.changes(OPTIONS) == [
        "create firewall of network blue (10.0.0.0/24 on br100, SNAT to 192.0.2.1 by eth0)",
        "create firewall of network red (10.0.2.0/24 on br101)",
        "create metadata forwarding 169.254.169.254:80 (192.0.2.20:8775)",
        "create hairpin guard eth2",
        "update sysctl net.ipv4.ip_forward (0 -> 1)",
    ]
    changed = {**OPTIONS, "networks": [{**NETWORKS[0], "source_address": "192.0.2.2"}], "metadata": None}
    assert site.changes(changed) == [
        "update firewall of network blue (source_address 192.0.2.1 -> 192.0.2.2)",
        "delete firewall of network red (10.0.2.0/24 on br101)",
        "delete metadata forwarding 169.254.169.254:80 (192.0.2.20:8775)",
    ]


def test_one_more_network_changes_elements_only(site):
    site.apply({**OPTIONS, "networks": NETWORKS[:1]})
    chains = site.table.chains

    assert site.changes(OPTIONS) == ["create firewall of network red (10.0.2.0/24 on br101)"]
    assert site.table.chains == chains
    assert ("10.0.2.0/24",) in site.table.sets["fixed"].elements


def test_isolation_is_told_address_by_address_and_its_drift_element_by_element(site):
    own = [{"bridge": "br100", "uplink": "eth2", "address": "10.0.0.1"}]
    site.apply(OPTIONS)

    assert site.changes({**OPTIONS, "isolated": own}) == ["create isolation of address 10.0.0.1 (on br100 from eth2)"]
    bridge = site.host.tables["bridge", "nova_firewall"]
    lost = replace(bridge.sets["isolated"], elements={})
    site.host.tables["bridge", "nova_firewall"] = replace(bridge, sets={**bridge.sets, "isolated": lost})
    assert site.changes({**OPTIONS, "isolated": own}) == [
        "create element bridge nova_firewall isolated (eth2 . 10.0.0.1)"
    ]
    assert site.changes({**OPTIONS, "isolated": []}) == ["delete isolation of address 10.0.0.1 (on br100 from eth2)"]
    assert list(site.host.tables["bridge", "nova_firewall"].chains) == ["forward", "returning"]


def test_forwarding_comes_after_the_rules_and_goes_before_them(site):
    site.apply(OPTIONS)
    site.apply(NOTHING)

    assert site.host.log == [f"write {FORWARD} 0", "nft"]
    assert site.host.tables == {}


def test_a_host_that_forwarded_before_forwards_afterwards(site):
    site.host.files[FORWARD] = "1\n"
    site.apply(OPTIONS)
    site.apply(NOTHING)

    assert site.host.files[FORWARD] == "1\n"


def test_forwarding_that_somebody_turned_off_is_turned_on_again_and_still_goes_back_to_what_it_was(site):
    site.apply(OPTIONS)
    site.host.files[FORWARD] = "0\n"

    assert site.changes(OPTIONS) == ["update sysctl net.ipv4.ip_forward (0 -> 1)"]
    site.apply(NOTHING)
    assert site.host.files[FORWARD] == "0\n"


def test_the_last_owner_puts_forwarding_back(site):
    site.apply({**OPTIONS, "networks": NETWORKS[:1]})
    site.apply({**OPTIONS, "networks": NETWORKS[1:]}, owner="second")

    site.apply(NOTHING)
    assert site.host.files[FORWARD] == "1\n"
    site.apply(NOTHING, owner="second")
    assert site.host.files[FORWARD] == "0\n"


def test_forwarding_is_left_alone_where_it_is_not_wanted(site):
    site.apply({**OPTIONS, "forwarding": False})

    assert site.host.files[FORWARD] == "0\n"


def test_a_foreign_rule_is_named_and_removed(site):
    site.apply(OPTIONS)
    chain = site.table.chains["forward"]
    foreign = replace(chain, rules=(rule(ACCEPT), *chain.rules))
    site.host.tables["ip", "nova_firewall"] = replace(site.table, chains={**site.table.chains, "forward": foreign})

    outcome = site.apply(OPTIONS, check=True)
    assert [change.describe() for change in outcome.changes] == [
        "delete foreign rule ip nova_firewall forward (accept)"
    ]
    assert outcome.before["drift"] == ["foreign rule in ip nova_firewall forward: accept"]
    assert outcome.after["drift"] == []

    site.apply(OPTIONS)
    assert site.table.chains["forward"] == chain


def test_a_deleted_table_comes_back(site):
    site.apply(OPTIONS)
    del site.host.tables["bridge", "nova_firewall"]

    assert site.changes(OPTIONS) == ["create table bridge nova_firewall"]


def test_a_lost_journal_is_no_change_when_the_rules_are_right(site):
    site.apply(OPTIONS)
    del site.host.files[f"{site.path}/nova/firewall.json"]

    assert site.changes(OPTIONS) == []


def test_a_lost_journal_and_a_foreign_network_are_told_apart(site):
    site.apply({**OPTIONS, "networks": NETWORKS[:1]})
    del site.host.files[f"{site.path}/nova/firewall.json"]

    assert "create element ip nova_firewall fixed (10.0.2.0/24)" in site.changes(OPTIONS)


def test_tables_of_others_are_never_touched(site):
    other = site.host.tables["ip", "docker"] = listed("foreign", "ip", "foreign")
    site.apply(OPTIONS)
    site.apply(NOTHING)

    assert site.host.tables == {("ip", "docker"): other}


def test_a_refused_ruleset_leaves_the_host_as_it_was(site):
    site.host.broken = "nft"

    with pytest.raises(RolledBack, match="the rules are as they were"):
        site.apply(OPTIONS)
    assert (site.host.log, site.host.files[FORWARD]) == ([], "0\n")


def test_a_refused_removal_turns_forwarding_on_again(site):
    site.apply(OPTIONS)
    site.host.broken = "nft"

    with pytest.raises(RolledBack):
        site.apply(NOTHING)
    assert site.host.files[FORWARD] == "1\n"
