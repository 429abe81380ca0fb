# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances with two network cards: an address on each, one default route, and both work from both ends."""

from __future__ import annotations

import json
from typing import Any

from .cloud import BRIDGE, OUTSIDE_ADDRESS, SECOND_BRIDGE, TWINS, with_second_network
from .guest import Guest
from .probes import OUTSIDE_TOKEN
from .stage import Stage


def two_cards(stage: Stage) -> None:
    """Add a network on another wire, and an instance on each host that is in both networks."""
    stage.report.stage(f"A second network on a wire of its own, and {' and '.join(TWINS)} with a card in each")
    stage.write_cloud(with_second_network(stage.cloud))
    stage.play("site.yml")
    stage.read_instances()
    known = {item["name"]: item for item in stage.ask_ipam("instances")["instances"] if item["name"] in TWINS}
    guests = {name: _boot(stage, known[name]) for name in TWINS}
    rows: list[tuple[str, ...]] = []
    for name, guest in guests.items():
        rows += _get_addresses(stage, guest, known[name]["nics"])
    stage.report.table(("guest", "card", "network", "IPAM holds", "got by DHCP", "router", "MTU", ""), rows)
    for name, other in (TWINS, TWINS[::-1]):
        _check_reach(stage, guests[name], known[name]["nics"], known[other])


def _boot(stage: Stage, instance: dict[str, Any]) -> Guest:
    first, second = instance["nics"]
    name = instance["name"]
    guest = stage.lab.plug(name, instance["host"], port=first["port_name"], mac=first["mac"], bridge=BRIDGE)
    stage.lab.add_card(guest, port=second["port_name"], mac=second["mac"], bridge=SECOND_BRIDGE)
    guest.serve_token(stage.instances[name].token)
    return guest


def _get_addresses(stage: Stage, guest: Guest, nics: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Ask for an address on each card; only the first one brings a router."""
    rows: list[tuple[str, ...]] = []
    for index, (nic, router, mtu) in enumerate(zip(nics, ("10.0.0.1", None), (None, 1450))):
        lease = guest.dhcp(card=f"eth{index}")
        matches = (lease.address, lease.router, lease.mtu) == (nic["address"], router, mtu)
        verdict = stage.report.record(f"{guest.name} gets {nic['address']} on eth{index}", matches, str(lease))
        told = (lease.address, lease.router or "none", str(lease.mtu or ""))
        rows.append((guest.name, f"eth{index}", nic["network"], nic["address"], *told, verdict))
    routes = json.loads(guest.run(["ip", "-j", "route", "show", "default"]).stdout)
    one = [(route["gateway"], route["dev"]) for route in routes] == [("10.0.0.1", "eth0")]
    stage.report.check(f"{guest.name} has one default route, by its first card", one, str(routes))
    return rows


def _check_reach(stage: Stage, guest: Guest, nics: list[dict[str, Any]], other: dict[str, Any]) -> None:
    """Reach the other one by both of its addresses, each time from the own address in that network."""
    for own, theirs in zip(nics, other["nics"]):
        answer = guest.request(theirs["address"])
        reached = (answer.token, answer.peer) == (stage.instances[other["name"]].token, own["address"])
        sentence = f"{guest.name} reaches {other['name']} in network {own['network']}, from {own['address']}"
        stage.report.check(sentence, reached, str(answer))
    answer = guest.request(OUTSIDE_ADDRESS)
    stage.report.check(f"{guest.name} reaches the outside", answer.token == OUTSIDE_TOKEN, str(answer))
