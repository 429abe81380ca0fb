# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The difference of two tables, in two forms: what a person reads, and the commands that make one out of the other."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..change import Change
from .nft import Chain, ElementSet, Key, Rule, Table, render_key, render_value
from .nft_text import describe_element, describe_rule

Command = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """One thing that a table has too much or too little.

    :param action: ``create`` when it is missing, ``delete`` when nobody wants it, ``update`` when it is another.
    :param kind: ``table``, ``chain``, ``rule``, ``set``, ``map``, ``element``, or a kind that we never make.
    :param place: the table, and the chain or the set where there is one.
    :param text: the thing itself, in the syntax of nft.
    """

    action: str
    kind: str
    place: str
    text: str = ""

    def change(self) -> Change:
        """Return it as a change; what nobody wants is called foreign, because we did not make it."""
        kind = f"foreign {self.kind}" if self.action == "delete" and self.kind != "table" else self.kind
        return Change(self.action, kind, self.place, self.text)

    def sentence(self) -> str:
        """Return it as a state: what is missing, what is foreign."""
        word = {"create": "missing", "delete": "foreign", "update": "different"}[self.action]
        return f"{word} {self.kind} in {self.place}" + (f": {self.text}" if self.text else "")


def differences(want: Table | None, have: Table | None) -> tuple[Difference, ...]:
    """Return what differs; nothing when both are the same."""
    if want is None:
        return () if have is None else (Difference("delete", "table", have.title),)
    if have is None:
        return (Difference("create", "table", want.title),)
    return (*_object_differences(want, have), *_set_differences(want, have), *_chain_differences(want, have))


def _object_differences(want: Table, have: Table) -> Iterator[Difference]:
    for kind, name in have.others:
        yield Difference("delete", kind, f"{want.title} {name}")


def _set_differences(want: Table, have: Table) -> Iterator[Difference]:
    for name, wanted in want.sets.items():
        present = have.sets.get(name)
        if present is None:
            yield Difference("create", wanted.kind, f"{want.title} {name}")
        elif present.declaration() != wanted.declaration():
            yield Difference("update", wanted.kind, f"{want.title} {name}")
        else:
            yield from _element_differences(f"{want.title} {name}", wanted.elements, present.elements)
    for name, present in have.sets.items():
        if name not in want.sets:
            yield Difference("delete", present.kind, f"{want.title} {name}")


def _element_differences(place: str, want: Mapping[Key, str], have: Mapping[Key, str]) -> Iterator[Difference]:
    for key, value in want.items():
        if key not in have:
            yield Difference("create", "element", place, describe_element(key, value))
        elif have[key] != value:
            yield Difference("update", "element", place, f"{describe_element(key, have[key])} -> {value}")
    for key, value in have.items():
        if key not in want:
            yield Difference("delete", "element", place, describe_element(key, value))


def _chain_differences(want: Table, have: Table) -> Iterator[Difference]:
    for name, wanted in want.chains.items():
        present = have.chains.get(name)
        if present is None:
            yield Difference("create", "chain", f"{want.title} {name}")
        elif present.base() != wanted.base():
            bases = f"{_describe_base(present)} -> {_describe_base(wanted)}"
            yield Difference("update", "chain", f"{want.title} {name}", bases)
        else:
            yield from _rule_differences(f"{want.title} {name}", wanted.rules, present.rules)
    for name in have.chains:
        if name not in want.chains:
            yield Difference("delete", "chain", f"{want.title} {name}")


def _describe_base(chain: Chain) -> str:
    if not chain.hook:
        return "no hook"
    return f"type {chain.type} hook {chain.hook} priority {chain.priority} policy {chain.policy}"


def _rule_differences(place: str, want: tuple[Rule, ...], have: tuple[Rule, ...]) -> Iterator[Difference]:
    if want == have:
        return
    matcher = difflib.SequenceMatcher(
        None, [_identity(rule) for rule in have], [_identity(rule) for rule in want], False
    )
    for tag, first, last, wanted_first, wanted_last in matcher.get_opcodes():
        if tag != "equal":
            yield from (Difference("delete", "rule", place, describe_rule(rule)) for rule in have[first:last])
            missing = want[wanted_first:wanted_last]
            yield from (Difference("create", "rule", place, describe_rule(rule)) for rule in missing)


