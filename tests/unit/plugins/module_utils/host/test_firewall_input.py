# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nova_firewall is asked for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import Conflict, InvalidInput
from ansible_collections.novanet.network.plugins.module_utils.host.firewall_input import (
    Isolated,
    Metadata,
    Settings,
    from_owned,
    merge,
    parse_want,
    to_owned,
)

from .nft_samples import SETTINGS

OWN = {"bridge": "br100", "uplink": "eth2", "address": "10.0.0.1"}
BLUE = {"label": "blue", "cidr": "10.0.0.0/24", "bridge": "br100"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"networks": [{**BLUE, "cidr": "10.0.0.1/24"}]}, r"networks\[0\].cidr 10.0.0.1/24 has host bits set"),
        ({"networks": [BLUE, {**BLUE, "label": "b", "cidr": None}]}, r"networks\[1\].cidr is missing"),
        ({"networks": [{**BLUE, "bridge": ""}]}, r"networks\[0\].bridge is missing"),
        ({"networks": [{**BLUE, "bridge": "br*"}]}, r"networks\[0\].bridge br\* is no name of an interface"),
        ({"networks": [{**BLUE, "label": ""}]}, r"networks\[0\].label is missing"),
        ({"networks": [BLUE, BLUE]}, r"networks\[1\].label blue is already used by networks\[0\]"),
        (
            {"networks": [{**BLUE, "source_address": "192.0.2.1"}]},
            r"networks\[0\].source_address 192.0.2.1 needs public_interface",
        ),
        ({"networks": [{**BLUE, "force_snat": ["10.9.0.0/16"]}]}, r"networks\[0\].force_snat needs source_address"),
        ({"networks": [{**BLUE, "no_snat": ["10.9.0.0/16", "x"]}]}, r"networks\[0\].no_snat\[1\] x is no IPv4 network"),
        ({"networks": [], "metadata": {"address": "fd00::1"}}, r"metadata.address fd00::1 is no IPv4 address"),
        ({"networks": [], "metadata": {"address": "192.0.2.1", "port": 70000}}, "metadata.port 70000 is outside"),
        ({"networks": [], "metadata": {"port": 80}}, "metadata.address is missing"),
        ({"networks": [], "hairpin_ports": ["ok", "not ok"]}, r"hairpin_ports\[1\] not ok is no name"),
        ({"isolated": [{**OWN, "uplink": ""}]}, r"isolated\[0\].uplink is missing"),
        ({"isolated": [OWN, {**OWN, "bridge": "b r"}]}, r"isolated\[1\].bridge b r is no name of an interface"),
        ({"isolated": [{**OWN, "uplink": "br100"}]}, r"isolated\[0\].uplink br100 is the bridge itself"),
        ({"isolated": [{**OWN, "address": "224.0.0.1"}]}, r"isolated\[0\].address 224.0.0.1 is no unicast address"),
        ({"isolated": [{**OWN, "address": "fd00::1"}]}, r"isolated\[0\].address fd00::1 is no IPv4 address"),
    ],
)
def test_a_value_that_can_never_be_right_is_named_with_its_place(options, message):
    with pytest.raises(InvalidInput, match=message):
        parse_want(options)


def test_networks_that_share_addresses_are_refused():
    other = {**BLUE, "label": "other", "cidr": "10.0.0.128/25"}

    with pytest.raises(Conflict, match=r"networks\[1\].cidr 10.0.0.128/25 overlaps 10.0.0.0/24 of network blue"):
        merge(parse_want({"networks": [BLUE, other]}), Settings())


def test_a_network_that_shares_addresses_with_one_that_is_there_is_refused():
    want = parse_want({"networks": [{**BLUE, "label": "late", "cidr": "10.0.2.0/25"}]})

    with pytest.raises(Conflict, match=r"networks\[0\].cidr 10.0.2.0/25 overlaps 10.0.2.0/24 of network red"):
        merge(want, SETTINGS)


def test_an_uplink_of_two_bridges_is_refused():
    with pytest.raises(Conflict, match=r"isolated\[1\].uplink eth2 is a port of bridge br100 in isolated\[0\]"):
        parse_want({"isolated": [OWN, {**OWN, "bridge": "br101", "address": "10.1.0.1"}]})


def test_isolated_addresses_are_kept_when_omitted_and_go_when_told():
    def isolated(**options):
        return merge(parse_want({"networks": [], **options}), SETTINGS).isolated

    assert isolated() == SETTINGS.isolated
    assert isolated(isolated=[OWN, OWN]) == (Isolated("br100", "eth2", "10.0.0.1"),)
    assert isolated(isolated=[]) == isolated(purge=True) == ()


def test_what_is_not_spoken_of_stays():
    want = parse_want({"networks": [{"label": "red", "state": "absent"}]})

    assert merge(want, SETTINGS) == replace(SETTINGS, networks=SETTINGS.networks[:2])


def test_purge_leaves_what_is_listed_and_nothing_else():
    want = parse_want({"networks": [BLUE], "purge": True})

    assert [network.label for network in merge(want, SETTINGS).networks] == ["blue"]
    assert merge(want, SETTINGS).metadata is None
    assert merge(want, SETTINGS).hairpin_ports == ()
    assert merge(want, SETTINGS).isolated == ()


def test_nothing_is_left_when_the_last_network_goes():
    want = parse_want({"networks": [], "purge": True})

    assert merge(want, SETTINGS) == Settings(forwarding=False)


def test_metadata_has_novas_port_unless_it_has_another():
    assert parse_want({"metadata": {"address": "192.0.2.20"}}).metadata == Metadata("192.0.2.20", 8775)


def test_the_journal_gives_back_what_it_was_told():
    assert from_owned(json.loads(json.dumps(to_owned(SETTINGS)))) == SETTINGS
    assert from_owned({}) == Settings(forwarding=False)
