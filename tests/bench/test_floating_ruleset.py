# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What 10,000 floating addresses cost as one map, against one rule for each: ratios of one run, never asserted."""

from __future__ import annotations

import ipaddress
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host.floating_input import FloatingAddress
from ansible_collections.novanet.network.plugins.module_utils.host.floating_rules import render_table
from ansible_collections.novanet.network.plugins.module_utils.host.nft import parse_table
from ansible_collections.novanet.network.plugins.module_utils.host.nft_diff import commands, differences

from tests.functional.nat import FIREWALL, FIXED, FLOATING, Cloud, build

COUNT = 10_000
ROUNDS = 5
CONNECTIONS = 1500
TABLE = "ip nova_floating"
# New connections one after the other; prints the seconds that all of them took.
CONNECT = f"""
import socket, sys, time
start, answers = time.perf_counter(), 0
for number in range({CONNECTIONS}):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(2)
        one.sendto(b"who?", (sys.argv[1], 7000))
        answers += one.recv(100).startswith(b"token-of-near1")
print(time.perf_counter() - start if answers == {CONNECTIONS} else "lost")
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces, which needs root")


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with build(False, "near1") as made:
        made.run("nova_firewall", **FIREWALL)
        made.gateway.run(["ip", "address", "add", f"{FLOATING['near1']}/32", "dev", "eth0"])
        yield made


def addresses(count: int = COUNT) -> list[FloatingAddress]:
    """Return so many addresses; the last is the one that is asked for."""
    first, fixed = ipaddress.IPv4Address("198.18.0.0"), ipaddress.IPv4Address("10.9.0.0")
    some = [FloatingAddress(str(first + number), str(fixed + number), "eth0") for number in range(count - 1)]
    return [*some, FloatingAddress(FLOATING["near1"], FIXED["near1"], "eth0")]


def rules_for_each(listed: list[FloatingAddress]) -> str:
    """Return the ruleset as nova wrote it: three rules for each address."""
    lines = [f"delete table {TABLE}", f"table {TABLE} {{", "chain prerouting { type nat hook prerouting priority -101;"]
    lines = [
        "table ip nova_floating",
        *lines,
        *(f"ip daddr {each.address} dnat to {each.fixed_address}" for each in listed),
    ]
    lines += ["}", "chain output { type nat hook output priority -101;"]
    lines += [f"ip daddr {each.address} dnat to {each.fixed_address}" for each in listed]
    lines += ["}", "chain postrouting { type nat hook postrouting priority 99;"]
    lines += [f'oifname "eth0" ip saddr {each.fixed_address} snat to {each.address}' for each in listed]
    return "\n".join([*lines, "}", "}"]) + "\n"


def as_map(listed: list[FloatingAddress]) -> str:
    """Return the ruleset as the module loads it."""
    fresh = [
        {"add": {"table": {"family": "ip", "name": "nova_floating"}}},
        {"delete": {"table": {"family": "ip", "name": "nova_floating"}}},
    ]
    return json.dumps({"nftables": [*fresh, *commands(render_table("nova", listed), None)]})


def load(cloud: Cloud, text: str, *flags: str) -> None:
    cloud.gateway.run(["nft", *flags, "-f", "-"], stdin=text, timeout=100)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def compare(title: str, baseline: list[float], measured: list[float]) -> None:
    base, other = statistics.median(baseline), statistics.median(measured)
    print(f"\n{title}: {other / base:.3f} times ({other * 1000:,.1f} ms against {base * 1000:,.1f} ms)")


def test_loading_and_extending_a_map_against_rules(cloud: Cloud) -> None:
    rules, table = rules_for_each(addresses()), as_map(addresses())
    one_rule = f"insert rule {TABLE} prerouting ip daddr 192.0.2.200 dnat to 10.0.0.200\n"
    one_element = f"add element {TABLE} to_fixed {{ 192.0.2.200 : 10.0.0.200 }}\n"
    loads: dict[str, list[float]] = {"rules": [], "map": []}
    grows: dict[str, list[float]] = {"rules": [], "map": []}
    for _unused in range(ROUNDS):
        loads["rules"].append(seconds(lambda: load(cloud, rules)))
        grows["rules"].append(seconds(lambda: load(cloud, one_rule)))
        loads["map"].append(seconds(lambda: load(cloud, table, "-j")))
        grows["map"].append(seconds(lambda: load(cloud, one_element)))
    compare(f"load {COUNT:,} addresses as a map, against rules", loads["rules"], loads["map"])
    compare(f"one more beside {COUNT:,}, against rules", grows["rules"], grows["map"])


def test_a_new_connection_through_a_map_against_rules(cloud: Cloud) -> None:
    def connect() -> float:
        asking = ["/usr/bin/python3", "-c", CONNECT, FLOATING["near1"]]
        return float(cloud.outside.run(asking, timeout=100).stdout)

    taken: dict[str, list[float]] = {"one": [], "map": [], "rules": []}
    for _unused in range(ROUNDS):
        for kind, text, flags in (
            ("one", as_map(addresses(1)), ["-j"]),
            ("map", as_map(addresses()), ["-j"]),
            ("rules", rules_for_each(addresses()), []),
        ):
            load(cloud, text, *flags)
            taken[kind].append(connect())
    compare(f"{CONNECTIONS} connections with a map of {COUNT:,}, against a map of one", taken["one"], taken["map"])
    compare(f"{CONNECTIONS} connections with a map of {COUNT:,}, against rules", taken["rules"], taken["map"])


def test_the_module_compares_ten_thousand_addresses_in_one_look(cloud: Cloud) -> None:
    want = render_table("nova", addresses())
    load(cloud, as_map(addresses()), "-j")
    text = cloud.gateway.run(["nft", "-j", "list", "table", "ip", "nova_floating"]).stdout

    def look() -> Any:
        return differences(want, parse_table(text, "ip", "nova_floating"))

    assert look() == ()
    reading = [
        seconds(lambda: cloud.gateway.run(["nft", "-j", "list", "table", "ip", "nova_floating"]))
        for _unused in range(3)
    ]
    compare(
        f"parse and compare {COUNT:,} addresses, against nft listing them",
        reading,
        [seconds(look) for _unused in range(3)],
    )
