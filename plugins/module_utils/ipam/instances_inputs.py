# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances as people write them, checked without a look at the database."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidInput
from .inputs import (
    dotted,
    read_hostname,
    read_item,
    read_items,
    read_mac,
    read_optional_address,
    read_optional_text,
    read_present,
    read_text,
    shown,
)

INSTANCE_KEYS = (
    "name",
    "uuid",
    "project",
    "host",
    "next_host",
    "hostname",
    "nics",
    "security_groups",
    "floating_ip",
    "state",
)
NIC_KEYS = ("network", "address", "mac")
FLOATING_KEYS = ("pool", "address")

# Identities of instances are made in this namespace, so that a prediction and the run after it agree.
_NAMESPACE = uuid.UUID("7f1c3c5e-54f8-5b0e-9d35-6a0a5c1d9e42")


@dataclass(frozen=True)
class WantedNic:
    """A NIC that was asked for, with its position (``instances[3].nics[0]``)."""

    where: str
    network: str
    address: int | None = None
    mac: str | None = None


@dataclass(frozen=True)
class WantedFloating:
    """The floating address that an instance asks for: a certain one, or any of a pool (None for the default one)."""

    where: str
    pool: str | None
    address: int | None


@dataclass(frozen=True)
class WantedInstance:
    """An instance that was asked for. None stands for what was not given: of an existing instance it stays as it is.

    :param next_host: where it is about to move to; empty for nowhere.
    :param nics: in order; None when not given, and then a new instance gets the networks of its project.
    :param groups: names of all the security groups of its project that it is in.
    """

    where: str
    name: str
    uuid: str | None
    project: str | None
    host: str | None
    next_host: str | None
    hostname: str | None
    nics: tuple[WantedNic, ...] | None
    groups: tuple[str, ...] | None
    floating: WantedFloating | None
    present: bool


def read_instances(items: Any, where: str = "instances") -> tuple[WantedInstance, ...]:
    """Check and normalise the instances that were asked for.

    :raises InvalidInput: a value is wrong, or an instance, a MAC, a UUID or an address is listed twice.
    """
    wanted = tuple(_read_instance(item, position) for position, item in read_items(items, where, INSTANCE_KEYS))
    present = [item for item in wanted if item.present]
    nics = [nic for item in present for nic in item.nics or ()]
    _refuse_twice([(f"{item.where}.name", item.name) for item in wanted])
    _refuse_twice([(f"{item.where}.uuid", item.uuid) for item in present if item.uuid])
    _refuse_twice([(f"{nic.where}.mac", nic.mac) for nic in nics if nic.mac])
    _refuse_twice([(f"{nic.where}.address", dotted(nic.address)) for nic in nics if nic.address is not None])
    floating = [item.floating for item in present if item.floating is not None]
    _refuse_twice([(f"{one.where}.address", dotted(one.address)) for one in floating if one.address is not None])
    return wanted


def default_uuid(name: str) -> str:
    """Return the identity that an instance gets when none was asked for."""
    return str(uuid.uuid5(_NAMESPACE, name))


def default_hostname(name: str) -> str:
    """Return the host name that follows from the name of an instance: RFC 1123 letters only, at most 63 of them."""
    text = re.sub(r"[^a-z0-9-]+", "-", name.lower())[:63].strip("-")
    return text or f"server-{default_uuid(name)[:8]}"


def _read_instance(item: Mapping[str, Any], where: str) -> WantedInstance:
    hostname = item.get("hostname")
    return WantedInstance(
        where=where,
        name=read_text(item.get("name"), f"{where}.name"),
        uuid=_read_uuid(item.get("uuid"), f"{where}.uuid"),
        project=read_optional_text(item.get("project"), f"{where}.project"),
        host=read_optional_text(item.get("host"), f"{where}.host"),
        next_host=item["next_host"]
        if item.get("next_host") == ""
        else read_optional_text(item.get("next_host"), f"{where}.next_host"),
        hostname=None if hostname is None else read_hostname(hostname, f"{where}.hostname"),
        nics=_read_nics(item.get("nics"), f"{where}.nics"),
        groups=_read_groups(item.get("security_groups"), f"{where}.security_groups"),
        floating=_read_floating(item.get("floating_ip"), f"{where}.floating_ip"),
        present=read_present(item.get("state"), f"{where}.state"),
    )


def _read_uuid(value: Any, where: str) -> str | None:
    text = read_optional_text(value, where, 64)
    if text is None:
        return None
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise InvalidInput(f"{where} {shown(text)}", "is not a UUID") from error


def _read_nics(value: Any, where: str) -> tuple[WantedNic, ...] | None:
    if value is None:
        return None
    return tuple(
        WantedNic(
            where=position,
            network=read_text(item.get("network"), f"{position}.network"),
            address=read_optional_address(item.get("address"), f"{position}.address"),
            mac=None if item.get("mac") is None else read_mac(item["mac"], f"{position}.mac"),
        )
        for position, item in read_items(value, where, NIC_KEYS)
    )


def _read_groups(value: Any, where: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
        raise InvalidInput(f"{where} {shown(value)}", "is not a list")
    names = [(f"{where}[{index}]", read_text(name, f"{where}[{index}]")) for index, name in enumerate(value)]
    _refuse_twice(names)
    return tuple(name for _position, name in names)


def _read_floating(value: Any, where: str) -> WantedFloating | None:
    if value is None:
        return None
    item = read_item(value, where, FLOATING_KEYS)
    return WantedFloating(
        where,
        read_optional_text(item.get("pool"), f"{where}.pool"),
        read_optional_address(item.get("address"), f"{where}.address"),
    )


def _refuse_twice(values: Sequence[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for where, value in values:
        if value in seen:
            raise InvalidInput(f"{where} {value}", f"is listed twice, first at {seen[value]}")
        seen[value] = where
