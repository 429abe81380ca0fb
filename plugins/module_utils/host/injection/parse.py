# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``nova_injection`` as the guests that are wanted. Nothing passes that a guest could misread."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface
from typing import Any

from ...errors import Conflict, InvalidInput
from ..dhcp.parse import parse_mac
from .model import LABELS, Guest, GuestNic, Want

_PATH = re.compile(r"(/[A-Za-z0-9_+@%,:-][A-Za-z0-9._+@%,:-]*)+")
_INTERFACE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,14}")
_HOSTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")
_SMALLEST_MTU, _LARGEST_MTU = 68, 65535
# An IPv6 link must carry packets of this size (RFC 8200, section 5).
_SMALLEST_MTU_V6 = 1280


def parse_want(applied: Mapping[str, Any]) -> Want:
    """Return what the options ask for.

    :raises InvalidInput: a value that can never be right, with its position.
    :raises Conflict: two values that cannot both be.
    """
    guests: dict[str, Guest] = {}
    absent: dict[str, str] = {}
    seen: dict[str, str] = {}
    for index, item in enumerate(applied.get("instances") or ()):
        position = f"instances[{index}]"
        name, identity = _text(item["name"], f"{position}.name"), _uuid(item["uuid"], f"{position}.uuid")
        _once(seen, f"name {name}", f"{position}.name {name}")
        _once(seen, f"uuid {identity}", f"{position}.uuid {identity}")
        if item.get("state") == "absent":
            absent[identity] = name
        else:
            guests[identity] = _guest(name, identity, item, position, seen)
    return Want(
        path=_path(applied["path"]),
        guests=guests,
        absent=absent,
        images=tuple(kind for kind in LABELS if kind in (applied.get("images") or ())),
        purge=bool(applied.get("purge")),
    )


def _guest(name: str, identity: str, item: Mapping[str, Any], position: str, seen: dict[str, str]) -> Guest:
    nics = tuple(
        _nic(nic, f"{position}.nics[{index}]", index, seen) for index, nic in enumerate(item.get("nics") or ())
    )
    _refuse_several(nics, position)
    project = item.get("project")
    return Guest(
        name=name,
        uuid=identity,
        hostname=_hostname(item.get("hostname"), f"{position}.hostname"),
        project=None if project is None else _text(project, f"{position}.project"),
        nics=nics,
        interfaces=_content(item.get("interfaces"), f"{position}.interfaces"),
        user_data=_content(item.get("user_data"), f"{position}.user_data"),
    )


def _nic(item: Mapping[str, Any], position: str, index: int, seen: dict[str, str]) -> GuestNic:
    name, mac = item.get("name") or f"eth{index}", parse_mac(item["mac"], f"{position}.mac")
    if not _INTERFACE.fullmatch(name):
        raise InvalidInput(f"{position}.name {name!r}", "is not a name that a network interface can have")
    _once(seen, mac, f"{position}.mac {mac}")
    address = _interface(item.get("address"), f"{position}.address", 4)
    address_v6 = _interface(item.get("address_v6"), f"{position}.address_v6", 6)
    if address is not None and item.get("dhcp"):
        raise InvalidInput(f"{position}.address {address}", "cannot be, as the guest asks for one (dhcp)")
    network_uuid = item.get("network_uuid")
    return GuestNic(
        name=name,
        mac=mac,
        port_name=_text(item.get("port_name") or name, f"{position}.port_name"),
        network_uuid=None if network_uuid is None else _uuid(network_uuid, f"{position}.network_uuid"),
        mtu=_mtu(item.get("mtu"), f"{position}.mtu", address_v6 is not None),
        dns=tuple(_address(server, f"{position}.dns") for server in item.get("dns") or ()),
        dhcp=bool(item.get("dhcp")),
        address=address if isinstance(address, IPv4Interface) else None,
        gateway=_gateway(item.get("gateway"), address, f"{position}.gateway"),
        address_v6=address_v6 if isinstance(address_v6, IPv6Interface) else None,
        gateway_v6=_gateway(item.get("gateway_v6"), address_v6, f"{position}.gateway_v6"),
    )