def _identity(rule: Rule) -> str:
    return json.dumps([rule.expressions, rule.comment], sort_keys=True)


def commands(want: Table | None, have: Table | None) -> list[Command]:
    """Return what makes ``have`` into ``want``, to be loaded in one transaction; nothing when they are the same.

    Only what differs is touched, so that sets keep their other elements and chains their counters.
    """
    if want is None:
        return [] if have is None else [{"delete": {"table": {"family": have.family, "name": have.name}}}]
    if have is None:
        return _create(want)
    if any(difference.action == "update" and difference.kind != "element" for difference in differences(want, have)):
        return [{"delete": {"table": {"family": have.family, "name": have.name}}}, *_create(want)]
    return _adapt(want, have)


def _create(want: Table) -> list[Command]:
    return [
        {"add": {"table": {"family": want.family, "name": want.name}}},
        # Verdicts in maps name chains, rules name sets and chains.
        *(_add_chain(want, chain) for chain in want.chains.values()),
        *(_add_set(want, each) for each in want.sets.values()),
        *(_add_rule(want, chain.name, rule) for chain in want.chains.values() for rule in chain.rules),
    ]


def _adapt(want: Table, have: Table) -> list[Command]:
    changed = [name for name, chain in want.chains.items() if name in have.chains and have.chains[name] != chain]
    foreign = [name for name in have.chains if name not in want.chains]
    added = [name for name in want.chains if name not in have.chains]
    kept = [(each, have.sets[name].elements) for name, each in want.sets.items() if name in have.sets]
    # Rules and verdicts go first: they hold on to the chains, sets and objects that go next.
    return [
        *(_of("flush", "chain", want, name) for name in (*changed, *foreign)),
        *(_of("delete", have.sets[name].kind, want, name) for name in have.sets if name not in want.sets),
        *(command for each, present in kept for command in _elements("delete", want, each, present, each.elements)),
        *(_of("delete", "chain", want, name) for name in foreign),
        *(_of("delete", kind, want, name) for kind, name in have.others),
        *(_add_chain(want, want.chains[name]) for name in added),
        *(_add_set(want, each) for name, each in want.sets.items() if name not in have.sets),
        *(command for each, present in kept for command in _elements("add", want, each, each.elements, present)),
        *(_add_rule(want, name, rule) for name in (*changed, *added) for rule in want.chains[name].rules),
    ]


def _elements(
    action: str, table: Table, each: ElementSet, some: Mapping[Key, str], others: Mapping[Key, str]
) -> Iterator[Command]:
    """Yield what deletes or adds the elements that some have and others have not, or have with another value."""
    elements = {key: value for key, value in some.items() if others.get(key) != value}
    if elements:
        yield {action: {"element": {**_within(table), "name": each.name, "elem": _render_elements(each, elements)}}}


def _within(table: Table) -> dict[str, str]:
    return {"family": table.family, "table": table.name}


def _of(action: str, kind: str, table: Table, name: str) -> Command:
    return {action: {kind: {**_within(table), "name": name}}}


def _add_set(table: Table, each: ElementSet) -> Command:
    content: dict[str, Any] = {**_within(table), "name": each.name}
    content["type"] = each.key_types[0] if len(each.key_types) == 1 else list(each.key_types)
    if each.value_type:
        content["map"] = each.value_type
    if each.interval:
        content["flags"] = ["interval"]
    if each.elements:
        content["elem"] = _render_elements(each, each.elements)
    return {"add": {each.kind: content}}


def _render_elements(each: ElementSet, elements: Mapping[Key, str]) -> list[Any]:
    if each.value_type:
        return [
            [render_key(key, each.key_types), render_value(value, each.value_type)] for key, value in elements.items()
        ]
    return [render_key(key, each.key_types) for key in elements]


def _add_chain(table: Table, chain: Chain) -> Command:
    content: dict[str, Any] = {**_within(table), "name": chain.name}
    if chain.hook:
        content.update(type=chain.type, hook=chain.hook, prio=chain.priority, policy=chain.policy)
    return {"add": {"chain": content}}


def _add_rule(table: Table, chain: str, rule: Rule) -> Command:
    content: dict[str, Any] = {**_within(table), "chain": chain, "expr": list(rule.expressions)}
    if rule.comment:
        content["comment"] = rule.comment
    return {"add": {"rule": content}}
