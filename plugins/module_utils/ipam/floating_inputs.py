# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floating pools and addresses as people write them, checked without a look at the database."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import InvalidInput
from .inputs import (
    dotted,
    read_address,
    read_consent,
    read_interface,
    read_items,
    read_optional_address,
    read_optional_text,
    read_present,
    read_text,
    shown,
)

# One range may have fewer addresses than this; a slip of the prefix length would otherwise take half the Internet.
LARGEST_RANGE = 1_000_000

POOL_KEYS = ("name", "interface", "project", "ranges", "release_addresses", "state")
ADDRESS_KEYS = ("address", "pool", "project", "instance", "fixed_address", "state")

Value = TypeVar("Value")


@dataclass(frozen=True)
class Range:
    """Addresses from ``first`` to ``last``.

    :param where: position in what was asked for.
    :param text: as it was written.
    """

    where: str
    first: int
    last: int
    text: str


@dataclass(frozen=True)
class WantedPool:
    """A pool that was asked for. None stands for what was not given and stays as it is; an empty text for none.

    :param release_addresses: consent to take the addresses of ranges that go from whoever has them.
    """

    where: str
    name: str
    interface: str | None
    project: str | None
    ranges: tuple[Range, ...] | None
    release_addresses: bool
    present: bool


@dataclass(frozen=True)
class WantedAddress:
    """A floating address that was asked for, by itself or as one of a pool.

    :param instance: name of the instance that gets it; empty for none, None when it stays where it is.
    :param fixed_address: which of the instance's fixed IPs; None for the first.
    """

    where: str
    address: int | None
    pool: str | None
    project: str | None
    instance: str | None
    fixed_address: int | None
    present: bool


def read_pools(items: Any, where: str = "pools") -> tuple[WantedPool, ...]:
    """Check and normalise the pools that were asked for.

    :raises InvalidInput: a value is wrong, a pool is listed twice, or two ranges overlap.
    """
    pools = tuple(_read_pool(item, position) for position, item in read_items(items, where, POOL_KEYS))
    _refuse_twice(pools, lambda pool: pool.name, "name")
    refuse_overlap([span for pool in pools if pool.present for span in pool.ranges or ()])
    return pools


def read_addresses(items: Any, where: str = "addresses") -> tuple[WantedAddress, ...]:
    """Check and normalise the addresses that were asked for.

    :raises InvalidInput: a value is wrong, or an address is listed twice.
    """
    wanted = tuple(_read_address(item, position) for position, item in read_items(items, where, ADDRESS_KEYS))
    named = [item for item in wanted if item.address is not None]
    _refuse_twice(named, lambda item: dotted(item.address or 0), "address")
    return wanted


def read_range(value: Any, where: str) -> Range:
    """Read ``a.b.c.d/n`` (its usable hosts, as nova had it), ``a.b.c.d-e.f.g.h`` or ``a.b.c.d``."""
    text = read_text(value, where, 64)
    if "/" in text:
        first, last = _read_cidr(text, where)
    elif "-" in text:
        start, _unused, end = text.partition("-")
        first, last = read_address(start.strip(), where), read_address(end.strip(), where)
    else:
        first = last = read_address(text, where)
    if first > last:
        raise InvalidInput(f"{where} {text}", "ends before it begins")
    if last - first + 1 >= LARGEST_RANGE:
        raise InvalidInput(f"{where} {text}", f"has {last - first + 1} addresses, {LARGEST_RANGE} or more")
    for end_address in (first, last):
        if not _can_float(ipaddress.IPv4Address(end_address)):
            raise InvalidInput(f"{where} {text}", "has addresses that no host on a network can have")
    return Range(where, first, last, text)


def refuse_overlap(ranges: Sequence[Range]) -> None:
    """Refuse ranges that have an address in common."""
    ordered = sorted(ranges, key=lambda span: (span.first, span.last))
    for lower, upper in zip(ordered, ordered[1:]):
        if upper.first <= lower.last:
            raise InvalidInput(f"{upper.where} {upper.text}", f"overlaps {lower.where} {lower.text}")


def _read_pool(item: Mapping[str, Any], where: str) -> WantedPool:
    ranges = item.get("ranges")
    if ranges is not None and (isinstance(ranges, (str, Mapping)) or not isinstance(ranges, Sequence)):
        raise InvalidInput(f"{where}.ranges {shown(ranges)}", "is not a list")
    return WantedPool(
        where=where,
        name=read_text(item.get("name"), f"{where}.name"),
        interface=_read_or_empty(item.get("interface"), f"{where}.interface", read_interface),
        project=_read_or_empty(item.get("project"), f"{where}.project", read_text),
        ranges=None
        if ranges is None
        else tuple(read_range(value, f"{where}.ranges[{index}]") for index, value in enumerate(ranges)),
        release_addresses=read_consent(item.get("release_addresses"), f"{where}.release_addresses"),
        present=read_present(item.get("state"), f"{where}.state"),
    )


def _read_address(item: Mapping[str, Any], where: str) -> WantedAddress:
    wanted = WantedAddress(
        where=where,
        address=read_optional_address(item.get("address"), f"{where}.address"),
        pool=read_optional_text(item.get("pool"), f"{where}.pool"),
        project=read_optional_text(item.get("project"), f"{where}.project"),
        instance=_read_or_empty(item.get("instance"), f"{where}.instance", read_text),
        fixed_address=read_optional_address(item.get("fixed_address"), f"{where}.fixed_address"),
        present=read_present(item.get("state"), f"{where}.state"),
    )
    if wanted.fixed_address is not None and not wanted.instance:
        raise InvalidInput(f"{where}.fixed_address {dotted(wanted.fixed_address)}", "needs an instance")
    if not wanted.present and wanted.address is None and not wanted.instance:
        raise InvalidInput(
            where, "does not say which address is to be released", "Give the address, or the instance that has it."
        )
    return wanted


def _read_or_empty(value: Any, where: str, read: Callable[[Any, str], str]) -> str | None:
    return value if value is None or value == "" else read(value, where)


def _read_cidr(text: str, where: str) -> tuple[int, int]:
    try:
        network = ipaddress.IPv4Network(text, strict=False)
    except ValueError as error:
        raise InvalidInput(f"{where} {shown(text)}", "is not an IPv4 range") from error
    if network.prefixlen > 30:
        raise InvalidInput(
            f"{where} {text}", "has no usable hosts in CIDR form", "Write such addresses one by one, or as a-b."
        )
    return int(network.network_address) + 1, int(network.broadcast_address) - 1


def _can_float(address: ipaddress.IPv4Address) -> bool:
    return not (
        address.is_multicast
        or address.is_loopback
        or address.is_link_local
        or address.is_reserved
        or int(address) < 1 << 24
    )


def _refuse_twice(items: Sequence[Value], key: Callable[[Value], str], name: str) -> None:
    seen: set[str] = set()
    for item in items:
        value = key(item)
        if value in seen:
            raise InvalidInput(f"{getattr(item, 'where', name)}.{name} {value}", "is listed twice")
        seen.add(value)
