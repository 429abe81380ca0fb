# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``ip -j`` says, as a model of the host. Four commands, however many links there are."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ...errors import HostError
from ..advertisements import heeding_path
from ..runner import Runner
from .model import Address, Hop, Host, Link, Neighbour, Route

FOREVER = 4294967295

# Flags that a person gives; the others (dynamic, tentative, secondary, ...) are the kernel's own and cannot be given.
_ADDRESS_FLAGS = ("noprefixroute", "home", "mngtmpaddr", "autojoin")
_ROUTE_KEYS = frozenset(
    ("type", "dst", "gateway", "via", "dev", "table", "protocol", "scope", "prefsrc", "metric", "tos", "flags")
    + ("pref", "metrics", "nexthops")
)
_ROUTE_METRICS = frozenset(
    ("mtu", "advmss", "window", "hoplimit", "initcwnd", "initrwnd", "quickack", "reordering", "ssthresh", "cwnd")
)
_DEFAULT_PREFERENCE = "medium"


def read_host(runner: Runner, uplinks: Iterable[str] = ()) -> Host:
    """Read links, addresses and routes.

    :param uplinks: links, besides bridges, of which it is read whether they heed router advertisements.
    """
    links = read_links(runner)
    routes: list[Route] = []
    for family in (4, 6):
        documents = _documents(runner, ("ip", "-j", f"-{family}", "route", "show", "table", "all"))
        routes += parse_routes(family, documents, links)
    neighbours = parse_neighbours(_documents(runner, ("ip", "-j", "neigh", "show")))
    return Host(links, routes, neighbours, _read_heeding(runner, links, uplinks))


def _read_heeding(runner: Runner, links: Mapping[str, Link], uplinks: Iterable[str]) -> dict[str, str]:
    """Read whether bridges, new ones, and uplinks heed router advertisements; nothing on a host without IPv6."""
    bridges = [link.name for link in links.values() if link.kind == "bridge"]
    names = ["default", *bridges, *(name for name in uplinks if name in links)]
    values = {name: runner.read(heeding_path(name)) for name in names}
    return {name: value.strip() for name, value in values.items() if value is not None}


def read_links(runner: Runner) -> dict[str, Link]:
    """Read links and addresses."""
    return parse_links(_documents(runner, ("ip", "-j", "-d", "addr", "show")))


def read_answered(runner: Runner) -> set[tuple[str, str]]:
    """Read which IPv6 addresses the host answers for, as (link, address)."""
    documents = _documents(runner, ("ip", "-j", "-6", "route", "show", "table", "local", "type", "local"))
    return {(document["dev"], document["dst"]) for document in documents if "dev" in document}


def _documents(runner: Runner, argv: tuple[str, ...]) -> list[Mapping[str, Any]]:
    text = runner.run(argv).out.strip()
    try:
        documents = json.loads(text or "[]")
    except ValueError as error:
        raise HostError(f"command {' '.join(argv)}", f"did not answer in JSON ({error})") from error
    return [document for document in documents if document]


def parse_links(documents: Iterable[Mapping[str, Any]]) -> dict[str, Link]:
    """Return the links by name, out of ``ip -j -d addr show``."""
    links = (_link(document) for document in documents)
    return {link.name: link for link in links}


def _link(document: Mapping[str, Any]) -> Link:
    info = document.get("linkinfo", {})
    bridge = info.get("info_data", {}) if info.get("info_kind") == "bridge" else {}
    vlan = info.get("info_data", {}) if info.get("info_kind") == "vlan" else {}
    port = info.get("info_slave_data", {}) if info.get("info_slave_kind") == "bridge" else {}
    name = document["ifname"]
    return Link(
        name=name,
        kind=info.get("info_kind", ""),
        mac=document.get("address", ""),
        mtu=document["mtu"],
        up="UP" in document["flags"],
        master=document.get("master", ""),
        alias=document.get("ifalias", ""),
        stp=bool(bridge.get("stp_state", 0)),
        forward_delay=bridge.get("forward_delay", 0),
        hairpin=bool(port.get("hairpin", False)),
        carrier="LOWER_UP" in document["flags"] and "NO-CARRIER" not in document["flags"],
        operational=document.get("operstate") == "UP",
        lower=document.get("link", "") or "",
        vlan=vlan.get("id"),
        protocol=vlan.get("protocol", ""),
        group=str(document.get("group", "default")),
        loopback="LOOPBACK" in document["flags"],
        addresses=tuple(parse_address(item, name) for item in document.get("addr_info", ()) if item),
    )


