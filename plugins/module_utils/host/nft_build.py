# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small builders of nftables expressions, so that a ruleset in Python reads like a ruleset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .nft import Expression, Rule

ACCEPT: Expression = {"accept": None}
DROP: Expression = {"drop": None}
RETURN: Expression = {"return": None}
COUNTER: Expression = {"counter": None}

IIFNAME: Expression = {"meta": {"key": "iifname"}}
OIFNAME: Expression = {"meta": {"key": "oifname"}}
L4PROTO: Expression = {"meta": {"key": "l4proto"}}
MARK: Expression = {"meta": {"key": "mark"}}


def payload(protocol: str, field: str) -> Expression:
    """Return a field of a header."""
    return {"payload": {"protocol": protocol, "field": field}}


SOURCE = payload("ip", "saddr")
DESTINATION = payload("ip", "daddr")
SOURCE_V6 = payload("ip6", "saddr")
DESTINATION_V6 = payload("ip6", "daddr")
ETHER_TYPE = payload("ether", "type")


def concat(*parts: Expression) -> Expression:
    """Return a concatenation, such as ``iifname . oifname``."""
    return {"concat": list(parts)}


def match(left: Expression, right: Any, operator: str = "==") -> Expression:
    """Return a comparison; ``right`` is a value, or a set as ``@name``."""
    return {"match": {"op": operator, "left": left, "right": right}}


def lookup(key: Expression, name: str) -> Expression:
    """Return the value that a named map has for a key. A key that is not in it ends the rule."""
    return {"map": {"key": key, "data": f"@{name}"}}


def dispatch(key: Expression, name: str) -> Expression:
    """Do what a named map of verdicts has for a key. A key that is not in it goes on to the next rule."""
    return {"vmap": {"key": key, "data": f"@{name}"}}


def snat(address: Any) -> Expression:
    """Return the statement that sets the source address."""
    return {"snat": {"addr": address}}


def dnat(address: Any, port: int | None = None) -> Expression:
    """Return the statement that sets the destination address, and the port where one is given."""
    return {"dnat": {"addr": address} if port is None else {"addr": address, "port": port}}


def jump(chain: str) -> Expression:
    """Return to here when the chain has no verdict."""
    return {"jump": {"target": chain}}


def goto(chain: str) -> Expression:
    """Go on in another chain for good."""
    return {"goto": {"target": chain}}


def assign(key: Expression, value: Any) -> Expression:
    """Return the statement that sets a field or the mark of a packet."""
    return {"mangle": {"key": key, "value": value}}


def filter_hook(hook: str, priority: int) -> tuple[str, str, int, str]:
    """Return where a chain is hooked in that drops what it must and lets all else go on."""
    return ("filter", hook, priority, "accept")


# Holds for both directions of a connection whose destination was translated.
IS_DNATED = match({"ct": {"key": "status"}}, "dnat", "in")
IS_REPLY_OR_RELATED = match({"ct": {"key": "state"}}, ["established", "related"], "in")
IS_INVALID = match({"ct": {"key": "state"}}, "invalid", "in")


def mark_has(bit: int) -> Mapping[str, Any]:
    """Return the part of the mark that one bit is."""
    return {"&": [MARK, bit]}


def rule(*expressions: Expression, comment: str = "") -> Rule:
    """Return a rule."""
    return Rule(tuple(expressions), comment)
