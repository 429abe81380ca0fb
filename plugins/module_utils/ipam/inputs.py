# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that people wrote, checked one by one: what comes out of here can be stored and shown."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import InvalidInput

_MAC = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){5}")
_HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE | re.ASCII)
_INTERFACE = re.compile(r"[!-.0-9;-~]{1,15}")  # what can be seen of ASCII, but no slash and no colon


def shown(value: Any) -> str:
    """Return a value as messages show it: short, on one line."""
    text = value if isinstance(value, str) and value.isprintable() else ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def dotted(number: int) -> str:
    """Return an IPv4 address that is stored as a number as text."""
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return names as a sentence has them: the first few, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def read_items(items: Any, where: str, keys: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each item of a list with its position, such as ``instances[3]``.

    :param keys: what an item may have.
    """
    if isinstance(items, (str, Mapping)) or not isinstance(items, Sequence):
        raise InvalidInput(f"{where} {shown(items)}", "is not a list")
    for index, item in enumerate(items):
        position = f"{where}[{index}]"
        yield position, read_item(item, position, keys)


def read_item(item: Any, where: str, keys: Sequence[str]) -> Mapping[str, Any]:
    """Return an item when it is a dictionary that has known keys only."""
    if not isinstance(item, Mapping):
        raise InvalidInput(f"{where} {shown(item)}", "is not a dictionary")
    unknown = [key for key in item if key not in keys]
    if unknown:
        raise InvalidInput(f"{where}.{shown(unknown[0])}", "is not known", f"Known are: {', '.join(keys)}.")
    return item


def read_text(value: Any, where: str, longest: int = 255) -> str:
    """Return a name: text that can be printed, with no spaces around it."""
    if not isinstance(value, str):
        raise InvalidInput(f"{where} {shown(value)}", "is not text" if value is not None else "is missing")
    if not value:
        raise InvalidInput(where, "is empty")
    if len(value) > longest:
        raise InvalidInput(f"{where} {shown(value)}", f"is longer than {longest} characters")
    if not value.isprintable():
        raise InvalidInput(f"{where} {shown(value)}", "has characters that cannot be printed")
    if value != value.strip():
        raise InvalidInput(f"{where} {shown(value)!r}", "has spaces around it")
    return value


def read_optional_text(value: Any, where: str, longest: int = 255) -> str | None:
    """Return a name, or None when it was not given."""
    return None if value is None else read_text(value, where, longest)


def read_present(value: Any, where: str) -> bool:
    """Return True for ``state: present``, which is what a state that was not given means."""
    if value not in (None, "present", "absent"):
        raise InvalidInput(f"{where} {shown(value)}", "is neither present nor absent")
    return value != "absent"


def read_number(value: Any, where: str, lowest: int, highest: int) -> int:
    """Return a whole number that is not out of all reason."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"{where} {shown(value)}", "is not a whole number")
    if not lowest <= value <= highest:
        raise InvalidInput(f"{where} {value}", f"is not between {lowest} and {highest}")
    return value


def read_consent(value: Any, where: str) -> bool:
    """Return True only for an explicit true."""
    if value is not None and not isinstance(value, bool):
        raise InvalidInput(f"{where} {shown(value)}", "is neither true nor false")
    return bool(value)


def read_address(value: Any, where: str) -> int:
    """Return an IPv4 address as a number."""
    text = read_text(value, where, 64)
    try:
        return int(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise InvalidInput(f"{where} {shown(text)}", "is not an IPv4 address") from error


def read_optional_address(value: Any, where: str) -> int | None:
    """Return an IPv4 address as a number, or None when it was not given."""
    return None if value is None else read_address(value, where)


def read_mac(value: Any, where: str) -> str:
    """Return the MAC of a guest in the form ``fa:16:3e:00:00:01``."""
    text = read_text(value, where, 64).lower()
    if not _MAC.fullmatch(text):
        raise InvalidInput(f"{where} {shown(value)}", "is not a MAC address")
    mac = text.replace("-", ":")
    if int(mac[:2], 16) & 1 or mac == "00:00:00:00:00:00":
        raise InvalidInput(f"{where} {shown(value)}", "is not the MAC address of a single interface")
    return mac


def read_hostname(value: Any, where: str) -> str:
    """Return a host name without a domain, as RFC 1123 has it."""
    text = read_text(value, where)
    if not _HOSTNAME.fullmatch(text):
        raise InvalidInput(
            f"{where} {shown(text)}", "is not a host name", "Use letters, digits and hyphens, at most 63, and no dots."
        )
    return text.lower()


def read_interface(value: Any, where: str) -> str:
    """Return the name of a network interface."""
    text = read_text(value, where)
    if not _INTERFACE.fullmatch(text) or text in (".", ".."):
        raise InvalidInput(f"{where} {shown(text)}", "is not a name that a network interface can have")
    return text
