# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules and elements as people write them, for messages. Nothing is ever compared or loaded in this form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .nft import Key, Rule

_VERDICTS = ("accept", "drop", "return", "continue", "masquerade", "notrack")


def describe_rule(rule: Rule) -> str:
    """Return a rule in the syntax of nft, such as ``tcp dport 22 accept``."""
    return " ".join(_statement(expression) for expression in rule.expressions)


def describe_element(key: Key, value: str) -> str:
    """Return an element of a set or a map, such as ``eth0 . 10.0.0.3 : 192.0.2.3``."""
    return " . ".join(key) + (f" : {value}" if value else "")


def _statement(expression: Mapping[str, Any]) -> str:
    kind, content = next(iter(expression.items()))
    if kind in _VERDICTS and content is None:
        return kind
    writer = _STATEMENTS.get(kind)
    return writer(content) if writer else _value(expression)


def _match(content: Mapping[str, Any]) -> str:
    operator = "" if content["op"] in ("==", "in") else f"{content['op']} "
    left = _value(content["left"])
    if isinstance(content["left"], Mapping) and "&" in content["left"]:
        operator = f"{content['op']} "
    return f"{left} {operator}{_value(content['right'])}"


def _mangle(content: Mapping[str, Any]) -> str:
    return f"{_value(content['key'])} set {_value(content['value'])}"


def _translation(kind: str) -> Callable[[Any], str]:
    def write(content: Any) -> str:
        content = content or {}
        target = _value(content["addr"]) if "addr" in content else ""
        port = f":{_value(content['port'])}" if "port" in content else ""
        return f"{kind} to {target}{port}" if target or port else kind

    return write


def _verdict_map(content: Mapping[str, Any]) -> str:
    return f"{_value(content['key'])} vmap {_value(content['data'])}"


def _reject(content: Mapping[str, Any] | None) -> str:
    return f"reject with {content['type']} {content.get('expr', '')}".rstrip() if content else "reject"


def _limit(content: Mapping[str, Any]) -> str:
    return f"limit rate {'over ' if content.get('inv') else ''}{content['rate']}/{content.get('per', 'second')}"


def _log(content: Mapping[str, Any] | None) -> str:
    return f"log prefix {json.dumps(content['prefix'])}" if content and "prefix" in content else "log"


_STATEMENTS: Mapping[str, Callable[[Any], str]] = {
    "match": _match,
    "mangle": _mangle,
    "jump": lambda content: f"jump {content['target']}",
    "goto": lambda content: f"goto {content['target']}",
    "counter": lambda content: f"counter name {content}" if content else "counter",
    "vmap": _verdict_map,
    "reject": _reject,
    "limit": _limit,
    "log": _log,
    "snat": _translation("snat"),
    "dnat": _translation("dnat"),
    "redirect": _translation("redirect"),
    "masquerade": _translation("masquerade"),
}


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_value(part) for part in value)
    if not isinstance(value, Mapping):
        return str(value)
    kind, content = next(iter(value.items()))
    writer = _VALUES.get(kind)
    return writer(content) if writer else json.dumps(value, sort_keys=True)


def _meta(content: Mapping[str, Any]) -> str:
    key = str(content["key"])
    return key if key in ("iif", "oif", "iifname", "oifname") else f"meta {key}"


def _ct(content: Mapping[str, Any]) -> str:
    return " ".join(["ct", *([content["dir"]] if "dir" in content else []), content["key"]])


def _anonymous_set(content: Any) -> str:
    parts = content if isinstance(content, list) else [content]
    return "{ " + ", ".join(_set_member(part) for part in parts) + " }"


def _set_member(part: Any) -> str:
    if isinstance(part, list):
        return " : ".join(_statement(side) if isinstance(side, Mapping) else _value(side) for side in part)
    return _value(part)


def _binary(operator: str) -> Callable[[Any], str]:
    return lambda content: f" {operator} ".join(_value(part) for part in content)


_VALUES: Mapping[str, Callable[[Any], str]] = {
    "meta": _meta,
    "ct": _ct,
    "payload": lambda content: (
        f"{content['protocol']} {content['field']}" if "field" in content else json.dumps(content)
    ),
    "concat": lambda content: " . ".join(_value(part) for part in content),
    "map": lambda content: f"{_value(content['key'])} map {_value(content['data'])}",
    "prefix": lambda content: f"{_value(content['addr'])}/{content['len']}",
    "range": lambda content: "-".join(_value(part) for part in content),
    "set": _anonymous_set,
    "&": _binary("&"),
    "|": _binary("|"),
    "^": _binary("^"),
}