def _refuse_several(nics: Sequence[GuestNic], position: str) -> None:
    """Refuse what a guest cannot have twice: an interface of one name, a default route."""
    seen: dict[str, str] = {}
    for index, nic in enumerate(nics):
        where = f"{position}.nics[{index}]"
        _once(seen, f"interface {nic.name}", f"{where}.name {nic.name}")
        for option, gateway in (("gateway", nic.gateway), ("gateway_v6", nic.gateway_v6)):
            if gateway and option in seen:
                raise Conflict(
                    f"{where}.{option} {gateway}",
                    f"would be a second default route, beside {seen[option]}",
                    "Give one NIC of an instance a gateway.",
                )
            if gateway:
                seen[option] = f"{where}.{option} {gateway}"


def _once(seen: dict[str, str], key: str, subject: str) -> None:
    if key in seen:
        raise Conflict(subject, f"is listed twice, first as {seen[key]}")
    seen[key] = subject


def _interface(value: Any, position: str, version: int) -> IPv4Interface | IPv6Interface | None:
    if value is None:
        return None
    try:
        found = ip_interface(value)
    except ValueError:
        found = None
    if found is None or found.version != version or "/" not in value or "%" in value:
        raise InvalidInput(
            f"{position} {value!r}",
            f"is not an IPv{version} address with the length of its prefix",
            f"Write it as {'10.0.0.2/24' if version == 4 else 'fd00::2/64'}.",
        )
    return found


def _address(value: Any, position: str) -> str:
    try:
        if "%" in str(value):
            raise ValueError(value)
        return str(ip_address(value))
    except ValueError as error:
        raise InvalidInput(f"{position} {value!r}", "is not an IP address") from error


def _gateway(value: Any, own: IPv4Interface | IPv6Interface | None, position: str) -> str | None:
    if value is None:
        return None
    text = _address(value, position)
    gateway = ip_address(text)
    if own is None:
        raise InvalidInput(f"{position} {text}", "is of no use without an address of its kind")
    if gateway.version != own.version or not (gateway in own.network or gateway.is_link_local):
        raise InvalidInput(f"{position} {text}", f"is outside {own.network}")
    if gateway == own.ip:
        raise InvalidInput(f"{position} {text}", "is the address of the guest itself")
    return text


def _mtu(value: Any, position: str, with_v6: bool) -> int | None:
    smallest = _SMALLEST_MTU_V6 if with_v6 else _SMALLEST_MTU
    if value is not None and not smallest <= value <= _LARGEST_MTU:
        raise InvalidInput(f"{position} {value}", f"is not between {smallest} and {_LARGEST_MTU}")
    return None if value is None else int(value)


def _uuid(value: Any, position: str) -> str:
    try:
        return str(uuid.UUID(value))
    except ValueError as error:
        raise InvalidInput(f"{position} {value!r}", "is not a UUID") from error


def _hostname(value: str | None, position: str) -> str:
    if value is None:
        raise InvalidInput(position, "is missing")
    if len(value) > 253 or not _HOSTNAME.fullmatch(value):
        raise InvalidInput(
            f"{position} {value!r}", "is not a host name", "Use letters, digits and inner hyphens, and dots in between."
        )
    return value


def _text(value: str, position: str) -> str:
    if not value or len(value) > 255 or not value.isprintable():
        raise InvalidInput(f"{position} {value!r}", "is not a name", "Use 1 to 255 characters that can be printed.")
    return value


def _content(value: str | None, position: str) -> str | None:
    """Return the text of a file, as it is."""
    try:
        (value or "").encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            position, f"cannot be written as UTF-8: {error.reason} at character {error.start}"
        ) from error
    return value


def _path(value: str) -> str:
    if not _PATH.fullmatch(value):
        raise InvalidInput(
            f"path {value!r}",
            "cannot be used",
            "Use an absolute path without blanks, in which no part begins with a dot.",
        )
    return value
