# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An nftables table as data: the same form for what shall be and for what ``nft -j list table`` says there is.

Rules are kept in the JSON form of libnftables. It is what nft lists and what it loads, so a rule has one
representation only, and two tables are compared as structures and never as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import CommandFailed, HostError
from .nft_names import with_numbers
from .runner import Runner

Expression = Mapping[str, Any]
Key = tuple[str, ...]

# Lists whose order is their meaning.
_ORDERED = ("concat", "range")
_ADDRESSES = ("ipv4_addr", "ipv6_addr")
# Type of the values of a map that says what becomes of a packet.
VERDICT = "verdict"


@dataclass(frozen=True)
class Rule:
    """A rule: its expressions, and a comment that tells people why it is there."""

    expressions: tuple[Expression, ...]
    comment: str = ""


@dataclass(frozen=True)
class Chain:
    """A chain. Those with a ``hook`` are base chains; the others are reached by jump or goto."""

    name: str
    rules: tuple[Rule, ...] = ()
    type: str = ""
    hook: str = ""
    priority: int = 0
    policy: str = ""

    def base(self) -> tuple[str, str, int, str]:
        """Return where the chain is hooked in; two chains that differ here cannot be changed into each other."""
        return (self.type, self.hook, self.priority, self.policy)


@dataclass(frozen=True)
class ElementSet:
    """A named set, or a named map when ``value_type`` says what it maps to.

    :param key_types: nftables types of the parts of a key.
    :param elements: key to value; the value is empty in a set. Networks are written as ``10.0.0.0/8``, verdicts as
        ``goto chain``.
    """

    name: str
    key_types: tuple[str, ...]
    value_type: str = ""
    interval: bool = False
    elements: Mapping[Key, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What nft calls it."""
        return "map" if self.value_type else "set"

    def declaration(self) -> tuple[Any, ...]:
        """Return what cannot be changed without making it anew."""
        return (self.key_types, self.value_type, self.interval)


@dataclass(frozen=True)
class Table:
    """A table of ours.

    :param others: objects of kinds that we never make, as (kind, name).
    """

    family: str
    name: str
    chains: Mapping[str, Chain] = field(default_factory=dict)
    sets: Mapping[str, ElementSet] = field(default_factory=dict)
    others: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        """The table as people name it."""
        return f"{self.family} {self.name}"


def make_table(family: str, name: str, sets: Iterable[ElementSet], chains: Iterable[Chain]) -> Table:
    """Return a table of sets and chains, in the given order."""
    return Table(family, name, {chain.name: chain for chain in chains}, {each.name: each for each in sets})


def read_table(runner: Runner, family: str, name: str) -> Table | None:
    """Read one table of the host, None when there is no such table. Other tables are not asked for."""
    done = runner.run(("nft", "-j", "list", "table", family, name), accept=(0, 1))
    if done.code != 0:
        if "No such file or directory" in done.err:
            return None
        raise CommandFailed(done.argv, done.code, done.err or done.out)
    return parse_table(done.out, family, name)


def write_tables(runner: Runner, commands: Iterable[Mapping[str, Any]]) -> None:
    """Load commands in one transaction: all of them take effect at one instant, or none.

    :raises HostError: nft or the kernel refused them; the tables are as they were.
    """
    try:
        runner.run(("nft", "-j", "-f", "-"), stdin=json.dumps({"nftables": list(commands)}))
    except CommandFailed as error:
        reason = f"was refused, the rules are as they were: {error.output}"
        raise HostError("nftables transaction", reason, "A part of nftables that it needs may be missing.") from error


def parse_table(text: str, family: str, name: str) -> Table:
    """Return the table in what ``nft -j list table`` printed.

    :raises HostError: the text is not such a listing.
    """
    try:
        listed = [next(iter(item.items())) for item in json.loads(text)["nftables"]]
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        raise HostError(f"table {family} {name}", f"cannot be read: nft printed no listing ({error})") from error
    rules: dict[str, list[Rule]] = {}
    chains: dict[str, Chain] = {}
    sets: dict[str, ElementSet] = {}
    others: list[tuple[str, str]] = []
    for kind, content in listed:
        if kind == "rule":
            rules.setdefault(content["chain"], []).append(_parse_rule(content))
        elif kind == "chain":
            chains[content["name"]] = _parse_chain(content)
        elif kind in ("set", "map"):
            sets[content["name"]] = _parse_set(content)
        elif kind not in ("metainfo", "table"):
            others.append((kind, content["name"]))
    complete = {key: _with_rules(chain, rules.get(key, [])) for key, chain in chains.items()}
    return Table(family, name, complete, sets, tuple(others))


def _with_rules(chain: Chain, rules: list[Rule]) -> Chain:
    return Chain(chain.name, tuple(rules), *chain.base())


def _parse_rule(content: Mapping[str, Any]) -> Rule:
    return Rule(tuple(normalise(expression) for expression in content["expr"]), content.get("comment", ""))


def _parse_chain(content: Mapping[str, Any]) -> Chain:
    return Chain(
        content["name"],
        type=content.get("type", ""),
        hook=content.get("hook", ""),
        priority=content.get("prio", 0),
        policy=content.get("policy", ""),
    )


def _parse_set(content: Mapping[str, Any]) -> ElementSet:
    flags = _as_list(content.get("flags", []))
    value_type = content.get("map", "")
    pairs = (item if value_type else (item, "") for item in content.get("elem", []))
    return ElementSet(
        content["name"],
        tuple(str(part) for part in _as_list(content["type"])),
        value_type if isinstance(value_type, str) else json.dumps(value_type, sort_keys=True),
        "interval" in flags,
        {parse_key(key): parse_value(value) for key, value in pairs},
    )


def normalise(expression: Any) -> Any:
    """Return an expression without what is no part of its meaning: counts, the order of flags, names for numbers."""
    if isinstance(expression, Mapping):
        if "counter" in expression and isinstance(expression["counter"], (Mapping, type(None))):
            return {"counter": None}
        if "match" in expression:
            expression = {"match": with_numbers(expression["match"])}
        return {key: value if key in _ORDERED else normalise(value) for key, value in expression.items()}
    if isinstance(expression, (list, tuple)):
        parts = [normalise(part) for part in expression]
        if parts and all(isinstance(part, str) for part in parts):
            # One flag is printed as a list by some releases and as a word by others; several in any order.
            return parts[0] if len(parts) == 1 else sorted(parts)
        return parts
    return expression


def parse_key(key: Any) -> Key:
    """Return the parts of an element's key as text."""
    if isinstance(key, Mapping):
        if "elem" in key:
            return parse_key(key["elem"]["val"])
        if "concat" in key:
            return tuple(_key_part(part) for part in key["concat"])
    return (_key_part(key),)


def _key_part(part: Any) -> str:
    if isinstance(part, Mapping) and "prefix" in part:
        length = part["prefix"]["len"]
        address = str(part["prefix"]["addr"])
        return address if length == (128 if ":" in address else 32) else f"{address}/{length}"
    if isinstance(part, Mapping) and "range" in part:
        return "-".join(str(end) for end in part["range"])
    return str(part)


def render_key(parts: Key, key_types: tuple[str, ...]) -> Any:
    """Return a key in the form that nft loads; the inverse of :func:`parse_key`."""
    rendered = [_render_part(part, kind) for part, kind in zip(parts, key_types)]
    return rendered[0] if len(rendered) == 1 else {"concat": rendered}


def _render_part(part: str, kind: str) -> Any:
    # Names of interfaces may contain a dash, addresses may not.
    if kind in _ADDRESSES and "/" in part:
        address, length = part.split("/")
        return {"prefix": {"addr": address, "len": int(length)}}
    if kind in _ADDRESSES and "-" in part:
        return {"range": part.split("-")}
    return part


def parse_value(value: Any) -> str:
    """Return what a map has for a key as text; a verdict as ``goto chain`` or ``drop``."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        ((kind, content),) = value.items()
        if content is None:
            return str(kind)
        if isinstance(content, Mapping) and set(content) == {"target"}:
            return f"{kind} {content['target']}"
    return json.dumps(value)


def render_value(text: str, value_type: str) -> Any:
    """Return what a map has for a key in the form that nft loads; the inverse of :func:`parse_value`."""
    if value_type != VERDICT:
        return text
    kind, _space, target = text.partition(" ")
    return {kind: {"target": target} if target else None}


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