def parse_address(item: Mapping[str, Any], device: str) -> Address:
    """Return an address out of an entry of ``addr_info``."""
    label = item.get("label", "")
    return Address(
        local=item["local"],
        prefix=item["prefixlen"],
        peer=item.get("address", ""),
        broadcast=item.get("broadcast", ""),
        scope=item.get("scope", "global"),
        label=label if label != device else "",
        metric=item.get("metric", 0),
        flags=tuple(flag for flag in _ADDRESS_FLAGS if item.get(flag)),
        learnt=bool(item.get("dynamic")),
        valid=_lifetime(item.get("valid_life_time")),
        preferred=_lifetime(item.get("preferred_life_time")),
        secondary=item["family"] == "inet" and bool(item.get("secondary")),
    )


def _lifetime(seconds: int | None) -> int | None:
    return None if seconds is None or seconds == FOREVER else seconds


def parse_routes(
    family: int, documents: Iterable[Mapping[str, Any]], links: Mapping[str, Link] = MappingProxyType({})
) -> list[Route]:
    """Return the routes that somebody configured, out of ``ip -j route show table all``.

    What the kernel makes by itself (connected networks, the local table) comes and goes with the addresses. Only the
    network of a learnt IPv6 address stays when that goes, so it counts as what it is: advertised by a router.
    """
    routes = [_route(family, item) for item in documents if item.get("table") != "local" and _hops(item)]
    routes = [replace(route, protocol="ra") if _is_of_learnt(route, links) else route for route in routes]
    return [route for route in routes if route.protocol != "kernel" or _by_hand(route, links)]


def _is_of_learnt(route: Route, links: Mapping[str, Link]) -> bool:
    """True for the connected route of a network in which a link has nothing but learnt IPv6 addresses."""
    if route.family == 4 or route.protocol != "kernel" or route.destination == "default":
        return False
    own = _addresses_in(route, links)
    return bool(own) and all(address.learnt and "noprefixroute" not in address.flags for address in own)


def _by_hand(route: Route, links: Mapping[str, Link]) -> bool:
    """True for a connected route that a network manager made in the kernel's name, for an address that makes none."""
    own = _addresses_in(route, links) if route.destination != "default" else []
    return bool(own) and all("noprefixroute" in address.flags for address in own)


def _addresses_in(route: Route, links: Mapping[str, Link]) -> list[Address]:
    """Return the addresses in the network of a route that its link has."""
    link, network = links.get(route.hops[0].device), ipaddress.ip_network(route.destination)
    return [address for address in (link.addresses if link else ()) if address.network == network]


def _hops(document: Mapping[str, Any]) -> tuple[Hop, ...]:
    ways = document.get("nexthops") or [document]
    return tuple(
        Hop(
            device=way["dev"],
            gateway=way.get("gateway") or way.get("via", {}).get("host", ""),
            weight=way.get("weight", 1),
            onlink="onlink" in way.get("flags", ()),
        )
        for way in ways
        if "dev" in way
    )


def _route(family: int, document: Mapping[str, Any]) -> Route:
    metrics = [(name, str(value)) for group in document.get("metrics", ()) for name, value in group.items()]
    odd = {*document} - _ROUTE_KEYS
    odd |= {name for name, value in metrics if name not in _ROUTE_METRICS or not value.isdigit()}
    if document.get("type", "unicast") != "unicast":
        odd.add("type")
    preference = document.get("pref", "")
    return Route(
        family=family,
        destination=document["dst"],
        hops=_hops(document),
        table=str(document.get("table", "main")),
        protocol=document.get("protocol", ""),
        scope=document.get("scope", ""),
        source=document.get("prefsrc", ""),
        metric=document.get("metric", 0),
        tos=str(document.get("tos", "")),
        preference=preference if preference != _DEFAULT_PREFERENCE else "",
        metrics=tuple(metrics),
        unsupported=tuple(sorted(odd)),
    )


def parse_neighbours(documents: Iterable[Mapping[str, Any]]) -> tuple[Neighbour, ...]:
    """Return the neighbours that were found, out of ``ip -j neigh show``."""
    return tuple(
        Neighbour(item["dst"], item["lladdr"], item["dev"])
        for item in documents
        if "lladdr" in item and "FAILED" not in item.get("state", ())
    )
